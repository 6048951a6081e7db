"""Queries of plans and of dated facts. Every one takes the actor and applies the scope."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import ElderStatus
from doorstep.db.tables.organisations import ProviderStanding
from doorstep.db.tables.plans import PlanState
from doorstep.households import service as households
from doorstep.identity.wire import Actor
from doorstep.plans.rules import Dated
from doorstep.plans.wire import NewElderStatus

# $2 provider, $3 areas, $4 since when it serves, $5 since when who is told serves.
_IN_SCOPE = households.in_scope(provider="$2", areas="$3", since="$4::date")
_ACTS = households.in_scope(provider="$2", areas="$3", since="$6::date")

_ELDER = f"""
SELECT e.id, e.household, h.area, {households.providers_of("e.id", "$5::date")} AS providers, {_ACTS} AS acts
FROM elder e JOIN household h ON h.id = e.household
WHERE e.id = $1 AND {_IN_SCOPE} FOR NO KEY UPDATE OF e
"""

_PLAN = f"""
SELECT cp.id, cp.elder, cp.version, h.area,
  array(SELECT DISTINCT pi.provider FROM plan_item pi
    WHERE pi.plan = cp.id AND {households.item_stands("$5::date")}) AS providers
FROM care_plan cp JOIN elder e ON e.id = cp.elder JOIN household h ON h.id = e.household
WHERE cp.id = $1 AND {_IN_SCOPE}
  AND ($2::uuid IS NULL OR EXISTS (SELECT FROM plan_item mine WHERE mine.plan = cp.id AND mine.provider = $2))
FOR NO KEY UPDATE OF cp
"""

_STATES = """
SELECT state, valid_from, valid_to, reason FROM plan_state WHERE plan = $1 ORDER BY recorded_at, id
"""


async def elder(actor: Actor, elder_id: UUID, *, to_read: bool = False) -> asyncpg.Record | None:
    """An elder whom the actor may act for, or only read, locked, with the area and whoever serves them."""
    today = clock.today()
    readable = households.reading_since(today)
    since = readable if to_read else today
    rows = await fetch(_ELDER, elder_id, actor.provider_id, actor.areas, since, readable, today)
    return rows[0] if rows else None


async def plan(actor: Actor, plan_id: UUID) -> asyncpg.Record | None:
    """A plan of an elder whom the actor may act for, locked, so that two changes of its state follow each other.

    A provider needs an item of its own in it: what others have planned is not for it to stop.
    """
    today = clock.today()
    rows = await fetch(_PLAN, plan_id, actor.provider_id, actor.areas, today, households.reading_since(today))
    return rows[0] if rows else None


async def states(actor: Actor, plan_id: UUID) -> list[Dated]:
    """The recorded states of a plan of the scope, in the order in which they became known."""
    del actor  # the caller has asked for the plan within the scope
    return [
        Dated(row["state"], row["valid_from"], row["valid_to"], row["reason"]) for row in await fetch(_STATES, plan_id)
    ]


async def add_states(actor: Actor, plan_id: UUID, facts: Sequence[Dated]) -> None:
    """More recorded states, in the order in which they count: each has its own instant."""
    del actor
    now = clock.now()
    await PlanState.insert(
        *(
            PlanState(
                plan=plan_id,
                state=fact.name,
                valid_from=fact.since,
                valid_to=fact.until,
                reason=fact.reason,
                recorded_at=now + timedelta(microseconds=turn),
            )
            for turn, fact in enumerate(facts)
        )
    )


async def same_status(actor: Actor, elder_id: UUID, new: NewElderStatus) -> dict[str, Any] | None:
    """The row of the same kind and level that begins on the same day, and the provider of who recorded it."""
    del actor
    rows = await fetch(
        "SELECT s.*, a.provider AS recorded_for FROM elder_status s LEFT JOIN account a ON a.id = s.recorded_by "
        "WHERE s.elder = $1 AND s.kind = $2 AND s.level IS NOT DISTINCT FROM $3 AND s.valid_from = $4 "
        "ORDER BY s.valid_to IS NOT DISTINCT FROM $5 DESC, s.recorded_at DESC, s.id DESC",
        elder_id,
        new.kind,
        new.level,
        new.valid_from,
        new.valid_to,
    )
    return dict(rows[0]) if rows else None


def may_take_back(actor: Actor, before: Mapping[str, Any]) -> bool:
    """Whether a status is the actor's own to correct for days that are over; an office corrects everybody's."""
    return actor.provider_id in (None, before["recorded_for"])


async def put_status(
    actor: Actor, elder_id: UUID, new: NewElderStatus, before: dict[str, Any] | None
) -> dict[str, Any]:
    """A new status, or another end for the one that is there."""
    now = clock.now()
    if before is None:
        row = {
            "id": uuid7(),
            "elder": elder_id,
            "kind": new.kind,
            "level": new.level,
            "valid_from": new.valid_from,
            "valid_to": new.valid_to,
            "source": new.source,
            "recorded_at": now,
            "recorded_by": actor.account_id,
        }
        await ElderStatus.insert(ElderStatus(**row))
        return row
    after: dict[Any, Any] = {
        "valid_to": new.valid_to,
        "source": new.source or before["source"],
        "recorded_at": now,
        # A provider that repeats or ends what others have recorded does not become who recorded it.
        "recorded_by": actor.account_id if may_take_back(actor, before) else before["recorded_by"],
    }
    await ElderStatus.update(after).where(ElderStatus.id == before["id"])
    return {**before, **after}


async def statuses_on(actor: Actor, elder_id: UUID, day: date) -> frozenset[str]:
    """The kinds of status of an elder that the caller has read within the scope."""
    del actor
    rows = await fetch(
        "SELECT kind FROM elder_status WHERE elder = $1 AND valid_from <= $2 AND (valid_to IS NULL OR $2 < valid_to)",
        elder_id,
        day,
    )
    return frozenset(row["kind"] for row in rows)


async def provider(actor: Actor, provider_id: UUID) -> asyncpg.Record | None:
    """A provider of the scope, locked."""
    rows = await fetch(
        "SELECT id, area FROM provider WHERE id = $1 AND ($2::uuid IS NULL OR id = $2) "
        "AND ($3::uuid[] IS NULL OR area = ANY($3)) FOR NO KEY UPDATE",
        provider_id,
        actor.provider_id,
        actor.areas,
    )
    return rows[0] if rows else None


async def standings(actor: Actor, provider_id: UUID) -> Sequence[Dated]:
    """The recorded standings of a provider, in the order in which they became known."""
    del actor
    rows = await fetch(
        "SELECT status, valid_from, valid_to, reason FROM provider_standing "
        "WHERE provider = $1 ORDER BY recorded_at, id",
        provider_id,
    )
    return [Dated(row["status"], row["valid_from"], row["valid_to"], row["reason"]) for row in rows]


async def add_standing(actor: Actor, provider_id: UUID, fact: Dated) -> None:
    """One more recorded standing."""
    del actor
    await ProviderStanding.insert(
        ProviderStanding(
            provider=provider_id,
            status=fact.name,
            valid_from=fact.since,
            valid_to=fact.until,
            reason=fact.reason,
            recorded_at=clock.now(),
        )
    )
