"""What goes over the wire about elders and their plans as an office keeps them."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, Line
from doorstep.identity.wire import Named

ServiceTypeName = Literal["medical", "meal", "cleaning", "bathing"]


def days_between(valid_from: date, valid_to: date | None) -> None:
    """Whether both are days that people live to see; ValueError for others."""
    if any(not date(1900, 1, 1) <= day <= date(2199, 12, 31) for day in (valid_from, valid_to or valid_from)):
        raise ValueError("the dates lie between 1900 and 2199")


class ElderStatusView(msgspec.Struct, frozen=True, kw_only=True):
    """A status as it is recorded now."""

    id: UUID
    elder_id: UUID
    kind: str
    level: str | None
    valid_from: date
    valid_to: date | None
    source: str | None
    recorded_at: datetime


class PlanStateView(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of a plan's life."""

    state: str
    valid_from: date
    valid_to: date | None
    reason: str | None


class PlanNow(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a plan that counts today, or else the last one; `valid_to` is the first day after."""

    id: UUID
    version: int
    state: str | None
    valid_from: date
    valid_to: date


class ElderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One elder of the list. `statuses` are those of today."""

    id: UUID
    name: str
    initials: str
    sex: str
    age: int
    phone_tail: str | None
    address: str
    community: str
    subdistrict: str
    statuses: list[str]
    plan: PlanNow | None
    next_visit_at: datetime | None


class ElderPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of elders in the order of their initials."""

    items: list[ElderRow]
    next: str | None


class ElderSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for: a part of the name or address, initials in pinyin, or the last figures of a phone."""

    q: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROL)]
    cursor: Annotated[str, Meta(max_length=400)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class PlanItemView(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a version, on [valid_from, valid_to)."""

    id: UUID
    provider: Named
    service_type: str
    content: str
    frequency: str
    window_start: time
    window_end: time
    min_minutes: int
    max_minutes: int
    max_per_month: int | None
    carers_needed: int
    unit_price_fen: int
    ratio_bp: int
    valid_from: date
    valid_to: date


class PlanVersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a plan with its life, as it is known now, and its items."""

    id: UUID
    programme: Named
    version: int
    valid_from: date
    valid_to: date
    created_at: datetime
    states: list[PlanStateView]
    items: list[PlanItemView]


class ElderHome(msgspec.Struct, frozen=True, kw_only=True):
    """Where an elder lives; `point`: whether its place is known."""

    id: UUID
    address: str
    community: str
    subdistrict: str
    access_notes: str | None
    point: bool


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A relative as the office knows them."""

    id: UUID
    name: str
    phone_masked: str | None
    relation: str | None


class ElderFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an office keeps about an elder; a provider sees its own items of the plans.

    `may_act`: whether what is in force today lets the reader arrange visits, change the plan and invite the family.
    """

    id: UUID
    may_act: bool
    name: str
    initials: str
    sex: str
    age: int
    phone_masked: str | None
    hukou: str | None
    agreement_signed_on: date | None
    home: ElderHome
    contacts: list[Contact]
    statuses: list[ElderStatusView]
    plans: list[PlanVersionView]


_Minutes = Annotated[int, Meta(ge=0, le=720)]


class NewPlanItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item of a new version. Minutes that are left out are the catalogue's; the frequency is as offices write it."""

    provider_id: UUID
    service_type: ServiceTypeName
    content: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$(?!\n)")]
    frequency: Line
    window_start: time
    window_end: time
    min_minutes: _Minutes | None = None
    max_minutes: _Minutes | None = None
    max_per_month: Annotated[int, Meta(ge=1, le=400)] | None = None
    carers_needed: Annotated[int, Meta(ge=1, le=4)] = 1
    unit_price_fen: Annotated[int, Meta(ge=0, le=10_000_000)]
    ratio_bp: Annotated[int, Meta(ge=0, le=10_000)] = 10_000

    def __post_init__(self) -> None:
        if self.window_start.tzinfo is not None or self.window_end.tzinfo is not None:
            raise ValueError("times are those of the clock on the wall")
        if self.window_start == self.window_end:
            raise ValueError("the window has an end")
        if self.min_minutes is not None and self.max_minutes is not None and self.max_minutes < self.min_minutes:
            raise ValueError("max_minutes is not less than min_minutes")


class NewPlanVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new version of an elder's plan from a day on, with all its items; the version before ends the day before.

    Somebody of a provider gives the items of this provider; those of others go on as they are. Without `valid_to` the
    term of the version before goes on, without `programme_id` its programme. `copied_from`: the version that was on the
    screen; it is refused when that is not the last one any more.
    """

    valid_from: date
    valid_to: date | None = None
    programme_id: UUID | None = None
    copied_from: UUID | None = None
    items: Annotated[list[NewPlanItem], Meta(max_length=40)]
    risks: Annotated[list[Line], Meta(max_length=20)] | None = None
    reason: Line

    def __post_init__(self) -> None:
        days_between(self.valid_from, self.valid_to)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is the first day after")
