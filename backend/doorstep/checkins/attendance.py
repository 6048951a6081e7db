"""Who came to a visit and who has left, read from the links of its events: the state of a visit that follows from it.

Events may reach the server late and in any order; what they did is therefore told from the whole list each time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from doorstep.checkins import axis
from doorstep.checkins.axis import DECIDED
from doorstep.checkins.facts import Interval, Link, VisitFacts

ENTERED = "D"
ANNUL_WITHIN = timedelta(minutes=15)
OPENABLE = frozenset({"planned", "assigned", "missed"})
RUNNING = frozenset({"in_progress", "unclosed"})
UNDECIDED_MONEY = frozenset({"unsettled", "held"})
# `waiting` is a check-out that reached the server before its check-in.
CAME = frozenset({"opened", "joined", "opened_and_closed", "joined_and_closed"})
CLOSING = frozenset({"closed", "opened_and_closed", "joined_and_closed"})
# What is said when a visit ends is said anew when it goes on after all and ends again.
OF_THE_END = frozenset({"CARERS_MISSING", "PROCEDURE_MISSING", "TASKS_MISSING", "TOO_SHORT"})


def came(links: Sequence[Link]) -> dict[UUID, datetime]:
    """When each caregiver came (last)."""
    return {link.caregiver: link.at for link in links if link.effect in CAME}


def left_at(links: Sequence[Link], who: UUID) -> datetime | None:
    """When this caregiver left after having come (last), if so."""
    arrived = came(links).get(who)
    if arrived is None:
        return None
    mine = [link for link in links if link.caregiver == who]
    gone = [link for link in mine if link.effect in ("left", "closed")]
    waited = [link for link in mine if link.effect == "waiting" and link.at >= arrived]
    arrivals = sum(link.effect in CAME for link in mine)
    if len(gone) + bool(waited) < arrivals:
        return None
    return max(link.at for link in [*gone, *waited])


def inside(links: Sequence[Link]) -> set[UUID]:
    """The caregivers who came and have not left."""
    return {who for who in came(links) if left_at(links, who) is None}


def interval(
    visit: UUID, household: UUID, links: Sequence[Link], who: UUID, ended_at: datetime | None, max_minutes: int
) -> Interval | None:
    """The time of one caregiver in this visit, if she came; without a check-out no longer than is possible."""
    arrived = came(links).get(who)
    if arrived is None:
        return None
    until = left_at(links, who) or ended_at or arrived + timedelta(minutes=max_minutes + 60)
    return Interval(visit, household, arrived, max(arrived, until))


def decided(visit: VisitFacts) -> bool:
    """What a person has decided, or a statement holds, only a person changes."""
    return visit.verify_state in DECIDED or visit.settle_state not in UNDECIDED_MONEY


def standing_holds(links: Sequence[Link], op_state: str, answered: Collection[UUID] = ()) -> list[tuple[UUID, str]]:
    """The holds (event, code) that nothing has answered since: a missing record arrived, an end was not the end.

    `answered`: the events whose holds a person has answered by a decision.
    """
    arrivals = came(links)
    closing = _closing(links)
    standing = []
    for link in links:
        for code in () if link.event in answered else link.holds:
            arrived = arrivals.get(link.caregiver)
            found = link.effect == "waiting" and arrived is not None and arrived <= link.at
            if code == "NOT_CHECKED_IN" and found:
                continue
            if code in OF_THE_END and (link.event != closing or op_state != "completed"):
                continue
            standing.append((link.event, code))
    return standing


def _closing(links: Sequence[Link]) -> UUID | None:
    return next((link.event for link in reversed(links) if link.effect in CLOSING), None)


def conclude(visit: VisitFacts) -> None:
    """Sets grade, holds, and the verification and settlement axes from everything that is known of the visit.

    What was entered by hand is marked for ever by its grade; a visit without any record keeps the one that it has.
    """
    without = visit.grade if visit.op_state == axis.COMPLETED else None
    grade = max((link.grade for link in visit.links if link.kind != "annul"), default=without)
    visit.grade = ENTERED if visit.entered else grade
    standing = [code for _, code in standing_holds(visit.links, visit.op_state, visit.answered)]
    count_holds(visit, [*standing, *visit.placed])
    after = axis.follow(
        axis.Axes(visit.verify_state, visit.settle_state),
        op_state=visit.op_state,
        grade=visit.grade,
        holds=visit.holds,
        placed=len(visit.placed),
        last=visit.last_decision,
    )
    visit.verify_state, visit.settle_state = after.verify, after.settle


def count_holds(visit: VisitFacts, codes: Sequence[str]) -> None:
    """What holds the money now; there is none in a rejected visit."""
    visit.hold_codes = [] if visit.verify_state == "rejected" else list(codes)
    visit.holds = len(visit.hold_codes)


def cannot_annul(at: datetime, target: Link, visit: VisitFacts) -> str | None:
    """Why what `target` did to the visit cannot be taken back, or None."""
    if at - target.at > ANNUL_WITHIN:
        return "later than 15 minutes"
    if decided(visit):
        return "a person has decided"
    here = inside(visit.links)
    others = came(visit.links).keys() - {target.caregiver}
    possible = {
        "opened": visit.op_state in RUNNING and here == {target.caregiver} and not others,
        "joined": visit.op_state in RUNNING and target.caregiver in here and len(here) > 1,
        "left": visit.op_state in RUNNING and target.caregiver not in here,
        "closed": visit.op_state == "completed" and target.event == _closing(visit.links),
        "not_served": visit.op_state == "not_served",
        "opened_and_closed": False,
        "joined_and_closed": False,
    }
    return None if possible.get(target.effect, True) else "the visit has gone on"


def latest(links: Sequence[Link]) -> list[Link]:
    """One link for each event, in the order in which the server heard of them: what it does to the visit now."""
    return list({link.event: link for link in links}.values())


def annul(target: Link, visit: VisitFacts) -> Link | None:
    """Takes back what `target` did to the visit, after :func:`cannot_annul` had nothing against it. The rows stay.

    The person's next check-in, which found the visit in progress, takes the place of the one taken back: its link is
    answered, as it stands now.
    """
    visit.links = [link for link in visit.links if link.event != target.event]
    second = _second(target, visit) if target.effect == "opened" else None
    if second is not None:
        put(second, visit)
        visit.op_state, visit.started_at = "in_progress", second.at
    elif target.effect == "opened":
        visit.op_state = _before(visit)
        visit.started_at = None
    elif target.effect == "not_served":
        visit.op_state = "in_progress" if visit.started_at else _before(visit)
        visit.ended_at, visit.reason = None, None
    elif visit.op_state == "completed" and inside(visit.links):
        visit.op_state, visit.ended_at = "in_progress", None
    elif target.effect == "joined":
        visit.started_at = min(came(visit.links).values())
    visit.changed = True
    return second


def put(changed: Link, visit: VisitFacts) -> None:
    """The link of an event that is there already, as it stands now."""
    visit.links = [changed if link.event == changed.event else link for link in visit.links]


def _second(target: Link, visit: VisitFacts) -> Link | None:
    for link in visit.links:
        if link.kind == "check_in" and link.effect == "none" and link.caregiver == target.caregiver:
            holds = tuple(code for code in link.holds if code != "ALREADY_IN_PROGRESS")
            return msgspec.structs.replace(link, effect="opened", holds=holds)
    return None


def _before(visit: VisitFacts) -> str:
    return "cancelled" if visit.walk_in else "assigned" if visit.assigned else "planned"
