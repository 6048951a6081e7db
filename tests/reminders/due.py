"""Reminders that are due now, and what became of them: words that the tests of sending share."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import planning
from doorstep.reminders.rules import Wanted
from support.channels import ledger
from support.world import World


async def remind(world: World, kind: Any = "test", *, person: UUID | None = None, **values: Any) -> UUID:
    """A reminder of a caregiver that is due now; answers its id."""
    now = clock.now()
    one = Wanted(
        **{
            "kind": kind,
            "audience": "caregiver",
            "person": person or world.caregiver,
            "provider": world.provider,
            "visit": None,
            "about": str(uuid7()),
            "occasion": now,
            "due_at": now,
            "useless_at": now + timedelta(hours=1),
            **values,
        }
    )
    async with unit_of_work():
        await planning.remind(SYSTEM, [one])
    [row] = await ledger(thing=one.thing, occasion=one.occasion)
    return row["id"]


async def call(world: World, **values: Any) -> UUID:
    """The next call of a caregiver, in half an hour."""
    start = clock.now() + timedelta(minutes=30)
    visit = await world.add_visit(world.elder, start=start, minutes=60, **values)
    who = (values.get("caregivers") or [world.caregiver])[0]
    times = {"occasion": start, "useless_at": start + timedelta(minutes=10)}
    return await remind(world, "next_call", person=who, visit=visit, about=str(visit), **times)


async def row(id: UUID) -> dict[str, Any]:
    [found] = await ledger(id=id)
    return found


async def attempts(id: UUID) -> list[tuple[str, str]]:
    rows = await fetch("SELECT channel, outcome FROM reminder_attempt WHERE reminder = $1 ORDER BY id", id)
    return [(one["channel"], one["outcome"]) for one in rows]
