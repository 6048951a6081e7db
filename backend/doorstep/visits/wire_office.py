"""What goes over the wire when a dispatcher plans a day: the board, conflicts, what was done and can be undone."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import Line
from doorstep.identity.wire import Named
from doorstep.visits.wire import Moment, OpState, VisitRow

Severity = Literal["stop", "warn"]
ConflictCode = Literal[
    "OVERLAP",
    "TRAVEL",
    "QUALIFICATION_MISSING",
    "ON_LEAVE",
    "NOT_EMPLOYED",
    "MONTH_QUOTA_REACHED",
    "PLAN_NOT_ACTIVE",
    "ELDER_DECEASED",
    "ELDER_ABSENT_STATUS",
]
BoardState = OpState | Literal["late", "unknown"]
Scope = Literal["one", "series"]


class Initialled(Named, frozen=True, kw_only=True):
    """A person with the pinyin initials by which they are searched."""

    initials: str


class BoardPhone(msgspec.Struct, frozen=True, kw_only=True):
    """When a caregiver's phone was last heard, and how many records it said it still holds."""

    last_seen_at: datetime | None
    waiting: int | None


class CertificateEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that is over, or soon is; `until` is its last day."""

    kind: str
    until: date


class BoardCaregiver(Initialled, frozen=True, kw_only=True):
    """A lane of the board: whoever is employed on the day, and whoever has to go."""

    provider_id: UUID
    phone_tail: str | None
    employed: bool
    on_leave: bool
    device: BoardPhone | None
    certificates_ending: list[CertificateEnd]


class BoardVisit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of the board. `late`: begun after its window, or past it and nobody there yet.

    `moved_from` is the day that the plan named, when the office moved it to this one.
    """

    id: UUID
    elder: Initialled
    kind: str
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    min_minutes: int
    carers_needed: int
    state: BoardState
    late: bool
    started_at: datetime | None
    ended_at: datetime | None
    caregiver_ids: list[UUID]
    household_id: UUID
    community: str
    address: str
    provider_id: UUID
    holds: int
    reason: str | None
    moved_from: date | None


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A whole day in one answer.

    `counts`: visits by what the board calls them (each in one of them), and `held`, `late` beside.
    """

    day: date
    now: datetime
    counts: dict[str, int]
    caregivers: list[BoardCaregiver]
    visits: list[BoardVisit]


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against a change: for one caregiver, or for whoever goes. `other_visit_id` is what is in the way."""

    code: str
    severity: Severity
    caregiver_id: UUID | None
    other_visit_id: UUID | None


class VisitConflicts(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against the change of one visit; empty when nothing does."""

    visit_id: UUID
    conflicts: list[Conflict]


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a visit is to begin."""

    window_start: Moment
    window_end: Moment


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change that is not made yet: other caregivers, another time, or both; of one visit or of its series."""

    visit_id: UUID
    caregiver_ids: Annotated[list[UUID], Meta(max_length=4)] | None = None
    window: Window | None = None
    scope: Scope = "one"
    until: date | None = None


class Intention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes that are to be made together: two visits that swap their caregivers are one intention."""

    changes: Annotated[list[PlannedChange], Meta(min_length=1, max_length=60)]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What would speak against each visit that the changes reach."""

    visits: list[VisitConflicts]


class Swap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The visit with which caregivers are exchanged."""

    other_id: UUID
    anyway: bool = False


class NewWindow(Window, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time for a visit that has not begun."""

    reason: Line
    anyway: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of the office did. `action_id` takes it back for ten minutes; null when nothing was changed."""

    action_id: UUID | None
    visits: list[VisitRow]


class ActionVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that a step touched."""

    id: UUID
    elder: Named
    service_type: str
    window_start: datetime


class OfficeStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the office: order, assign, swap, cancel, move. `visits` are at most the first five of them.

    `source`: from where an order came; `anyway`: conflicts that somebody saw and went over.
    """

    id: UUID
    kind: str
    at: datetime
    by: str
    count: int
    visits: list[ActionVisit]
    source: str | None
    anyway: list[str]
    undone_at: datetime | None
    undone_by: str | None
    can_be_undone: bool


class OfficeSteps(msgspec.Struct, frozen=True, kw_only=True):
    """The newest steps of a day first."""

    items: list[OfficeStep]
