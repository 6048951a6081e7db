"""Reads and writes of office steps: visits locked together, moved together, and what stood before and after."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits import series, store
from doorstep.visits.series import Member, Planned

# In the order of their ids, as check-ins lock them.
_LOCKED = """
SELECT v.*, h.area,
  array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL
    ORDER BY a.assigned_at, a.caregiver) AS caregivers
FROM visit v JOIN household h ON h.id = v.household
WHERE v.id = ANY($3::uuid[]) AND ($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))
ORDER BY v.id
"""

# Whatever was superseded or ended never comes back: see the rules of plans.
_ITEMS = """
SELECT pi.id, v.plan_item, pi.window_start, GREATEST(pi.valid_from, cp.valid_from) AS since,
  LEAST(pi.valid_to, cp.valid_to, (SELECT min(ps.valid_from) FROM plan_state ps
    WHERE ps.plan = cp.id AND ps.state IN ('superseded', 'ended'))) AS until
FROM visit v JOIN care_plan cp ON cp.elder = v.elder JOIN plan_item pi ON pi.plan = cp.id
WHERE v.id = $1 AND v.plan_item IS NOT NULL AND (pi.id = v.plan_item
  OR pi.provider = v.provider AND pi.service_type = v.service_type AND pi.content = v.content)
"""

_SERIES = """
SELECT o.id, o.service_day, o.window_start, o.plan_item
FROM visit v JOIN visit o ON o.elder = v.elder AND o.provider = v.provider AND o.service_type = v.service_type
  AND o.content = v.content AND o.kind = v.kind
  AND (o.plan_item = ANY($3::uuid[]) OR o.plan_item IS NULL AND v.plan_item IS NULL)
WHERE v.id = $1 AND o.service_day >= v.service_day AND ($2::date IS NULL OR o.service_day <= $2)
  AND o.window_start >= v.window_start - interval '1 day'
  AND (o.id = v.id OR o.op_state IN ('planned', 'assigned'))
"""

_MOVE = """
UPDATE visit v SET op_state = n.op_state, reason = n.reason, window_start = n.window_start, window_end = n.window_end,
  service_day = n.service_day, planned_day = n.planned_day, changed_at = $8
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::date[], $7::date[])
  AS n(id, op_state, reason, window_start, window_end, service_day, planned_day)
WHERE v.id = n.id
"""

_END = """
UPDATE assignment a SET ended_at = $3, ended_by = $4 FROM unnest($1::uuid[], $2::uuid[]) AS n(visit, caregiver)
WHERE a.visit = n.visit AND a.caregiver = n.caregiver AND a.ended_at IS NULL
"""

_FOLLOW_DAY = """
UPDATE assignment a SET service_day = v.service_day FROM visit v
WHERE v.id = ANY($1::uuid[]) AND a.visit = v.id AND a.ended_at IS NULL AND a.service_day <> v.service_day
"""

_KEEP = """
INSERT INTO office_action (id, kind, provider, area, data, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_IN_SCOPE = """
($1::uuid IS NULL OR a.provider = $1) AND ($2::uuid[] IS NULL OR a.area = ANY($2))
"""

_STEP = f"SELECT a.* FROM office_action a WHERE {_IN_SCOPE} AND a.id = $3 FOR UPDATE"

_STEPS = f"""
SELECT a.id, a.kind, a.at, a.data, a.undone_at, acc.display_name AS by, undoer.display_name AS undone_by
FROM office_action a JOIN account acc ON acc.id = a.by LEFT JOIN account undoer ON undoer.id = a.undone_by
WHERE {_IN_SCOPE} AND a.at >= $3 AND a.at < $4 ORDER BY a.at DESC, a.id DESC LIMIT $5
"""


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """How a visit stands, as far as a dispatcher changes it."""

    op_state: str
    reason: str | None
    window_start: datetime
    window_end: datetime
    service_day: date
    planned_day: date | None
    caregivers: tuple[UUID, ...]


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of a step; `before` None: the step made it. `changed_at`: of the visit, right after the step."""

    id: UUID
    before: Shot | None
    after: Shot
    changed_at: datetime


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a step."""

    visits: list[Touched]
    reason: str | None = None
    source: str | None = None
    anyway: list[str] = []


def shot_of(row: Mapping[str, Any] | asyncpg.Record) -> Shot:
    """How a visit that was read stands."""
    return Shot(
        op_state=row["op_state"],
        reason=row["reason"],
        window_start=row["window_start"],
        window_end=row["window_end"],
        service_day=row["service_day"],
        planned_day=row["planned_day"],
        caregivers=tuple(row["caregivers"]),
    )


async def visits(actor: Actor, ids: Collection[UUID], *, lock: bool) -> dict[UUID, asyncpg.Record]:
    """Visits of the scope with their area and live caregivers; locked, so that their states stay as they are read."""
    sql = f"{_LOCKED} FOR NO KEY UPDATE OF v" if lock else _LOCKED
    return {row["id"]: row for row in await fetch(sql, actor.provider_id, actor.areas, sorted(ids))}


async def of_series(actor: Actor, visit: UUID, until: date | None) -> list[Member]:
    """The visit and those that may be of its series. The caller has read the visit within the scope."""
    del actor
    rows = await fetch(_ITEMS, visit)
    items = [Planned(row["id"], _minute(row["window_start"]), row["since"], row["until"]) for row in rows]
    line = series.line(rows[0]["plan_item"], items) if rows else []
    return [
        Member(row["id"], row["service_day"], _minute(row["window_start"].astimezone(clock.CHINA)), row["plan_item"])
        for row in await fetch(_SERIES, visit, until, line)
    ]


def _minute(at: datetime | time) -> int:
    return at.hour * 60 + at.minute


async def move(actor: Actor, before: Mapping[UUID, Shot], after: Mapping[UUID, Shot], now: datetime) -> None:
    """Brings locked visits from one state to another, with who is to go."""
    shots = list(after.values())
    await fetch(
        _MOVE,
        list(after),
        *([getattr(shot, name) for shot in shots] for name in ("op_state", "reason", "window_start", "window_end")),
        *([getattr(shot, name) for shot in shots] for name in ("service_day", "planned_day")),
        now,
    )
    gone = [(id, who) for id, shot in after.items() for who in before[id].caregivers if who not in shot.caregivers]
    new = [(id, who) for id, shot in after.items() for who in shot.caregivers if who not in before[id].caregivers]
    if gone:
        await fetch(_END, [visit for visit, _ in gone], [who for _, who in gone], now, actor.account_id)
    await fetch(_FOLLOW_DAY, list(after))
    if new:
        await store.put_assignments(actor, new, now)


async def keep(
    actor: Actor,
    kind: str,
    kept: Kept,
    *,
    id: UUID | None = None,
    provider: UUID | None,
    area: UUID | None,
    at: datetime,
) -> UUID:
    """One more step of the office."""
    id = id or uuid7()
    await fetch(_KEEP, id, kind, provider, area, msgspec.json.encode(kept).decode(), actor.account_id, at)
    return id


async def step(actor: Actor, id: UUID) -> asyncpg.Record | None:
    """A step of the scope, locked."""
    rows = await fetch(_STEP, actor.provider_id, actor.areas, id)
    return rows[0] if rows else None


async def undone(actor: Actor, id: UUID, now: datetime) -> None:
    """The step was taken back."""
    await fetch("UPDATE office_action SET undone_at = $2, undone_by = $3 WHERE id = $1", id, now, actor.account_id)


async def steps(actor: Actor, day: date, limit: int) -> Sequence[asyncpg.Record]:
    """The newest steps of a day in the scope."""
    start, end = clock.day_bounds(day)
    return await fetch(_STEPS, actor.provider_id, actor.areas, start, end, limit)


async def touched_visits(actor: Actor, ids: Collection[UUID]) -> dict[UUID, asyncpg.Record]:
    """Who is served with what, of visits whose step was read within the scope."""
    del actor
    rows = await fetch(
        "SELECT v.id, v.elder, e.name, v.service_type, v.window_start, v.changed_at "
        "FROM visit v JOIN elder e ON e.id = v.elder WHERE v.id = ANY($1::uuid[])",
        list(ids),
    )
    return {row["id"]: row for row in rows}


UNDO_WITHIN = timedelta(minutes=10)
"""How long a step can be taken back."""
