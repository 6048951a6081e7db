"""Moments as they come from outside: with an offset, and within the calendar of the database."""

from datetime import UTC, datetime

from doorstep.core.problems import FieldError, InputInvalid


def is_moment(at: datetime) -> bool:
    """Whether it is one point in time, which can be compared with others."""
    try:
        at.astimezone(UTC)
    except OverflowError:
        return False
    return at.tzinfo is not None


def check(**given: datetime | None) -> None:
    """Parameters of a query by their names: the framework reads a time without an offset, too.

    :raises InputInvalid: if one of them is no moment.
    """
    zh, en = "必须是带时区的时间", "must be a time with an offset"
    wrong = [name for name, at in given.items() if at is not None and not is_moment(at)]
    if wrong:
        raise InputInvalid(zh, en, errors=[FieldError(field=name, message=zh, message_en=en) for name in wrong])
