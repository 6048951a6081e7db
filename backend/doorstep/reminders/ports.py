"""What the worker hands to the channels and what it gets back: one vocabulary for push, gateway and ledger."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self
from uuid import UUID

import msgspec

Outcome = Literal[
    "accepted",  # by the push service or the gateway
    "gone",  # 404, 410: the subscription is no more
    "forbidden",  # 403
    "later",  # 429, 5xx, or the host rests: not now, see `retry_at`
    "timed_out",
    "failed",  # anything else, a redirect too
    "not_allowed",  # the host is not, or no longer, on the list
    "too_long",  # 413
    "no_channel",  # nothing to send it with
]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that can be reached: a row of `push_subscription`, opened."""

    id: UUID
    person: UUID
    endpoint: str
    host: str
    p256dh: bytes
    auth: bytes
    key_id: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One push message to one browser."""

    reminder_id: UUID
    target: Target
    payload: bytes
    ttl_s: int
    urgent: bool
    topic: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one message."""

    reminder_id: UUID
    subscription_id: UUID
    outcome: Outcome
    status: int | None = None
    retry_at: datetime | None = None
    detail: str | None = None


class Sender(Protocol):
    """What sends push messages. Never raises for a message: whatever happens to it is its outcome."""

    async def __aenter__(self) -> Self:
        """Opens the connections."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes them."""
        ...

    def send(self, messages: Sequence[Message]) -> AsyncIterator[Sent]:
        """Answers each message once, in the order in which they finish: a slow host holds up nobody else's answer."""
        ...
