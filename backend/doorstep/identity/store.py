"""Queries of identity. Scope: a caregiver belongs to a provider, a provider to an area."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.people import Account, Device, EnrolmentTicket, Session, SignInFailure
from doorstep.identity import rules
from doorstep.identity.wire import Actor, PhoneStatus, Role

_LIVE_SESSION = """
SELECT s.id, s.last_seen_at, s.account, s.device, s.family_member,
       a.role, a.display_name, coalesce(a.provider, c.provider) AS provider, c.id AS caregiver, c.name,
       CASE WHEN a.area IS NOT NULL THEN ARRAY(
         WITH RECURSIVE tree AS (
           SELECT a.area AS id UNION SELECT area.id FROM area JOIN tree ON area.parent = tree.id)
         SELECT id FROM tree) END AS areas
FROM session s
LEFT JOIN account a ON a.id = s.account
LEFT JOIN device d ON d.id = s.device
LEFT JOIN caregiver c ON c.id = d.caregiver
WHERE s.token_sha256 = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
  AND a.disabled_at IS NULL AND d.revoked_at IS NULL AND (c.employed_to IS NULL OR c.employed_to > $3)
"""

# $1 provider, $2 areas: None is everything.
_IN_SCOPE = "($1::uuid IS NULL OR p.id = $1) AND ($2::uuid[] IS NULL OR p.area = ANY($2))"
_EMPLOYED = "(c.employed_to IS NULL OR c.employed_to > $3)"


async def live_session(token_sha256: bytes) -> Record | None:
    """Session, account or caregiver, and scope, if everything about it is live at this moment."""
    return _first(await fetch(_LIVE_SESSION, token_sha256, clock.now(), clock.today()))


async def is_of_revoked_phone(token_sha256: bytes) -> bool:
    """Whether the session was that of a phone which somebody has revoked since."""
    sql = """
    SELECT EXISTS (SELECT FROM session s JOIN device d ON d.id = s.device
      WHERE s.token_sha256 = $1 AND d.revoked_at IS NOT NULL) AS revoked
    """
    return (await fetch(sql, token_sha256))[0]["revoked"]


async def saw(session: Record) -> None:
    """Remembers that the session was used. The device first, as revoking does: two orders would be a deadlock."""
    now = clock.now()
    seen: dict[Any, Any] = {Session.last_seen_at: now}
    if session["device"]:
        await Device.update({Device.last_seen_at: now}).where(Device.id == session["device"])
        seen[Session.expires_at] = now + rules.DEVICE_LIFE
    if session["family_member"]:
        seen[Session.expires_at] = now + rules.FAMILY_LIFE
    await Session.update(seen).where(Session.id == session["id"], Session.revoked_at.is_null())


async def open_session(
    token_sha256: bytes, *, account: UUID | None = None, device: UUID | None = None, family_member: UUID | None = None
) -> None:
    """A new session with the life of its kind."""
    now = clock.now()
    life = rules.OFFICE_LIFE if account else rules.DEVICE_LIFE if device else rules.FAMILY_LIFE
    await Session.insert(
        Session(
            token_sha256=token_sha256,
            account=account,
            device=device,
            family_member=family_member,
            created_at=now,
            last_seen_at=now,
            expires_at=now + life,
        )
    )


async def close_session(actor: Actor) -> None:
    """Ends the actor's own session."""
    await _close(Session.id == actor.session_id)


async def close_sessions_of(
    *, account: UUID | None = None, devices: Sequence[UUID] = (), family_member: UUID | None = None
) -> None:
    """Ends all sessions of an account, of devices, or of a family member."""
    if account:
        await _close(Session.account == account)
    if devices:
        await _close(Session.device.is_in(list(devices)))
    if family_member:
        await _close(Session.family_member == family_member)


async def _close(which: Any) -> None:
    await Session.update({Session.revoked_at: clock.now()}).where(which, Session.revoked_at.is_null())


_FORGET = """
WITH over AS (
  DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE LEAST(expires_at, revoked_at) < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING id
), unused AS (
  DELETE FROM enrolment_ticket WHERE id IN (
    SELECT id FROM enrolment_ticket WHERE used_at IS NULL AND expires_at < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)
  RETURNING id
)
SELECT (SELECT count(*) FROM over) + (SELECT count(*) FROM unused) AS gone
"""


async def forget_ended(before: datetime) -> int:
    """Removes sessions that ended and enrolments that ran out unused; one that was used says whose phone it is."""
    return (await fetch(_FORGET, before))[0]["gone"]


async def attempts(login_fingerprint: bytes) -> Record:
    """Failures so far under this login; the row stays locked until the end of the unit of work."""
    sql = """
    INSERT INTO sign_in_failure (id, login_fingerprint, failures, changed_at) VALUES ($1, $2, 0, $3)
    ON CONFLICT (login_fingerprint) DO UPDATE SET login_fingerprint = excluded.login_fingerprint
    RETURNING id, failures, locked_until, changed_at
    """
    return (await fetch(sql, uuid7(), login_fingerprint, clock.now()))[0]


async def count_attempt(id: UUID, *, failures: int, locked_until: datetime | None) -> None:
    """Writes the new count, and drops counts of long ago."""
    now, failure = clock.now(), SignInFailure
    await failure.update(
        {failure.failures: failures, failure.locked_until: locked_until, failure.changed_at: now}
    ).where(failure.id == id)
    sql = """
    DELETE FROM sign_in_failure WHERE id IN (
      SELECT id FROM sign_in_failure WHERE changed_at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED)
    """
    await fetch(sql, now - rules.FORGOTTEN_AFTER)


async def forget_attempts(login_fingerprint: bytes) -> None:
    """After a success."""
    await SignInFailure.delete().where(SignInFailure.login_fingerprint == login_fingerprint)


async def account_by_login(login: str) -> Account | None:
    """The account with this (normalised) login."""
    return await Account.objects().get(Account.login == login)


async def accept_sign_in(account: Account, *, step: int | None) -> bool:
    """Uses up the one-time code. False if it was used before, or the account changed since it was read."""
    sql = """
    UPDATE account SET totp_used_step = coalesce($3, totp_used_step)
    WHERE id = $1 AND disabled_at IS NULL AND password_hash = $2
      AND ($3::int IS NULL OR totp_used_step IS NULL OR totp_used_step < $3) RETURNING id
    """
    return bool(await fetch(sql, account.id, account.password_hash, step))


async def insert_account(row: Account) -> bool:
    """Whether the account was made; False if its login is taken."""
    made = await Account.insert(row).on_conflict(target=Account.login, action="DO NOTHING").returning(Account.id)
    return bool(made)


async def change_account(actor: Actor, account: UUID, columns: dict[Any, Any]) -> bool:
    """Changes one's own account, or any as admin or the server itself; False if there is none."""
    if actor.role not in (Role.ADMIN, Role.SYSTEM) and actor.account_id != account:
        return False
    return bool(await Account.update(columns).where(Account.id == account).returning(Account.id))


async def caregiver_by_phone(actor: Actor, fingerprint: bytes, provider: UUID | None) -> UUID | None:
    """A caregiver of a provider, by the phone number."""
    del actor  # only who makes accounts asks
    sql = "SELECT id FROM caregiver WHERE phone_fingerprint = $1 AND provider = $2"
    row = _first(await fetch(sql, fingerprint, provider))
    return row["id"] if row else None


async def names_of_scope(account: UUID) -> Record | None:
    """The account with the names of its provider and root area."""
    sql = """
    SELECT a.id, a.role, a.display_name, p.id AS provider, p.name AS provider_name, r.id AS area, r.name AS area_name
    FROM account a LEFT JOIN provider p ON p.id = a.provider LEFT JOIN area r ON r.id = a.area WHERE a.id = $1
    """
    return _first(await fetch(sql, account))


async def caregivers(actor: Actor) -> list[Record]:
    """Those employed today, with provider, live phone and what they have to do today, by name."""
    sql = f"""
    SELECT c.id, c.name, c.phone, p.id AS provider, p.name AS provider_name,
           d.id AS device, d.enrolled_at, d.last_seen_at, d.platform, d.app_version,
           d.reported_at, d.waiting, d.oldest_waiting_at, d.persisted, d.standalone,
           coalesce(t.visits, 0) AS visits_today, t.first_visit_at
    FROM caregiver c JOIN provider p ON p.id = c.provider
    LEFT JOIN device d ON d.caregiver = c.id AND d.revoked_at IS NULL
    LEFT JOIN (
      SELECT a.caregiver, count(*) AS visits, min(v.window_start) AS first_visit_at
      FROM assignment a JOIN visit v ON v.id = a.visit
      WHERE a.service_day = $3 AND a.ended_at IS NULL AND v.op_state <> 'cancelled' GROUP BY a.caregiver
    ) t ON t.caregiver = c.id
    WHERE {_IN_SCOPE} AND {_EMPLOYED} ORDER BY c.initials, c.name, c.id
    """
    return await fetch(sql, actor.provider_id, actor.areas, clock.today())


async def qualifications(actor: Actor) -> list[Record]:
    """Kinds of certificates by caregiver, each with the last day that any of them is good for."""
    sql = f"""
    SELECT q.caregiver, q.kind, CASE WHEN bool_and(q.valid_until IS NOT NULL) THEN max(q.valid_until) END AS valid_until
    FROM qualification q JOIN caregiver c ON c.id = q.caregiver JOIN provider p ON p.id = c.provider
    WHERE {_IN_SCOPE} AND {_EMPLOYED} GROUP BY q.caregiver, q.kind ORDER BY q.kind
    """
    return await fetch(sql, actor.provider_id, actor.areas, clock.today())


async def lock_caregiver(actor: Actor, caregiver: UUID) -> Record | None:
    """A caregiver employed today, locked: everything about their phones happens one after the other."""
    sql = f"""
    SELECT c.id, c.name, p.id AS provider, p.name AS provider_name, p.area
    FROM caregiver c JOIN provider p ON p.id = c.provider
    WHERE {_IN_SCOPE} AND {_EMPLOYED} AND c.id = $4 FOR NO KEY UPDATE OF c
    """
    return _first(await fetch(sql, actor.provider_id, actor.areas, clock.today(), caregiver))


async def void_tickets(caregiver: UUID) -> None:
    """Ends the waiting tickets of a caregiver."""
    now, ticket = clock.now(), EnrolmentTicket
    await ticket.update({ticket.expires_at: now}).where(
        ticket.caregiver == caregiver, ticket.used_at.is_null(), ticket.expires_at > now
    )


async def insert_ticket(actor: Actor, *, caregiver: UUID, secret_sha256: bytes) -> EnrolmentTicket:
    """A waiting ticket."""
    now = clock.now()
    row = EnrolmentTicket(
        caregiver=caregiver,
        secret_sha256=secret_sha256,
        created_by=actor.account_id,
        created_at=now,
        expires_at=now + rules.TICKET_LIFE,
    )
    await EnrolmentTicket.insert(row)
    return row


async def ticket(actor: Actor, id: UUID) -> Record | None:
    """A ticket of a caregiver in the actor's scope."""
    sql = f"""
    SELECT t.id, t.used_at, t.expires_at, t.device FROM enrolment_ticket t
    JOIN caregiver c ON c.id = t.caregiver JOIN provider p ON p.id = c.provider WHERE {_IN_SCOPE} AND t.id = $3
    """
    return _first(await fetch(sql, actor.provider_id, actor.areas, id))


async def ticket_by_secret(secret_sha256: bytes) -> EnrolmentTicket | None:
    """The ticket of a secret, whatever its state."""
    return await EnrolmentTicket.objects().get(EnrolmentTicket.secret_sha256 == secret_sha256)


async def use_ticket(id: UUID, device: UUID) -> None:
    """Marks it used by this device."""
    row = EnrolmentTicket
    await row.update({row.used_at: clock.now(), row.device: device}).where(row.id == id)


async def insert_device(row: Device) -> None:
    """A new live phone."""
    await Device.insert(row)


async def live_device(caregiver: UUID) -> Device | None:
    """The one phone of a caregiver that is not revoked."""
    return await Device.objects().get((Device.caregiver == caregiver) & Device.revoked_at.is_null())


async def keep_status(id: UUID, status: PhoneStatus) -> None:
    """What a phone says of itself now. Nothing has waited since a time that is still to come."""
    now, oldest = clock.now(), status.oldest_waiting_at
    values: dict[Any, Any] = {
        Device.last_seen_at: now,
        Device.reported_at: now,
        Device.waiting: status.waiting,
        Device.oldest_waiting_at: min(oldest, now) if oldest and status.waiting else None,
        Device.persisted: status.persisted,
        Device.standalone: status.standalone,
        Device.app_version: status.app_version,
    }
    await Device.update(values).where(Device.id == id)


async def device(actor: Actor, id: UUID) -> Record | None:
    """A phone of a caregiver in the actor's scope, with where that is."""
    sql = f"""
    SELECT d.id, d.caregiver, p.id AS provider, p.area
    FROM device d JOIN caregiver c ON c.id = d.caregiver JOIN provider p ON p.id = c.provider
    WHERE {_IN_SCOPE} AND d.id = $3
    """
    return _first(await fetch(sql, actor.provider_id, actor.areas, id))


async def revoke_device(id: UUID, *, by: UUID | None, reason: str) -> bool:
    """Whether it was live until now."""
    rows = (
        await Device.update({Device.revoked_at: clock.now(), Device.revoked_by: by, Device.revoked_reason: reason})
        .where(Device.id == id, Device.revoked_at.is_null())
        .returning(Device.id)
    )
    return bool(rows)


async def device_keys(ids: Sequence[UUID]) -> list[Record]:
    """Keys and owners of phones, revoked ones too."""
    sql = """
    SELECT d.id, d.caregiver AS caregiver_id, c.provider AS provider_id, d.public_key, d.revoked_at
    FROM device d JOIN caregiver c ON c.id = d.caregiver WHERE d.id = ANY($1)
    """
    return await fetch(sql, list(ids))


def _first(rows: list[Record]) -> Record | None:
    return rows[0] if rows else None
