"""Which item of a new version takes the place of which old one, and the visits that go on with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.plans import elders_store

_Item = Mapping[str, Any] | asyncpg.Record

_SERVICE = ("provider", "service_type", "content", "recurrence")
_SERVED = ("window_start", "window_end", "min_minutes", "max_minutes", "carers_needed")

# Of a service whose times change, what is still to come is planned anew; what has begun, or is off, keeps its day.
_TAKE_OVER = """
UPDATE visit v SET plan_item = n.new FROM unnest($1::uuid[], $2::uuid[], $3::bool[]) AS n(old, new, as_it_was)
WHERE v.plan_item = n.old AND v.service_day >= $4 AND COALESCE(v.planned_day, v.service_day) >= $4
  AND (n.as_it_was OR v.op_state NOT IN ('planned', 'assigned') OR v.window_start <= $5)
"""


class Successor(msgspec.Struct, frozen=True):
    """An item of the old version and the one that takes its place; `as_it_was`: at the same times."""

    old: UUID
    new: UUID
    as_it_was: bool


def successors(old: Sequence[_Item], new: Sequence[_Item]) -> list[Successor]:
    """Each old item has at most one, and each new item follows at most one: the same service of the same provider.

    Of two meals a day each is first what it was; only then one whose times have changed.
    """
    left, open_ = list(old), list(new)
    found: list[Successor] = []
    for names, as_it_was in ((_SERVICE + _SERVED, True), (_SERVICE, False)):
        for row in tuple(open_):
            before = next((one for one in left if _same(one, row, names)), None)
            if before is not None:
                found.append(Successor(before["id"], row["id"], as_it_was))
                left.remove(before)
                open_.remove(row)
    return found


def _same(old: _Item, new: _Item, names: Sequence[str]) -> bool:
    return all(
        msgspec.json.decode(old[name]) == msgspec.json.decode(new[name])
        if name == "recurrence"
        else old[name] == new[name]
        for name in names
    )


async def carry_over(actor: Actor, old: UUID, new: UUID, since: date) -> None:
    """Visits from `since`, the first day of version `new`, on belong to it: no day is planned twice, nobody is held
    for the change, what people called off stays off. Both versions are the caller's, written and within the scope.
    """
    items = await elders_store.items(actor, [old, new], everybodys=True)
    of = {plan: [row for row in items if row["plan"] == plan and row["valid_to"] > since] for plan in (old, new)}
    await _take_over(successors(of[old], of[new]), since, clock.now())


async def _take_over(found: Sequence[Successor], since: date, now: datetime) -> None:
    old, new, as_it_was = ([getattr(one, name) for one in found] for name in ("old", "new", "as_it_was"))
    await fetch(_TAKE_OVER, old, new, as_it_was, since, now)
