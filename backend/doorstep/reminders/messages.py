"""Messages under way: what a reminder says on its way to the phone, and what the push services answered."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.reminders import rules, sending_store
from doorstep.reminders.ports import Message, Sent, Target
from doorstep.reminders.rules import Standing, VisitFacts
from doorstep.reminders.sending_store import Tried
from doorstep.reminders.wire import PushPayload

_AGAIN = timedelta(seconds=30)


class Under:
    """A reminder whose messages are under way, and what came back."""

    def __init__(self, reminder: Standing, *, urgent: bool, calendar: bool) -> None:
        self.reminder, self.urgent, self.calendar = reminder, urgent, calendar
        self.waiting: set[UUID] = set()
        self.results: list[Sent] = []
        self.rests_until: datetime | None = None  # the earliest of the browsers that were not even asked

    def answer(self, sent: Sent) -> None:
        """One message less to wait for."""
        self.waiting.discard(sent.subscription_id)
        self.results.append(sent)

    def may_be_retried_at(self, now: datetime) -> datetime | None:
        """When a push service is to be asked again that did not take the message now."""
        moments = [one.retry_at or now + _AGAIN for one in self.results if one.outcome in ("later", "timed_out")]
        return min([*moments, *([self.rests_until] if self.rests_until else [])], default=None)


def tried(under: Under) -> Iterable[Tried]:
    """The attempts to write down for it."""
    for sent in under.results:
        yield sending_store.pushed(sent)
    if under.calendar:
        yield Tried(reminder=under.reminder.id, channel="calendar", outcome="accepted")
    elif not under.results:
        yield Tried(
            reminder=under.reminder.id,
            channel="push",
            outcome="later" if under.rests_until else "no_channel",
            retry_at=under.rests_until,
        )


def payload_of(one: Standing, visit: VisitFacts | None) -> bytes:
    """What travels: no name, no address, no kind of service."""
    day = visit.service_day if visit else rules.last_day(one) if one.kind == "certificate_ending" else None
    return msgspec.json.encode(
        PushPayload(
            id=one.id,
            kind=one.kind,
            visit=one.visit,
            at=f"{visit.window_start.astimezone(clock.CHINA):%H:%M}" if visit else None,
            day=day.isoformat() if day else None,
            topic=one.topic,
            useless=one.useless_at,
        )
    )


def message(one: Standing, target: Target, payload: bytes, *, urgent: bool, now: datetime) -> Message:
    """One browser\'s message; the push service drops it when it is of no use any more."""
    return Message(
        reminder_id=one.id,
        target=target,
        payload=payload,
        ttl_s=max(1, int((one.useless_at - now).total_seconds())),
        urgent=urgent,
        topic=one.topic,
    )
