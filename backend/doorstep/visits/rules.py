"""Pure decisions about visits: on which days a plan item has one, when a visit is missed, unclosed or late."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.core.workdays import CalendarMissing
from doorstep.visits.recurrence import Recurrence, WorkingDay, falls_on

MISSED_AFTER = timedelta(minutes=30)
"""After the end of the window without a check-in."""
UNCLOSED_AFTER = timedelta(minutes=60)
"""After the longest time of the service without a check-out."""
LONGEST_WINDOW = timedelta(hours=12)

ABSENCES = frozenset({"hospital_stay", "respite_stay", "away", "welfare_institution"})
"""Statuses of an elder who is not at home."""
DECEASED = "deceased"

NOT_BEGUN = frozenset({"planned", "assigned"})
BEGUN = frozenset({"in_progress", "unclosed", "completed"})
ELDER_DECEASED = "elder_deceased"
ELDER_ABSENT = "elder_absent"
PLAN_NOT_ACTIVE = "plan_not_active"
PLAN_CHANGED = "plan_changed"
WITHDRAWN_REASONS = frozenset({ELDER_DECEASED, ELDER_ABSENT, PLAN_NOT_ACTIVE, PLAN_CHANGED})
"""Reasons of cancellations by the server itself: such a day may be planned again when the fact is corrected."""


class Span(msgspec.Struct, frozen=True):
    """A dated fact on [since, until); `until` None has no end. `name` says which state or status."""

    name: str
    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Half-open: the last day is not part of it."""
        return self.since <= day and (self.until is None or day < self.until)


def state_on(spans: Sequence[Span], day: date) -> str | None:
    """Of spans in the order in which they were recorded the last one that covers the day."""
    return next((span.name for span in reversed(spans) if span.covers(day)), None)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A plan item as expansion sees it, valid on [valid_from, valid_to).

    `series` and `anchor` (its own first day) stay when a new version of the plan takes the item over.
    """

    id: UUID
    series: UUID
    anchor: date
    recurrence: Recurrence
    window_start: time
    window_end: time
    valid_from: date
    valid_to: date
    plan_states: tuple[Span, ...] = ()
    statuses: tuple[Span, ...] = ()


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One visit that the plan asks for."""

    item: UUID
    day: date
    window_start: datetime
    window_end: datetime


class NoCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A day that cannot be decided, because the statutory calendar of its year is not published yet."""

    item: UUID
    day: date


def occurrences(
    item: Item, since: date, until: date, is_working_day: WorkingDay
) -> tuple[list[Occurrence], list[NoCalendar]]:
    """The visits of an item on the days of [since, until), and the days that cannot be decided.

    A visit needs: the item valid, the plan active, the elder alive and at home, each on that day.
    """
    found: list[Occurrence] = []
    undecided: list[NoCalendar] = []
    day, end = max(since, item.valid_from), min(until, item.valid_to)
    while day < end:
        if expected(item, day):
            try:
                falls = falls_on(
                    item.recurrence, day, series=item.series, anchor=item.anchor, is_working_day=is_working_day
                )
            except CalendarMissing:
                undecided.append(NoCalendar(item=item.id, day=day))
            else:
                if falls:
                    start, stop = window(day, item.window_start, item.window_end)
                    found.append(Occurrence(item=item.id, day=day, window_start=start, window_end=stop))
        day += timedelta(days=1)
    return found, undecided


def expected(item: Item, day: date) -> bool:
    """Whether plan and elder allow a visit on the day."""
    if state_on(item.plan_states, day) != "active":
        return False
    return not any(span.covers(day) and (span.name in ABSENCES or span.name == DECEASED) for span in item.statuses)


def window(day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """The instants of a wall-clock window in Asia/Shanghai; an end that is not later is on the next day."""
    return clock.at(day, start), clock.at(day if start < end else day + timedelta(days=1), end)


def unknown(*, op_state: str, window_end: datetime, heard_at: datetime | None, now: datetime) -> bool:
    """Whether nobody can say yet: the time is over and a phone that may hold the record was not heard since.

    `heard_at` is the last word of the phone that was silent longest among those who were to go; None: no phone at all.
    """
    limit = window_end + MISSED_AFTER
    return op_state == "assigned" and now > limit and heard_at is not None and heard_at <= limit


def overdue(
    *,
    op_state: str,
    window_end: datetime,
    started_at: datetime | None,
    max_minutes: int,
    now: datetime,
    heard_at: datetime | None = None,
) -> str | None:
    """The state that time alone moves a visit to, or None: missed without a check-in, unclosed without a check-out.

    Never missed while a phone is silent: its caregiver may have been there.
    """
    if op_state == "assigned" and now > window_end + MISSED_AFTER:
        silent = unknown(op_state=op_state, window_end=window_end, heard_at=heard_at, now=now)
        return None if silent else "missed"
    if op_state == "in_progress" and started_at is not None:
        return "unclosed" if now > started_at + timedelta(minutes=max_minutes) + UNCLOSED_AFTER else None
    return None


def late(
    *,
    op_state: str,
    window_end: datetime,
    started_at: datetime | None,
    now: datetime,
    heard_at: datetime | None = None,
) -> bool:
    """Whether nobody came inside the agreed time: begun after it, or past it, not begun, not missed nor unknown."""
    if started_at is not None:
        return started_at > window_end
    silent = unknown(op_state=op_state, window_end=window_end, heard_at=heard_at, now=now)
    return op_state in NOT_BEGUN and now > window_end and not silent
