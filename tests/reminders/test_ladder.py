"""When a reminder may be said, which step comes next, and what replaces what: the rules of sending by examples."""

from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from doorstep.reminders import rules
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders.preferences import PRODUCT, Preferences
from doorstep.reminders.rules import Standing

from .examples import (
    ANN,
    CHANGED,
    DAY,
    DESK,
    LATE,
    NEXT,
    at,
    change,
    standing,
    visit,
    wanted,
)


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


TOMORROW = DAY + timedelta(days=1)


def _changed(useless_at: datetime) -> Standing:
    return standing(wanted(visit(), change("visit.cancelled"))["visit_changed", ANN], useless_at=useless_at)


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
        # A call of early tomorrow that was cancelled tonight: whoever hears of it in the morning stands at the door.
        (_changed(at(7, day=TOMORROW)), {"now": at(22), "is_urgent": False}, "push"),
        (_changed(at(9, day=TOMORROW)), {"now": at(22), "is_urgent": False}, "push"),
        (_changed(at(11, day=TOMORROW)), {"now": at(22), "is_urgent": False}, "postpone"),
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
