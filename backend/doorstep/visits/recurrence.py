"""Frequencies: the words an office writes, the recurrence they mean, and the days on which it falls. Pure.

A recurrence is stored as tagged JSON in `plan_item.recurrence`. "每月2次" and its like name no day: the days are spread
evenly over the period, on a phase and a weekday derived from the series (who is served with what by whom). So the load
of many items spreads, and an elder keeps the days: every server computes the same, also for a new version of the plan.
"""

import calendar
import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Weekday = Annotated[int, Meta(ge=1, le=7)]
"""ISO: 1 is Monday, 7 is Sunday."""
MonthDay = Annotated[int, Meta(ge=1, le=31)]
WorkingDay = Callable[[date], bool]
Period = Literal["week", "month", "quarter", "half_year", "year"]


class _Recurrence(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Base of all recurrences."""


class Daily(_Recurrence, frozen=True, tag="daily"):
    """每日."""


class WorkingDays(_Recurrence, frozen=True, tag="working_days"):
    """工作日: statutory working days, with the weekends that are worked and without the holidays."""


class RestDays(_Recurrence, frozen=True, tag="rest_days"):
    """节假日: every day that is not a statutory working day."""


class Weekly(_Recurrence, frozen=True, tag="weekly"):
    """每周一、三、五."""

    weekdays: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]


class EveryDays(_Recurrence, frozen=True, tag="every_days"):
    """隔日, 每三天一次: counted from the first day of the item."""

    days: Annotated[int, Meta(ge=2, le=366)]


class EveryWeeks(_Recurrence, frozen=True, tag="every_weeks"):
    """每两周一次, 隔周周三: counted from the first such weekday of the item, or else from a derived day."""

    weeks: Annotated[int, Meta(ge=2, le=52)]
    weekday: Weekday | None = None


class EveryMonths(_Recurrence, frozen=True, tag="every_months"):
    """每两个月一次, 隔月15日: counted from the month in which the item begins; without a day, on a derived one."""

    months: Annotated[int, Meta(ge=2, le=12)]
    day: MonthDay | None = None


class MonthlyDays(_Recurrence, frozen=True, tag="monthly_days"):
    """每月1、15日. A day that a month does not have is its last day (Civil Code art. 202)."""

    days: Annotated[tuple[MonthDay, ...], Meta(min_length=1, max_length=31)]


class MonthlyWeekdays(_Recurrence, frozen=True, tag="monthly_weekdays"):
    """每月第一个周一; -1 is the last one."""

    weeks: Annotated[tuple[Literal[1, 2, 3, 4, 5, -1], ...], Meta(min_length=1, max_length=6)]
    weekdays: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]


class TimesPer(_Recurrence, frozen=True, tag="times_per"):
    """每周2次, 每月4次, 每季度一次: evenly over the period, see :func:`spread`."""

    period: Period
    times: Annotated[int, Meta(ge=1, le=366)]


class Once(_Recurrence, frozen=True, tag="once"):
    """一次性: on the first day of the item."""


Recurrence = (
    Daily
    | WorkingDays
    | RestDays
    | Weekly
    | EveryDays
    | EveryWeeks
    | EveryMonths
    | MonthlyDays
    | MonthlyWeekdays
    | TimesPer
    | Once
)

_decoder = msgspec.json.Decoder(Recurrence)


def dump(recurrence: Recurrence) -> str:
    """The JSON that `plan_item.recurrence` holds."""
    return msgspec.json.encode(recurrence).decode()


def load(text: str | bytes) -> Recurrence:
    """Inverse of :func:`dump`; msgspec.ValidationError for anything else."""
    return _decoder.decode(text)


def falls_on(recurrence: Recurrence, day: date, *, series: UUID, anchor: date, is_working_day: WorkingDay) -> bool:
    """Whether the recurrence has a visit on `day`; the bounds of the item, whose first day is `anchor`, are not asked.

    :raises CalendarMissing: from `is_working_day`, and only for recurrences that speak of working days.
    """
    match recurrence:
        case Daily():
            return True
        case WorkingDays():
            return is_working_day(day)
        case RestDays():
            return not is_working_day(day)
        case Weekly(weekdays=weekdays):
            return day.isoweekday() in weekdays
        case EveryDays(days=days):
            return (day - anchor).days % days == 0
        case EveryWeeks(weeks=weeks, weekday=weekday):
            return (day - _first_of_weeks(weeks, weekday, series, anchor)).days % (7 * weeks) == 0
        case EveryMonths(months=months, day=month_day):
            if (day.year * 12 + day.month - anchor.year * 12 - anchor.month) % months:
                return False
            wanted = {_clamped(day, month_day)} if month_day else spread("month", 1, day, series)
            return day in wanted
        case MonthlyDays(days=days):
            return any(day == _clamped(day, wanted) for wanted in days)
        case MonthlyWeekdays(weeks=weeks, weekdays=weekdays):
            last = (day + timedelta(days=7)).month != day.month
            return day.isoweekday() in weekdays and ((day.day + 6) // 7 in weeks or (last and -1 in weeks))
        case TimesPer(period=period, times=times):
            return day in spread(period, times, day, series)
        case Once():
            return day == anchor


def series_of(elder: UUID, provider: UUID, service_type: str, content: str) -> UUID:
    """What stays the same over all versions of a plan: who is served by whom with what."""
    key = elder.bytes + provider.bytes + f"{service_type}/{content}".encode()
    return UUID(bytes=hashlib.sha256(key).digest()[:16])


def spread(period: Period, times: int, day: date, series: UUID) -> frozenset[date]:
    """The days of the period around `day` for "N times a period": exactly N, or every day of it if it has fewer.

    As long as the period has that many whole weeks, the visits fall on one weekday, Monday to Friday, in evenly spread
    weeks; above that, on evenly spread days (of Monday to Friday, for up to five a week).
    """
    return _spread(times, *_bounds(period, day), _seed(series), period == "week")


def first_day(period: Period, day: date) -> date:
    """The first day of the period around `day`."""
    return _bounds(period, day)[0]


@lru_cache(maxsize=65_536)
def _spread(times: int, start: date, length: int, seed: int, weekly: bool) -> frozenset[date]:
    weeks = 1 if weekly else length // 7
    phase = (seed >> 8) % 1009  # in 1009ths of the distance between two visits
    if times <= weeks:
        weekday = 1 + seed % 5
        first = start + timedelta(days=(weekday - start.isoweekday()) % 7)
        return frozenset(
            first + timedelta(weeks=(1009 * turn + phase) * weeks // (1009 * times)) for turn in range(times)
        )
    room = 5 if weekly and times <= 5 else length
    times = min(times, room)
    return frozenset(start + timedelta(days=(1009 * turn + phase) * room // (1009 * times)) for turn in range(times))


def _bounds(period: Period, day: date) -> tuple[date, int]:
    """First day and number of days of the period around `day`."""
    if period == "week":
        return day - timedelta(days=day.weekday()), 7
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[period]
    start = date(day.year, (day.month - 1) // months * months + 1, 1)
    return start, sum(calendar.monthrange(start.year, start.month + ahead)[1] for ahead in range(months))


def _first_of_weeks(weeks: int, weekday: int | None, series: UUID, anchor: date) -> date:
    """The first visit of "every N weeks": without a weekday, Monday to Friday of a derived one of the first N weeks."""
    seed = _seed(series)
    turn = 0 if weekday else (seed >> 8) % weeks
    return anchor + timedelta(days=((weekday or 1 + seed % 5) - anchor.isoweekday()) % 7 + 7 * turn)


def _clamped(month_of: date, day: int) -> date:
    return month_of.replace(day=min(day, calendar.monthrange(month_of.year, month_of.month)[1]))


@lru_cache(maxsize=65_536)
def _seed(series: UUID) -> int:
    """A number that is the same for the same series everywhere and for ever."""
    return int.from_bytes(hashlib.sha256(series.bytes).digest()[:6], "big")
