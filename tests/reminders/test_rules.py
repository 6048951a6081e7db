"""The rules of reminders by examples: each kind with its moment, its end, and what makes it untrue."""

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from doorstep.core.ids import uuid7
from doorstep.reminders import messages, rules
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders.preferences import PRODUCT, Chosen, preferences
from doorstep.reminders.rules import Happened, Standing, VisitFacts, Watcher
from doorstep.visits import rules as visit_rules

from .examples import (
    ANN,
    BEA,
    CEN,
    CHANGED,
    DAY,
    DESK,
    EARLY,
    END,
    FAMILY,
    LATE,
    MINUTE,
    NEXT,
    RUNNING,
    START,
    at,
    change,
    standing,
    visit,
    wanted,
)


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


def test_who_is_sent_when_the_call_is_near_sees_the_next_call_and_not_only_a_change() -> None:
    sent = replace(change(caregivers=(ANN, BEA), before=(BEA,)), at=at(8, 12))
    found = wanted(visit(caregivers=(ANN, BEA)), sent)
    on_the_phone, _ = ladder.newest_of_topic(standing(found[kind, ANN]) for kind in ("next_call", "visit_changed"))
    assert [one.kind for one in on_the_phone] == ["next_call"]
    assert found["next_call", BEA].due_at == at(8), "who was going already is called as before"
    too_late = wanted(visit(), replace(sent, at=at(8, 40)))
    assert ("visit_changed", ANN) in too_late
    assert ("next_call", ANN) not in too_late


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


TAKEN_OFF = standing(wanted(visit(), change(caregivers=(ANN,), before=(BEA,)))["visit_changed", BEA])
OPEN = standing(wanted(RUNNING)["still_open", ANN])
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


def test_a_certificate_is_named_by_its_last_day() -> None:
    last = DAY + timedelta(days=30)
    word = rules.certificate(uuid7(), ANN, DESK, last, DAY)
    assert word is not None
    payload = messages.payload_of(standing(word), None)
    assert msgspec.json.decode(payload)["day"] == last.isoformat()
