"""A visit of one morning and what it asks for: what the examples of the rules begin with."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.reminders import rules
from doorstep.reminders.preferences import Preferences
from doorstep.reminders.rules import Happened, Standing, VisitFacts, Wanted, Watcher

DAY = date(2026, 11, 23)
START, END = clock.at(DAY, time(8, 30)), clock.at(DAY, time(9, 30))
ANN, BEA, CEN, DESK = (UUID(int=n) for n in range(1, 5))
MINUTE = timedelta(minutes=1)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return clock.at(day, time(hour, minute))


EARLY = at(6)


def visit(**values: Any) -> VisitFacts:
    given: dict[str, Any] = {
        "id": UUID(int=99),
        "provider": DESK,
        "ordered": False,
        "op_state": "assigned",
        "service_day": DAY,
        "window_start": START,
        "window_end": END,
        "max_minutes": 60,
        "created_at": at(7, day=DAY - timedelta(days=7)),
        "changed_at": at(6),
        "caregivers": (ANN,),
    }
    return VisitFacts(**given | values)


def wanted(facts: VisitFacts, *happened: Happened, now: datetime = EARLY, **chosen: Preferences) -> dict[Any, Wanted]:
    found = rules.wanted(facts, happened, {ANN: chosen["ann"]} if chosen else {}, now)
    return {(one.kind, one.person): one for one in found}


def standing(one: Wanted, **values: Any) -> Standing:
    return Standing(
        **{
            "id": uuid7(),
            "kind": one.kind,
            "audience": one.audience,
            "person": one.person,
            "visit": one.visit,
            "thing": one.thing,
            "topic": "t",
            "occasion": one.occasion,
            "due_at": one.due_at,
            "useless_at": one.useless_at,
            "provider": one.provider,
        }
        | values
    )


RUNNING = visit(op_state="in_progress", started_at=at(8, 40), inside=(ANN,))
FAMILY = (Watcher(BEA, "arrived"), Watcher(BEA, "left"), Watcher(BEA, "changed"))


def change(kind: str = "visit.assigned", **values: Any) -> Happened:
    return Happened(kind=kind, at=at(6), **values)


CHANGED = standing(wanted(visit(), change(caregivers=(ANN,), before=(BEA,)))["visit_changed", ANN])
NEXT = standing(wanted(visit())["next_call", ANN])
LATE = standing(wanted(visit())["visit_late", DESK])
