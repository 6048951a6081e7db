"""Dated facts: half-open, the one recorded last counts, and the life of a plan that follows from them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.plans.rules import Dated, end_of, given_back, life, may_become, on

_DAY = date(2026, 3, 1)
_days = st.integers(0, 40).map(lambda offset: _DAY + timedelta(days=offset))


@st.composite
def _facts(draw: st.DrawFn) -> list[Dated]:
    facts = []
    for _ in range(draw(st.integers(0, 6))):
        since = draw(_days)
        until = draw(st.none() | st.integers(1, 20).map(lambda days, since=since: since + timedelta(days=days)))
        facts.append(Dated(draw(st.sampled_from(["active", "suspended", "ended"])), since, until))
    return facts


def test_the_end_of_an_interval_is_not_part_of_it() -> None:
    away = Dated("suspended", _DAY, _DAY + timedelta(days=3))
    covered = [_DAY + timedelta(days=offset) for offset in range(-1, 5) if away.covers(_DAY + timedelta(days=offset))]
    assert covered == [_DAY, _DAY + timedelta(days=1), _DAY + timedelta(days=2)]


def test_a_suspension_lies_over_the_active_time_and_gives_it_back() -> None:
    recorded = [
        Dated("active", date(2026, 1, 1), None),
        Dated("suspended", date(2026, 5, 1), date(2026, 5, 20), "住院"),
    ]
    assert life(recorded) == [
        Dated("active", date(2026, 1, 1), date(2026, 5, 1)),
        Dated("suspended", date(2026, 5, 1), date(2026, 5, 20), "住院"),
        Dated("active", date(2026, 5, 20), None),
    ]


@given(_facts(), _days)
def test_the_life_says_for_every_day_what_was_recorded_last(recorded: list[Dated], day: date) -> None:
    now = on(recorded, day)
    parts = [part for part in life(recorded) if part.covers(day)]
    assert [part.name for part in parts] == ([now.name] if now else [])


@given(_facts())
def test_the_parts_of_a_life_follow_each_other(recorded: list[Dated]) -> None:
    parts = life(recorded)
    for before, after in pairwise(parts):
        assert before.until is not None
        assert before.until <= after.since


@pytest.mark.parametrize(
    ("now", "state", "allowed"),
    [
        (None, "draft", True),
        (None, "active", False),
        ("draft", "assessed", True),
        ("draft", "active", False),
        ("assessed", "agreed", True),
        ("agreed", "filed", True),
        ("filed", "active", True),
        ("active", "suspended", True),
        ("active", "superseded", True),
        ("active", "ended", True),
        ("active", "draft", False),
        ("suspended", "active", True),
        ("suspended", "ended", True),
        ("ended", "active", False),
        ("superseded", "active", False),
    ],
)
def test_the_life_of_a_plan_goes_its_way(now: str | None, state: str, allowed: bool) -> None:
    recorded = [Dated(now, _DAY, None)] if now else []
    assert may_become(recorded, state, _DAY) is allowed


def test_an_open_state_reaches_to_the_next_known_change_and_a_final_one_for_ever() -> None:
    recorded = [Dated("active", _DAY, None), Dated("ended", _DAY + timedelta(days=30), None)]
    assert end_of(recorded, "suspended", _DAY + timedelta(days=10), None) == _DAY + timedelta(days=30)
    assert end_of(recorded, "ended", _DAY + timedelta(days=10), None) is None
    assert end_of(recorded, "suspended", _DAY, _DAY + timedelta(days=2)) == _DAY + timedelta(days=2)


def test_an_end_that_is_corrected_gives_back_what_was_before() -> None:
    def to(day: int) -> Dated:
        return Dated("suspended", _DAY, _DAY + timedelta(days=day), "住院")

    recorded = [Dated("active", _DAY - timedelta(days=9), None), to(20)]
    for days in (5, 3, 8):
        fact = to(days)
        recorded += [*given_back(recorded, fact), fact]
        parts = [(part.name, part.since, part.until) for part in life(recorded)][1:]
        assert parts == [("suspended", _DAY, fact.until), ("active", fact.until, None)]


def test_a_later_end_and_another_beginning_give_nothing_back() -> None:
    stop = Dated("suspended", _DAY, _DAY + timedelta(days=5))
    recorded = [Dated("active", _DAY - timedelta(days=9), None), stop]
    for fact in (
        Dated("suspended", _DAY, _DAY + timedelta(days=9)),
        Dated("suspended", _DAY + timedelta(days=1), _DAY + timedelta(days=2)),
        Dated("suspended", _DAY, None),
    ):
        assert given_back(recorded, fact) == []


def test_what_ended_meanwhile_stays_ended() -> None:
    end = Dated("ended", _DAY + timedelta(days=4), None)
    recorded = [
        Dated("active", _DAY - timedelta(days=9), None),
        Dated("suspended", _DAY, _DAY + timedelta(days=9)),
        end,
    ]
    fact = Dated("suspended", _DAY, _DAY + timedelta(days=2))
    parts = life([*recorded, *given_back(recorded, fact), fact])
    assert [(part.name, part.since) for part in parts][1:] == [
        ("suspended", _DAY),
        ("active", _DAY + timedelta(days=2)),
        ("ended", _DAY + timedelta(days=4)),
    ]
