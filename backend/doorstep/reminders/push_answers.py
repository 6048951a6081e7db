"""What a push service's answers mean, and what follows for the browser's subscription. Pure."""

import contextlib
import email.utils
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import structs

from doorstep.reminders.ports import Message, Outcome, Sent

MOST_PATIENCE = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
FORBIDDEN_TIMES = 3


def pause(failures: int) -> timedelta:
    """How long a browser is left alone after so many failures in a row: 30 seconds, doubling, 15 minutes at most."""
    return min(FIRST_PAUSE * 2 ** min(max(failures - 1, 0), 10), LONGEST_PAUSE)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a subscription stands: see `tables.reminders.PushSubscription`."""

    state: str
    forbidden: int
    failures: int
    proven: bool
    retry_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_reason: str | None = None


def after(before: Standing, result: Sent, now: datetime) -> Standing:
    """Where it stands after an answer. What is over stays over, and a host that rests says nothing of one browser."""
    if before.state not in LIVE or result.detail == "rests":
        return before
    failed = structs.replace(before, failures=before.failures + 1)
    match result.outcome:
        case "accepted":
            return structs.replace(
                before,
                state="working" if before.proven else "untested",
                forbidden=0,
                failures=0,
                retry_at=None,
                accepted_at=now,
            )
        case "gone":
            return structs.replace(failed, state="gone", retry_at=None, ended_at=now, ended_reason="gone")
        case "forbidden":
            forbidden = before.forbidden + 1
            over = forbidden >= FORBIDDEN_TIMES
            state, reason = ("disabled", "forbidden") if over else (before.state, None)
            return structs.replace(
                failed, state=state, forbidden=forbidden, ended_at=now if over else None, ended_reason=reason
            )
        case "not_allowed" if result.detail == "host":
            return structs.replace(failed, state="disabled", ended_at=now, ended_reason="host")
        case "later" | "timed_out" | "not_allowed":
            return structs.replace(failed, state="resting", retry_at=result.retry_at or now + pause(failed.failures))
        case "failed":
            return failed
        case _:
            return before


LIVE = ("untested", "working", "resting")


def sent(
    message: Message,
    outcome: Outcome,
    *,
    status: int | None = None,
    retry_at: datetime | None = None,
    detail: str | None = None,
) -> Sent:
    """What came of a message."""
    return Sent(
        reminder_id=message.reminder_id,
        subscription_id=message.target.id,
        outcome=outcome,
        status=status,
        retry_at=retry_at,
        detail=detail,
    )


_OUTCOMES: dict[int, Outcome] = {403: "forbidden", 404: "gone", 410: "gone", 413: "too_long"}


def answered(message: Message, status: int, retry_after: str | None, said: bytes, now: datetime) -> Sent:
    """What a push service's answer means."""
    outcome: Outcome = "accepted" if status // 100 == 2 else _OUTCOMES.get(status, "failed")
    retry_at = None
    if status in (408, 429) or status >= 500:
        outcome, retry_at = "later", asked_to_wait(retry_after, now) or again(message, now)
    return sent(message, outcome, status=status, retry_at=retry_at, detail=_reason(status, said))


def again(message: Message, now: datetime) -> datetime:
    """When a browser is tried again whose push service gave no time."""
    return now + pause(message.target.failures + 1)


def asked_to_wait(retry_after: str | None, now: datetime) -> datetime | None:
    """The moment that a `Retry-After` names, in seconds or as a date; an hour at most. None: nothing usable."""
    text = (retry_after or "").strip()
    try:
        at = now + timedelta(seconds=int(text)) if text.isdecimal() else email.utils.parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return now + MOST_PATIENCE if text.isdecimal() else None
    return min(max(at, now), now + MOST_PATIENCE)


def _reason(status: int, said: bytes) -> str | None:
    """The word that Apple and Mozilla give with a refusal; never anything longer, it could be anybody's."""
    if status // 100 == 3:
        return "redirect"
    with contextlib.suppress(msgspec.DecodeError):
        told: Any = msgspec.json.decode(said)
        word = (told.get("reason") or told.get("errno")) if isinstance(told, dict) else None
        if word is not None and re.fullmatch(r"[A-Za-z0-9_ -]{1,40}", str(word), re.ASCII):
            return str(word)
    return None
