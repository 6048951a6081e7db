"""Queries of new plan versions: what stands, what was verified under it, and the writes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.plans import CarePlan, PlanItem, PlanState
from doorstep.identity.wire import Actor
from doorstep.plans.rules import Dated

_VERIFIED = """
SELECT max(v.service_day) AS day FROM visit v
JOIN plan_item pi ON pi.id = v.plan_item JOIN care_plan cp ON cp.id = pi.plan
WHERE v.elder = $1 AND cp.programme = $2 AND v.window_start >= $4 AND v.service_day >= $3
  AND (v.verify_state IN ('verified', 'auto_verified') OR v.settle_state IN ('in_statement', 'paid'))
"""


async def programme(actor: Actor, elder: UUID, wanted: UUID | None) -> UUID | None:
    """The programme that is meant: the one that is named, that of the elder's last plan, or the only one there is."""
    del actor  # the caller has read the elder within the scope
    rows = await fetch(
        "SELECT id FROM programme WHERE ($2::uuid IS NULL OR id = $2) ORDER BY ("
        "SELECT max(cp.created_at) FROM care_plan cp WHERE cp.programme = programme.id AND cp.elder = $1) "
        "DESC NULLS LAST, id LIMIT 2",
        elder,
        wanted,
    )
    if len(rows) == 2 and not await fetch("SELECT 1 FROM care_plan WHERE elder = $1 LIMIT 1", elder):
        return None
    return rows[0]["id"] if rows else None


async def standing(actor: Actor, elder: UUID, programme: UUID) -> Sequence[asyncpg.Record]:
    """The versions of an elder's plan, the last first, locked."""
    del actor
    return await fetch(
        "SELECT * FROM care_plan WHERE elder = $1 AND programme = $2 ORDER BY version DESC FOR NO KEY UPDATE",
        elder,
        programme,
    )


async def last_verified(actor: Actor, elder: UUID, programme: UUID, since: date) -> date | None:
    """The last day from `since` on with a visit of this plan that somebody relies on."""
    del actor
    start, _ = clock.day_bounds(since - timedelta(days=1))
    return (await fetch(_VERIFIED, elder, programme, since, start))[0]["day"]


async def known_providers(actor: Actor, providers: Sequence[UUID]) -> set[UUID]:
    """Which of these are providers of the scope."""
    rows = await fetch(
        "SELECT id FROM provider WHERE id = ANY($1::uuid[]) AND ($2::uuid IS NULL OR id = $2) "
        "AND ($3::uuid[] IS NULL OR area = ANY($3))",
        list(providers),
        actor.provider_id,
        actor.areas,
    )
    return {row["id"] for row in rows}


async def insert(
    actor: Actor,
    plan: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    states: Sequence[tuple[UUID, Dated]],
    now: datetime,
) -> None:
    """The new version with its items, and the states of all versions. What is recorded last counts."""
    del actor
    await CarePlan.insert(CarePlan(**plan))
    if items:
        await PlanItem.insert(*(PlanItem(**item) for item in items))
    await PlanState.insert(
        *(
            PlanState(
                id=uuid7(),
                plan=of,
                state=fact.name,
                valid_from=fact.since,
                valid_to=fact.until,
                reason=fact.reason,
                recorded_at=now + timedelta(microseconds=turn),
            )
            for turn, (of, fact) in enumerate(states)
        )
    )
