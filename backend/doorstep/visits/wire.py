"""What goes over the wire about visits: the office's list and orders, the phone's day, the stream of changes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, Line
from doorstep.identity.wire import Named

ServiceTypeCode = Literal["medical", "meal", "cleaning", "bathing"]
OpState = Literal["planned", "assigned", "in_progress", "completed", "missed", "not_served", "unclosed", "cancelled"]
BoardFilter = OpState | Literal["held", "late", "unknown"]
Moment = Annotated[datetime, Meta(tz=True)]
OfficeWhat = Literal[
    "planned", "ordered", "assigned", "reassigned", "cancelled", "restored", "rescheduled", "moved", "missed",
    "unclosed", "held", "released", "decided", "edited", "answered",
]  # fmt: skip
ContentCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$(?!\n)")]


class HouseholdBrief(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visit is."""

    id: UUID
    address: str
    community: str


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One visit in the office's lists.

    `heard_at`: the last word of the phone that was silent longest among those of the caregivers; null: no phone.
    """

    id: UUID
    elder: Named
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    op_state: str
    verify_state: str
    settle_state: str
    grade: str | None
    late: bool
    caregivers: list[Named]
    household: HouseholdBrief
    provider: Named
    started_at: datetime | None
    ended_at: datetime | None
    holds: int
    heard_at: datetime | None


class VisitDay(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a day's visits; `counts` are those of the whole day, by state.

    Beside the states: `held`, something holds the money; `late`, begun after the window or past it and not begun nor
    missed yet; `unknown`, over, but a phone that may hold the record was not heard since.
    """

    day: date
    items: list[VisitRow]
    counts: dict[str, int]
    next: str | None


class VisitSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for in a day. `q`: a part of the elder's name, the address or a caregiver's name, or initials."""

    q: Annotated[str, Meta(min_length=1, max_length=50, pattern=NO_CONTROL)]
    day: date | None = None
    op_state: BoardFilter | None = None
    cursor: Annotated[str, Meta(max_length=200)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class VisitPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan item under which a visit was planned."""

    version: int
    frequency: str
    min_minutes: int
    max_minutes: int
    valid_from: date
    valid_to: date


class VisitAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who was to go; ended ones are kept. `assigned_by` is null when the server did it."""

    caregiver: Named
    assigned_at: datetime
    assigned_by: str | None
    ended_at: datetime | None


class VisitWithPlan(VisitRow, frozen=True, kw_only=True):
    """One visit with its plan and everybody who was ever to go."""

    kind: str
    reason: str | None
    plan: VisitPlan | None
    assignments: list[VisitAssignment]


class OfficeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the office, or the server by itself (`by` null), did to a visit.

    `data` says from what to what, or why.
    """

    visit_id: UUID
    at: datetime
    what: OfficeWhat
    by: str | None
    data: dict[str, Any]


OrderSource = Literal["office", "hotline", "family"]


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same order again: on these weekdays (1 is Monday) up to this day, two months at the most."""

    weekdays: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(min_length=1, max_length=7)]
    until: date


class NewVisit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order of the office beside the plan. Without caregivers it stays planned."""

    elder_id: UUID
    service_type: ServiceTypeCode
    content: ContentCode
    window_start: Moment
    window_end: Moment
    caregiver_ids: Annotated[list[UUID], Meta(max_length=4)] = []
    reason: Line
    source: OrderSource = "office"
    repeat: Repeat | None = None
    anyway: bool = False


class _Series(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One visit, or also those of the same series after it: as far as they are planned, or up to a day."""

    scope: Literal["one", "series"] = "one"
    until: date | None = None


class NewCaregivers(_Series, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to go instead; those who are named already keep their assignment. `anyway` goes over warnings."""

    caregiver_ids: Annotated[list[UUID], Meta(min_length=1, max_length=4)]
    anyway: bool = False


class Cancellation(_Series, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a visit is cancelled."""

    reason: Line


class Horizon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days from today on are planned."""

    days: Annotated[int, Meta(ge=1, le=62)] = 7


class CalendarGap(msgspec.Struct, frozen=True, kw_only=True):
    """A day that cannot be decided: the statutory calendar of its year is not published yet."""

    plan_item_id: UUID
    date: date
    year: int


class UnassignedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that stays planned, with what stood in the way of how many caregivers."""

    visit_id: UUID
    reasons: dict[str, int]


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """What an expansion did."""

    created: int
    existing: int
    assigned: int
    withdrawn: int
    unassigned: list[UnassignedVisit]
    calendar_missing: list[CalendarGap]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver of the visit's provider, and what speaks against sending them."""

    id: UUID
    name: str
    obstacles: list[str]


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Those who could go come first, those of the last such visit of the elder at the top."""

    items: list[Candidate]


class DoorElder(msgspec.Struct, frozen=True, kw_only=True):
    """The person served, as the caregiver needs to know them."""

    id: UUID
    name: str
    sex: str
    age: int


class DoorHousehold(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go. `code_hash` is base64url SHA-256 of salt and token hash: a phone matches a scan without network."""

    id: UUID
    address: str
    community: str
    access_notes: str | None
    code_salt: str | None
    code_hash: str | None


class DoorVisit(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a caregiver's day. Tasks (of its content) and procedures (`id@version`) stand in the catalogue."""

    id: UUID
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    op_state: str
    verify_state: str
    settle_state: str
    grade: str | None
    elder: DoorElder
    household: DoorHousehold
    carers_needed: int
    colleagues: list[str]
    min_minutes: int
    max_minutes: int
    tasks: list[str]
    risks: list[str]
    emergency_procedure: str
    safety_procedure: str | None


class LiveChange(msgspec.Struct, frozen=True, kw_only=True):
    """One `event: change` of the stream: what happened to which thing, and when. No personal data."""

    kind: str
    subject: UUID
    at: datetime
