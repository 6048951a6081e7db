"""Use cases around caregivers' phones: enrolment by a one-time code, revocation, their keys. Part of `service`."""

from uuid import UUID

import msgspec
from asyncpg import Record

from doorstep.core import anchors, clock, jws, opaque, qr, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotAllowed, NotFound, Problem
from doorstep.core.text import masked_phone
from doorstep.db import audit, changes
from doorstep.db.audit import Trail
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.people import Device, EnrolmentTicket
from doorstep.identity import rules, store
from doorstep.identity.wire import (
    SYSTEM,
    Actor,
    CaregiverItem,
    CaregiverList,
    DeviceKey,
    DeviceSeen,
    Enrolment,
    EnrolmentState,
    Named,
    PhoneStatus,
    QualificationTerm,
    Redeemed,
    Redemption,
    Role,
)

REPLACED, DECLINED = "replaced", "declined"


class EnrolmentInvalid(Problem):
    """Unknown, used, expired or voided: the phone is not told which."""

    code = "ENROLMENT_INVALID"


class EnrolmentProofInvalid(Problem):
    """The phone did not prove that it has the private key of the public key it gave."""

    code = "ENROLMENT_PROOF_INVALID"


class _Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secret: str


_proof_decoder = msgspec.json.Decoder(_Proof)


async def caregivers(actor: Actor) -> CaregiverList:
    """Those in the actor's scope who are employed today."""
    terms: dict[UUID, list[QualificationTerm]] = {}
    for row in await store.qualifications(actor):
        term = QualificationTerm(kind=row["kind"], valid_until=row["valid_until"])
        terms.setdefault(row["caregiver"], []).append(term)
    rows = await store.caregivers(actor)
    return CaregiverList(items=[_item(row, terms.get(row["id"], [])) for row in rows])


def _item(row: Record, terms: list[QualificationTerm]) -> CaregiverItem:
    phone = vault.current().open(row["phone"], "caregiver.phone") if row["phone"] else None
    seen = None
    if row["device"]:
        seen = DeviceSeen(id=row["device"], **{name: row[name] for name in _SEEN})
    return CaregiverItem(
        id=row["id"],
        name=row["name"],
        phone_masked=masked_phone(phone) if phone else None,
        provider=Named(id=row["provider"], name=row["provider_name"]),
        qualifications=terms,
        device=seen,
        visits_today=row["visits_today"],
        first_visit_at=row["first_visit_at"],
    )


_SEEN = (
    *("enrolled_at", "last_seen_at", "platform", "app_version"),
    *("reported_at", "waiting", "oldest_waiting_at", "persisted", "standalone"),
)


async def report(actor: Actor, status: PhoneStatus) -> None:
    """Keeps what the phone that asks says of itself."""
    if actor.device_id is None:
        raise NotAllowed
    await store.keep_status(actor.device_id, status)


async def create_ticket(actor: Actor, *, caregiver_id: UUID, public_url: str) -> Enrolment:
    """A one-time code for the phone of a caregiver in the actor's scope; codes made before are void."""
    if actor.account_id is None:
        raise NotAllowed
    secret = opaque.new_secret()
    async with unit_of_work():
        caregiver = await store.lock_caregiver(actor, caregiver_id)
        if caregiver is None:
            raise NotFound
        await store.void_tickets(caregiver_id)
        row = await store.insert_ticket(actor, caregiver=caregiver_id, secret_sha256=opaque.digest(secret))
    # Upper case keeps the QR code in its denser alphanumeric mode.
    url = f"{public_url.rstrip('/').upper()}/E/{secret}"
    return Enrolment(id=row.id, url=url, secret=secret, qr_svg=qr.svg(url), expires_at=row.expires_at)


async def ticket_state(actor: Actor, *, ticket_id: UUID) -> EnrolmentState:
    """Whether a code was used yet."""
    row = await store.ticket(actor, ticket_id)
    if row is None:
        raise NotFound
    state = "used" if row["used_at"] else "waiting" if row["expires_at"] > clock.now() else "expired"
    return EnrolmentState(id=row["id"], state=state, device_id=row["device"])


async def redeem(redemption: Redemption) -> Redeemed:
    """Binds the phone's key to the caregiver; the phone they had before is revoked in the same transaction.

    :raises EnrolmentProofInvalid: if the proof is not by this key over this secret.
    :raises EnrolmentInvalid: if the code cannot be used, or not any more.
    """
    point = _proven_key(redemption)
    token = opaque.new_token()
    async with unit_of_work():
        ticket, caregiver = await _usable(redemption, point)
        if ticket.used_at is None:
            device_id = await _bind(redemption, point, ticket=ticket, caregiver=caregiver)
        else:
            device_id = ticket.device
            await store.close_sessions_of(devices=[device_id])
        await store.open_session(opaque.digest(token), device=device_id)
        trail = Trail(
            operation="redeem_enrolment", role=Role.CAREGIVER.value, name=caregiver["name"], subject=device_id
        )
        trail.person, trail.provider = caregiver["id"], caregiver["provider"]
        audit.begin(trail)
    return Redeemed(
        device_id=device_id,
        caregiver=Named(id=caregiver["id"], name=caregiver["name"]),
        provider=Named(id=caregiver["provider"], name=caregiver["provider_name"]),
        token=token,
        anchor=anchors.issue(device_id),
    )


def _proven_key(redemption: Redemption) -> bytes:
    point = rules.point_of(redemption.public_key)
    if point is None:
        raise EnrolmentProofInvalid
    try:
        proof = jws.parse(redemption.proof, typ="enrol+jws")
        claimed = _proof_decoder.decode(proof.payload)
    except (jws.Malformed, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EnrolmentProofInvalid from error
    if proof.header.kid or claimed.secret != redemption.secret or not jws.verified(proof, point):
        raise EnrolmentProofInvalid
    return point


async def _usable(redemption: Redemption, point: bytes) -> tuple[EnrolmentTicket, Record]:
    secret = opaque.digest(opaque.as_crockford(redemption.secret))
    found = await store.ticket_by_secret(secret)
    # The caregiver is locked first, as making a ticket does; then the ticket is read as it is now.
    caregiver = await store.lock_caregiver(SYSTEM, found.caregiver) if found else None
    ticket = await store.ticket_by_secret(secret) if caregiver else None
    if ticket is None or caregiver is None:
        raise EnrolmentInvalid
    now = clock.now()
    if ticket.used_at is None:
        if ticket.expires_at <= now:
            raise EnrolmentInvalid
        return ticket, caregiver
    # A phone that never got its answer asks again; only the same key is given it.
    live = await store.live_device(ticket.caregiver)
    asks_again = live is not None and live.id == ticket.device and live.public_key == point
    if not asks_again or now - ticket.used_at > rules.ANSWER_AGAIN:
        raise EnrolmentInvalid
    return ticket, caregiver


async def _bind(redemption: Redemption, point: bytes, *, ticket: EnrolmentTicket, caregiver: Record) -> UUID:
    old = await store.live_device(caregiver["id"])
    if old is not None:
        await _revoke(old.id, by=ticket.created_by, reason=REPLACED, of=caregiver, caregiver=caregiver["id"])
    new, now = await _device_id(redemption, caregiver["id"]), clock.now()
    await store.insert_device(
        Device(
            id=new,
            caregiver=caregiver["id"],
            public_key=point,
            platform=redemption.platform,
            app_version=redemption.app_version,
            enrolled_at=now,
            enrolled_by=ticket.created_by,
            last_seen_at=now,
        )
    )
    await store.use_ticket(ticket.id, new)
    await changes.record(
        kind="device.enrolled",
        subject=caregiver["id"],
        data={"device": str(new), "by": str(ticket.created_by)},
        provider=caregiver["provider"],
        area=caregiver["area"],
    )
    return new


async def _device_id(redemption: Redemption, caregiver: UUID) -> UUID:
    """A new one, or the one that a phone of the same caregiver had before the server was put back to an older day."""
    former = redemption.former_device_id
    others = redemption.former_caregiver_id not in (None, caregiver)
    if former is None or others or await store.device_keys([former]):
        return uuid7()
    return former


async def revoke(actor: Actor, *, device_id: UUID, reason: str) -> None:
    """Nothing that this phone signs or asks from now on is accepted. Revoking again changes nothing."""
    async with unit_of_work():
        found = await store.device(actor, device_id)
        if found is None:
            raise NotFound
        await _revoke(device_id, by=actor.account_id, reason=reason, of=found, caregiver=found["caregiver"])


async def decline(actor: Actor) -> None:
    """Whoever holds the phone says that it is not theirs, or gives it back: it is nobody's at once."""
    if actor.device_id is None:
        raise NotAllowed
    await revoke(actor, device_id=actor.device_id, reason=DECLINED)


async def _revoke(device: UUID, *, by: UUID | None, reason: str, of: Record, caregiver: UUID) -> None:
    if not await store.revoke_device(device, by=by, reason=reason):
        return
    await store.close_sessions_of(devices=[device])
    await changes.record(
        kind="device.revoked",
        subject=caregiver,
        data={"device": str(device), "by": str(by) if by else None, "replaced": reason == REPLACED},
        provider=of["provider"],
        area=of["area"],
    )


async def devices(ids: list[UUID]) -> dict[UUID, DeviceKey]:
    """Keys of phones by their ids, revoked ones too; unknown ids are left out."""
    return {row["id"]: msgspec.convert(dict(row), DeviceKey) for row in await store.device_keys(ids)}
