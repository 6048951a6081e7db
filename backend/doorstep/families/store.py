"""Queries of consents, invitations, links and members. An elder's rows are read after the elder was, in the scope."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.families import Consent, FamilyInvite, FamilyMember
from doorstep.families import rules
from doorstep.households import service as households
from doorstep.identity.wire import Actor

_CONSENTS = """
SELECT c.*, by.display_name AS recorded_by_name FROM consent c JOIN account by ON by.id = c.recorded_by
WHERE c.elder = $1 ORDER BY c.given_on DESC, c.id DESC
"""

_LINKS = """
SELECT l.id, l.relation, l.created_at, l.ended_at, l.ended_reason, m.name,
  (SELECT max(s.last_seen_at) FROM session s WHERE s.family_member = l.member) AS last_seen_at
FROM family_link l JOIN family_member m ON m.id = l.member WHERE l.elder = $1 ORDER BY l.created_at DESC, l.id DESC
"""

_OPEN_INVITES = """
SELECT id, name, relation, created_at, expires_at FROM family_invite
WHERE elder = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC
"""

# All consents of the elder of a link, whichever were withdrawn.
_AGREED = """
  array(SELECT c.given_on FROM consent c WHERE c.elder = l.elder AND c.purpose = $1 ORDER BY c.id) AS given,
  array(SELECT c.withdrawn_on FROM consent c WHERE c.elder = l.elder AND c.purpose = $1 ORDER BY c.id) AS withdrawn
"""

_MINE = f"""
SELECT l.elder, l.relation, l.created_at, e.name, {_AGREED}
FROM family_link l JOIN elder e ON e.id = l.elder
WHERE l.member = $2 AND l.ended_at IS NULL ORDER BY l.created_at, l.id
"""

_WITHDRAWN = f"""
SELECT l.id, l.created_at, {_AGREED}
FROM family_link l WHERE l.ended_at IS NULL AND EXISTS (
  SELECT FROM consent c WHERE c.elder = l.elder AND c.purpose = $1 AND c.withdrawn_on <= $2)
FOR UPDATE OF l SKIP LOCKED
"""


async def consents(actor: Actor, elder: UUID) -> list[Record]:
    """All consents of an elder that the caller has read within the scope, the newest first."""
    del actor
    return await fetch(_CONSENTS, elder)


async def agreed(actor: Actor, elder: UUID) -> list[rules.Agreed]:
    """When an elder that the caller has read within the scope agreed that the family may see the visits."""
    del actor
    rows = await fetch(
        "SELECT given_on, withdrawn_on FROM consent WHERE elder = $1 AND purpose = $2", elder, rules.FAMILY_VIEW
    )
    return [rules.Agreed(row["given_on"], row["withdrawn_on"]) for row in rows]


async def consent(actor: Actor, id: UUID) -> Record | None:
    """A consent, locked; whether its elder is in the scope is asked by the caller."""
    del actor
    return _first(await fetch("SELECT * FROM consent WHERE id = $1 FOR UPDATE", id))


async def insert_consent(actor: Actor, row: Consent) -> None:
    """One more consent of an elder that the caller has read within the scope."""
    del actor
    await Consent.insert(row)


async def withdraw_consent(actor: Actor, id: UUID, withdrawn_on: date) -> None:
    """From this day on it does not count."""
    values: dict[Any, Any] = {
        Consent.withdrawn_on: withdrawn_on,
        Consent.withdrawal_recorded_at: clock.now(),
        Consent.withdrawal_recorded_by: actor.account_id,
    }
    await Consent.update(values).where(Consent.id == id)


async def links(actor: Actor, elder: UUID) -> list[Record]:
    """Everybody who ever could see an elder that the caller has read within the scope."""
    del actor
    return await fetch(_LINKS, elder)


async def open_invites(actor: Actor, elder: UUID) -> list[Record]:
    """Invitations for an elder of the scope that can still be used."""
    del actor
    return await fetch(_OPEN_INVITES, elder, clock.now())


async def insert_invite(actor: Actor, row: FamilyInvite) -> None:
    """A new invitation for an elder that the caller has read within the scope."""
    del actor
    await FamilyInvite.insert(row)


async def invite(actor: Actor, id: UUID) -> FamilyInvite | None:
    """An invitation; whether its elder is in the scope is asked by the caller."""
    del actor
    return await FamilyInvite.objects().where(FamilyInvite.id == id).lock_rows().first()


async def invite_by(actor: Actor, *, secret_sha256: bytes | None, code: bytes | None) -> FamilyInvite | None:
    """The invitation of a secret or code, locked, whatever its state: who holds it is in its scope."""
    del actor
    which = FamilyInvite.secret_sha256 == secret_sha256 if secret_sha256 else FamilyInvite.code_fingerprint == code
    return await FamilyInvite.objects().where(which).lock_rows().first()


async def revoke_invite(actor: Actor, id: UUID) -> None:
    """Nobody can use it any more."""
    del actor
    row = FamilyInvite
    await row.update({row.revoked_at: clock.now()}).where(row.id == id, row.used_at.is_null(), row.revoked_at.is_null())


async def use_invite(actor: Actor, id: UUID, *, member: UUID, attempt_sha256: bytes | None) -> None:
    """It was used by this member."""
    del actor
    row = FamilyInvite
    values: dict[Any, Any] = {row.used_at: clock.now(), row.member: member, row.attempt_sha256: attempt_sha256}
    await row.update(values).where(row.id == id)


async def insert_member(actor: Actor, row: FamilyMember) -> None:
    """A new family member."""
    del actor
    await FamilyMember.insert(row)


async def put_link(actor: Actor, *, member: UUID, elder: UUID, relation: str, invite: UUID, id: UUID) -> bool:
    """The member may see the elder from now on; False if they could already."""
    del actor
    sql = """
    INSERT INTO family_link (id, member, elder, relation, invite, created_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (member, elder) WHERE ended_at IS NULL DO NOTHING RETURNING id
    """
    return bool(await fetch(sql, id, member, elder, relation, invite, clock.now()))


async def link(actor: Actor, id: UUID) -> Record | None:
    """A link; whether its elder is in the scope is asked by the caller."""
    del actor
    return _first(await fetch("SELECT id, elder, member, ended_at FROM family_link WHERE id = $1", id))


async def end_links(actor: Actor, ids: Sequence[UUID], reason: str) -> list[Record]:
    """Ends live links; answers those that it ended."""
    sql = """
    UPDATE family_link SET ended_at = $2, ended_by = $3, ended_reason = $4
    WHERE id = ANY($1::uuid[]) AND ended_at IS NULL RETURNING id, elder, member
    """
    return await fetch(sql, list(ids), clock.now(), actor.account_id, reason)


async def withdrawn(actor: Actor, today: date) -> list[Record]:
    """Live links to elders who have withdrawn any consent by that day, locked, each with all of them.

    Links that others are at work on are left out.
    """
    del actor
    return await fetch(_WITHDRAWN, rules.FAMILY_VIEW, today)


async def my_links(actor: Actor) -> list[Record]:
    """The live links of the member who asks, each with all consents of its elder."""
    return await fetch(_MINE, rules.FAMILY_VIEW, actor.family_member_id)


async def live_links(actor: Actor, member: UUID) -> list[Record]:
    """The links of a member that nobody ended, whatever the consents say."""
    del actor
    return await fetch("SELECT id, elder, created_at FROM family_link WHERE member = $1 AND ended_at IS NULL", member)


async def member(actor: Actor) -> FamilyMember | None:
    """The member who asks."""
    return await FamilyMember.objects().get(FamilyMember.id == actor.family_member_id)


async def set_large_type(actor: Actor, large: bool) -> None:
    """What the member who asks has chosen."""
    await FamilyMember.update({FamilyMember.large_type: large}).where(FamilyMember.id == actor.family_member_id)


async def providers_of(actor: Actor, elders: Sequence[UUID]) -> list[Record]:
    """Area of elders and whoever serves them, for those who have to be told."""
    del actor
    sql = f"""
    SELECT e.id, h.area, {households.providers_of("e.id", "$2::date")} AS providers
    FROM elder e JOIN household h ON h.id = e.household WHERE e.id = ANY($1::uuid[])
    """
    return await fetch(sql, list(elders), households.reading_since(clock.today()))


async def whence(actor: Actor, invite: UUID) -> list[Record]:
    """The provider of who made an invitation, none if an office did, and the area of its elder."""
    del actor
    sql = """
    SELECT a.provider, h.area FROM family_invite i JOIN account a ON a.id = i.created_by
      JOIN elder e ON e.id = i.elder JOIN household h ON h.id = e.household WHERE i.id = $1
    """
    return await fetch(sql, invite)


def _first(rows: list[Record]) -> Record | None:
    return rows[0] if rows else None
