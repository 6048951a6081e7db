"""Pure decisions of the office's review: what has to be put right, which reasons there are, what may be entered."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache

from doorstep.core import problems

REASONS: Mapping[str, frozenset[str]] = {
    "accept": frozenset(
        {"confirmed_by_phone", "confirmed_at_home", "confirmed_by_colleague", "evidence_enough", "plan_put_right"}
        | {"phone_trouble", "card_trouble", "other"}
    ),
    "reject": frozenset(
        {"not_served", "too_short", "other_person", "twice", "not_entitled", "elder_absent", "not_as_recorded", "other"}
    ),
    "ask": frozenset({"when", "where", "what", "who", "other"}),
}
ENTRY_REASONS: Mapping[str, frozenset[str]] = {
    "entry": frozenset({"phone_broken", "phone_forgotten", "no_phone", "card_missing", "forgotten", "other"}),
    "times": frozenset({"left_unrecorded", "came_unrecorded", "wrong_visit", "forgotten", "other"}),
    "not_served": frozenset({"absent", "no_answer", "refused", "hospital", "unsafe", "wrong_address"}),
}
"""Those of `not_served` are what a phone says, too."""
LONGEST = timedelta(hours=12)
AROUND = timedelta(days=1)
KEPT_FOR_CAREGIVERS = timedelta(days=60)
LONGEST_PERIOD = timedelta(days=366 * 2)


@cache
def must_fix_codes() -> frozenset[str]:
    """What has to be put right before a visit is accepted, or accepted with a note that says why not."""
    return frozenset(code for code, text in problems.codes().findings.items() if text.review == "must_fix")


def must_fix(codes: Iterable[str]) -> bool:
    """Whether any of these has to be put right."""
    return not must_fix_codes().isdisjoint(codes)


def needs_note(decision: str, codes: Collection[str]) -> bool:
    """Whether the decision has to say more than a code."""
    return decision != "accept" or must_fix(codes)


def entry_fits(kind: str, op_state: str) -> bool:
    """Whether a visit in this state can be entered like this: what phones recorded is completed, not replaced."""
    if kind == "times":
        return op_state in ("in_progress", "unclosed", "completed")
    return op_state in ("planned", "assigned", "missed")


def against_caregiver(needed: Iterable[frozenset[str]], held: Collection[str], *, on_leave: bool) -> list[str]:
    """What speaks against somebody who is said to have been there: as a record at the door, and the plan of leave."""
    codes = ["QUALIFICATION_MISSING"] if any(one_of.isdisjoint(held) for one_of in needed) else []
    return [*codes, "ON_LEAVE"] if on_leave else codes


def time_meant(given: datetime | None, recorded: datetime | None) -> datetime | None:
    """The instant on record where none is given, or the same minute: a screen shows and sends no seconds."""
    if given is None or recorded is None:
        return given or recorded
    return recorded if given == _minute(recorded) else given


def times_possible(
    start: datetime, end: datetime, *, window_start: datetime, window_end: datetime, now: datetime
) -> bool:
    """In order, over, no longer than half a day, and around the time that was agreed."""
    near = window_start - AROUND <= start and end <= window_end + AROUND
    return start < end <= now and end - start <= LONGEST and near


def times_planned(start: datetime, end: datetime, *, window_start: datetime, window_end: datetime) -> bool:
    """Whether both ends are the planned ones to the minute: nobody comes and goes like that."""
    return _minute(start) == _minute(window_start) and _minute(end) == _minute(window_end)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def period_valid(since: date, until: date) -> bool:
    """Half-open, and not longer than two years."""
    return since < until and until - since <= LONGEST_PERIOD


def month_of(day: date) -> tuple[date, date]:
    """The month of a day, half-open."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)
