"""What goes over the wire about plans, and the shapes of the catalogue."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import Line
from doorstep.plans.wire_elders import ElderFile as ElderFile
from doorstep.plans.wire_elders import ElderStatusView as ElderStatusView
from doorstep.plans.wire_elders import NewPlanVersion as NewPlanVersion
from doorstep.plans.wire_elders import PlanStateView as PlanStateView
from doorstep.plans.wire_elders import PlanVersionView as PlanVersionView
from doorstep.plans.wire_elders import days_between


class Task(msgspec.Struct, frozen=True):
    """One line of a checklist at the door."""

    code: str
    zh: str
    en: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True):
    """A versioned procedure in steps; a phone acknowledges it as `<id>@<version>`."""

    id: str
    version: str
    zh: tuple[str, ...]
    en: tuple[str, ...]

    @property
    def acknowledgement(self) -> str:
        """What a check-out names when it was read."""
        return f"{self.id}@{self.version}"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is done in a visit; `also` are further names that offices write."""

    code: str
    service_type: str
    zh: str
    en: str
    also: tuple[str, ...] = ()
    at_home: bool = True
    min_minutes: int = 0
    max_minutes: int = 240
    tasks: tuple[Task, ...] = ()
    safety_procedure: str | None = None


class ServiceType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of service; `certificates`: one of each inner tuple must be valid on the day."""

    code: str
    zh: str
    en: str
    certificates: tuple[tuple[str, ...], ...]


StatusKind = Literal[
    "minimum_allowance",
    "low_income",
    "special_support",
    "fp_hardship",
    "fp_special_hardship",
    "ability",
    "dementia",
    "disability",
    "living_alone",
    "model_worker",
    "disabled_on_duty",
    "disabled_brave_act",
    "welfare_institution",
    "hospital_stay",
    "respite_stay",
    "away",
    "home_care_bed",
    "deceased",
]
PlanStateName = Literal["draft", "assessed", "agreed", "filed", "active", "suspended", "superseded", "ended"]
StandingName = Literal["active", "under_rectification", "suspended", "disqualified", "delisted", "barred"]

ABILITY_LEVELS = frozenset({"intact", "mild", "moderate", "severe", "total"})
DISABILITY_LEVELS = frozenset({"1", "2", "3", "4"})

StatusLevel = Annotated[str, Meta(min_length=1, max_length=16)]


class NewElderStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dated fact about an elder, on [valid_from, valid_to).

    The same kind and level from the same day again corrects its end; an end equal to the beginning takes it back.
    """

    kind: StatusKind
    valid_from: date
    valid_to: date | None = None
    level: StatusLevel | None = None
    source: Line | None = None

    def __post_init__(self) -> None:
        days_between(self.valid_from, self.valid_to)
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to does not lie before valid_from")
        levels = {"ability": ABILITY_LEVELS, "disability": DISABILITY_LEVELS}.get(self.kind)
        if levels is not None and self.level not in levels:
            raise ValueError(f"level of {self.kind} is one of {', '.join(sorted(levels))}")
        if levels is None and self.level is not None:
            raise ValueError(f"{self.kind} has no level")
        if self.kind == "deceased" and self.valid_to not in (None, self.valid_from):
            raise ValueError("deceased has no end; it can only be taken back")


class NewPlanState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of a plan from a day on; only a suspension may name its end, half-open."""

    state: PlanStateName
    valid_from: date
    valid_to: date | None = None
    reason: Line | None = None

    def __post_init__(self) -> None:
        days_between(self.valid_from, self.valid_to)
        if self.valid_to is not None and self.state != "suspended":
            raise ValueError("only a suspension has an end")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is the first day after the suspension")


class PlanStates(msgspec.Struct, frozen=True, kw_only=True):
    """The life of a plan, in order."""

    plan_id: UUID
    elder_id: UUID
    version: int
    states: list[PlanStateView]


class NewProviderStanding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The standing of a provider on [valid_from, valid_to); without an end until the next decision."""

    status: StandingName
    valid_from: date
    valid_to: date | None = None
    reason: Line | None = None

    def __post_init__(self) -> None:
        days_between(self.valid_from, self.valid_to)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is the first day after")
