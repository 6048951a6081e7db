"""The days on which a recurrence falls: examples, and what holds for every item."""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.workdays import CalendarMissing, is_working_day
from doorstep.visits.frequency import parse
from doorstep.visits.recurrence import Period, Recurrence, TimesPer, falls_on, first_day, spread

SERIES = UUID("0198c0de-0000-7000-8000-000000000001")
START = date(2026, 1, 1)
_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def _falls(
    recurrence: Recurrence, since: date, days: int, *, series: UUID = SERIES, anchor: date = START
) -> list[date]:
    span = (since + timedelta(days=offset) for offset in range(days))
    return [
        day for day in span if falls_on(recurrence, day, series=series, anchor=anchor, is_working_day=is_working_day)
    ]


@pytest.mark.parametrize(
    ("words", "month", "expected"),
    [
        ("每日", (2026, 2), list(range(1, 29))),
        # Spring Festival 2026: 15 to 23 February are free, 14 and 28 February are worked.
        ("工作日", (2026, 2), [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 24, 25, 26, 27, 28]),
        ("节假日", (2026, 2), [1, 7, 8, 15, 16, 17, 18, 19, 20, 21, 22, 23]),
        ("周末", (2026, 2), [1, 7, 8, 14, 15, 21, 22, 28]),
        ("每周一至周五", (2026, 2), [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27]),
        ("每周一、三、五", (2026, 4), [1, 3, 6, 8, 10, 13, 15, 17, 20, 22, 24, 27, 29]),
        ("每月1、15日", (2026, 4), [1, 15]),
        ("每月31日", (2026, 2), [28]),
        ("每月30、31日", (2026, 4), [30]),
        ("每月底", (2028, 2), [29]),
        ("每月第一个周一", (2026, 4), [6]),
        ("每月第2、4个周五", (2026, 5), [8, 22]),
        ("每月最后一个周五", (2026, 5), [29]),
        ("隔日", (2026, 1), list(range(1, 32, 2))),
        ("隔周周三", (2026, 1), [7, 21]),
        ("每两个月15日", (2026, 3), [15]),
        ("每两个月15日", (2026, 2), []),
        ("一次性", (2026, 1), [1]),
    ],
)
def test_months(words: str, month: tuple[int, int], expected: list[int]) -> None:
    first = date(*month, 1)
    assert [day.day for day in _falls(parse(words), first, monthrange(*month)[1])] == expected


def test_only_words_of_working_days_need_the_calendar() -> None:
    for words in ("工作日", "节假日"):
        with pytest.raises(CalendarMissing):
            _falls(parse(words), date(2031, 3, 1), 1)
    for words in ("每日", "每周一、三", "每月2次", "每两周一次", "每月15日"):
        _falls(parse(words), date(2031, 3, 1), 31)


@given(
    period=st.sampled_from(["week", "month", "quarter", "half_year", "year"]),
    times=st.integers(1, 40),
    day=_days,
    item=st.uuids(),
)
def test_n_times_a_period_is_n_days_in_it_spread_evenly(period: Period, times: int, day: date, item: UUID) -> None:
    start = first_day(period, day)
    days = sorted(spread(period, times, day, item))
    longest = {"week": 7, "month": 31, "quarter": 92, "half_year": 184, "year": 366}[period]
    next_start = first_day(period, start + timedelta(days=longest))
    length = (next_start - start).days
    assert len(days) == min(times, length)
    assert all(start <= one < next_start for one in days)
    gaps = [(after - before).days for before, after in pairwise(days)]
    assert all(abs(gap - length / len(days)) < 8 for gap in gaps)
    assert spread(period, times, max(days), item) == frozenset(days), "every day of the period sees the same days"
    if times <= length // 7:
        assert len({one.isoweekday() for one in days}) == 1
        assert days[0].isoweekday() <= 5


@given(item=st.uuids(), times=st.integers(1, 31), year=st.integers(2024, 2028), month=st.integers(1, 12))
def test_a_month_has_as_many_visits_as_agreed_or_days(item: UUID, times: int, year: int, month: int) -> None:
    length = monthrange(year, month)[1]
    recurrence = TimesPer("month", times)
    assert len(_falls(recurrence, date(year, month, 1), length, series=item, anchor=date(2020, 1, 1))) == min(
        times, length
    )


@given(item=st.uuids(), weeks=st.integers(2, 8), since=_days, weekday=st.none() | st.integers(1, 7))
def test_every_n_weeks_is_that_far_apart_from_the_first_n_weeks_on(
    item: UUID, weeks: int, since: date, weekday: int | None
) -> None:
    words = f"每{weeks}周" + (f"周{'一二三四五六日'[weekday - 1]}" if weekday else "一次")
    days = _falls(parse(words), since, weeks * 7 * 4, series=item, anchor=since)
    assert len(days) == 4
    assert days[0] < since + timedelta(weeks=weeks)
    assert {(after - before).days for before, after in pairwise(days)} == {7 * weeks}
    assert {day.isoweekday() for day in days} == ({weekday} if weekday else {days[0].isoweekday()})
    if weekday is not None:
        assert days[0] < since + timedelta(days=7)


def test_the_load_of_many_items_spreads() -> None:
    items = [UUID(int=(1 << 100) + number) for number in range(400)]
    fortnight = Counter(_falls(parse("每两周一次"), date(2026, 6, 1), 14, series=item)[0] for item in items)
    assert len(fortnight) == 10, "all working weekdays of both weeks"
    assert max(fortnight.values()) < 2 * min(fortnight.values()) + 10
    month = Counter(day for item in items for day in spread("month", 2, date(2026, 6, 15), item))
    assert len(month) == 20
    assert max(month.values()) < 2 * min(month.values()) + 10


def test_an_item_keeps_its_days_for_ever() -> None:
    """Every server computes the days again when it plans: another result would withdraw visits and make new ones."""
    june = date(2026, 6, 15)
    assert [day.day for day in sorted(spread("month", 2, june, SERIES))] == [4, 18]
    assert [day.day for day in sorted(spread("week", 2, june, SERIES))] == [16, 18]
    assert [day.isoformat() for day in spread("quarter", 1, june, SERIES)] == ["2026-05-14"]
    assert [day.day for day in sorted(spread("month", 12, june, SERIES))][:6] == [2, 4, 7, 9, 12, 14]
    assert _falls(parse("每两周一次"), date(2026, 6, 1), 28, series=SERIES)[0] == date(2026, 6, 11)
