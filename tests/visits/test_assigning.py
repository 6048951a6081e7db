"""Who goes: obstacles one by one, and what holds for every assignment of a horizon."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.visits.assigning import WAY, Absence, Call, Certificate, Worker, assign, can_be_served, obstacles

DAY = date(2026, 11, 2)
START = datetime(2026, 11, 2, 3, tzinfo=UTC)
PROVIDER, OTHER = UUID(int=1), UUID(int=2)
MEAL = (frozenset({"health_certificate"}),)
BATH = (*MEAL, frozenset({"nurse_licence", "care_worker_certificate"}))


def _call(
    number: int, *, start: int = 0, length: int = 90, minutes: int = 3, home: int | None = None, **values: Any
) -> Call:
    day = DAY + timedelta(days=start // 1440)
    given = {
        "id": UUID(int=1000 + number),
        "provider": PROVIDER,
        "household": UUID(int=2000 + (number if home is None else home)),
        "elder": UUID(int=3000 + number),
        "series": UUID(int=6000 + number),
        "day": day,
        "window_start": START + timedelta(minutes=start),
        "window_end": START + timedelta(minutes=start + length),
        "minutes": minutes,
        "needs": MEAL,
    }
    return Call(**{**given, **values})


def _worker(number: int, *kinds: str, **values: Any) -> Worker:
    certificates = tuple(Certificate(kind) for kind in kinds or ("health_certificate",))
    return Worker(**{"id": UUID(int=4000 + number), "provider": PROVIDER, "certificates": certificates, **values})


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        (_worker(1), []),
        (_worker(1, provider=OTHER), ["NOT_EMPLOYED"]),
        (_worker(1, employed_from=DAY), []),
        (_worker(1, employed_from=DAY + timedelta(days=1)), ["NOT_EMPLOYED"]),
        (_worker(1, employed_to=DAY), ["NOT_EMPLOYED"]),
        (_worker(1, employed_to=DAY + timedelta(days=1)), []),
        (_worker(1, leave=(Absence(DAY, DAY + timedelta(days=1)),)), ["ON_LEAVE"]),
        (_worker(1, leave=(Absence(DAY - timedelta(days=3), DAY),)), []),
        (_worker(1, leave=(Absence(DAY - timedelta(days=3)),)), ["ON_LEAVE"]),
        (_worker(1, "nurse_licence"), ["QUALIFICATION_MISSING"]),
        (_worker(1, certificates=()), ["QUALIFICATION_MISSING"]),
        (_worker(1, certificates=(Certificate("health_certificate", None, DAY),)), []),
        (
            _worker(1, certificates=(Certificate("health_certificate", None, DAY - timedelta(days=1)),)),
            ["QUALIFICATION_MISSING"],
        ),
        (
            _worker(1, certificates=(Certificate("health_certificate", DAY + timedelta(days=1)),)),
            ["QUALIFICATION_MISSING"],
        ),
    ],
)
def test_obstacles_of_a_day(worker: Worker, expected: list[str]) -> None:
    assert obstacles(worker, _call(1), []) == expected


def test_bathing_needs_a_nurse_or_a_care_worker_with_a_health_certificate() -> None:
    bath = _call(1, needs=BATH)
    assert obstacles(_worker(1), bath, []) == ["QUALIFICATION_MISSING"]
    assert obstacles(_worker(1, "health_certificate", "care_worker_certificate"), bath, []) == []
    assert obstacles(_worker(1, "health_certificate", "nurse_licence"), bath, []) == []


def test_several_short_calls_fit_into_one_window_and_one_more_does_not() -> None:
    calls = [_call(number) for number in range(7)]
    assert can_be_served(calls)
    assert not can_be_served([*calls, _call(7)])
    assert obstacles(_worker(1), _call(7), calls) == ["OVERLAP"]
    assert obstacles(_worker(1), calls[0], calls) == [], "a visit does not overlap itself"


def test_a_couple_is_served_without_a_way_between() -> None:
    full = {"minutes": 90, "length": 90}
    assert can_be_served([_call(1, home=1, **full), _call(2, home=1, **full)])
    assert not can_be_served([_call(1, home=1, **full), _call(2, home=2, **full)])


def test_a_window_says_when_a_visit_begins() -> None:
    first, second = _call(1, length=60, minutes=60), _call(2, start=60, length=60, minutes=60)
    assert can_be_served([first, second])
    assert can_be_served([first, _call(2, length=70, minutes=60)])
    assert not can_be_served([first, _call(2, length=69, minutes=60)]), "there is a way between two homes"
    assert can_be_served([_call(1, length=60, minutes=90)])


def _possible(calls: list[Call]) -> bool:
    """Whether some order of the visits keeps every window: all orders tried."""
    for order in permutations(calls):
        free, home = None, None
        for call in order:
            start = call.window_start
            if free is not None:
                start = max(start, free + (timedelta() if home == call.household else WAY))
            if start > call.window_end:
                break
            free, home = start + timedelta(minutes=call.minutes), call.household
        else:
            return True
    return not calls


_calls = st.builds(
    _call,
    number=st.integers(0, 10_000),
    start=st.integers(0, 40).map(lambda quarter: quarter * 15),
    length=st.integers(2, 8).map(lambda quarter: quarter * 15),
    minutes=st.integers(1, 120),
    home=st.integers(0, 4),
)


@given(st.lists(_calls, max_size=5))
def test_a_round_that_is_accepted_can_really_be_served(calls: list[Call]) -> None:
    assert not can_be_served(calls) or _possible(calls)


@given(st.lists(_calls, max_size=6), _calls)
def test_one_visit_more_never_makes_a_round_easier(calls: list[Call], more: Call) -> None:
    assert can_be_served(calls) or not can_be_served([*calls, more])


_week = st.lists(
    st.builds(
        _call,
        number=st.integers(0, 100_000),
        start=st.tuples(st.integers(0, 4), st.integers(0, 32)).map(lambda when: when[0] * 1440 + when[1] * 15),
        length=st.sampled_from([60, 90, 120]),
        minutes=st.sampled_from([3, 15, 45, 60]),
        home=st.integers(0, 6),
        carers=st.sampled_from([1, 1, 1, 2]),
        provider=st.sampled_from([PROVIDER, PROVIDER, OTHER]),
        needs=st.sampled_from([MEAL, BATH]),
        series=st.integers(0, 5).map(lambda number: UUID(int=5000 + number)),
    ),
    max_size=25,
    unique_by=lambda call: call.id,
)
_staff = st.lists(
    st.builds(
        _worker,
        st.integers(0, 1000),
        provider=st.sampled_from([PROVIDER, OTHER]),
        certificates=st.sampled_from(
            [
                (Certificate("health_certificate"),),
                (Certificate("health_certificate"), Certificate("nurse_licence", None, DAY + timedelta(days=2))),
                (Certificate("nurse_licence"),),
            ]
        ),
        leave=st.sampled_from([(), (Absence(DAY + timedelta(days=1), DAY + timedelta(days=2)),)]),
    ),
    max_size=6,
    unique_by=lambda worker: worker.id,
)


@given(_week, _staff, st.randoms(use_true_random=False))
def test_an_assignment_keeps_every_rule_and_does_not_depend_on_the_order(
    calls: list[Call], staff: list[Worker], shuffle: random.Random
) -> None:
    done, left = assign(calls, staff, taken={}, usual={})
    by_id, people = {call.id: call for call in calls}, {worker.id: worker for worker in staff}
    assert {one.visit for one in done} | {one.visit for one in left} == set(by_id)
    rounds: dict[UUID, list[Call]] = defaultdict(list)
    for one in done:
        call = by_id[one.visit]
        assert len(set(one.caregivers)) == call.carers
        for who in one.caregivers:
            assert obstacles(people[who], call, []) == []
            rounds[who].append(call)
    assert all(can_be_served(round_) for round_ in rounds.values())
    assert all(one.reasons for one in left)
    mixed_calls, mixed_staff = shuffle.sample(calls, len(calls)), shuffle.sample(staff, len(staff))
    assert assign(mixed_calls, mixed_staff, taken={}, usual={})[0] == done
    rest = [by_id[one.visit] for one in left]
    assert assign(rest, staff, taken=rounds, usual={})[0] == [], "what did not fit does not fit in a second run"


def test_the_usual_caregiver_goes_on_and_a_substitute_only_when_they_cannot() -> None:
    series, away = UUID(int=5001), Absence(DAY + timedelta(days=2), DAY + timedelta(days=3))
    usual, substitute = _worker(1, leave=(away,)), _worker(2)
    week = [_call(day, start=day * 1440, home=1, series=series) for day in range(5)]
    done, _ = assign(week, [usual, substitute], taken={}, usual={series: [usual.id]})
    assert [one.caregivers[0] for one in done] == [usual.id, usual.id, substitute.id, substitute.id, substitute.id]


def test_a_couple_gets_the_same_caregiver_and_the_load_is_shared() -> None:
    staff = [_worker(number) for number in range(4)]
    couple = [_call(1, home=1, minutes=20), _call(2, home=1, minutes=20)]
    done, _ = assign(couple, staff, taken={}, usual={})
    assert done[0].caregivers == done[1].caregivers
    done, left = assign([_call(number) for number in range(28)], staff, taken={}, usual={})
    load = defaultdict(int)
    for one in done:
        load[one.caregivers[0]] += 1
    assert (left, sorted(load.values())) == ([], [7, 7, 7, 7])


def test_why_a_visit_stays_unassigned() -> None:
    staff = [_worker(1, provider=OTHER), _worker(2, certificates=()), _worker(3, leave=(Absence(DAY),))]
    _, [left] = assign([_call(1)], staff, taken={}, usual={})
    assert left.reasons == {"QUALIFICATION_MISSING": 1, "ON_LEAVE": 1}
    _, [nobody] = assign([_call(1)], [], taken={}, usual={})
    assert nobody.reasons == {"NO_CAREGIVER": 1}
    _, [one_of_two] = assign([_call(1, carers=2)], [_worker(1)], taken={}, usual={})
    assert one_of_two.reasons == {"NO_CAREGIVER": 1}
