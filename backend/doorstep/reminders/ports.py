"""What the worker hands to the channels and what it gets back: one vocabulary for push, gateway and ledger."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self
from uuid import UUID

import msgspec

from doorstep.identity.wire import Actor

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
    """A browser that can be reached: a row of `push_subscription`, opened. One that rests is not sent to until then."""

    id: UUID
    person: UUID
    endpoint: str
    host: str
    p256dh: bytes
    auth: bytes
    key_id: str
    failures: int = 0  # in a row, until now
    rests_until: datetime | None = None


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
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        """Closes them."""
        ...

    def send(self, messages: Sequence[Message]) -> AsyncIterator[Sent]:
        """Answers each message once, in the order in which they finish: a slow host holds up nobody else's answer."""
        ...


class Channels(Protocol):
    """Everything by which a reminder leaves the house, as the worker uses it."""

    @property
    def sender(self) -> Sender:
        """Sends push messages; entered and left by the worker."""
        ...

    @property
    def has_gateway(self) -> bool:
        """Whether a gateway for text messages is set up."""
        ...

    async def targets(self, actor: Actor, persons: Collection[UUID]) -> Mapping[UUID, Sequence[Target]]:
        """Subscriptions in use: of caregivers, accounts, family members, or a provider's dispatchers and managers."""
        ...

    async def apply(self, actor: Actor, results: Sequence[Sent]) -> None:
        """What the answers mean for the subscriptions, inside the current unit of work."""
        ...

    async def enqueue(self, actor: Actor, reminders: Collection[UUID]) -> None:
        """Leaves these to the gateway, inside the current unit of work; twice is once."""
        ...

    async def deliver(self) -> int:
        """One round of the gateway's own queue; answers how many messages it dealt with."""
        ...
