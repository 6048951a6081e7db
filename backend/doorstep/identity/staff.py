"""Use cases around caregivers as people: their leave, their certificates, one page of everything. Part of `service`."""

from datetime import date
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock, vault
from doorstep.core.problems import FieldError, InputInvalid, NotFound
from doorstep.core.text import masked_phone
from doorstep.db import changes
from doorstep.db.engine import unit_of_work
from doorstep.identity import staff_store
from doorstep.identity.wire import (
    Actor,
    CaregiverFile,
    Certificate,
    FormerPhone,
    Leave,
    Named,
    NewCertificate,
    NewLeave,
    NextCall,
)

_NEXT = 20


async def caregiver_file(actor: Actor, caregiver_id: UUID) -> CaregiverFile:
    """Everything about one caregiver, those who left included.

    :raises NotFound: if there is none in the actor's scope.
    """
    row = await staff_store.caregiver(actor, caregiver_id)
    if row is None:
        raise NotFound
    phone = vault.current().open(row["phone"], "caregiver.phone") if row["phone"] else None
    phones = [FormerPhone(**dict(one)) for one in await staff_store.phones(caregiver_id)]
    return CaregiverFile(
        id=row["id"],
        name=row["name"],
        initials=row["initials"],
        phone_masked=masked_phone(phone) if phone else None,
        provider=Named(id=row["provider"], name=row["provider_name"]),
        employed_from=row["employed_from"],
        employed_to=row["employed_to"],
        leave=[Leave(**dict(one)) for one in await staff_store.leave(caregiver_id)],
        certificates=await certificates(caregiver_id),
        phones=phones,
        next_visits=[_next(one) for one in await staff_store.next_visits(caregiver_id, _NEXT)],
    )


def _next(row: Record) -> NextCall:
    names = ("id", "service_type", "content", "window_start", "window_end", "op_state")
    elder = Named(id=row["elder"], name=vault.current().open(row["name"], "elder.name"))
    return NextCall(elder=elder, **{name: row[name] for name in names})


async def certificates(caregiver_id: UUID) -> list[Certificate]:
    """The certificates of a caregiver that was read within the scope; the last valid day as it was stated."""
    today = clock.today()
    return [
        Certificate(
            id=row["id"],
            kind=row["kind"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"] if row["replaced_at"] is None else row["stated_until"],
            recorded_at=row["recorded_at"],
            recorded_by=row["recorded_by"],
            replaced_at=row["replaced_at"],
            valid=(row["valid_from"] is None or row["valid_from"] <= today)
            and (row["valid_until"] is None or today <= row["valid_until"]),
        )
        for row in await staff_store.certificates(caregiver_id)
    ]


async def record_leave(actor: Actor, caregiver_id: UUID, new: NewLeave) -> tuple[UUID, UUID]:
    """A caregiver is away, inside the caller's unit of work; answers the leave and the caregiver's provider.

    :raises NotFound: if there is no such caregiver in the actor's scope.
    """
    row = await _locked(actor, caregiver_id)
    id = await staff_store.add_leave(actor, caregiver_id, new)
    await _told(actor, "caregiver.leave", row, {"leave": str(id), **_term(new.valid_from, new.valid_to)})
    return id, row["provider"]


async def end_leave(actor: Actor, leave_id: UUID, valid_to: date) -> Leave:
    """The first day back; the first day of the leave takes it back wholly.

    :raises NotFound: if there is no such leave in the actor's scope.
    :raises InputInvalid: if it lies before the leave.
    """
    async with unit_of_work():
        row = await staff_store.leave_in_scope(actor, leave_id)
        if row is None:
            raise NotFound
        if valid_to < row["valid_from"]:
            words = ("不能早于请假的第一天", "not before the first day of the leave")
            raise InputInvalid(*words, errors=[FieldError(field="valid_to", message=words[0], message_en=words[1])])
        await staff_store.end_leave(leave_id, valid_to)
        data = {"leave": str(leave_id), **_term(row["valid_from"], valid_to)}
        data["valid_to_before"] = row["valid_to"] and row["valid_to"].isoformat()
        await _told(actor, "caregiver.leave", {**dict(row), "id": row["caregiver"]}, data)
        [left] = [one for one in await staff_store.leave(row["caregiver"]) if one["id"] == leave_id]
    return Leave(**dict(left))


async def record_certificate(actor: Actor, caregiver_id: UUID, new: NewCertificate) -> tuple[bool, UUID]:
    """A certificate with its term, inside the caller's unit of work; answers whether it is news, and the provider.

    A moved date is a new row. What it replaces counts up to yesterday: what was allowed before stays allowed.

    :raises NotFound: if there is no such caregiver in the actor's scope.
    """
    row = await _locked(actor, caregiver_id)
    if await staff_store.same_certificate(caregiver_id, new):
        return False, row["provider"]
    replaced = await staff_store.put_certificate(actor, caregiver_id, new, clock.now())
    data = {"kind": new.kind, "replaced": replaced, **_term(new.valid_from, new.valid_until)}
    await _told(actor, "caregiver.certificate", row, data)
    return True, row["provider"]


async def _locked(actor: Actor, caregiver_id: UUID) -> Record:
    row = await staff_store.caregiver(actor, caregiver_id, lock=True)
    if row is None:
        raise NotFound
    return row


def _term(since: date | None, until: date | None) -> dict[str, object]:
    return {"valid_from": since and since.isoformat(), "valid_to": until and until.isoformat()}


async def _told(actor: Actor, kind: str, row: Record | dict[str, UUID], data: dict[str, object]) -> None:
    if actor.account_id:
        data["by"] = str(actor.account_id)
    await changes.record(kind=kind, subject=row["id"], data=data, provider=row["provider"], area=row["area"])
