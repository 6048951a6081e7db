"""Queries of caregivers as the office keeps them: leave, certificates, phones, what they have to do next."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, NewCertificate, NewLeave

# $1 provider, $2 areas: None is everything.
_IN_SCOPE = "($1::uuid IS NULL OR p.id = $1) AND ($2::uuid[] IS NULL OR p.area = ANY($2))"

_CAREGIVER = f"""
SELECT c.id, c.name, c.initials, c.phone, c.employed_from, c.employed_to, p.id AS provider, p.name AS provider_name,
  p.area
FROM caregiver c JOIN provider p ON p.id = c.provider WHERE {_IN_SCOPE} AND c.id = $3
"""

_PHONES = """
SELECT d.id, d.enrolled_at, d.last_seen_at, d.platform, d.app_version, d.reported_at, d.waiting, d.oldest_waiting_at,
  d.persisted, d.standalone, d.revoked_at, d.revoked_reason, a.display_name AS revoked_by
FROM device d LEFT JOIN account a ON a.id = d.revoked_by WHERE d.caregiver = $1 ORDER BY d.enrolled_at DESC, d.id
"""

_NEXT = """
SELECT v.id, v.elder, e.name, v.service_type, v.content, v.window_start, v.window_end, v.op_state
FROM assignment a JOIN visit v ON v.id = a.visit JOIN elder e ON e.id = v.elder
WHERE a.caregiver = $1 AND a.ended_at IS NULL AND a.service_day >= $2 AND v.window_end > $3
  AND v.op_state IN ('planned', 'assigned', 'in_progress')
ORDER BY v.window_start, v.id LIMIT $4
"""

# A moved date: what covers some of the same days is replaced, unless the new one only begins later.
_REPLACE = """
UPDATE qualification SET replaced_at = $5, stated_until = valid_until, valid_until = LEAST(valid_until, $6::date - 1)
WHERE caregiver = $1 AND kind = $2 AND replaced_at IS NULL
  AND ($4::date IS NULL OR valid_from IS NULL OR valid_from <= $4)
  AND ($3::date IS NULL OR (valid_until IS NULL OR $3 <= valid_until) AND $3 <= $6)
RETURNING id
"""


async def caregiver(actor: Actor, id: UUID, *, lock: bool = False) -> Record | None:
    """A caregiver of the scope, those who left included."""
    sql = f"{_CAREGIVER} FOR NO KEY UPDATE OF c" if lock else _CAREGIVER
    rows = await fetch(sql, actor.provider_id, actor.areas, id)
    return rows[0] if rows else None


async def leave(caregiver: UUID) -> Sequence[Record]:
    """All leave of a caregiver that was read within the scope, the last first."""
    return await fetch(
        "SELECT id, valid_from, valid_to, reason, recorded_at FROM leave_period WHERE caregiver = $1 "
        "ORDER BY valid_from DESC, id DESC",
        caregiver,
    )


async def add_leave(actor: Actor, caregiver: UUID, new: NewLeave) -> UUID:
    """One more leave."""
    id = uuid7()
    await fetch(
        "INSERT INTO leave_period (id, caregiver, valid_from, valid_to, reason, recorded_at, recorded_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        caregiver,
        new.valid_from,
        new.valid_to,
        new.reason,
        clock.now(),
        actor.account_id,
    )
    return id


async def leave_in_scope(actor: Actor, id: UUID) -> Record | None:
    """A leave of a caregiver of the scope, locked."""
    rows = await fetch(
        "SELECT l.id, l.caregiver, l.valid_from, l.valid_to, p.id AS provider, p.area FROM leave_period l "
        f"JOIN caregiver c ON c.id = l.caregiver JOIN provider p ON p.id = c.provider WHERE {_IN_SCOPE} AND l.id = $3 "
        "FOR NO KEY UPDATE OF l",
        actor.provider_id,
        actor.areas,
        id,
    )
    return rows[0] if rows else None


async def end_leave(id: UUID, valid_to: date) -> None:
    """Another first day back."""
    await fetch("UPDATE leave_period SET valid_to = $2 WHERE id = $1", id, valid_to)


async def certificates(caregiver: UUID) -> Sequence[Record]:
    """All certificates of a caregiver that was read within the scope, replaced ones too."""
    return await fetch(
        "SELECT q.id, q.kind, q.valid_from, q.valid_until, q.stated_until, q.recorded_at, q.replaced_at, "
        "a.display_name AS recorded_by FROM qualification q LEFT JOIN account a ON a.id = q.recorded_by "
        "WHERE q.caregiver = $1 ORDER BY q.kind, q.recorded_at DESC, q.id DESC",
        caregiver,
    )


async def same_certificate(caregiver: UUID, new: NewCertificate) -> bool:
    """Whether this very term is recorded already."""
    return bool(
        await fetch(
            "SELECT 1 FROM qualification WHERE caregiver = $1 AND kind = $2 AND replaced_at IS NULL "
            "AND valid_from IS NOT DISTINCT FROM $3 AND valid_until IS NOT DISTINCT FROM $4",
            caregiver,
            new.kind,
            new.valid_from,
            new.valid_until,
        )
    )


async def put_certificate(actor: Actor, caregiver: UUID, new: NewCertificate, now: datetime) -> int:
    """A new term; answers how many it replaces. Those count up to yesterday: nothing before today is undone."""
    today = clock.civil_date(now)
    replaced = await fetch(_REPLACE, caregiver, new.kind, new.valid_from, new.valid_until, now, today)
    await fetch(
        "INSERT INTO qualification (id, caregiver, kind, valid_from, valid_until, recorded_at, recorded_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        uuid7(),
        caregiver,
        new.kind,
        new.valid_from,
        new.valid_until,
        now,
        actor.account_id,
    )
    return len(replaced)


async def phones(caregiver: UUID) -> Sequence[Record]:
    """All phones that a caregiver of the scope ever had, the newest first."""
    return await fetch(_PHONES, caregiver)


async def next_visits(caregiver: UUID, limit: int) -> Sequence[Record]:
    """What a caregiver of the scope has to do next."""
    return await fetch(_NEXT, caregiver, clock.today(), clock.now(), limit)
