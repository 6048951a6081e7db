"""Which days have a visit, what time alone changes, what is late: examples and what holds for every plan."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.workdays import is_working_day
from doorstep.visits import planning, rules
from doorstep.visits.planning import Standing
from doorstep.visits.recurrence import Daily, Recurrence, TimesPer, Weekly, WorkingDays
from doorstep.visits.rules import Item, Span

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 1, 20, tzinfo=UTC)
_offsets = st.integers(0, 30)


def _on(offset: int) -> date:
    return DAY + timedelta(days=offset)


def _item(recurrence: Recurrence | None = None, **values: Any) -> Item:
    given = {
        "id": UUID(int=7),
        "series": UUID(int=8),
        "anchor": DAY,
        "recurrence": recurrence or Daily(),
        "window_start": time(11),
        "window_end": time(12, 30),
        "valid_from": DAY,
        "valid_to": _on(30),
        "plan_states": (Span("active", date(2026, 1, 1)),),
    }
    return Item(**{**given, **values})


@st.composite
def _spans(draw: st.DrawFn, names: list[str]) -> tuple[Span, ...]:
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        since = draw(_offsets)
        length = draw(st.none() | st.integers(0, 12))
        spans.append(Span(draw(st.sampled_from(names)), _on(since), None if length is None else _on(since + length)))
    return tuple(spans)


@st.composite
def _items(draw: st.DrawFn) -> Item:
    first = draw(_offsets)
    return _item(
        draw(st.sampled_from([Daily(), WorkingDays(), Weekly((1, 3, 5)), TimesPer("month", 5)])),
        id=draw(st.uuids()),
        valid_from=_on(first),
        valid_to=_on(first + draw(st.integers(0, 30))),
        plan_states=draw(_spans(["active", "suspended", "ended"])),
        statuses=draw(_spans([*sorted(rules.ABSENCES), rules.DECEASED, "living_alone"])),
    )


def _days(item: Item, since: int = 0, days: int = 40) -> list[date]:
    found, undecided = rules.occurrences(item, _on(since), _on(since + days), is_working_day)
    assert not undecided
    return [one.day for one in found]


def test_validity_is_half_open() -> None:
    assert _days(_item(valid_from=_on(2), valid_to=_on(5))) == [_on(2), _on(3), _on(4)]
    assert _days(_item(), since=28, days=10) == [_on(28), _on(29)]


@pytest.mark.parametrize("kind", sorted(rules.ABSENCES))
def test_the_day_of_coming_home_has_a_visit_again(kind: str) -> None:
    item = _item(valid_to=_on(6), statuses=(Span(kind, _on(1), _on(4)),))
    assert _days(item) == [_on(0), _on(4), _on(5)]


def test_nothing_from_the_day_of_death_on() -> None:
    assert _days(_item(statuses=(Span("deceased", _on(2)),))) == [_on(0), _on(1)]


def test_a_status_that_was_taken_back_forbids_nothing() -> None:
    assert len(_days(_item(statuses=(Span("deceased", _on(2), _on(2)),)))) == 30


def test_a_suspended_plan_rests_and_the_state_recorded_last_counts() -> None:
    active, pause = Span("active", date(2026, 1, 1)), Span("suspended", _on(1), _on(29))
    assert _days(_item(plan_states=(active, pause))) == [_on(0), _on(29)]
    assert _days(_item(plan_states=(active, pause, Span("active", _on(3), _on(29)))))[:2] == [_on(0), _on(3)]
    assert _days(_item(plan_states=())) == []


def test_a_window_is_of_wall_clock_time_in_shanghai() -> None:
    [first, *_], _ = rules.occurrences(_item(), DAY, _on(1), is_working_day)
    assert (first.window_start, first.window_end) == (
        datetime(2026, 11, 2, 3, tzinfo=UTC),
        datetime(2026, 11, 2, 4, 30, tzinfo=UTC),
    )
    night = rules.window(DAY, time(22), time(6))
    assert night == (datetime(2026, 11, 2, 14, tzinfo=UTC), datetime(2026, 11, 2, 22, tzinfo=UTC))


def test_a_year_without_a_calendar_is_reported_day_by_day_and_not_guessed() -> None:
    item = _item(WorkingDays(), valid_from=date(2030, 12, 30), valid_to=date(2031, 1, 3))
    found, undecided = rules.occurrences(item, date(2030, 12, 1), date(2031, 2, 1), is_working_day)
    assert found == []
    assert [gap.day for gap in undecided] == [
        date(2030, 12, 30),
        date(2030, 12, 31),
        date(2031, 1, 1),
        date(2031, 1, 2),
    ]


@given(_items(), _offsets, st.integers(0, 30))
def test_visits_only_where_plan_and_elder_allow(item: Item, since: int, days: int) -> None:
    for day in _days(item, since, days):
        assert _on(since) <= day < _on(since + days)
        assert item.valid_from <= day < item.valid_to
        assert rules.state_on(item.plan_states, day) == "active"
        assert not any(
            span.covers(day) for span in item.statuses if span.name in rules.ABSENCES or span.name == rules.DECEASED
        )
        dead = [span.since for span in item.statuses if span.name == rules.DECEASED and span.until is None]
        assert all(day < death for death in dead)


@given(_items(), _offsets, st.integers(0, 20), st.integers(0, 20))
def test_a_horizon_in_two_parts_is_the_same_as_in_one(item: Item, since: int, first: int, second: int) -> None:
    assert _days(item, since, first) + _days(item, since + first, second) == _days(item, since, first + second)


def _reconciled(items: list[Item], standing: list[Standing], since: int = 0, days: int = 40) -> planning.Reconciled:
    return planning.reconcile(
        items, standing, since=_on(since), until=_on(since + days), now=NOW, is_working_day=is_working_day
    )


def _made(plan: planning.Reconciled) -> list[Standing]:
    return [
        Standing(
            id=uuid4(),
            item=wanted.occurrence.item,
            day=wanted.occurrence.day,
            on=wanted.occurrence.day,
            ordinal=wanted.ordinal,
            op_state="planned",
            reason=None,
            window_start=wanted.occurrence.window_start,
        )
        for wanted in plan.create
    ]


def _cancelled(visit: Standing, reason: str) -> Standing:
    return msgspec.structs.replace(visit, op_state="cancelled", reason=reason)


@given(st.lists(_items(), max_size=4, unique_by=lambda item: item.id))
def test_reconciling_twice_changes_nothing(items: list[Item]) -> None:
    first = _reconciled(items, [])
    again = _reconciled(items, _made(first))
    assert (again.create, again.withdraw) == ([], [])
    assert sum(again.existing.values()) == len(first.create)


@given(
    st.lists(_items(), max_size=3, unique_by=lambda item: item.id),
    st.lists(_items(), max_size=3, unique_by=lambda item: item.id),
)
def test_visits_follow_a_changed_plan_and_places_are_never_taken_twice(before: list[Item], after: list[Item]) -> None:
    standing = _made(_reconciled(before, []))
    changed = _reconciled(after, standing)
    reasons = dict(changed.withdraw)
    assert set(reasons.values()) <= rules.WITHDRAWN_REASONS
    rows = [_cancelled(visit, reasons[visit.id]) if visit.id in reasons else visit for visit in standing] + _made(
        changed
    )
    live = {(visit.item, visit.day) for visit in rows if visit.op_state == "planned"}
    assert live == {(item.id, day) for item in after for day in _days(item)}
    places = [(visit.item, visit.day, visit.ordinal) for visit in rows]
    assert len(set(places)) == len(places)
    back = _reconciled(before, rows)
    assert {(one.occurrence.item, one.occurrence.day) for one in back.create} == {
        (item.id, day) for item in before for day in _days(item)
    } - live


def test_what_people_cancelled_is_not_made_again_and_what_began_is_not_withdrawn() -> None:
    item = _item(valid_to=_on(3))
    visits = _made(_reconciled([item], []))
    by_hand = [_cancelled(visits[0], "老人要求"), *visits[1:]]
    assert _reconciled([item], by_hand).create == []
    begun = [msgspec.structs.replace(visit, op_state="in_progress") for visit in visits]
    assert _reconciled([], begun).withdraw == []
    late = planning.reconcile(
        [], visits, since=DAY, until=_on(40), now=NOW + timedelta(days=2), is_working_day=is_working_day
    )
    assert [visit.id for visit in visits if visit.window_start > NOW + timedelta(days=2)] == [
        id for id, _ in late.withdraw
    ]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (_item(statuses=(Span("deceased", DAY), Span("away", DAY))), "elder_deceased"),
        (_item(statuses=(Span("hospital_stay", DAY),)), "elder_absent"),
        (_item(plan_states=(Span("active", DAY), Span("ended", DAY))), "plan_not_active"),
        (_item(valid_from=_on(10)), "plan_changed"),
        (_item(Weekly((7,))), "plan_changed"),
        (None, "plan_changed"),
    ],
)
def test_why_a_visit_is_withdrawn(item: Item | None, reason: str) -> None:
    [first, *_] = _made(_reconciled([_item()], []))
    assert _reconciled([item] if item else [], [first]).withdraw == [(first.id, reason)]


def test_a_day_that_cannot_be_decided_withdraws_nothing() -> None:
    day = date(2031, 3, 3)
    item = _item(WorkingDays(), valid_from=day, valid_to=day + timedelta(days=1))
    visit = Standing(
        id=uuid4(),
        item=item.id,
        day=day,
        on=day,
        ordinal=1,
        op_state="assigned",
        reason=None,
        window_start=NOW + timedelta(days=2000),
    )
    plan = planning.reconcile(
        [item], [visit], since=day, until=day + timedelta(days=1), now=NOW, is_working_day=is_working_day
    )
    assert (plan.create, plan.withdraw, len(plan.undecided)) == ([], [], 1)


END = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("op_state", "started", "minutes_after", "expected"),
    [
        ("assigned", None, 30, None),
        ("assigned", None, 30.01, "missed"),
        ("planned", None, 300, None),
        ("in_progress", 0, 60 + 60, None),
        ("in_progress", 0, 60 + 60.01, "unclosed"),
        ("missed", None, 300, None),
        ("completed", 0, 300, None),
        ("cancelled", None, 300, None),
    ],
)
def test_what_time_alone_changes(
    op_state: str, started: int | None, minutes_after: float, expected: str | None
) -> None:
    now = END + timedelta(minutes=minutes_after)
    begun = END if started is not None else None
    assert rules.overdue(op_state=op_state, window_end=END, started_at=begun, max_minutes=60, now=now) == expected


@pytest.mark.parametrize(
    ("op_state", "started_after", "now_after", "expected"),
    [
        ("assigned", None, 0, False),
        ("assigned", None, 1, True),
        ("planned", None, 1, True),
        ("missed", None, 60, False),
        ("in_progress", -5, 60, False),
        ("completed", 0, 60, False),
        ("completed", 1, 60, True),
        ("cancelled", None, 60, False),
        ("not_served", None, 60, False),
    ],
)
def test_late_is_who_did_not_come_inside_the_window(
    op_state: str, started_after: int | None, now_after: int, expected: bool
) -> None:
    started = None if started_after is None else END + timedelta(minutes=started_after)
    now = END + timedelta(minutes=now_after)
    assert rules.late(op_state=op_state, window_end=END, started_at=started, now=now) is expected
