"""What an event does to its visits, and which rules of the plan it does not meet: findings, never refusals."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from doorstep.checkins import presence
from doorstep.checkins.facts import Flag, Interval, Link, Seen, VisitFacts
from doorstep.checkins.wire import Kind

FAR_OUTSIDE = timedelta(minutes=60)
ANNUL_WITHIN = timedelta(minutes=15)
ABSENT_STATUSES = frozenset({"hospital_stay", "respite_stay", "away", "welfare_institution"})
EMERGENCY = "emergency"
_OPENABLE = frozenset({"planned", "assigned", "missed"})
_RUNNING = frozenset({"in_progress", "unclosed"})
DECIDED = frozenset({"verified", "rejected", "reopened"})
UNDECIDED_MONEY = frozenset({"unsettled", "held"})


class Certificate(msgspec.Struct, frozen=True):
    """A qualification of the caregiver; None is an open end. `until` is the last valid day."""

    kind: str
    since: date | None
    until: date | None


class Carer(msgspec.Struct, frozen=True):
    """What the rules know of the caregiver beside the phone."""

    certificates: tuple[Certificate, ...] = ()
    intervals: tuple[Interval, ...] = ()


class Effect(msgspec.Struct, frozen=True):
    """What the event did to one visit, and the findings that belong to that visit."""

    visit: UUID
    effect: str
    flags: tuple[Flag, ...]


class Judgement(msgspec.Struct, frozen=True):
    """The whole decision about one event. Flags without a visit stand in `loose`."""

    at: datetime
    earliest: datetime | None
    grade: str
    distance_m: float | None
    point: tuple[float, float] | None
    effects: tuple[Effect, ...]
    loose: tuple[Flag, ...] = ()


def judge(event: Seen, timing: presence.Timing, visits: list[VisitFacts], carer: Carer) -> Judgement:
    """Decides about one event and moves its visits on (in place); annulments have their own function."""
    where = presence.place(event)
    grade, common = presence.grade_of(event, timing, where)
    common += _of_phone(event) + _of_code(event)
    step = {Kind.CHECK_IN: _check_in, Kind.CHECK_OUT: _check_out, Kind.NOT_SERVED: _not_served}[event.kind]
    effects = []
    for visit in visits:
        effect, flags = step(event, timing.at, visit, carer)
        if event.code is not None and event.code.household != visit.household:
            flags.append(Flag("WRONG_HOUSEHOLD"))
        if visit.assigned.isdisjoint({event.phone.caregiver}) and not visit.walk_in:
            flags.append(Flag("NOT_ASSIGNED"))
        visit.grade = max(visit.grade or "A", grade)
        visit.changed = True
        effects.append(Effect(visit.id, effect, (*common, *flags)))
    loose: tuple[Flag, ...] = ()
    if not visits:
        missing = ("ELDER_UNCLEAR", "NO_PLANNED_VISIT") if event.kind is Kind.CHECK_IN else ("NO_PLANNED_VISIT",)
        loose = (*common, *(Flag(code) for code in missing))
    return Judgement(timing.at, timing.earliest, grade, where.distance_m, where.point, tuple(effects), loose)


def _of_phone(event: Seen) -> tuple[Flag, ...]:
    # A phone that was replaced while records waited on it: they are kept and a person decides.
    return (Flag("DEVICE_NOT_ENROLLED"),) if event.phone.revoked_at is not None else ()


def _of_code(event: Seen) -> tuple[Flag, ...]:
    given = event.token_sha256 is not None or event.short_code_fingerprint is not None
    if event.code is None:
        if given:
            return (Flag("TOKEN_UNKNOWN"),)
        return () if event.kind is Kind.NOT_SERVED else (Flag("TOKEN_MISSING"),)
    return (Flag("TOKEN_REVOKED"),) if event.code.revoked else ()


def _check_in(event: Seen, at: datetime, visit: VisitFacts, carer: Carer) -> tuple[str, list[Flag]]:
    who = event.phone.caregiver
    here = _inside(visit)
    if visit.op_state in _OPENABLE:
        flags = [*_of_time(at, visit), *_of_plan(visit), *_of_people(visit, carer), *_overlap(at, None, visit, carer)]
        visit.op_state, visit.started_at, visit.ended_at = "in_progress", at, None
        visit.links = [*visit.links, _link(event, at, "opened")]
        return _close_with_waiting(who, visit, flags, carer)
    if visit.op_state in _RUNNING and who not in here and len(here) < visit.carers_needed:
        visit.links = [*visit.links, _link(event, at, "joined")]
        return "joined", [*_of_people(visit, carer), *_overlap(at, None, visit, carer)]
    return "none", [Flag("ALREADY_IN_PROGRESS", {"state": visit.op_state})]


def _close_with_waiting(who: UUID, visit: VisitFacts, flags: list[Flag], carer: Carer) -> tuple[str, list[Flag]]:
    """A check-out that overtook its check-in on the way to the server finds its place now."""
    start = visit.started_at
    waiting = [link for link in visit.links if link.effect == "waiting" and link.caregiver == who]
    later = [link for link in waiting if start is not None and link.at >= start]
    if not later:
        return "opened", flags
    flags += _complete(later[0].at, visit, tasks=later[0].tasks, carer=carer)
    return "opened_and_closed", flags


def _check_out(event: Seen, at: datetime, visit: VisitFacts, carer: Carer) -> tuple[str, list[Flag]]:
    who = event.phone.caregiver
    here = _inside(visit)
    if visit.op_state in _RUNNING and who in here:
        others = here - {who}
        effect = "left" if others else "closed"
        visit.links = [*visit.links, _link(event, at, effect)]
        return effect, [] if others else _complete(at, visit, tasks=len(event.payload.tasks), carer=carer)
    effect = "waiting" if visit.op_state in _OPENABLE else "none"
    visit.links = [*visit.links, _link(event, at, effect)]
    return effect, [Flag("NOT_CHECKED_IN", {"state": visit.op_state})]


def _not_served(event: Seen, at: datetime, visit: VisitFacts, _carer: Carer) -> tuple[str, list[Flag]]:
    outside = visit.op_state in _RUNNING and event.phone.caregiver not in _inside(visit)
    if visit.op_state not in _OPENABLE | _RUNNING or outside:
        return "none", [Flag("ALREADY_IN_PROGRESS", {"state": visit.op_state})]
    visit.op_state, visit.reason = "not_served", event.payload.reason
    if visit.started_at is not None:
        visit.ended_at = max(at, visit.started_at)
    visit.links = [*visit.links, _link(event, at, "not_served")]
    return "not_served", []


def _complete(at: datetime, visit: VisitFacts, *, tasks: int, carer: Carer) -> list[Flag]:
    start = visit.started_at or at
    flags: list[Flag] = []
    if at < start:
        flags.append(Flag("CLOCK_FAR", {"out_before_in_s": round((start - at).total_seconds())}))
    # Records may arrive in another order than people left.
    left = [link.at for link in visit.links if link.effect in ("left", "closed")]
    visit.op_state, visit.ended_at = "completed", max(at, start, *left)
    minutes = (visit.ended_at - start) / timedelta(minutes=1)
    came = {link.caregiver for link in visit.links if link.effect in ("opened", "joined")}
    acknowledged = {name.partition("@")[0] for link in visit.links for name in link.acknowledged}
    if len(came) < visit.carers_needed:
        flags.append(Flag("CARERS_MISSING", {"came": len(came), "needed": visit.carers_needed}))
    if visit.safety_procedure and visit.safety_procedure not in acknowledged:
        flags.append(Flag("PROCEDURE_MISSING", {"procedure": visit.safety_procedure}))
    if EMERGENCY not in acknowledged:
        flags.append(Flag("EMERGENCY_NOT_ACKNOWLEDGED"))
    if not tasks and not any(link.tasks for link in visit.links):
        flags.append(Flag("TASKS_MISSING"))
    if minutes < visit.min_minutes:
        flags.append(Flag("TOO_SHORT", {"minutes": int(minutes), "needed": visit.min_minutes}))
    if minutes > visit.max_minutes:
        flags.append(Flag("TOO_LONG", {"minutes": int(minutes), "longest": visit.max_minutes}))
    return flags + _overlap(start, visit.ended_at, visit, carer)


def _of_time(at: datetime, visit: VisitFacts) -> list[Flag]:
    """Punctuality is a check-in inside the planned window (朝民发〔2017〕37号「按要求准时提供」)."""
    if visit.walk_in:
        return []
    early, late = visit.window_start - at, at - visit.window_end
    off = max(early, late)
    if off <= timedelta():
        return []
    data = {"minutes": int(off / timedelta(minutes=1)) + 1, "side": "early" if early > late else "late"}
    return [Flag("FAR_OUTSIDE_WINDOW" if off > FAR_OUTSIDE else "OUTSIDE_WINDOW", data)]


def _of_plan(visit: VisitFacts) -> list[Flag]:
    flags: list[Flag] = []
    if visit.walk_in:
        flags.append(Flag("NO_PLANNED_VISIT", {"cancelled_visit": str(visit.replaces)} if visit.replaces else {}))
    if not visit.item_in_plan:
        flags.append(Flag("ITEM_NOT_IN_PLAN", {"service_type": visit.service_type}))
    elif visit.plan_state != "active":
        flags.append(Flag("PLAN_NOT_ACTIVE", {"state": visit.plan_state or "none"}))
    if visit.max_per_month is not None and visit.month_used >= visit.max_per_month:
        flags.append(Flag("MONTH_QUOTA_REACHED", {"used": visit.month_used, "quota": visit.max_per_month}))
    # 朝民发〔2017〕37号 附件2: nothing is paid without an agreement in force, outside its area or for another type.
    if not visit.agreement:
        flags.append(Flag("AGREEMENT_NOT_IN_FORCE", {"agreement": "service"}))
    if visit.contracted_types is None:
        flags.append(Flag("AGREEMENT_NOT_IN_FORCE", {"agreement": "cooperation"}))
    elif visit.service_type not in visit.contracted_types:
        flags.append(Flag("TYPE_NOT_CONTRACTED", {"service_type": visit.service_type}))
    if visit.contracted_types is not None and not visit.in_area:
        flags.append(Flag("OUT_OF_AREA"))
    if (visit.standing or "active") != "active":
        flags.append(Flag("PROVIDER_STANDING", {"standing": visit.standing}))
    elif visit.licence_until is not None and visit.licence_until < visit.service_day:
        flags.append(Flag("PROVIDER_STANDING", {"standing": "licence_expired"}))
    return flags


def _of_people(visit: VisitFacts, carer: Carer) -> list[Flag]:
    flags: list[Flag] = []
    if "deceased" in visit.elder_statuses:
        flags.append(Flag("ELDER_DECEASED"))
    absent = visit.elder_statuses & ABSENT_STATUSES
    if absent:
        flags.append(Flag("ELDER_ABSENT_STATUS", {"statuses": sorted(absent)}))
    held = {
        certificate.kind
        for certificate in carer.certificates
        if (certificate.since is None or certificate.since <= visit.service_day)
        and (certificate.until is None or visit.service_day <= certificate.until)
    }
    flags += [
        Flag("QUALIFICATION_MISSING", {"any_of": sorted(kinds)})
        for kinds in visit.needed_qualifications
        if held.isdisjoint(kinds)
    ]
    return flags


def _overlap(start: datetime, end: datetime | None, visit: VisitFacts, carer: Carer) -> list[Flag]:
    """Half-open intervals in another home. A joint visit in one home is no overlap."""
    until = end or start + timedelta(microseconds=1)
    return [
        Flag("OVERLAP", {"visit": str(other.visit)})
        for other in carer.intervals
        if other.household != visit.household and other.start < until and (other.end is None or start < other.end)
    ][:1]


def _inside(visit: VisitFacts) -> set[UUID]:
    """The caregivers who came and have not left."""
    inside: set[UUID] = set()
    for link in visit.links:
        if link.effect in ("opened", "joined"):
            inside.add(link.caregiver)
        elif link.effect in ("left", "closed"):
            inside.discard(link.caregiver)
    return inside


def _link(event: Seen, at: datetime, effect: str) -> Link:
    payload = event.payload
    return Link(
        event=payload.event_id,
        caregiver=event.phone.caregiver,
        kind=payload.kind,
        effect=effect,
        at=at,
        tasks=len(payload.tasks),
        acknowledged=tuple(payload.acknowledged),
    )


def conclude(visit: VisitFacts) -> None:
    """Sets the verification and settlement axes from the operation axis, the grade and the holds.

    Auto-verify is in the person's favour and needs grade A without a hold; a machine never rejects.
    """
    if visit.verify_state in DECIDED or visit.settle_state not in UNDECIDED_MONEY:
        return  # what a person has decided, or a statement holds, only a person changes
    if visit.op_state != "completed":
        visit.verify_state, visit.settle_state = "none", "unsettled"
    elif visit.verify_state in ("none", "pending", "auto_verified", "needs_review"):
        clear = visit.grade == "A" and visit.holds == 0
        visit.verify_state = "auto_verified" if clear else "needs_review"
        visit.settle_state = "unsettled" if clear else "held"


def cannot_annul(at: datetime, target: Link, visit: VisitFacts) -> str | None:
    """Why what `target` did to the visit cannot be taken back, or None."""
    if at - target.at > ANNUL_WITHIN:
        return "later than 15 minutes"
    if visit.verify_state in DECIDED or visit.settle_state not in UNDECIDED_MONEY:
        return "a person has decided"
    inside = _inside(visit)
    others = {link.caregiver for link in visit.links if link.effect in ("opened", "joined")} - {target.caregiver}
    possible = {
        "opened": visit.op_state in _RUNNING and inside == {target.caregiver} and not others,
        "joined": visit.op_state in _RUNNING and target.caregiver in inside and len(inside) > 1,
        "left": visit.op_state in _RUNNING and target.caregiver not in inside,
        "closed": visit.op_state == "completed",
        "not_served": visit.op_state == "not_served",
        "opened_and_closed": False,
    }
    return None if possible.get(target.effect, True) else "the visit has gone on"


def annul(target: Link, visit: VisitFacts) -> None:
    """Takes back what `target` did to the visit, after :func:`cannot_annul` had nothing against it. The rows stay."""
    if target.effect == "opened":
        visit.op_state = "cancelled" if visit.walk_in else "assigned" if visit.assigned else "planned"
        visit.started_at = None
    elif target.effect == "closed" or (target.effect == "waiting" and visit.op_state == "completed"):
        visit.op_state, visit.ended_at = "in_progress", None
    elif target.effect == "not_served":
        visit.op_state = "in_progress" if visit.started_at else "assigned" if visit.assigned else "planned"
        visit.ended_at, visit.reason = None, None
    visit.links = [link for link in visit.links if link.event != target.event]
    visit.changed = True


def after(carer: Carer, judgement: Judgement, visits: list[VisitFacts]) -> Carer:
    """The caregiver's time with what this event has just begun or ended, for the next events of the same pass."""
    intervals = {one.visit: one for one in carer.intervals}
    touched = {visit.id: visit for visit in visits}
    for effect in judgement.effects:
        visit = touched[effect.visit]
        if effect.effect in ("opened", "joined", "opened_and_closed"):
            longest = judgement.at + timedelta(minutes=visit.max_minutes + 60)
            intervals[visit.id] = Interval(visit.id, visit.household, judgement.at, visit.ended_at or longest)
        elif effect.effect in ("left", "closed") and visit.id in intervals:
            began = intervals[visit.id].start
            intervals[visit.id] = Interval(visit.id, visit.household, began, max(began, judgement.at))
    return Carer(carer.certificates, tuple(intervals.values()))
