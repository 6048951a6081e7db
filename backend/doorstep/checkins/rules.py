"""What an event does to its visits, and which rules of the plan it does not meet: findings, never refusals."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from doorstep.checkins import attendance, office, presence
from doorstep.checkins.attendance import OPENABLE, RUNNING
from doorstep.checkins.facts import Flag, Interval, Link, Seen, VisitFacts
from doorstep.checkins.wire import Kind
from doorstep.core import clock

LAW = "1"  # the version that schemas/examples/rules.json has the cases of; phones sign theirs
FAR_OUTSIDE = timedelta(minutes=60)
ABSENT_STATUSES = frozenset({"hospital_stay", "respite_stay", "away", "welfare_institution"})
EMERGENCY = "emergency"

Times = list[Interval]  # the caregiver's own, around the time of the event


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

    @property
    def codes(self) -> list[str]:
        """Of all findings, each once."""
        parts = (*(effect.flags for effect in self.effects), self.loose)
        return list(dict.fromkeys(flag.code for flags in parts for flag in flags))


def judge(event: Seen, visits: list[VisitFacts], times: Times) -> Judgement:
    """Decides about one event and moves its visits on (in place); annulments have their own function."""
    timing, where = event.timing, presence.place(event)
    grade, common = presence.grade_of(event, where)
    common += _of_phone(event, timing.at) + _of_code(event)
    step = {Kind.CHECK_IN: _check_in, Kind.CHECK_OUT: _check_out, Kind.NOT_SERVED: _not_served}[event.kind]
    effects = []
    for visit in visits:
        effect, flags = step(event, timing.at, visit, times)
        if event.code is not None and event.code.household != visit.household:
            flags.append(Flag("WRONG_HOUSEHOLD", office.moved(event.code.household, visit)))
        if visit.assigned.isdisjoint({event.phone.caregiver}) and not visit.walk_in:
            flags.append(Flag("NOT_ASSIGNED", office.reassigned(event, visit)))
        flags += office.renamed(event, visit)
        visit.links = [*visit.links, _link(event, timing.at, effect, grade)]
        visit.changed = True
        effects.append(Effect(visit.id, effect, _once((*common, *flags))))
    loose: tuple[Flag, ...] = ()
    if not visits:
        missing = ("ELDER_UNCLEAR", "NO_PLANNED_VISIT") if event.kind is Kind.CHECK_IN else ("NO_PLANNED_VISIT",)
        loose = (*common, *(Flag(code, office.of_named(event)) for code in missing))
    return Judgement(timing.at, timing.earliest, grade, where.distance_m, where.point, tuple(effects), loose)


def _once(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Each code once, with all that was found to say of it: a finding is one fact about an event and its visit."""
    said: dict[str, dict[str, Any]] = {}
    for flag in flags:
        said[flag.code] = {**said.get(flag.code, {}), **flag.data}
    return tuple(Flag(code, data) for code, data in said.items())


def _of_phone(event: Seen, at: datetime) -> tuple[Flag, ...]:
    phone = event.phone
    flags: list[Flag] = []
    # A phone that was replaced while records waited on it: they are kept and a person decides.
    if phone.revoked_at is not None:
        flags.append(Flag("DEVICE_NOT_ENROLLED"))
    day = clock.civil_date(at)
    early = phone.employed_from is not None and day < phone.employed_from
    if early or (phone.employed_to is not None and phone.employed_to <= day):
        flags.append(Flag("NOT_EMPLOYED"))
    return tuple(flags)


def _of_code(event: Seen) -> tuple[Flag, ...]:
    given = event.token_sha256 is not None or event.short_code_fingerprint is not None
    if event.code is None:
        if given:
            return (Flag("TOKEN_UNKNOWN"),)
        return () if event.kind is Kind.NOT_SERVED else (Flag("TOKEN_MISSING"),)
    return (Flag("TOKEN_REVOKED"),) if event.code.revoked else ()


def _check_in(event: Seen, at: datetime, visit: VisitFacts, times: Times) -> tuple[str, list[Flag]]:
    who = event.phone.caregiver
    if visit.op_state in OPENABLE:
        flags = [*_of_time(at, visit), *_of_plan(visit), *_of_people(event, visit), *_overlap(at, None, visit, times)]
        visit.op_state, visit.started_at, visit.ended_at = "in_progress", at, None
        return _settle_arrival(event, at, "opened", visit, flags, times)
    if _may_join(who, at, visit):
        flags = [*_of_people(event, visit), *_overlap(at, None, visit, times)]
        visit.op_state, visit.ended_at = "in_progress", None
        visit.started_at = min(visit.started_at or at, at)
        return _settle_arrival(event, at, "joined", visit, flags, times)
    return "none", [Flag("ALREADY_IN_PROGRESS", {"state": visit.op_state, **office.reassigned(event, visit)})]


def _may_join(who: UUID, at: datetime, visit: VisitFacts) -> bool:
    """The second of two caregivers; or the first, whose phone had no network until the other had left."""
    here = attendance.inside(visit.links)
    if visit.op_state in RUNNING:
        return who not in here and len(here) < visit.carers_needed
    arrived = attendance.came(visit.links)
    missing = who not in arrived and len(arrived) < visit.carers_needed
    in_time = visit.ended_at is not None and at <= visit.ended_at
    return visit.op_state == "completed" and missing and in_time and not attendance.decided(visit)


def _settle_arrival(
    event: Seen, at: datetime, effect: str, visit: VisitFacts, flags: list[Flag], times: Times
) -> tuple[str, list[Flag]]:
    """A check-out that overtook its check-in on the way to the server finds its place now."""
    who = event.phone.caregiver
    arrival = _link(event, at, effect, "A")
    visit.links = [*visit.links, arrival]
    gone = attendance.left_at(visit.links, who)
    if gone is not None:
        flags = [*flags, *_overlap(at, gone, visit, times)]
        if not attendance.inside(visit.links):
            flags += _complete(gone, visit)
            effect += "_and_closed"
    visit.links = [link for link in visit.links if link is not arrival]
    return effect, flags


def _check_out(event: Seen, at: datetime, visit: VisitFacts, times: Times) -> tuple[str, list[Flag]]:
    who = event.phone.caregiver
    here = attendance.inside(visit.links)
    arrived = attendance.came(visit.links)
    if visit.op_state in RUNNING and who in here:
        flags = _overlap(arrived[who], max(at, arrived[who]), visit, times)
        if here - {who}:
            return "left", flags
        return "closed", [*_complete(at, visit, event=event), *flags]
    waits = who not in arrived and visit.op_state in OPENABLE | RUNNING | {"completed"}
    return "waiting" if waits else "none", [Flag("NOT_CHECKED_IN", {"state": visit.op_state})]


def _not_served(event: Seen, at: datetime, visit: VisitFacts, _times: Times) -> tuple[str, list[Flag]]:
    outside = visit.op_state in RUNNING and event.phone.caregiver not in attendance.inside(visit.links)
    if visit.op_state not in OPENABLE | RUNNING or outside:
        return "none", [Flag("ALREADY_IN_PROGRESS", {"state": visit.op_state, **office.reassigned(event, visit)})]
    visit.op_state, visit.reason = "not_served", event.payload.reason
    if visit.started_at is not None:
        visit.ended_at = max(at, visit.started_at)
    return "not_served", []


def _complete(at: datetime, visit: VisitFacts, event: Seen | None = None) -> list[Flag]:
    """Ends the visit; `event` is the check-out that does it and is not among the links yet."""
    start = visit.started_at or at
    flags: list[Flag] = []
    if at < start:
        flags.append(Flag("CLOCK_FAR", {"out_before_in_s": round((start - at).total_seconds())}))
    # Records may arrive in another order than people left.
    arrived = attendance.came(visit.links)
    left = [one for one in (attendance.left_at(visit.links, who) for who in arrived) if one is not None]
    visit.op_state, visit.ended_at = "completed", max(at, start, *left)
    minutes = (visit.ended_at - start) / timedelta(minutes=1)
    here = [link for link in visit.links if link.caregiver in arrived]
    words = {name for link in here for name in link.acknowledged}
    tasks = any(link.tasks for link in here)
    if event is not None:
        words |= set(event.payload.acknowledged)
        tasks = tasks or bool(event.payload.tasks)
    acknowledged = {name.partition("@")[0] for name in words}
    if len(arrived) < visit.carers_needed:
        flags.append(Flag("CARERS_MISSING", {"came": len(arrived), "needed": visit.carers_needed}))
    if visit.safety_procedure and visit.safety_procedure not in acknowledged:
        flags.append(Flag("PROCEDURE_MISSING", {"procedure": visit.safety_procedure}))
    if EMERGENCY not in acknowledged:
        flags.append(Flag("EMERGENCY_NOT_ACKNOWLEDGED"))
    if not tasks:
        flags.append(Flag("TASKS_MISSING"))
    if minutes < visit.min_minutes:
        flags.append(Flag("TOO_SHORT", {"minutes": int(minutes), "needed": visit.min_minutes}))
    if minutes > visit.max_minutes:
        flags.append(Flag("TOO_LONG", {"minutes": int(minutes), "longest": visit.max_minutes}))
    return flags


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
        flags.append(Flag("NO_PLANNED_VISIT", office.replaced(visit)))
    if not visit.item_in_plan:
        flags.append(Flag("ITEM_NOT_IN_PLAN", {"service_type": visit.service_type}))
    elif visit.plan_state != "active":
        flags.append(Flag("PLAN_NOT_ACTIVE", {"state": visit.plan_state or "none"}))
    if visit.max_per_month is not None and visit.month_used >= visit.max_per_month:
        flags.append(Flag("MONTH_QUOTA_REACHED", {"used": visit.month_used, "quota": visit.max_per_month}))
    # 朝民发〔2017〕37号 附件2: nothing is paid without an agreement in force, outside its area or for another type.
    agreements = (("service", visit.agreement), ("cooperation", visit.contracted_types is not None))
    if missing := [name for name, in_force in agreements if not in_force]:
        flags.append(Flag("AGREEMENT_NOT_IN_FORCE", {"agreements": missing}))
    if visit.contracted_types is not None and visit.service_type not in visit.contracted_types:
        flags.append(Flag("TYPE_NOT_CONTRACTED", {"service_type": visit.service_type}))
    if visit.contracted_types is not None and not visit.in_area:
        flags.append(Flag("OUT_OF_AREA"))
    if (visit.standing or "active") != "active":
        flags.append(Flag("PROVIDER_STANDING", {"standing": visit.standing}))
    elif visit.licence_until is not None and visit.licence_until < visit.service_day:
        flags.append(Flag("PROVIDER_STANDING", {"standing": "licence_expired"}))
    return flags


def _of_people(event: Seen, visit: VisitFacts) -> list[Flag]:
    flags: list[Flag] = []
    if "deceased" in visit.elder_statuses:
        flags.append(Flag("ELDER_DECEASED"))
    absent = visit.elder_statuses & ABSENT_STATUSES
    if absent:
        flags.append(Flag("ELDER_ABSENT_STATUS", {"statuses": sorted(absent)}))
    held = {
        certificate.kind
        for certificate in event.phone.certificates
        if (certificate.since is None or certificate.since <= visit.service_day)
        and (certificate.until is None or visit.service_day <= certificate.until)
    }
    if missing := [sorted(kinds) for kinds in visit.needed_qualifications if held.isdisjoint(kinds)]:
        flags.append(Flag("QUALIFICATION_MISSING", {"one_of_each": missing}))
    return flags


def takes_place(undo: Seen, arrival: Link, visit: VisitFacts, times: Times) -> list[Flag]:
    """What has to be said of a check-in that takes the place of one that its own caregiver has taken back."""
    flags = [*_of_time(arrival.at, visit), *_of_plan(visit), *_of_people(undo, visit)]
    return flags + _overlap(arrival.at, None, visit, times)


def _overlap(start: datetime, end: datetime | None, visit: VisitFacts, times: Times) -> list[Flag]:
    """Half-open intervals in another home. A joint visit in one home is no overlap."""
    until = end or start + timedelta(microseconds=1)
    return [
        Flag("OVERLAP", {"visit": str(other.visit)})
        for other in times
        if other.household != visit.household and other.start < until and (other.end is None or start < other.end)
    ][:1]


def _link(event: Seen, at: datetime, effect: str, grade: str) -> Link:
    payload = event.payload
    return Link(
        event=payload.event_id,
        caregiver=event.phone.caregiver,
        kind=payload.kind,
        effect=effect,
        at=at,
        tasks=len(payload.tasks),
        acknowledged=tuple(payload.acknowledged),
        grade=grade,
    )


def after(times: Times, who: UUID, visits: list[VisitFacts]) -> Times:
    """The caregiver's time with what this event has just begun or ended, for the next events of the same pass."""
    intervals = {one.visit: one for one in times}
    for visit in visits:
        one = attendance.interval(visit.id, visit.household, visit.links, who, visit.ended_at, visit.max_minutes)
        if one is None:
            intervals.pop(visit.id, None)
        else:
            intervals[visit.id] = one
    return list(intervals.values())
