"""Working days: the deadline table of the policy documents, and years that nobody has published."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.workdays import CalendarMissing, is_working_day, nth_working_day_after


@pytest.mark.parametrize(
    ("last_day", "number", "due"),
    [
        (date(2017, 12, 31), 5, date(2018, 1, 8)),
        (date(2017, 12, 31), 10, date(2018, 1, 15)),
        (date(2018, 3, 31), 5, date(2018, 4, 9)),
        (date(2018, 3, 31), 10, date(2018, 4, 16)),
        (date(2018, 6, 30), 5, date(2018, 7, 6)),
        (date(2018, 6, 30), 10, date(2018, 7, 13)),
        (date(2018, 9, 30), 5, date(2018, 10, 12)),
        (date(2018, 9, 30), 10, date(2018, 10, 19)),
        (date(2018, 12, 31), 5, date(2019, 1, 8)),
        (date(2018, 12, 31), 10, date(2019, 1, 15)),
        (date(2017, 11, 30), 30, date(2018, 1, 12)),
        (date(2017, 11, 16), 30, date(2017, 12, 28)),
    ],
)
def test_a_deadline_is_the_nth_working_day_strictly_after(last_day: date, number: int, due: date) -> None:
    assert nth_working_day_after(last_day, number) == due


def test_2018_differs_from_monday_to_friday_exactly_where_the_notice_says() -> None:
    off = {
        *(date(2018, 2, day) for day in (15, 16, 19, 20, 21)),
        *(date(2018, 10, day) for day in range(1, 6)),
        *(date(2018, *day) for day in ((1, 1), (4, 5), (4, 6), (4, 30), (5, 1), (6, 18), (9, 24), (12, 31))),
    }
    worked = {date(2018, *day) for day in ((2, 11), (2, 24), (4, 8), (4, 28), (9, 29), (9, 30), (12, 29))}
    for offset in range(365):
        day = date(2018, 1, 1) + timedelta(days=offset)
        assert is_working_day(day) == ((day.weekday() < 5 and day not in off) or day in worked), day


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2027, 1, 1), date(2027, 1, 4), date(2030, 6, 3)])
def test_a_year_without_a_calendar_is_an_error(day: date) -> None:
    with pytest.raises(CalendarMissing) as refused:
        is_working_day(day)
    assert (refused.value.status, refused.value.code, refused.value.year) == (409, "CALENDAR_MISSING", day.year)


def test_a_deadline_that_runs_into_an_unpublished_year_is_an_error() -> None:
    with pytest.raises(CalendarMissing):
        nth_working_day_after(date(2026, 12, 31), 5)


def test_days_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        nth_working_day_after(date(2018, 3, 31), 0)


@given(st.dates(date(2004, 1, 1), date(2026, 10, 1)), st.integers(1, 20))
def test_between_the_day_and_its_deadline_lie_exactly_that_many_working_days(day: date, number: int) -> None:
    due = nth_working_day_after(day, number)
    between = [day + timedelta(days=offset) for offset in range(1, (due - day).days + 1)]
    assert sum(map(is_working_day, between)) == number
    assert is_working_day(due)
