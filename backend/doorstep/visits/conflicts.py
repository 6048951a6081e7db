"""What speaks against a change of who goes, or when: found before it is saved. Pure.

`stop`: it cannot be saved. `warn`: a person may save it all the same, and that they did is kept in the change.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from doorstep.core import geo
from doorstep.core.geo import Point
from doorstep.visits import assigning, rules
from doorstep.visits.assigning import Call, Worker
from doorstep.visits.rules import Span
from doorstep.visits.wire_office import Conflict, Severity

TRAVEL = "TRAVEL"
PLAN_NOT_ACTIVE = "PLAN_NOT_ACTIVE"
MONTH_QUOTA_REACHED = "MONTH_QUOTA_REACHED"
ELDER_DECEASED = "ELDER_DECEASED"
ELDER_ABSENT_STATUS = "ELDER_ABSENT_STATUS"

SEVERITY: dict[str, Severity] = {
    assigning.NOT_EMPLOYED: "stop",
    assigning.ON_LEAVE: "stop",
    assigning.QUALIFICATION_MISSING: "stop",
    assigning.OVERLAP: "stop",
    TRAVEL: "warn",
    PLAN_NOT_ACTIVE: "warn",
    MONTH_QUOTA_REACHED: "warn",
    ELDER_DECEASED: "stop",
    ELDER_ABSENT_STATUS: "warn",
}

PERSONAL = frozenset({assigning.NOT_EMPLOYED, assigning.ON_LEAVE, assigning.QUALIFICATION_MISSING})
"""What speaks against a person on a day, whatever else they have to do."""

METRES_A_MINUTE = 25_000 / 60
"""25 km/h in a straight line: an electric bicycle through streets. Our own figure."""

Way = Callable[[UUID, UUID], timedelta]


class Quota(msgspec.Struct, frozen=True):
    """How many visits a month the plan pays, and how many of that month come before this one."""

    most: int
    before: int


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the elder and the plan of a visit; `plan` None: it was ordered beside any plan."""

    statuses: Sequence[Span] = ()
    plan: Sequence[Span] | None = None
    quota: Quota | None = None


def conflict(code: str, *, caregiver: UUID | None = None, other: UUID | None = None) -> Conflict:
    """A conflict with the severity of its code."""
    return Conflict(code=code, severity=SEVERITY[code], caregiver_id=caregiver, other_visit_id=other)


def of_visit(day: date, known: Circumstances) -> list[Conflict]:
    """What speaks against there being this visit on this day, whoever goes."""
    names = {span.name for span in known.statuses if span.covers(day)}
    found = []
    if rules.DECEASED in names:
        found.append(conflict(ELDER_DECEASED))
    elif names & rules.ABSENCES:
        found.append(conflict(ELDER_ABSENT_STATUS))
    if known.plan is not None and rules.state_on(known.plan, day) != "active":
        found.append(conflict(PLAN_NOT_ACTIVE))
    if known.quota is not None and known.quota.before >= known.quota.most:
        found.append(conflict(MONTH_QUOTA_REACHED))
    return found


def of_caregiver(
    worker: Worker | None, who: UUID, call: Call, round_of_day: Iterable[Call], way: Way
) -> list[Conflict]:
    """What speaks against this caregiver; `round_of_day` are their other visits near that time."""
    if worker is None:
        return [conflict(assigning.NOT_EMPLOYED, caregiver=who)]
    others = [other for other in round_of_day if other.id != call.id]
    codes = [code for code in assigning.obstacles(worker, call, ()) if code != assigning.OVERLAP]
    found = [conflict(code, caregiver=who) for code in codes]
    for code, takes in ((assigning.OVERLAP, no_way), (TRAVEL, way)):
        if assigning.can_be_served([*others, call], takes):
            continue
        other = _which(call, others, takes)
        # A round that could not be done before is not this visit's fault.
        if other is not None or assigning.can_be_served(others, takes):
            found.append(conflict(code, caregiver=who, other=other))
            break
    return found


def _which(call: Call, others: Sequence[Call], way: Way) -> UUID | None:
    """The one visit that is in the way by itself; None when it takes several."""
    alone = (other.id for other in others if not assigning.can_be_served([other, call], way))
    return next(alone, None)


def no_way(_here: UUID, _there: UUID) -> timedelta:
    """As if all homes were one."""
    return timedelta()


def ways(points: dict[UUID, Point]) -> Way:
    """How long it takes between two homes at least; where a home's place is not known, as the server assumes."""

    def way(here: UUID, there: UUID) -> timedelta:
        if here == there:
            return timedelta()
        if here not in points or there not in points:
            return assigning.WAY
        return timedelta(minutes=geo.distance_m(points[here], points[there]) / METRES_A_MINUTE)

    return way
