"""What goes over the wire as figures: visits over time, punctuality, grades, findings, manual entries, satisfaction."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

By = Literal["none", "provider", "caregiver", "service_type"]
Step = Literal["day", "week", "month"]


class Satisfaction(msgspec.Struct, frozen=True, kw_only=True):
    """Ratings by families: how many, their sum, and how many of them are 4 or 5."""

    n: int
    sum: int
    satisfied: int


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Visits of one group in one step of time. `on_time_bp`: basis points of those begun; null when none was begun.

    A joint visit counts for each of its caregivers when the groups are caregivers. `rejected` is a part of `completed`.
    """

    since: date
    visits: int
    completed: int
    missed: int
    not_served: int
    begun: int
    on_time_bp: int | None
    grades: dict[str, int]
    findings: int
    held: int
    manual: int
    rejected: int
    satisfaction: Satisfaction


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One group over time; `id` is null for all together, `key` names a service type."""

    id: UUID | None
    key: str | None
    name: str
    points: list[Counted]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Civil days of [since, until) in steps; a week begins on Monday. Steps without a visit are left out."""

    since: date
    until: date
    by: By
    step: Step
    series: list[Series]


class CodeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many visits of the period have a finding."""

    code: str
    visits: int


class CodeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The most frequent first."""

    items: list[CodeCount]
