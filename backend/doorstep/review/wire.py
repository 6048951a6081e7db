"""What goes over the wire about the queue, one visit, decisions, and the caregiver's word."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.checkins.wire import VisitEvidence
from doorstep.core.text import NO_CONTROL, Note
from doorstep.families.wire import FeedbackItem
from doorstep.identity.wire import Named

Group = Literal["must_fix", "may_acknowledge"]
DecisionWord = Literal["accept", "reject", "ask"]
Cause = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Z][A-Z0-9_]*$(?!\n)")]
Word = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$(?!\n)")]
GRADE = "GRADE"
"""The cause of a visit that nothing holds but a grade below A."""


class QueueVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the queue, short."""

    id: UUID
    elder: Named
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    started_at: datetime | None
    ended_at: datetime | None
    op_state: str
    verify_state: str
    settle_state: str
    grade: str | None
    provider: Named
    caregivers: list[Named]
    community: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """By which day a family's objection must be answered."""

    answer_due_on: date | None


class QueueItem(msgspec.Struct, frozen=True, kw_only=True):
    """A visit whose money waits for a person's word.

    `codes` hold it; `remarks` are the findings that only lowered its grade. `since`: when the first of it was known.
    `asked`: a caregiver was asked and has not answered yet, or has.
    """

    visit: QueueVisit
    codes: list[str]
    remarks: list[str]
    must_fix: bool
    since: datetime
    objection: Due | None
    asked: Literal["waiting", "answered"] | None


class QueueCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Of the whole queue in one's scope, whatever is filtered. A visit with two codes counts under both."""

    must_fix: int
    may_acknowledge: int
    by_code: dict[str, int]


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A page, oldest first."""

    items: list[QueueItem]
    counts: QueueCounts
    next: str | None


class QueueSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`q`: a part of the elder's or a caregiver's name, or their initials."""

    q: Annotated[str, Meta(min_length=1, max_length=50, pattern=NO_CONTROL)]
    group: Group | None = None
    cause: Cause | None = None
    provider_id: UUID | None = None
    cursor: Annotated[str, Meta(max_length=200)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a phone believed it was, seen from the home's point: metres and degrees from north. No coordinates."""

    event_id: UUID
    distance_m: float
    bearing_deg: float
    accuracy_m: float | None


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why the visit is held now: of a record (`event_id`), or placed by a person or a late notice."""

    code: str
    must_fix: bool
    at: datetime
    event_id: UUID | None
    source: UUID | None
    data: dict[str, Any]


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """An entry or change by hand."""

    id: UUID
    kind: str
    reason_code: str
    note: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    caregiver: Named | None
    made_by: str
    at: datetime


class CaregiversWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a caregiver said to a decision."""

    id: UUID
    kind: Literal["answer", "objection"]
    caregiver: Named
    text: str
    at: datetime


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with what was said to it."""

    id: UUID
    decision: str
    reason_code: str
    note: str | None
    codes: list[str]
    decided_by: str
    at: datetime
    words: list[CaregiversWord]


class DeviceStory(msgspec.Struct, frozen=True, kw_only=True):
    """A phone of somebody who came or was to go; `events`: its records on the day of the visit."""

    id: UUID
    caregiver: Named
    platform: str | None
    app_version: str | None
    enrolled_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
    last_seen_at: datetime | None
    events: int


class InspectionView(msgspec.Struct, frozen=True, kw_only=True):
    """What a call-back or a visit to the home found about a drawn visit; `sample_id`: if the reader may see it."""

    sample_id: UUID | None
    kind: str
    outcome: str
    note: str | None
    made_by: str
    at: datetime


class ReviewVisit(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one visit. `seen` and `shown` go back with a decision; `own_work`: somebody else has to take it.

    The plan, both scans with both verdicts, and what the office did stand in `evidence`.
    """

    evidence: VisitEvidence
    why: list[Why]
    codes: list[str]
    to_decide: bool
    own_work: bool
    family_waits: bool
    seen: UUID | None
    shown: list[UUID]
    marks: list[Mark]
    edits: list[Edit]
    decisions: list[DecisionView]
    family: list[FeedbackItem]
    devices: list[DeviceStory]
    samples: list[UUID]
    inspections: list[InspectionView]


class NewDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about what was looked at, as it was read: the `codes` that hold it, `seen`, the last decision, and
    `shown`, the ids of the records, holds and caregivers' words on the page.

    A rejection, a question, and accepting what had to be put right need a `note`; the caregivers read it.
    """

    decision: DecisionWord
    reason_code: Word
    note: Note | None = None
    codes: Annotated[list[Cause], Meta(max_length=60)]
    seen: UUID | None
    shown: Annotated[list[UUID], Meta(max_length=1000)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was taken, and where the visit stands after it."""

    id: UUID
    visit_id: UUID
    decision: str
    reason_code: str
    note: str | None
    at: datetime
    verify_state: str
    settle_state: str


class NewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry by hand, one visit a call: `entry` of one without records, `times` of one with some, `not_served`."""

    kind: Literal["entry", "times", "not_served"]
    caregiver_id: UUID | None = None
    started_at: Annotated[datetime, Meta(tz=True)] | None = None
    ended_at: Annotated[datetime, Meta(tz=True)] | None = None
    tasks: Annotated[list[Word], Meta(max_length=40)] = []
    reason_code: Word
    note: Note | None = None


class EditItem(msgspec.Struct, frozen=True, kw_only=True):
    """An edit in the list of a period."""

    visit_id: UUID
    window_start: datetime
    provider: Named
    edit: Edit


class Edits(msgspec.Struct, frozen=True, kw_only=True):
    """Edits of visits of [since, until), newest first, and their share of the visits that were served."""

    since: date
    until: date
    served: int
    edited: int
    by_reason: dict[str, int]
    by_account: dict[str, int]
    items: list[EditItem]
    next: str | None


class DoorDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about a visit of one's own. `may_answer` a question, `may_object` to a rejection: once each."""

    id: UUID
    visit_id: UUID
    elder: str
    service_type: str
    content: str
    window_start: datetime
    decision: str
    reason_code: str
    note: str | None
    codes: list[str]
    at: datetime
    my_word: str | None
    may_answer: bool
    may_object: bool


class DoorDecisions(msgspec.Struct, frozen=True, kw_only=True):
    """Those of the last 60 days, newest first."""

    items: list[DoorDecision]


class NewWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the caregiver says."""

    text: Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROL)]
