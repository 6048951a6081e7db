"""What visits read about one elder or one caregiver: a history, late notices, what somebody has to do."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits.rules import ABSENCES, DECEASED

_SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"

_HISTORY = f"""
SELECT v.id, v.window_start FROM visit v JOIN household h ON h.id = v.household
WHERE {_SCOPE} AND v.elder = $3 AND (v.window_start, v.id) < ($4::timestamptz, $5::uuid)
ORDER BY v.window_start DESC, v.id DESC LIMIT $6
"""

_NEXT = f"""
SELECT v.id FROM visit v JOIN household h ON h.id = v.household
WHERE {_SCOPE} AND v.elder = $3 AND v.window_end > $4 AND v.op_state IN ('planned', 'assigned', 'in_progress')
ORDER BY v.window_start, v.id LIMIT $5
"""

# Begun on a day that a status covers, and nobody has decided since the status was recorded, nor about it: another end
# of a stay asks nothing anew.
_TO_DECIDE = f"""
SELECT DISTINCT ON (v.window_start, v.id) v.id, s.kind
FROM visit v JOIN household h ON h.id = v.household
JOIN elder_status s ON s.elder = v.elder AND s.kind = ANY($4::text[]) AND s.valid_from <= v.service_day
  AND (s.valid_to IS NULL OR v.service_day < s.valid_to)
WHERE {_SCOPE} AND v.elder = $3 AND v.started_at IS NOT NULL AND v.op_state <> 'cancelled'
  AND v.verify_state <> 'rejected'
  AND NOT EXISTS (SELECT FROM decision d WHERE d.visit = v.id AND d.at > s.recorded_at AND d.decision <> 'ask')
  AND NOT EXISTS (SELECT FROM visit_hold o WHERE o.visit = v.id AND o.source = s.id AND o.lifted_by IS NOT NULL)
ORDER BY v.window_start, v.id, s.kind = 'deceased' DESC, s.kind
LIMIT 200
"""

# Orders beside the plan: those of the plan are withdrawn by what the plan says.
_ORDERS_AFTER_DEATH = """
SELECT v.id FROM visit v JOIN elder_status s ON s.elder = v.elder AND s.kind = 'deceased'
  AND s.valid_from <= v.service_day AND (s.valid_to IS NULL OR v.service_day < s.valid_to)
WHERE v.elder = $1 AND v.plan_item IS NULL AND v.op_state IN ('planned', 'assigned') AND v.window_start > $2
"""

_AHEAD = """
SELECT v.*, h.area,
  array(SELECT o.caregiver FROM assignment o WHERE o.visit = v.id AND o.ended_at IS NULL) AS caregivers
FROM assignment a JOIN visit v ON v.id = a.visit JOIN household h ON h.id = v.household
WHERE a.caregiver = $1 AND a.ended_at IS NULL AND a.service_day >= $2 AND v.window_end > $3
  AND v.op_state IN ('planned', 'assigned')
ORDER BY v.window_start, v.id LIMIT $4
"""


async def history(actor: Actor, elder: UUID, *, before: tuple[datetime, UUID], limit: int) -> Sequence[asyncpg.Record]:
    """The keys of an elder's visits in the scope, the newest first."""
    return await fetch(_HISTORY, actor.provider_id, actor.areas, elder, *before, limit)


async def next_visits(actor: Actor, elder: UUID, limit: int) -> list[UUID]:
    """What is next for an elder, in the scope."""
    rows = await fetch(_NEXT, actor.provider_id, actor.areas, elder, clock.now(), limit)
    return [row["id"] for row in rows]


async def to_decide(actor: Actor, elder: UUID) -> dict[UUID, str]:
    """Served visits of the scope on days that a status covers, with that status."""
    rows = await fetch(_TO_DECIDE, actor.provider_id, actor.areas, elder, [*sorted(ABSENCES), DECEASED])
    return {row["id"]: row["kind"] for row in rows}


async def orders_after_death(actor: Actor, elder: UUID, now: datetime) -> list[UUID]:
    """Orders ahead of an elder who is recorded as deceased on their day."""
    del actor  # the caller has read the elder within the scope
    return [row["id"] for row in await fetch(_ORDERS_AFTER_DEATH, elder, now)]


async def ahead_of(actor: Actor, caregiver: UUID, limit: int) -> Sequence[asyncpg.Record]:
    """What lies ahead of a caregiver that was read within the scope."""
    del actor
    return await fetch(_AHEAD, caregiver, clock.today(), clock.now(), limit)


async def planned_until(actor: Actor, subject: UUID) -> date | None:
    """The first day that no expansion has planned yet, of whichever provider; None when there never was one."""
    del actor
    rows = await fetch(
        "SELECT max(e.until)::date AS until FROM ("
        "SELECT data->>'until' AS until FROM change WHERE subject = $1 ORDER BY id DESC LIMIT 50) e",
        subject,
    )
    return rows[0]["until"]
