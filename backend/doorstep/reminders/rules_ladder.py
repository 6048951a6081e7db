"""Pure decisions about sending: quiet hours, what is urgent, the ladder of channels, what replaces what."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from doorstep.core import clock
from doorstep.reminders.preferences import Preferences
from doorstep.reminders.rules import Standing

URGENT = frozenset[str](
    {
        *("next_call", "not_checked_in", "still_open"),
        *("visit_late", "visit_missed", "visit_unknown", "caregiver_unreached", "test"),
    }
)
"""Said at night too; `visit_changed` when it is about today."""
LADDER = frozenset[str](
    {"next_call", "not_checked_in", "still_open", "visit_changed", "records_waiting", "certificate_ending"}
)
"""Of these the next channel is tried until somebody acknowledges."""
FIRST_CALLS = timedelta(hours=3)
"""A change of a call that is over so soon after the quiet hours cannot wait for their end: somebody would set out."""
PUSHED, MESSAGED, CALL = 1, 2, 3
"""Steps of the ladder that have been taken: push, the gateway, a dispatcher who telephones."""


def urgent(kind: str, days: Iterable[date], today: date) -> bool:
    """Whether it is said at once, at night too. `days`: those it is about, also the one that it was moved from."""
    return kind in URGENT or (kind == "visit_changed" and today in days)


def quiet_until(chosen: Preferences, now: datetime) -> datetime | None:
    """When the quiet hours end in which this moment lies; None outside of them. From and until the same: none."""
    local = now.astimezone(clock.CHINA)
    since, until, at = chosen.quiet_from, chosen.quiet_until, local.time()
    if since == until:
        return None
    inside = since <= at < until if since < until else at >= since or at < until
    if not inside:
        return None
    end = clock.at(local.date(), until)
    return end if end > now else clock.at(local.date() + timedelta(days=1), until)


def may_wait_for_morning(reminder: Standing, quiet: datetime) -> bool:
    """Whether a word that is not urgent is still in time when the quiet hours end."""
    return reminder.kind != "visit_changed" or reminder.useless_at >= quiet + FIRST_CALLS


def patience(kind: str, step: int, *, is_urgent: bool) -> timedelta:
    """How long an answer is waited for after a step, before the next one is taken."""
    if not is_urgent:
        return timedelta(hours=2)
    return timedelta(minutes=5 if kind == "next_call" or step >= MESSAGED else 3)


Step = Literal["expire", "cancel", "postpone", "push", "message", "call", "rest"]


class Decision(msgspec.Struct, frozen=True):
    """What is done with a reminder whose time has come; `until`: when it is looked at again, for some."""

    step: Step
    until: datetime | None = None


def decide(
    reminder: Standing, *, needed: bool, is_urgent: bool, chosen: Preferences, has_gateway: bool, now: datetime
) -> Decision:
    """The next thing to do with a reminder whose `next_at` has come."""
    if now >= reminder.useless_at:
        return Decision("expire")
    if not needed:
        return Decision("cancel")
    quiet = None if is_urgent else quiet_until(chosen, now)
    if quiet is not None and may_wait_for_morning(reminder, quiet):
        return Decision("expire") if quiet >= reminder.useless_at else Decision("postpone", quiet)
    if reminder.step < PUSHED:
        # Not taken by the push service until now: tried again as long as there is patience.
        since = reminder.sent_at
        if since is None or reminder.kind not in LADDER:
            return Decision("push")
        if now < since + patience(reminder.kind, PUSHED, is_urgent=is_urgent):
            return Decision("push")
    if reminder.kind not in LADDER or reminder.step >= CALL:
        return Decision("rest", reminder.useless_at)
    return Decision("message" if reminder.step < MESSAGED and has_gateway else "call")


class After(msgspec.Struct, frozen=True):
    """Where a reminder stands after a push: steps taken, and when it is looked at again."""

    step: int
    next_at: datetime


def after_push(
    reminder: Standing,
    *,
    reached: bool,
    retry_at: datetime | None,
    is_urgent: bool,
    has_gateway: bool,
    now: datetime,
) -> After:
    """What follows a push that somebody took (`reached`: or a calendar shows it), or may take later, or nobody takes.

    Without any way to the phone the gateway comes at once. Where there is none, the open app has its time to show the
    reminder before a dispatcher telephones.
    """
    first = reminder.sent_at or now
    if reminder.kind not in LADDER:
        again = retry_at is not None and not reached and retry_at < reminder.useless_at
        return After(0, retry_at) if again and retry_at else After(PUSHED, reminder.useless_at)
    end = first + patience(reminder.kind, PUSHED, is_urgent=is_urgent)
    if reached:
        return After(PUSHED, min(max(end, now), reminder.useless_at))
    if retry_at is not None and retry_at < end:
        return After(0, retry_at)
    return After(PUSHED, now if has_gateway else min(max(end, now), reminder.useless_at))


def newest_of_topic(reminders: Iterable[Standing]) -> tuple[list[Standing], list[Standing]]:
    """Of several for the same place on the phone the newest, and those that it replaces."""
    kept: dict[str, Standing] = {}
    replaced: list[Standing] = []
    for one in sorted(reminders, key=lambda each: (each.due_at, each.id)):
        if one.topic in kept:
            replaced.append(kept[one.topic])
        kept[one.topic] = one
    return list(kept.values()), replaced
