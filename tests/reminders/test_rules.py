"""The rules of reminders by examples: each kind with its moment, its end, and what makes it untrue."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.reminders import rules
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders.preferences import PRODUCT, Chosen, Preferences, preferences
from doorstep.reminders.rules import Happened, Standing, VisitFacts, Wanted, Watcher
from doorstep.visits import rules as visit_rules

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


@pytest.mark.parametrize(
    ("facts", "kind", "person", "occasion", "due", "useless"),
    [
        (visit(), "next_call", ANN, START, at(8), at(8, 40)),
        (visit(), "not_checked_in", ANN, START, at(8, 40), at(10)),
        (RUNNING, "still_open", ANN, at(8, 40), at(9, 40), at(15, 40)),
        (visit(), "visit_late", DESK, END, END, END + timedelta(days=1)),
        (visit(op_state="planned", caregivers=()), "visit_late", DESK, END, END, END + timedelta(days=1)),
        (visit(), "visit_unknown", DESK, END, at(10, 5), END + timedelta(days=1)),
        (
            visit(op_state="missed", changed_at=at(10, 1)),
            *("visit_missed", DESK, END, at(10, 1), at(10, 1, DAY + timedelta(days=1))),
        ),
        (
            visit(op_state="in_progress", started_at=at(8, 40), watchers=FAMILY),
            *("arrived", BEA, at(8, 40), at(8, 40), at(14, 40)),
        ),
        (
            visit(op_state="completed", started_at=at(8, 40), ended_at=at(9, 10), watchers=FAMILY),
            *("left", BEA, at(9, 10), at(9, 10), at(15, 10)),
        ),
    ],
)
def test_what_a_visit_asks_for(
    facts: VisitFacts, kind: str, person: UUID, occasion: datetime, due: datetime, useless: datetime
) -> None:
    one = wanted(facts)[kind, person]
    assert (one.occasion, one.due_at, one.useless_at) == (occasion, due, useless)
    assert one.thing == f"{kind}:{facts.id}:{person}"


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (visit(), {"next_call", "not_checked_in", "visit_late", "visit_unknown"}),
        (visit(op_state="planned", caregivers=()), {"visit_late"}),
        (RUNNING, {"still_open"}),
        (visit(op_state="unclosed", started_at=at(8, 40)), {"still_open"}),
        (visit(op_state="completed", started_at=at(8, 40), ended_at=at(9)), set[str]()),
        (visit(op_state="cancelled"), set[str]()),
        (visit(op_state="not_served"), set[str]()),
        (visit(op_state="missed"), {"visit_missed"}),
    ],
)
def test_what_a_state_asks_for_and_nothing_else(facts: VisitFacts, kinds: set[str]) -> None:
    assert {kind for kind, _ in wanted(facts)} == kinds


def test_the_minutes_before_are_the_persons_the_providers_or_thirty() -> None:
    own = preferences(Chosen(minutes_before=60), Chosen(minutes_before=45))
    theirs = preferences(Chosen(), Chosen(minutes_before=45, quiet_from=time(20)))
    assert (own.minutes_before, theirs.minutes_before, PRODUCT.minutes_before) == (60, 45, 30)
    assert (theirs.quiet_from, theirs.quiet_until) == (time(20), time(7))
    assert preferences(None, None) == PRODUCT
    assert wanted(visit(), ann=own)["next_call", ANN].due_at == at(7, 30)


def test_who_is_still_inside_is_asked_and_who_has_left_is_not() -> None:
    both = visit(op_state="in_progress", started_at=at(8, 40), caregivers=(ANN, BEA), inside=(BEA,))
    assert [person for kind, person in wanted(both) if kind == "still_open"] == [BEA]


def test_nothing_is_wanted_after_its_time() -> None:
    assert wanted(visit(), now=END + timedelta(days=2)) == {}
    assert ("next_call", ANN) not in wanted(visit(), now=START + 10 * MINUTE)
    assert ("next_call", ANN) in wanted(visit(), now=START + 9 * MINUTE)


def change(kind: str = "visit.assigned", **values: Any) -> Happened:
    return Happened(kind=kind, at=at(6), **values)


@pytest.mark.parametrize(
    ("facts", "happened", "told"),
    [
        (visit(), change(caregivers=(ANN,), before=(BEA,)), {ANN, BEA}),
        (visit(), change(caregivers=(ANN, CEN), before=(ANN,)), {CEN}),
        (visit(ordered=True, created_at=at(6)), change(caregivers=(ANN,)), {ANN}),
        (visit(created_at=at(6)), change(caregivers=(ANN,)), set[UUID]()),
        (visit(), change(caregivers=(ANN,)), {ANN}),
        (visit(op_state="cancelled"), change("visit.cancelled"), {ANN}),
        (visit(), change("visit.moved"), {ANN}),
        (visit(), change("visit.rescheduled", start_before=at(7)), {ANN}),
        (visit(), change("visit.restored"), {ANN}),
        (visit(op_state="in_progress", started_at=at(6)), change("visit.checked"), set[UUID]()),
        (visit(op_state="planned", caregivers=()), change("visit.planned"), set[UUID]()),
    ],
    ids=[
        "sent elsewhere",
        "one more",
        "ordered",
        "a plan is no change",
        "found later",
        "cancelled",
        "moved",
        "another time",
        "restored",
        "-",
        "-",
    ],
)
def test_who_is_told_of_a_change(facts: VisitFacts, happened: Happened, told: set[UUID]) -> None:
    assert {person for kind, person in wanted(facts, happened) if kind == "visit_changed"} == told


def test_a_visit_that_leaves_the_next_days_is_still_told_of() -> None:
    far = visit(window_start=START + timedelta(days=9), window_end=END + timedelta(days=9))
    assert not rules.concerns(far, [change("visit.cancelled")], EARLY)
    assert rules.concerns(far, [change("visit.rescheduled", start_before=START)], EARLY)
    assert rules.concerns(visit(), [], EARLY)
    assert ladder.urgent("visit_changed", [far.service_day + timedelta(days=9), DAY], DAY)


def test_a_family_that_asked_hears_of_changes_and_of_nothing_that_is_only_planned() -> None:
    facts = visit(watchers=FAMILY)
    assert ("changed", BEA) in wanted(facts, change(caregivers=(ANN,), before=(CEN,)))
    assert ("changed", BEA) in wanted(visit(op_state="cancelled", watchers=FAMILY), change("visit.cancelled"))
    assert ("changed", BEA) not in wanted(facts, change(caregivers=(ANN,)))
    assert not {kind for kind, _ in wanted(visit(watchers=(Watcher(BEA, "left"),)), change("visit.cancelled"))} & {
        "changed",
        "arrived",
        "left",
    }


CHANGED = standing(wanted(visit(), change(caregivers=(ANN,), before=(BEA,)))["visit_changed", ANN])
TAKEN_OFF = standing(wanted(visit(), change(caregivers=(ANN,), before=(BEA,)))["visit_changed", BEA])
NEXT = standing(wanted(visit())["next_call", ANN])
OPEN = standing(wanted(RUNNING)["still_open", ANN])
LATE = standing(wanted(visit())["visit_late", DESK])
UNKNOWN = standing(wanted(visit())["visit_unknown", DESK])
MISSED = standing(wanted(visit(op_state="missed"))["visit_missed", DESK])
ARRIVED = standing(wanted(visit(op_state="in_progress", started_at=at(8, 40), watchers=FAMILY))["arrived", BEA])
MOVED = {"window_start": START + timedelta(hours=1), "window_end": END + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("reminder", "facts", "now", "needed"),
    [
        (NEXT, visit(), at(8), True),
        (NEXT, visit(caregivers=(BEA,)), at(8), False),
        (NEXT, visit(**MOVED), at(8), False),
        (NEXT, visit(op_state="cancelled"), at(8), False),
        (NEXT, RUNNING, at(8, 41), False),
        (OPEN, RUNNING, at(9, 40), True),
        (OPEN, visit(op_state="unclosed", started_at=at(8, 40), inside=(ANN,)), at(11), True),
        (OPEN, visit(op_state="completed", started_at=at(8, 40), ended_at=at(9)), at(9, 40), False),
        (OPEN, visit(op_state="in_progress", started_at=at(9), inside=(ANN,)), at(9, 40), False),
        (OPEN, visit(op_state="in_progress", started_at=at(8, 40), inside=(BEA,)), at(9, 40), False),
        (CHANGED, visit(), at(8), True),
        (CHANGED, RUNNING, at(8, 41), False),
        (CHANGED, visit(op_state="cancelled"), at(8), True),
        (CHANGED, visit(), END, False),
        (TAKEN_OFF, visit(), at(8), True),
        (TAKEN_OFF, RUNNING, at(8, 41), True),
        (LATE, visit(), at(9, 31), True),
        (LATE, RUNNING, at(9, 31), False),
        (LATE, visit(op_state="missed"), at(10, 1), False),
        (LATE, visit(heard_at=at(8)), at(10, 1), False),
        (LATE, visit(**MOVED), at(9, 31), False),
        (UNKNOWN, visit(heard_at=at(8)), at(10, 5), True),
        (UNKNOWN, visit(heard_at=at(10, 1)), at(10, 5), False),
        (UNKNOWN, visit(), at(10, 5), False),
        (UNKNOWN, visit(), at(10), True),
        (UNKNOWN, RUNNING, at(10, 5), False),
        (MISSED, visit(op_state="missed"), at(11), True),
        (MISSED, visit(op_state="completed", started_at=at(9)), at(11), False),
        (ARRIVED, visit(op_state="completed", started_at=at(8, 40), watchers=FAMILY), at(9), True),
        (ARRIVED, visit(op_state="assigned", watchers=FAMILY), at(9), False),
        (ARRIVED, RUNNING, at(9), False),
    ],
)
def test_what_is_still_true(reminder: Standing, facts: VisitFacts, now: datetime, needed: bool) -> None:
    assert rules.still_needed(reminder, facts, now) is needed


@pytest.mark.parametrize("op_state", ["assigned", "planned", "missed", "in_progress"])
@pytest.mark.parametrize("heard", [None, at(8), at(10), at(10, 1)])
@pytest.mark.parametrize("now", [END, at(10), at(10, 1), at(12)])
def test_unknown_is_what_the_visits_call_so(op_state: str, heard: datetime | None, now: datetime) -> None:
    theirs = visit_rules.unknown(op_state=op_state, window_end=END, heard_at=heard, now=now)
    assert rules.unknown(visit(op_state=op_state, heard_at=heard), now) is theirs
    assert rules.OVER == visit_rules.MISSED_AFTER


@pytest.mark.parametrize(
    ("left", "occasion_left"), [(31, None), (30, 30), (20, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None)]
)
def test_a_certificate_is_told_of_twice(left: int, occasion_left: int | None) -> None:
    until = DAY + timedelta(days=left)
    one = rules.certificate(UUID(int=5), ANN, DESK, until, DAY)
    if occasion_left is None:
        assert one is None
    else:
        assert one is not None
        told_on = until - timedelta(days=occasion_left)
        assert (one.occasion, one.due_at) == (at(0, day=told_on), at(9, day=told_on))
        assert one.useless_at == at(0, day=until + timedelta(days=1))


def test_records_that_wait_for_a_day_are_told_of_once_a_day() -> None:
    now = at(14)
    assert rules.records_waiting(UUID(int=5), ANN, DESK, now - timedelta(hours=23, minutes=59), now) is None
    one = rules.records_waiting(UUID(int=5), ANN, DESK, now - timedelta(hours=24), now)
    same_day = rules.records_waiting(UUID(int=5), ANN, DESK, now - timedelta(hours=24), at(23, 59))
    next_day = rules.records_waiting(UUID(int=5), ANN, DESK, now - timedelta(hours=24), now + timedelta(days=1))
    assert one and same_day and next_day
    assert (one.thing, one.occasion) == (same_day.thing, same_day.occasion)
    assert next_day.occasion == one.occasion + timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(20, 59), None),
        (at(21), at(7, day=DAY + timedelta(days=1))),
        (at(23, 59), at(7, day=DAY + timedelta(days=1))),
        (at(0), at(7)),
        (at(6, 59), at(7)),
        (at(7), None),
        (at(12), None),
    ],
)
def test_quiet_hours_go_over_midnight(now: datetime, until: datetime | None) -> None:
    assert ladder.quiet_until(PRODUCT, now) == until


def test_quiet_hours_may_lie_in_a_day_or_nowhere() -> None:
    siesta = Preferences(quiet_from=time(12), quiet_until=time(14))
    assert ladder.quiet_until(siesta, at(13)) == at(14)
    assert ladder.quiet_until(siesta, at(14)) is None
    assert ladder.quiet_until(Preferences(quiet_from=time(0), quiet_until=time(0)), at(3)) is None


@pytest.mark.parametrize(
    ("kind", "day", "is_urgent"),
    [
        *((kind, DAY + timedelta(days=1), True) for kind in ("next_call", "not_checked_in", "still_open")),
        *((kind, DAY, True) for kind in ("visit_late", "visit_missed", "visit_unknown", "caregiver_unreached")),
        ("visit_changed", DAY, True),
        ("visit_changed", DAY + timedelta(days=1), False),
        *((kind, DAY, False) for kind in ("arrived", "left", "changed", "records_waiting", "certificate_ending")),
    ],
)
def test_what_is_said_at_night(kind: str, day: date, is_urgent: bool) -> None:
    assert ladder.urgent(kind, [day], DAY) is is_urgent


NIGHT = {"due_at": at(22), "useless_at": at(9, day=DAY + timedelta(days=1))}
DEAD_BY_MORNING = {"due_at": at(22), "useless_at": at(6, day=DAY + timedelta(days=1))}


@pytest.mark.parametrize(
    ("reminder", "situation", "step"),
    [
        (NEXT, {"now": at(8)}, "push"),
        (NEXT, {"now": at(8, 40)}, "expire"),
        (NEXT, {"now": at(8), "needed": False}, "cancel"),
        (NEXT, {"now": at(8, 40), "needed": False}, "expire"),
        (standing(wanted(visit())["next_call", ANN], **NIGHT), {"now": at(22)}, "push"),
        (standing(wanted(visit())["next_call", ANN], **NIGHT), {"now": at(22), "is_urgent": False}, "postpone"),
        (standing(wanted(visit())["next_call", ANN], **DEAD_BY_MORNING), {"now": at(22), "is_urgent": False}, "expire"),
    ],
)
def test_what_is_done_with_one_that_is_due(reminder: Standing, situation: dict[str, Any], step: str) -> None:
    given = {"needed": True, "is_urgent": True, "chosen": PRODUCT, "has_gateway": True, **situation}
    assert ladder.decide(reminder, **given).step == step


def _climb(one: Standing, *, reached: bool, has_gateway: bool, now: datetime, retry_at: datetime | None = None) -> Any:
    return ladder.after_push(one, reached=reached, retry_at=retry_at, is_urgent=True, has_gateway=has_gateway, now=now)


def _next(one: Standing, *, has_gateway: bool, now: datetime) -> str:
    return ladder.decide(one, needed=True, is_urgent=True, chosen=PRODUCT, has_gateway=has_gateway, now=now).step


def _as(one: Standing, **values: Any) -> Standing:
    return msgspec.structs.replace(one, **values)


def test_the_ladder_of_a_reminder_that_nobody_answers() -> None:
    now = at(8)
    after = _climb(NEXT, reached=True, has_gateway=True, now=now)
    assert (after.step, after.next_at) == (ladder.PUSHED, at(8, 5))
    pushed = _as(NEXT, step=ladder.PUSHED, sent_at=now)
    assert _next(pushed, has_gateway=True, now=at(8, 5)) == "message"
    assert _next(pushed, has_gateway=False, now=at(8, 5)) == "call"
    messaged = _as(pushed, step=ladder.MESSAGED)
    assert _next(messaged, has_gateway=True, now=at(8, 10)) == "call"
    assert _next(_as(pushed, step=ladder.CALL), has_gateway=True, now=at(8, 15)) == "rest"
    other = standing(wanted(visit())["not_checked_in", ANN])
    assert _climb(other, reached=True, has_gateway=True, now=at(8, 40)).next_at == at(8, 43)


def test_who_has_no_push_gets_the_gateway_at_once_or_has_the_time_to_open_the_app() -> None:
    now = at(8)
    assert _climb(NEXT, reached=False, has_gateway=True, now=now).next_at == now
    after = _climb(NEXT, reached=False, has_gateway=False, now=now)
    assert (after.step, after.next_at) == (ladder.PUSHED, at(8, 5))


def test_a_push_service_that_asks_for_time_gets_it_while_there_is_patience() -> None:
    now = at(8)
    soon = _climb(NEXT, reached=False, has_gateway=True, now=now, retry_at=at(8, 2))
    assert (soon.step, soon.next_at) == (0, at(8, 2))
    assert _next(_as(NEXT, sent_at=now), has_gateway=True, now=at(8, 2)) == "push"
    assert _next(_as(NEXT, sent_at=now), has_gateway=True, now=at(8, 5)) == "message"
    assert _climb(NEXT, reached=False, has_gateway=True, now=now, retry_at=at(8, 20)).next_at == now
    assert _climb(NEXT, reached=True, has_gateway=True, now=now, retry_at=at(8, 2)).step == ladder.PUSHED


def test_the_desk_and_the_family_are_pushed_to_until_it_is_of_no_use() -> None:
    later = _climb(LATE, reached=False, has_gateway=True, now=at(9, 30), retry_at=at(9, 50))
    assert (later.step, later.next_at) == (0, at(9, 50))
    assert _next(_as(LATE, sent_at=at(9, 30)), has_gateway=True, now=at(9, 50)) == "push"
    taken = _climb(LATE, reached=True, has_gateway=True, now=at(9, 30))
    assert (taken.step, taken.next_at) == (ladder.PUSHED, LATE.useless_at)
    assert _climb(LATE, reached=False, has_gateway=True, now=at(9, 30)).next_at == LATE.useless_at
    assert _next(_as(LATE, step=ladder.PUSHED, sent_at=at(9, 30)), has_gateway=True, now=at(9, 50)) == "rest"


def test_of_one_place_on_the_phone_only_the_newest_is_sent() -> None:
    first, second = _as(NEXT, due_at=at(8)), _as(CHANGED, due_at=at(8, 1))
    other = _as(NEXT, topic="another")
    kept, replaced = ladder.newest_of_topic([second, other, first])
    assert {one.id for one in kept} == {second.id, other.id}
    assert [one.id for one in replaced] == [first.id]


def test_the_desk_has_one_word_for_each_silent_caregiver() -> None:
    one = rules.unreached(NEXT)
    again = rules.unreached(standing(wanted(visit())["not_checked_in", ANN]))
    assert one and again
    assert one.thing == again.thing == f"caregiver_unreached:{ANN}:{DESK}"
    assert (one.person, one.audience, one.visit) == (DESK, "dispatcher", NEXT.visit)
    assert one.occasion < again.occasion
