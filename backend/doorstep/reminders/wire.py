"""What goes over the wire about reminders: a phone's due list, the desk, the ledger, the call list, settings."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import Note
from doorstep.identity.wire import Named

Kind = Literal[
    "next_call",
    "not_checked_in",
    "still_open",
    "visit_changed",
    "records_waiting",
    "certificate_ending",
    "visit_late",
    "visit_missed",
    "visit_unknown",
    "caregiver_unreached",
    "arrived",
    "left",
    "changed",
    "test",
]
Audience = Literal["caregiver", "dispatcher", "family"]
ReminderState = Literal["planned", "sent", "acknowledged", "called", "replaced", "cancelled", "expired"]
CallOutcome = Literal["reached", "no_answer", "wrong_number", "cannot_go"]
SeenBy = Literal["service_worker", "app"]


class PushPayload(msgspec.Struct, frozen=True, kw_only=True):
    """All that a push message says. Words are put to it on the phone."""

    v: int = 1
    id: UUID
    kind: Kind
    visit: UUID | None
    at: str | None
    day: str | None
    topic: str
    useless: datetime


class ReminderItem(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that is due and not answered. `at`: when the visit's window begins."""

    id: UUID
    kind: Kind
    visit_id: UUID | None
    at: datetime | None
    due_at: datetime
    useless_at: datetime
    state: ReminderState
    shown_at: datetime | None


class DueList(msgspec.Struct, frozen=True, kw_only=True):
    """What one person is to know now, the newest first."""

    items: list[ReminderItem]


_Ids = Annotated[list[UUID], Meta(max_length=200)]


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device has shown, and what its owner has acknowledged. Ids that are not one's own are passed over."""

    shown: _Ids = []
    acknowledged: _Ids = []
    by: SeenBy = "app"


class DeskItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a provider's dispatchers are to know. `caregiver`: who does not answer, or who was to go."""

    id: UUID
    kind: Kind
    visit_id: UUID | None
    caregiver: Named | None
    window_start: datetime | None
    window_end: datetime | None
    due_at: datetime
    useless_at: datetime
    state: ReminderState


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The open ones of a provider, the newest first."""

    items: list[DeskItem]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one channel; `host` is that of the push service."""

    channel: str
    at: datetime
    outcome: str
    status: int | None
    host: str | None


class LedgerItem(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder with everything that was tried. `person` is null for families: whose relatives ask is not told."""

    id: UUID
    kind: Kind
    audience: Audience
    person: Named | None
    visit_id: UUID | None
    due_at: datetime
    useless_at: datetime
    state: ReminderState
    step: int
    sent_at: datetime | None
    shown_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    attempts: list[Attempt]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the ledger, the newest first."""

    items: list[LedgerItem]
    next: str | None


class CallNoteItem(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a telephone call."""

    outcome: str
    note: str | None
    by: str
    at: datetime


class CallItem(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to telephone: a caregiver who has not answered on any channel."""

    reminder_id: UUID
    kind: Kind
    caregiver: Named
    phone: str | None
    visit_id: UUID | None
    window_start: datetime | None
    since: datetime
    useless_at: datetime
    notes: list[CallNoteItem]


class CallList(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call, the most pressing first."""

    items: list[CallItem]


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of a call."""

    outcome: CallOutcome
    note: Note | None = None


Minutes = Annotated[int, Meta(ge=5, le=180)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
"""08:30, in Asia/Shanghai."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """A private calendar address, without the address."""

    created_at: datetime
    fetched_at: datetime | None


class DoorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a caregiver is reminded; `minutes_before` null: as the provider says, which is `usual_minutes_before`."""

    minutes_before: int | None
    usual_minutes_before: int
    quiet_from: ClockTime
    quiet_until: ClockTime
    calendar: FeedState | None


class NewDoorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caregiver chooses; null: as the provider says."""

    minutes_before: Minutes | None


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a provider's people; null: the product's own (30 minutes; 21:00 to 07:00)."""

    minutes_before: int | None
    quiet_from: ClockTime | None
    quiet_until: ClockTime | None


class NewProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider chooses. The same time twice: no quiet hours."""

    minutes_before: Minutes | None = None
    quiet_from: ClockTime | None = None
    quiet_until: ClockTime | None = None


PushMark = Literal["none", "untested", "working", "resting", "disabled", "key_changed"]


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """By which channels a caregiver can be reached, and when one last proved to work."""

    caregiver_id: UUID
    push: PushMark
    proven_at: datetime | None
    calendar_fetched_at: datetime | None
    gateway: bool
    last_acknowledged_at: datetime | None


class ChannelList(msgspec.Struct, frozen=True, kw_only=True):
    """The channels of all caregivers in the scope."""

    items: list[ChannelState]
