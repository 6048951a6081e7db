"""The only source of the current time. Instants are UTC, civil dates and months are Asia/Shanghai."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The current instant, aware, in UTC, with microseconds."""
    return _source()


def today() -> date:
    """The civil date in Asia/Shanghai."""
    return civil_date(now())


def civil_date(instant: datetime) -> date:
    """The Asia/Shanghai date of an aware instant."""
    return instant.astimezone(CHINA).date()


def at(day: date, clock_time: time) -> datetime:
    """The instant (UTC) of a wall-clock time in Asia/Shanghai on a civil date."""
    return datetime.combine(day, clock_time, tzinfo=CHINA).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """[start, end) of a civil day as UTC instants.

    Of the calendar's very first and last days, which do not begin or end in UTC, those beside them: anybody may ask,
    and nothing ever happened on them.
    """
    day = min(max(day, date.min + timedelta(days=1)), date.max - timedelta(days=1))
    return at(day, time()), at(day + timedelta(days=1), time())


@contextmanager
def running_from(source: Callable[[], datetime]) -> Iterator[None]:
    """Replaces the source of time for a while: simulations and tests replay a failure from its own clock."""
    global _source
    previous, _source = _source, source
    try:
        yield
    finally:
        _source = previous
