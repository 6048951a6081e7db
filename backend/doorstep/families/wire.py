"""What goes over the wire to a family's device, and what was said; consent and links stand in `wire_office`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, Note, Secret
from doorstep.identity.wire import Named

VisitState = Literal["coming", "now", "done", "late", "missed", "not_served", "cancelled", "unknown"]
FeedbackKind = Literal["confirm", "rate", "ask", "object"]
ObjectionReason = Literal["nobody_came", "too_short", "not_done", "other_person", "conduct", "other"]
Outcome = Literal["upheld", "dismissed", "answered"]
FeedbackFilter = Literal["open", "closed", "all"]


class FamilyRedemption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device that uses a link (`secret`) or a typed `code`.

    `attempt`: something random that the device made up and sends again with the same secret when no answer came.
    """

    secret: Secret | None = None
    code: Secret | None = None
    attempt: Annotated[str, Meta(min_length=16, max_length=200)] | None = None

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.code is None):
            raise ValueError("give the secret of a link or a code, one of them")


class FamilyMemberName(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads, as the station wrote it on the link."""

    name: str


class LinkedElder(msgspec.Struct, frozen=True, kw_only=True):
    """An elder whom one may see, what one is to them, and what one wants to be told: arrived, left, changed."""

    id: UUID
    name: str
    relation: str
    watch: list[str]


class NewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the office that the family has not opened yet; opening the visit is seeing it."""

    feedback_id: UUID
    visit_id: UUID
    elder_id: UUID
    answered_at: datetime


class FamilyMe(msgspec.Struct, frozen=True, kw_only=True):
    """The family member of this device, their elders, and what is new."""

    member: FamilyMemberName
    elders: list[LinkedElder]
    large_type: bool
    answers: list[NewAnswer]


class FamilyJoined(FamilyMe, frozen=True, kw_only=True):
    """As `FamilyMe`, right after a link was used; `elder_id` is whose it was."""

    elder_id: UUID


class FamilySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the pages look."""

    large_type: bool


class FamilyWatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one wants to be told of an elder's visits."""

    arrived: bool
    left: bool
    changed: bool


class CameBy(msgspec.Struct, frozen=True, kw_only=True):
    """Who came or is to come: the surname and what they are."""

    surname: str
    role: Literal["caregiver", "nurse"]


class FamilyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed later: by which office (null: by the server itself, following the plan), and why.

    `what`: cancelled, restored, reassigned, rescheduled (from `start_before` to `start`), home_moved,
    recorded_by_hand. `why` are an office's own words; `why_code` is a reason of a closed list, such as elder_absent.
    """

    at: datetime
    what: str
    office: str | None
    why: str | None
    why_code: str | None
    start_before: datetime | None = None
    start: datetime | None = None


class MyFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """What oneself said about a visit and what the office answered.

    `outcome`: null while it waits; upheld, dismissed, answered, or withdrawn. `answer_due_on` is null for what needs no
    answer, and while the working days of that year are not published.
    """

    id: UUID
    visit_id: UUID
    kind: str
    score: int | None
    reason: str | None
    text: str | None
    at: datetime
    answer_due_on: date | None
    outcome: str | None
    answer: str | None
    answered_at: datetime | None


class FamilyVisit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit in plain facts.

    `state`: coming, now (somebody is there), done, late (the time is over, nobody has come yet), missed, not_served,
    cancelled, unknown (a phone is silent; with `started_at`: the end was not recorded). `may_object`: whether it can be
    objected to now.
    """

    id: UUID
    elder_id: UUID
    service_type: str
    content: str
    day: date
    window_start: datetime
    window_end: datetime
    started_at: datetime | None
    ended_at: datetime | None
    state: VisitState
    office: str
    tasks: list[str]
    caregivers: list[CameBy]
    changes: list[FamilyChange]
    feedback: list[MyFeedback]
    may_object: bool


class FamilyDay(msgspec.Struct, frozen=True, kw_only=True):
    """The visits of one day in the order of their windows."""

    day: date
    visits: list[FamilyVisit]


class FamilyDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days of [since, until) that have visits."""

    elder_id: UUID
    since: date
    until: date
    days: list[FamilyDay]


class MonthDay(msgspec.Struct, frozen=True, kw_only=True):
    """How many visits a day has, by state."""

    day: date
    visits: int
    counts: dict[str, int]


class FamilyMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A month at a glance: the days that have visits."""

    elder_id: UUID
    month: str
    days: list[MonthDay]


class NewFeedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a family says about a visit: `rate` needs a score, `ask` a text, `object` a reason (`other` a text too)."""

    kind: FeedbackKind
    score: Annotated[int, Meta(ge=1, le=5)] | None = None
    reason: ObjectionReason | None = None
    text: Note | None = None

    def __post_init__(self) -> None:
        said = bool(self.text and self.text.strip())
        if (self.score is not None) != (self.kind == "rate"):
            raise ValueError("a score belongs to rate, and rate needs one")
        if (self.reason is not None) != (self.kind == "object"):
            raise ValueError("a reason belongs to object, and object needs one")
        if (self.kind == "ask" or self.reason == "other") and not said:
            raise ValueError("text is needed")


class FeedbackVisit(msgspec.Struct, frozen=True, kw_only=True):
    """The visit that something was said about, as the office needs it in a list."""

    id: UUID
    elder: Named
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    started_at: datetime | None
    ended_at: datetime | None
    op_state: str
    holds: int
    provider: Named
    caregivers: list[str]
    community: str


class FeedbackItem(msgspec.Struct, frozen=True, kw_only=True):
    """What a family said, for the office. `overdue`: the day by which it had to be answered is over."""

    id: UUID
    visit: FeedbackVisit
    member: str
    relation: str
    kind: str
    score: int | None
    reason: str | None
    text: str | None
    at: datetime
    answer_due_on: date | None
    overdue: bool
    outcome: str | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None


class FeedbackList(msgspec.Struct, frozen=True, kw_only=True):
    """A page: what is open by the day on which it is due, all else the newest first."""

    items: list[FeedbackItem]
    open: int
    overdue: int
    next: str | None


class NewFeedbackAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The office's answer: `answered` to a question, `upheld` or `dismissed` to an objection. The family reads it."""

    outcome: Outcome
    text: Annotated[str, Meta(min_length=1, max_length=1000, pattern=NO_CONTROL)]
