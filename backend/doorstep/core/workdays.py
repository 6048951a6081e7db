"""Statutory working days of mainland China, as the State Council publishes them year by year. Never guessed.

The notice of a year may still move the last days of the year before (2018-12-29 was worked, 2018-12-31 was free):
until it is published, those are as the calendar at hand says.
"""

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays

from doorstep.core.problems import Problem

# A neighbouring year's days may stand in a notice: a year is held only when its own National Day is.
_YEARS = frozenset(day.year for day in holidays if (day.month, day.day) == (10, 1))


class CalendarMissing(Problem):
    """The statutory calendar of a year is not published yet, or older than what the calendar holds."""

    code = "CALENDAR_MISSING"

    def __init__(self, day: date) -> None:
        super().__init__(f"{day.year}年", f"{day.year}")
        self.day = day
        self.year = day.year


def is_working_day(day: date) -> bool:
    """Whether offices work on this day. Never guessed from the weekday alone.

    :raises CalendarMissing: if the year's calendar is not known.
    """
    if day.year not in _YEARS:
        raise CalendarMissing(day)
    return chinese_calendar.is_workday(day)


def nth_working_day_after(day: date, number: int) -> date:
    """The `number`-th working day strictly after `day`: how deadlines such as "within 5 working days" count.

    :raises CalendarMissing: if a year on the way is not known.
    :raises ValueError: if `number` is below 1.
    """
    if number < 1:
        raise ValueError("working days are counted from 1")
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day
