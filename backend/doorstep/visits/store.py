"""Writes of visits and the reads they rest on. Every function takes the actor and applies the scope."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits.rules import ABSENCES, DECEASED, MISSED_AFTER, UNCLOSED_AFTER

_ASSIGNING = 0x76697369  # "visi": expansion and assignment look at a caregiver's whole day, one after the other
_SWEEPING = 0x73776570  # "swep"

_INSERT = """
INSERT INTO visit (id, elder, household, plan_item, provider, kind, service_type, content, service_day, ordinal,
  window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, reason,
  created_by, created_at, changed_at)
SELECT n.id, n.elder, n.household, n.plan_item, n.provider, $14, n.service_type, n.content, n.service_day, n.ordinal,
  n.window_start, n.window_end, n.min_minutes, n.max_minutes, n.carers_needed, 'planned', 'none', 'unsettled', $15,
  $16, $17, $17
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::date[], $9::int[],
  $10::timestamptz[], $11::timestamptz[], $12::int[], $13::int[], $18::int[])
  AS n(id, elder, household, plan_item, provider, service_type, content, service_day, ordinal,
    window_start, window_end, min_minutes, max_minutes, carers_needed)
ON CONFLICT (plan_item, (COALESCE(planned_day, service_day)), ordinal) WHERE plan_item IS NOT NULL DO NOTHING
RETURNING id
"""


async def lock_assigning(actor: Actor) -> None:
    """From here to the end of the transaction nobody else assigns."""
    del actor
    await fetch("SELECT pg_advisory_xact_lock($1)", _ASSIGNING)


async def insert(
    actor: Actor, visits: Sequence[Mapping[str, Any]], *, kind: str, reason: str | None, now: datetime
) -> set[UUID]:
    """Makes visits in one statement; answers the ids of those that were not there yet."""
    columns = (
        *("id", "elder", "household", "plan_item", "provider", "service_type", "content", "service_day", "ordinal"),
        *("window_start", "window_end", "min_minutes", "max_minutes"),
    )
    rows = await fetch(
        _INSERT,
        *([visit[column] for visit in visits] for column in columns),
        kind,
        reason,
        actor.account_id,
        now,
        [visit["carers_needed"] for visit in visits],
    )
    return {row["id"] for row in rows}


async def put_assignments(actor: Actor, pairs: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """New assignments of (visit, caregiver); their visits become assigned."""
    rows = list(pairs)
    await fetch(
        "INSERT INTO assignment (id, visit, caregiver, assigned_by, assigned_at) "
        "SELECT n.id, n.visit, n.caregiver, $4, $5 "
        "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n(id, visit, caregiver) "
        "ON CONFLICT (visit, caregiver) WHERE ended_at IS NULL DO NOTHING",
        [uuid7() for _ in rows],
        [visit for visit, _ in rows],
        [caregiver for _, caregiver in rows],
        actor.account_id,
        now,
    )
    await fetch(
        "UPDATE visit SET op_state = 'assigned', changed_at = $2 WHERE id = ANY($1::uuid[]) AND op_state = 'planned'",
        list({visit for visit, _ in rows}),
        now,
    )


async def came(actor: Actor, visit: UUID) -> set[UUID]:
    """Whose phones have recorded a check-in of the visit that still stands."""
    del actor  # the caller has read the visit within the scope
    rows = await fetch(
        "SELECT DISTINCT e.caregiver FROM event_visit ev JOIN check_event e ON e.id = ev.event "
        "WHERE ev.visit = $1 AND e.kind = 'check_in' AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id)",
        visit,
    )
    return {row["caregiver"] for row in rows}


async def cancel(actor: Actor, reasons: Mapping[UUID, str], now: datetime) -> list[asyncpg.Record]:
    """Cancels visits that have not begun; answers those that it reached with provider and area."""
    del actor  # the caller has read these ids within the scope
    return await fetch(
        "UPDATE visit v SET op_state = 'cancelled', reason = n.reason, changed_at = $3 "
        "FROM unnest($1::uuid[], $2::text[]) AS n(id, reason), household h "
        "WHERE v.id = n.id AND h.id = v.household AND v.op_state IN ('planned', 'assigned') "
        "RETURNING v.id, v.provider, h.area, v.reason, v.service_day, "
        "array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL) AS caregivers",
        list(reasons),
        list(reasons.values()),
        now,
    )


# Locked in the order of their ids, as check-ins lock them; one that has begun meanwhile is left out.
_FOLLOW = """
WITH ahead AS (
  SELECT v.id, v.household AS before, e.household FROM visit v JOIN elder e ON e.id = v.elder
  WHERE v.elder = ANY($1::uuid[]) AND v.household <> e.household AND v.op_state IN ('planned', 'assigned')
    AND v.window_end > $2
  ORDER BY v.id FOR NO KEY UPDATE OF v
)
UPDATE visit v SET household = ahead.household, changed_at = $2 FROM ahead, household h, household old
WHERE v.id = ahead.id AND h.id = ahead.household AND old.id = ahead.before
RETURNING v.id, v.provider, v.household, ahead.before, h.area, old.area AS area_before
"""


async def follow(actor: Actor, elders: Collection[UUID], now: datetime) -> list[asyncpg.Record]:
    """Moves what lies ahead of these elders to where they live now; answers what moved, from where, with both areas."""
    del actor  # the caller has moved these elders within the scope
    return await fetch(_FOLLOW, list(elders), now)


_VISIT = """
SELECT v.*, h.area,
  array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL) AS caregivers
FROM visit v JOIN household h ON h.id = v.household
WHERE v.id = $1 AND ($2::uuid IS NULL OR v.provider = $2) AND ($3::uuid[] IS NULL OR h.area = ANY($3))
"""

# The last word of the phone that was silent longest among those of the caregivers who are to go.
HEARD = """(SELECT min(COALESCE(d.last_seen_at, d.enrolled_at)) FROM assignment a
  JOIN device d ON d.caregiver = a.caregiver AND d.revoked_at IS NULL WHERE a.visit = v.id AND a.ended_at IS NULL)"""

# Rows that a check-in holds just now are left to the next run.
_OVERDUE = f"""
WITH missed AS (
  SELECT id FROM visit v WHERE service_day BETWEEN $1 AND $2 AND op_state = 'assigned'
    AND window_end < $3::timestamptz - $4::interval
    AND COALESCE({HEARD} > v.window_end + $4::interval, true)
  FOR NO KEY UPDATE SKIP LOCKED
), unclosed AS (
  SELECT id FROM visit WHERE service_day BETWEEN $1 AND $2 AND op_state = 'in_progress'
    AND started_at + make_interval(mins => max_minutes) < $3::timestamptz - $5::interval
  FOR NO KEY UPDATE SKIP LOCKED
), due AS (
  SELECT id, 'missed' AS op_state FROM missed UNION ALL SELECT id, 'unclosed' FROM unclosed
)
UPDATE visit v SET op_state = due.op_state, changed_at = $3 FROM due, household h
WHERE v.id = due.id AND h.id = v.household RETURNING v.id, v.op_state, v.provider, h.area
"""

_NEW_FACTS = """
SELECT elder FROM elder_status WHERE recorded_at > $1 AND kind = ANY($2::text[])
UNION
SELECT cp.elder FROM plan_state ps JOIN care_plan cp ON cp.id = ps.plan
WHERE ps.recorded_at > $1 AND ps.state <> 'active'
"""


async def visit(actor: Actor, visit_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """A visit of the scope with its area and live caregivers; locked, so that its state stays as it is read."""
    sql = f"{_VISIT} FOR NO KEY UPDATE OF v" if lock else _VISIT
    rows = await fetch(sql, visit_id, actor.provider_id, actor.areas)
    return dict(rows[0]) if rows else None


async def provider_for(
    actor: Actor, elder: UUID, service_type: str, day: date, caregivers: Sequence[UUID]
) -> UUID | None:
    """Who serves an order: the actor's provider, or that of the chosen caregiver, or that of the elder's plan."""
    if actor.provider_id is not None:
        return actor.provider_id
    rows = await fetch(
        "SELECT COALESCE((SELECT provider FROM caregiver WHERE id = $1), ("
        "SELECT pi.provider FROM plan_item pi JOIN care_plan cp ON cp.id = pi.plan "
        "WHERE cp.elder = $2 AND pi.service_type = $3 AND pi.valid_from <= $4 AND $4 < pi.valid_to "
        "ORDER BY cp.version DESC, pi.id LIMIT 1)) AS provider",
        caregivers[0] if caregivers else None,
        elder,
        service_type,
        day,
    )
    return rows[0]["provider"]


async def names(actor: Actor, caregivers: Collection[UUID]) -> dict[UUID, str]:
    """Names of caregivers that the caller has read within the scope."""
    del actor
    rows = await fetch("SELECT id, name FROM caregiver WHERE id = ANY($1::uuid[])", list(caregivers))
    return {row["id"]: row["name"] for row in rows}


async def try_lock_sweep(actor: Actor) -> bool:
    """Whether this process may sweep: only one at a time does."""
    del actor
    rows = await fetch("SELECT pg_try_advisory_xact_lock($1) AS mine", _SWEEPING)
    return rows[0]["mine"]


async def move_overdue(actor: Actor, since: date, now: datetime) -> list[asyncpg.Record]:
    """Visits since a day whose time has run out become missed or unclosed, see `rules.overdue`."""
    del actor
    today = clock.civil_date(now)
    return await fetch(_OVERDUE, since, today, now, MISSED_AFTER, UNCLOSED_AFTER)


async def elders_with_new_facts(actor: Actor, since: datetime) -> list[UUID]:
    """Elders about whom something became known that may forbid visits."""
    del actor
    return [row["elder"] for row in await fetch(_NEW_FACTS, since, [*ABSENCES, DECEASED])]


async def last_expansion(actor: Actor, subject: UUID) -> date | None:
    """Until which day the whole product was last expanded; None when nobody ever did."""
    del actor
    rows = await fetch(
        "SELECT data->>'until' AS until, provider FROM change WHERE subject = $1 ORDER BY id DESC LIMIT 50", subject
    )
    whole = [date.fromisoformat(row["until"]) for row in rows if row["provider"] is None]
    return max(whole, default=date.min) if rows else None
