"""What expansion and assignment read: plan items with their facts, visits that are there, who could go and when."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits import recurrence
from doorstep.visits.assigning import Absence, Call, Certificate, Worker
from doorstep.visits.planning import Standing
from doorstep.visits.rules import ABSENCES, DECEASED, Item, Span

Row = asyncpg.Record | Mapping[str, Any]
"""A row that was read, or one that is about to be written."""

_ITEMS = """
SELECT pi.id, pi.plan, pi.provider, pi.service_type, pi.content, pi.recurrence, pi.window_start, pi.window_end,
  pi.min_minutes, pi.max_minutes, pi.carers_needed, cp.elder, e.household, h.area,
  pi.valid_from AS anchor, GREATEST(pi.valid_from, cp.valid_from) AS valid_from,
  LEAST(pi.valid_to, cp.valid_to) AS valid_to
FROM plan_item pi
JOIN care_plan cp ON cp.id = pi.plan
JOIN elder e ON e.id = cp.elder
JOIN household h ON h.id = e.household
WHERE GREATEST(pi.valid_from, cp.valid_from) < $4 AND LEAST(pi.valid_to, cp.valid_to) > $3
  AND ($1::uuid IS NULL OR pi.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))
  AND ($5::uuid[] IS NULL OR cp.elder = ANY($5))
ORDER BY pi.id
"""

_STANDING = """
SELECT v.id, v.plan_item, v.elder, v.household, v.provider, h.area, v.service_type, v.content, v.service_day, v.ordinal,
  v.op_state, v.reason, v.window_start, v.window_end, v.min_minutes, v.carers_needed, v.planned_day
FROM visit v JOIN household h ON h.id = v.household
WHERE v.plan_item IS NOT NULL
  AND (v.service_day >= $3 AND v.service_day < $4 OR v.planned_day >= $3 AND v.planned_day < $4)
  AND ($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))
  AND ($5::uuid[] IS NULL OR v.elder = ANY($5))
ORDER BY v.id
"""

_TAKEN = """
SELECT a.caregiver, v.id, v.elder, v.household, v.provider, v.service_day, v.window_start, v.window_end, v.min_minutes,
  v.service_type, v.content
FROM assignment a JOIN visit v ON v.id = a.visit
WHERE a.caregiver = ANY($1::uuid[]) AND a.ended_at IS NULL AND a.service_day BETWEEN $2 AND $3
  AND v.op_state <> 'cancelled'
"""

_USUAL = """
SELECT v.elder, v.provider, v.service_type, v.content, array_agg(a.caregiver ORDER BY a.caregiver) AS caregivers
FROM (
  SELECT DISTINCT ON (elder, provider, service_type, content) id, elder, provider, service_type, content FROM visit v
  WHERE elder = ANY($1::uuid[]) AND window_start >= $2 AND window_start < $3 AND op_state <> 'cancelled'
    AND EXISTS (SELECT FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL)
  ORDER BY elder, provider, service_type, content, window_start DESC
) v JOIN assignment a ON a.visit = v.id AND a.ended_at IS NULL
GROUP BY v.elder, v.provider, v.service_type, v.content
"""


async def items(
    actor: Actor, since: date, until: date, *, elders: Collection[UUID] | None = None
) -> dict[UUID, tuple[Item, asyncpg.Record]]:
    """Plan items of the scope that are valid on some day of [since, until), with what is known of plan and elder."""
    rows = await fetch(_ITEMS, actor.provider_id, actor.areas, since, until, None if elders is None else list(elders))
    states = await _spans(
        "SELECT plan AS key, state AS name, valid_from, valid_to FROM plan_state "
        "WHERE plan = ANY($1::uuid[]) ORDER BY recorded_at, id",
        {row["plan"] for row in rows},
    )
    statuses = await _spans(
        "SELECT elder AS key, kind AS name, valid_from, valid_to FROM elder_status "
        "WHERE elder = ANY($1::uuid[]) AND kind = ANY($2::text[]) ORDER BY recorded_at, id",
        {row["elder"] for row in rows},
        [*ABSENCES, DECEASED],
    )
    return {
        row["id"]: (
            Item(
                id=row["id"],
                series=_series(row),
                anchor=row["anchor"],
                recurrence=recurrence.load(row["recurrence"]),
                window_start=row["window_start"],
                window_end=row["window_end"],
                valid_from=row["valid_from"],
                valid_to=row["valid_to"],
                plan_states=tuple(states[row["plan"]]),
                statuses=tuple(statuses[row["elder"]]),
            ),
            row,
        )
        for row in rows
    }


async def _spans(sql: str, keys: Iterable[UUID], *more: Any) -> dict[UUID, list[Span]]:
    spans: dict[UUID, list[Span]] = defaultdict(list)
    for row in await fetch(sql, list(keys), *more):
        spans[row["key"]].append(Span(row["name"], row["valid_from"], row["valid_to"]))
    return spans


async def standing(
    actor: Actor, since: date, until: date, *, elders: Collection[UUID] | None = None
) -> list[tuple[Standing, asyncpg.Record]]:
    """Visits of plan items on the days of [since, until) in the scope."""
    rows = await fetch(
        _STANDING, actor.provider_id, actor.areas, since, until, None if elders is None else list(elders)
    )
    return [
        (
            Standing(
                id=row["id"],
                item=row["plan_item"],
                day=row["planned_day"] or row["service_day"],
                on=row["service_day"],
                ordinal=row["ordinal"],
                op_state=row["op_state"],
                reason=row["reason"],
                window_start=row["window_start"],
            ),
            row,
        )
        for row in rows
    ]


async def workers(actor: Actor, providers: Collection[UUID]) -> list[Worker]:
    """The caregivers of these providers with their certificates and leave."""
    if actor.provider_id is not None:
        providers = [one for one in providers if one == actor.provider_id]
    staff = await fetch(
        "SELECT id, provider, employed_from, employed_to FROM caregiver WHERE provider = ANY($1::uuid[]) ORDER BY id",
        list(providers),
    )
    ids = [row["id"] for row in staff]
    certificates: dict[UUID, list[Certificate]] = defaultdict(list)
    leave: dict[UUID, list[Absence]] = defaultdict(list)
    for row in await fetch("SELECT * FROM qualification WHERE caregiver = ANY($1::uuid[])", ids):
        certificates[row["caregiver"]].append(Certificate(row["kind"], row["valid_from"], row["valid_until"]))
    for row in await fetch("SELECT * FROM leave_period WHERE caregiver = ANY($1::uuid[])", ids):
        leave[row["caregiver"]].append(Absence(row["valid_from"], row["valid_to"]))
    return [
        Worker(
            id=row["id"],
            provider=row["provider"],
            employed_from=row["employed_from"],
            employed_to=row["employed_to"],
            certificates=tuple(certificates[row["id"]]),
            leave=tuple(leave[row["id"]]),
        )
        for row in staff
    ]


async def taken(actor: Actor, caregivers: Collection[UUID], since: date, until: date) -> dict[UUID, list[Call]]:
    """What each caregiver already has on the days around [since, until]."""
    del actor  # a caregiver's day counts as a whole, whoever looks
    day = timedelta(days=1)
    calls: dict[UUID, list[Call]] = defaultdict(list)
    for row in await fetch(_TAKEN, list(caregivers), since - day, until + day):
        calls[row["caregiver"]].append(as_call(row))
    return calls


def as_call(row: Row, *, needs: tuple[frozenset[str], ...] = (), carers: int = 1) -> Call:
    """A visit's row as assignment sees it."""
    return Call(
        id=row["id"],
        provider=row["provider"],
        household=row["household"],
        elder=row["elder"],
        day=row["service_day"],
        window_start=row["window_start"],
        window_end=row["window_end"],
        minutes=row["min_minutes"],
        carers=carers,
        series=_series(row),
        needs=needs,
    )


def _series(row: Row) -> UUID:
    return recurrence.series_of(row["elder"], row["provider"], row["service_type"], row["content"])


async def usual(actor: Actor, elders: Collection[UUID], until: date) -> dict[UUID, list[UUID]]:
    """Who went to the last visit of each series of these elders within two months before `until`."""
    del actor
    end = clock.day_bounds(until)[0]
    rows = await fetch(_USUAL, list(elders), end - timedelta(days=62), end)
    return {_series(row): row["caregivers"] for row in rows}
