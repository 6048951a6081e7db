"""What the rules of conflicts read: the places of homes, an elder's statuses, the plan's life, the month's number."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core.geo import Point
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits.rules import ABSENCES, DECEASED, Span

# A plan's life inside the term of the item; in the order in which it became known.
_PLANS = """
SELECT pi.id, ps.state, GREATEST(ps.valid_from, pi.valid_from, cp.valid_from) AS valid_from,
  LEAST(ps.valid_to, pi.valid_to, cp.valid_to) AS valid_to
FROM plan_item pi JOIN care_plan cp ON cp.id = pi.plan JOIN plan_state ps ON ps.plan = cp.id
WHERE pi.id = ANY($1::uuid[]) ORDER BY ps.recorded_at, ps.id
"""

# As check-ins count: an order has no item of its own, the elder's item of this type with this provider covers it.
_QUOTAS = """
SELECT w.key, i.max_per_month, (
  SELECT count(*) FROM visit o WHERE o.elder = w.elder AND o.provider = w.provider AND o.service_type = w.service_type
    AND o.content = i.content AND o.id <> ALL($8::uuid[]) AND o.window_start < w.window_start
    AND o.window_start >= date_trunc('month', w.day)::timestamp AT TIME ZONE 'Asia/Shanghai'
    AND o.op_state NOT IN ('cancelled', 'missed', 'not_served')) AS before
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::timestamptz[], $9::uuid[])
  AS w(key, elder, provider, service_type, content, day, window_start, item)
CROSS JOIN LATERAL (
  SELECT pi.content, pi.max_per_month FROM plan_item pi WHERE pi.id = COALESCE(w.item, (
    SELECT oi.id FROM care_plan cp JOIN plan_item oi ON oi.plan = cp.id
    WHERE cp.elder = w.elder AND oi.service_type = w.service_type AND oi.provider = w.provider
      AND oi.valid_from <= w.day AND w.day < oi.valid_to
    ORDER BY oi.content = w.content DESC, cp.version DESC LIMIT 1))
) i
WHERE i.max_per_month IS NOT NULL AND i.content = w.content
"""


async def points(actor: Actor, households: Collection[UUID]) -> dict[UUID, Point]:
    """Where homes are, as far as that is known."""
    del actor  # they never leave the rules
    rows = await fetch(
        "SELECT id, lat, lon FROM household WHERE id = ANY($1::uuid[]) AND lat IS NOT NULL", list(households)
    )
    return {row["id"]: Point(row["lat"], row["lon"]) for row in rows}


async def statuses(actor: Actor, elders: Collection[UUID]) -> dict[UUID, list[Span]]:
    """When these elders are not at home, or not any more."""
    del actor  # the caller has read their visits within the scope
    found: dict[UUID, list[Span]] = defaultdict(list)
    for row in await fetch(
        "SELECT elder, kind, valid_from, valid_to FROM elder_status WHERE elder = ANY($1::uuid[]) "
        "AND kind = ANY($2::text[]) ORDER BY recorded_at, id",
        list(elders),
        [*ABSENCES, DECEASED],
    ):
        found[row["elder"]].append(Span(row["kind"], row["valid_from"], row["valid_to"]))
    return found


async def plan_lives(actor: Actor, items: Collection[UUID]) -> dict[UUID, list[Span]]:
    """The states of the plans of these items, inside the terms of the items."""
    del actor
    found: dict[UUID, list[Span]] = {item: [] for item in items}
    for row in await fetch(_PLANS, list(items)):
        if row["valid_to"] is None or row["valid_from"] < row["valid_to"]:
            found[row["id"]].append(Span(row["state"], row["valid_from"], row["valid_to"]))
    return found


async def quotas(
    actor: Actor, wanted: Sequence[Mapping[str, Any]], *, without: Collection[UUID]
) -> dict[UUID, asyncpg.Record]:
    """How many a month the plan pays, and how many come before each of these, `without` those that are weighed."""
    del actor
    names = ("id", "elder", "provider", "service_type", "content", "service_day", "window_start")
    rows = await fetch(
        _QUOTAS,
        *([one[name] for one in wanted] for name in names),
        list(without),
        [one["plan_item"] for one in wanted],
    )
    return {row["key"]: row for row in rows}


def month_of(day: date) -> tuple[int, int]:
    """The civil month."""
    return day.year, day.month
