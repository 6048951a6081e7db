"""What goes over the wire when a fact about a person reaches visits: an elder's page, notices, leave, new plans."""

from uuid import UUID

import msgspec

from doorstep.identity.wire import Certificate, Named
from doorstep.plans.wire import ElderFile, ElderStatusView, PlanStates, PlanVersionView
from doorstep.visits.wire import Expanded, VisitRow


class ElderPageOfVisits(msgspec.Struct, frozen=True, kw_only=True):
    """An elder's visits, the newest first; `next` goes further back."""

    items: list[VisitRow]
    next: str | None


class VisitToDecide(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that was served on a day that a notice, which came late, says is another: a person decides."""

    visit: VisitRow
    status: str


class ElderDetail(ElderFile, frozen=True, kw_only=True):
    """An elder's file with what is next, and what a late notice leaves to decide."""

    next_visits: list[VisitRow]
    to_decide: list[VisitToDecide]


class ToDecide(msgspec.Struct, frozen=True, kw_only=True):
    """Visits that a late notice leaves to decide, the oldest first."""

    items: list[VisitToDecide]


class ElderStatusSaved(ElderStatusView, frozen=True, kw_only=True):
    """A status as it is recorded now, how many visits ahead it took off, and those served that a person decides on."""

    withdrawn: int
    to_decide: list[VisitToDecide]


class PlanStatesSaved(PlanStates, frozen=True, kw_only=True):
    """The life of a plan, and how many visits ahead its new state took off."""

    withdrawn: int


class PlanSaved(msgspec.Struct, frozen=True, kw_only=True):
    """A new version, and what it did to the visits ahead; null while nothing was ever planned."""

    plan: PlanVersionView
    visits: Expanded | None


class Uncovered(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of a caregiver who cannot go, and who could instead: the best first, nobody when empty."""

    visit: VisitRow
    reasons: list[str]
    suitable: list[Named]


class LeaveRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """A leave, and the visits that it leaves open; those for which nobody is suitable come first."""

    leave_id: UUID
    uncovered: list[Uncovered]


class CertificateRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """The caregiver's certificates now, and the visits ahead that they may not do."""

    certificates: list[Certificate]
    uncovered: list[Uncovered]
