"""What visits offer: reads for office and phone here, the use cases of planning and dispatching in two modules."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from doorstep.core import clock, paging
from doorstep.core.problems import NotFound
from doorstep.db.changes import record as record_change
from doorstep.identity.wire import Actor
from doorstep.visits import board, day_board, door
from doorstep.visits import history as office_history
from doorstep.visits.acting import steps, undo
from doorstep.visits.changing import cancel, preview, reassign, reschedule, swap
from doorstep.visits.dispatching import candidates, order
from doorstep.visits.door import DayCall
from doorstep.visits.expansion import expand, follow_elders, keep_horizon, sweep
from doorstep.visits.frequency import FrequencyUnknown
from doorstep.visits.frequency import parse as parse_frequency
from doorstep.visits.people import (
    add_elder_status,
    add_plan_version,
    elder,
    record_certificate,
    record_leave,
    set_plan_state,
    to_decide,
    visits_of_elder,
)
from doorstep.visits.recurrence import Recurrence
from doorstep.visits.recurrence import dump as dump_recurrence
from doorstep.visits.rules import unknown
from doorstep.visits.store import HEARD
from doorstep.visits.wire import OfficeEntry, VisitDay, VisitRow, VisitWithPlan
from doorstep.visits.wire_office import Board

__all__ = [
    "HEARD",
    "FrequencyUnknown",
    "Recurrence",
    "add_elder_status",
    "add_plan_version",
    "board_of",
    "calls_of_caregiver",
    "cancel",
    "candidates",
    "day_list",
    "detail",
    "dump_recurrence",
    "elder",
    "expand",
    "follow_elders",
    "history",
    "keep_horizon",
    "order",
    "parse_frequency",
    "preview",
    "reassign",
    "record_certificate",
    "record_change",
    "record_leave",
    "reschedule",
    "set_plan_state",
    "steps",
    "swap",
    "sweep",
    "to_decide",
    "undo",
    "unknown",
    "visit_row",
    "visits_of_elder",
]


async def day_list(
    actor: Actor, *, day: date, op_state: str | None, words: str | None, cursor: str | None, limit: int
) -> VisitDay:
    """A page of a day's visits with the counts of the whole day.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    if words:
        found = await board.search(actor, day, words)
        items = await board.rows_of(actor, found.page(op_state=op_state, after=after, limit=limit + 1))
        counts = found.counts()
    else:
        items = await board.page(actor, day, op_state=op_state, after=after, limit=limit + 1)
        counts = await board.counts(actor, day)
    more = len(items) > limit
    last = items[limit - 1] if more else None
    return VisitDay(
        day=day,
        items=items[:limit],
        counts=counts,
        next=paging.encode((last.window_start, last.id)) if last else None,
    )


async def board_of(actor: Actor, day: date) -> Board:
    """A whole day for the board."""
    return await day_board.of_day(actor, day)


async def visit_row(actor: Actor, visit_id: UUID) -> VisitRow:
    """One visit as in the lists.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    found = await board.rows_of(actor, [visit_id])
    if not found:
        raise NotFound
    return found[0]


async def detail(actor: Actor, visit_id: UUID) -> VisitWithPlan:
    """One visit with its plan and everybody who was ever to go.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    row = await board.one(actor, visit_id)
    if row is None:
        raise NotFound
    return VisitWithPlan(
        **board.fields(row, clock.now()),
        kind=row["kind"],
        reason=row["reason"],
        plan=await board.plan_of(actor, row["plan_item"]),
        assignments=await board.assignments_of(actor, visit_id),
    )


async def history(actor: Actor, visits: Collection[UUID]) -> list[OfficeEntry]:
    """What the office did to these visits, in order of time."""
    return await office_history.of(actor, visits)


async def calls_of_caregiver(actor: Actor, first: date, last: date) -> list[DayCall]:
    """The calls of the caregiver who asks, in order, with everything that the door needs without network."""
    return await door.calls(actor, first, last)
