"""Writes caregivers with their certificates, and elders with homes, statuses and family contacts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import vault
from doorstep.core.ids import uuid7
from doorstep.core.names import initials
from doorstep.db.tables.homes import Elder, ElderStatus, FamilyContact
from doorstep.db.tables.people import Caregiver, Qualification
from doorstep.intake import store
from doorstep.intake.cells import key
from doorstep.intake.homes import Homes
from doorstep.intake.layout import Kind
from doorstep.intake.roster import CaregiverRow, ElderRow, Status
from doorstep.intake.wire import RowCode
from doorstep.intake.work import KnownElder, Work, grouped, opened

SOURCE = "roster"
"""Of statuses that the import wrote: only these it ends again, what a person recorded stays."""


async def write_caregivers(work: Work) -> None:
    """A phone number is a person: the same one under another provider has moved there."""
    outcomes = work.rows(Kind.CAREGIVERS)
    prints = {one.parsed.value.phone: _print(one.parsed.value.phone, "caregiver.phone") for one in outcomes}
    there = {bytes(row["phone_fingerprint"]): row for row in await store.caregivers(work.actor, prints.values())}
    held = grouped(await store.qualifications(work.actor, [row["id"] for row in there.values()]), "caregiver")
    refused = work.refused(Kind.PROVIDERS)
    made: list[Caregiver] = []
    certificates: list[Qualification] = []
    changes: dict[UUID, dict[str, Any]] = {}
    terms: dict[UUID, dict[str, Any]] = {}
    for outcome in outcomes:
        await work.step()
        row: CaregiverRow = outcome.parsed.value
        old = there.get(prints[row.phone])
        provider = work.providers.get(key(row.provider))
        if provider is None:
            unknown = RowCode.PROVIDER_REFUSED if key(row.provider) in refused else RowCode.PROVIDER_UNKNOWN
            outcome.refuse(unknown, "provider", value=row.provider)
            continue
        if not work.may_provider(provider.id) or not work.may_area(provider.area) or not _own(work, old):
            outcome.refuse(RowCode.OUT_OF_SCOPE, "provider")
            continue
        id = old["id"] if old else uuid7()
        new: dict[str, Any] = {}
        if old is None or key(old["name"]) != key(row.name):
            new |= {"name": row.name, "initials": initials(row.name)}
        if old is None or old["provider"] != provider.id:
            new["provider"] = provider.id
        added, ended = _certificates(work, id, row, held.get(id, []))
        certificates += added
        terms |= ended
        if old is None:
            phone = vault.current().seal(row.phone, "caregiver.phone")
            made.append(Caregiver(id=id, phone=phone, phone_fingerprint=prints[row.phone], created_at=work.now, **new))
        else:
            changes[id] = new
        outcome.touched(new=old is None, changed=bool(new or added or ended))
    await work.insert(made)
    await work.update(Caregiver, changes)
    await work.update(Qualification, terms)
    await work.insert(certificates)


def _own(work: Work, old: asyncpg.Record | None) -> bool:
    """A provider does not take over another provider's caregiver by itself."""
    return old is None or work.may_provider(old["provider"])


def _certificates(
    work: Work, caregiver: UUID, row: CaregiverRow, held: list[asyncpg.Record]
) -> tuple[list[Qualification], dict[UUID, dict[str, Any]]]:
    """Certificates to add, and new last days of those that are there; one that is no longer named ends yesterday."""
    if not isinstance(row.certificates, tuple):
        return [], {}
    latest = {one["kind"]: one for one in held}
    added: list[Qualification] = []
    ended: dict[UUID, dict[str, Any]] = {}
    for kind in row.certificates:
        old = latest.get(kind)
        if old is None:
            added.append(
                Qualification(caregiver=caregiver, kind=kind, valid_until=row.valid_until, recorded_at=work.now)
            )
        elif old["valid_until"] != row.valid_until:
            ended[old["id"]] = {"valid_until": row.valid_until}
    yesterday = work.today - timedelta(days=1)
    for kind, old in latest.items():
        if kind not in row.certificates and (old["valid_until"] is None or old["valid_until"] > yesterday):
            ended[old["id"]] = {"valid_until": yesterday}
    return added, ended


async def write_elders(work: Work) -> None:
    """Elders by their ID number; couples share a home by its address."""
    outcomes = work.rows(Kind.ELDERS)
    prints = {one.parsed.value.id_number: _print(one.parsed.value.id_number, "elder.id_number") for one in outcomes}
    there = {bytes(row["id_fingerprint"]): row for row in await store.elders(work.actor, prints.values())}
    ids = [row["id"] for row in there.values()]
    statuses = grouped(await store.statuses(work.actor, ids), "elder")
    contacts = grouped(await store.family_contacts(work.actor, ids), "elder")
    homes = await Homes.of(work, outcomes)
    served = _served_in_file(work)
    made: list[Elder] = []
    made_statuses: list[ElderStatus] = []
    made_contacts: list[FamilyContact] = []
    changes: dict[UUID, dict[str, Any]] = {}
    status_changes: dict[UUID, dict[str, Any]] = {}
    contact_changes: dict[UUID, dict[str, Any]] = {}
    for outcome in outcomes:
        await work.step()
        row: ElderRow = outcome.parsed.value
        old = there.get(prints[row.id_number])
        area = work.area(row.area)
        if area is None:
            outcome.refuse(RowCode.AREA_UNKNOWN, "area", value=row.area)
            continue
        if not _in_scope(work, area, old, row.id_number in served):
            outcome.refuse(RowCode.OUT_OF_SCOPE, "id_number")
            continue
        home, home_changed = homes.settle(outcome, area)
        id = old["id"] if old else uuid7()
        new = _elder_values(row, home, old)
        added, ended = _statuses(work, id, row, statuses.get(id, []), is_new=old is None)
        made_statuses += added
        status_changes |= ended
        contact, contact_change = _contact(id, row, contacts.get(id, []))
        made_contacts += contact
        contact_changes |= contact_change
        if old is None:
            print_ = prints[row.id_number]
            number = vault.current().seal(row.id_number, "elder.id_number")
            made.append(Elder(id=id, id_number=number, id_fingerprint=print_, created_at=work.now, **new))
        else:
            changes[id] = new
            if "household" in new:
                work.moved.append(id)
        changed = bool(new or added or ended or contact or contact_change or home_changed)
        outcome.touched(new=old is None, changed=changed)
        signed = row.agreement_signed_on or (old["agreement_signed_on"] if old else None)
        work.elders[row.id_number] = KnownElder(id, row.name, area, signed, served=True)
    await homes.write()
    await work.insert(made)
    await work.update(Elder, changes)
    await work.update(ElderStatus, status_changes)
    await work.insert(made_statuses)
    await work.update(FamilyContact, contact_changes)
    await work.insert(made_contacts)


def _print(text: str, purpose: str) -> bytes:
    return vault.current().fingerprint(text, purpose)


def fingerprint_of_number(number: str) -> bytes:
    """What an ID number is looked up by."""
    return _print(number, "elder.id_number")


def _served_in_file(work: Work) -> set[str]:
    """The ID numbers for which this file plans a service by the actor's own provider."""
    own = {name for name, provider in work.providers.items() if provider.id == work.actor.provider_id}
    return {one.parsed.value.id_number for one in work.rows(Kind.PLANS) if key(one.parsed.value.provider) in own}


def _in_scope(work: Work, area: UUID, old: asyncpg.Record | None, served: bool) -> bool:
    """A provider's elders are those that it serves; an elder who moves leaves and enters an area."""
    if old is not None and not work.may_area(old["area"]):
        return False
    if work.actor.provider_id is not None and not (old["served"] if old is not None else served):
        return False
    return work.may_area(area)


def _elder_values(row: ElderRow, home: UUID, old: asyncpg.Record | None) -> dict[str, Any]:
    """All columns of a new elder, or those of an old one that differ; a blank cell changes nothing."""
    seal = vault.current().seal
    new: dict[str, Any] = {}
    if old is None or key(opened(old["name"], "elder.name")) != key(row.name):
        new |= {"name": seal(row.name, "elder.name"), "initials": initials(row.name)}
    if row.phone and (old is None or opened(old["phone"], "elder.phone") != row.phone):
        new["phone"] = seal(row.phone, "elder.phone")
    if row.hukou and (old is None or key(old["hukou"]) != key(row.hukou)):
        new["hukou"] = row.hukou
    told = {
        "household": home,
        "birth_date": row.birth_date,
        "sex": row.sex,
        "agreement_signed_on": row.agreement_signed_on,
    }
    return new | {name: v for name, v in told.items() if v is not None and (old is None or old[name] != v)}


def _statuses(
    work: Work, elder: UUID, row: ElderRow, recorded: list[asyncpg.Record], *, is_new: bool
) -> tuple[list[ElderStatus], dict[UUID, dict[str, Any]]]:
    """Statuses to add and to end. Those of a new elder hold from the roster's first day, a change from now on."""
    added: list[ElderStatus] = []
    ended: dict[UUID, dict[str, Any]] = {}
    since_now = work.terms.first_day if is_new else work.from_now
    wanted: dict[str, Status] = {status.kind: status for status in row.statuses}
    for kind in sorted(row.governed):
        live = [
            one
            for one in recorded
            if one["kind"] == kind
            and (one["valid_to"] is None or one["valid_to"] > max(one["valid_from"], work.from_now))
        ]
        if any(one["source"] != SOURCE for one in live):
            continue
        status = wanted.get(kind)
        same = [one for one in live if status is not None and _same(one, status)]
        for one in live:
            if one not in same[-1:]:
                # Of a fact that has not held yet no day is left: half-open and empty.
                ended[one["id"]] = {"valid_to": max(since_now, one["valid_from"])}
                if status is not None and status.since is not None:
                    ended[one["id"]] = {"valid_to": one["valid_from"]}
        if status is not None and not same:
            since = status.since or since_now
            void = _void(recorded, status, since)
            if void is not None:
                ended[void["id"]] = {"valid_to": None}
            else:
                added.append(
                    ElderStatus(
                        elder=elder,
                        kind=kind,
                        level=status.level,
                        valid_from=since,
                        source=SOURCE,
                        recorded_at=work.now,
                        recorded_by=work.actor.account_id,
                    )
                )
    return added, ended


def _same(row: asyncpg.Record, status: Status) -> bool:
    return row["level"] == status.level and (status.since is None or row["valid_from"] == status.since)


def _void(recorded: list[asyncpg.Record], status: Status, since: Any) -> asyncpg.Record | None:
    """The same fact, begun and ended on that day: it is taken up again."""
    for one in recorded:
        if (one["kind"], one["level"], one["valid_from"], one["valid_to"]) == (status.kind, status.level, since, since):
            return one
    return None


def _contact(
    elder: UUID, row: ElderRow, there: list[asyncpg.Record]
) -> tuple[list[FamilyContact], dict[UUID, dict[str, Any]]]:
    """The relative of the row, found by name or phone, or put in the place of the only one that is there."""
    if not row.family_name:
        return [], {}
    seal = vault.current().seal
    names = {one["id"]: opened(one["name"], "family_contact.name") for one in there}
    phones = {one["id"]: opened(one["phone"], "family_contact.phone") for one in there}
    same_name = [one for one in there if key(names[one["id"]]) == key(row.family_name)]
    same_phone = [one for one in there if row.family_phone and phones[one["id"]] == row.family_phone]
    old = next(iter(same_name or same_phone or (there if len(there) == 1 else [])), None)
    new: dict[str, Any] = {}
    if old is None or key(names[old["id"]]) != key(row.family_name):
        new["name"] = seal(row.family_name, "family_contact.name")
    if row.family_phone and (old is None or phones[old["id"]] != row.family_phone):
        new["phone"] = seal(row.family_phone, "family_contact.phone")
    if row.family_relation and (old is None or key(old["relation"]) != key(row.family_relation)):
        new["relation"] = row.family_relation
    if old is None:
        return [FamilyContact(elder=elder, **new)], {}
    return [], {old["id"]: new} if new else {}
