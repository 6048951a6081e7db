"""What goes over the wire about the ways to a person: push, the calendar address, the gateway's dead letters."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.identity.wire import Named
from doorstep.reminders.wire import Kind

_Key = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+={0,2}$(?!\n)")]


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser's `PushSubscription` says of itself; the keys are base64url."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=4000)]
    p256dh: _Key
    auth: _Key


class SubscriptionState(msgspec.Struct, frozen=True, kw_only=True):
    """Where this device's subscription stands. `proven_at`: the device last said that a message had come."""

    state: Literal["untested", "working", "resting", "disabled", "gone", "key_changed"]
    created_at: datetime
    proven_at: datetime | None
    accepted_at: datetime | None


class PushState(msgspec.Struct, frozen=True, kw_only=True):
    """What a device needs to subscribe. `key` null: push is off; `hosts_allowed`: push services that are called."""

    key: str | None
    hosts_allowed: list[str]
    subscription: SubscriptionState | None


class CalendarAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A private calendar address. It is shown once and cannot be read again; making another revokes it."""

    url: str
    webcal: str
    qr_svg: str


class GatewayText(msgspec.Struct, frozen=True, kw_only=True):
    """A text message as the operator's gateway gets it. The same `id` twice is the same message."""

    id: UUID
    kind: Kind
    to: Annotated[str, Meta(pattern=r"^\+86[0-9]{5,12}$(?!\n)")]
    text: str
    at: datetime
    useless_at: datetime


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A text message that the gateway did not take. `useless`: nobody needs it any more."""

    id: UUID
    reminder_id: UUID
    kind: Kind
    caregiver: Named
    visit_id: UUID | None
    created_at: datetime
    changed_at: datetime
    attempts: int
    status: int | None
    detail: str | None
    useless_at: datetime
    useless: bool


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """The dead letters in the actor's scope, the newest first."""

    items: list[DeadLetter]
