"""Pure decisions about reminders: what a visit asks for, and what of it is still true."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.reminders.preferences import PRODUCT, Preferences
from doorstep.reminders.wire import Audience, Kind

AHEAD = timedelta(days=2)
"""Visits that begin within this time have their reminders in the ledger."""
BACK = timedelta(days=1)
"""Of older visits nothing is planned any more."""

ARRIVING = timedelta(minutes=10)
"""After the start of the window: until then the next call is news, from then on the check-in is missed."""
AFTER_NEWS = timedelta(seconds=1)
"""The next call is the later word than the change that brought it: on the phone the later takes the earlier's place."""
OVER = timedelta(minutes=30)
"""After the end of the window; the same time after which a visit is missed or unknown, see `visits.rules`."""
SILENT = OVER + timedelta(minutes=5)
"""After the end of the window the phone has had its turn to call in: silence is worth a word from then on."""
OPEN_USEFUL = timedelta(hours=6)
DESK_USEFUL = timedelta(hours=24)
FAMILY_USEFUL = timedelta(hours=6)
CERTIFICATE_DAYS = (30, 7)
CERTIFICATE_AT = time(9)
WAITING_TOO_LONG = timedelta(hours=24)

NOT_BEGUN = frozenset({"planned", "assigned"})
OPEN = frozenset({"in_progress", "unclosed"})
TOLD = frozenset({"visit.cancelled", "visit.restored", "visit.rescheduled", "visit.moved"})
"""Changes of which everybody is told who goes there."""


class Watcher(msgspec.Struct, frozen=True):
    """A family member who asked to be told."""

    person: UUID
    kind: str


class VisitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it stands now. `inside`: who has checked in and not out; `heard_at`: see `visits.wire.VisitRow`."""

    id: UUID
    provider: UUID
    ordered: bool  # by the office, beside the plan
    op_state: str
    service_day: date
    window_start: datetime
    window_end: datetime
    max_minutes: int
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    caregivers: tuple[UUID, ...] = ()
    inside: tuple[UUID, ...] = ()
    heard_at: datetime | None = None
    watchers: tuple[Watcher, ...] = ()
    day_before: date | None = None  # the day from which it was last moved to another


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a visit that people have to be told of, as the table of changes has it."""

    kind: str
    at: datetime
    caregivers: tuple[UUID, ...] = ()
    before: tuple[UUID, ...] | None = None  # None: nobody was sent elsewhere by it
    start_before: datetime | None = None  # of a visit that was given another time


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that is to be in the ledger."""

    kind: Kind
    audience: Audience
    person: UUID
    provider: UUID | None
    visit: UUID | None
    about: str  # the middle of `thing`: visit, device, qualification or person
    occasion: datetime
    due_at: datetime
    useless_at: datetime

    @property
    def thing(self) -> str:
        """What it is about, once for each person."""
        return f"{self.kind}:{self.about}:{self.person}"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that is in the ledger."""

    id: UUID
    kind: Kind
    audience: Audience
    person: UUID
    visit: UUID | None
    thing: str
    topic: str
    occasion: datetime
    due_at: datetime
    useless_at: datetime
    provider: UUID | None = None
    step: int = 0
    sent_at: datetime | None = None

    @property
    def about(self) -> str:
        """As in :class:`Wanted`."""
        return self.thing.split(":")[1]


def unknown(visit: VisitFacts, now: datetime) -> bool:
    """As `visits.rules.unknown`: the time is over, and a phone that may hold the record was not heard since."""
    limit = visit.window_end + OVER
    return visit.op_state == "assigned" and now > limit and visit.heard_at is not None and visit.heard_at <= limit


def concerns(visit: VisitFacts, happened: Sequence[Happened], now: datetime) -> bool:
    """Whether a visit begins, or was to begin, within the time that the ledger looks ahead."""
    starts = [visit.window_start, *(one.start_before for one in happened if one.start_before is not None)]
    return min(starts) < now + AHEAD


def wanted(
    visit: VisitFacts, happened: Sequence[Happened], chosen: Mapping[UUID, Preferences], now: datetime
) -> list[Wanted]:
    """Everything that people have to be told of a visit as it stands, and of what has just happened to it."""
    told = {who: change.at for change in happened for who in _told(visit, change)}
    found = [*_of_caregivers(visit, chosen, told), *_of_desk(visit), *_of_family(visit)]
    for change in happened:
        found += _of_change(visit, change)
    return [one for one in found if one.useless_at > now]


def _of_caregivers(
    visit: VisitFacts, chosen: Mapping[UUID, Preferences], told: Mapping[UUID, datetime]
) -> Iterable[Wanted]:
    if visit.op_state == "assigned":
        begin = visit.window_start
        for who in visit.caregivers:
            due = begin - timedelta(minutes=chosen.get(who, PRODUCT).minutes_before)
            if who in told:
                due = max(due, told[who] + AFTER_NEWS)
            if due < begin + ARRIVING:
                yield _wanted(visit, "next_call", who, begin, due=due, useless=begin + ARRIVING)
            late = begin + ARRIVING
            yield _wanted(visit, "not_checked_in", who, begin, due=late, useless=visit.window_end + OVER)
    if visit.op_state in OPEN and visit.started_at is not None:
        due = visit.started_at + timedelta(minutes=visit.max_minutes)
        for who in at_work(visit):
            yield _wanted(visit, "still_open", who, visit.started_at, due=due, useless=due + OPEN_USEFUL)


def at_work(visit: VisitFacts) -> tuple[UUID, ...]:
    """Who is in a visit that runs: by their phones, or, when no phone says it, who was sent."""
    return visit.inside or visit.caregivers


def _of_desk(visit: VisitFacts) -> Iterable[Wanted]:
    end, desk = visit.window_end, visit.provider
    useless = end + DESK_USEFUL
    if visit.op_state in NOT_BEGUN and visit.started_at is None:
        yield _wanted(visit, "visit_late", desk, end, due=end, useless=useless, audience="dispatcher")
    if visit.op_state == "assigned":
        yield _wanted(visit, "visit_unknown", desk, end, due=end + SILENT, useless=useless, audience="dispatcher")
    if visit.op_state == "missed":
        since = visit.changed_at
        useless = since + DESK_USEFUL
        yield _wanted(visit, "visit_missed", desk, end, due=since, useless=useless, audience="dispatcher")


def _of_family(visit: VisitFacts) -> Iterable[Wanted]:
    for one in visit.watchers:
        if one.kind == "arrived" and visit.started_at is not None and visit.op_state in OPEN:
            at = visit.started_at
            yield _wanted(visit, "arrived", one.person, at, due=at, useless=at + FAMILY_USEFUL, audience="family")
        if one.kind == "left" and visit.ended_at is not None and visit.op_state == "completed":
            at = visit.ended_at
            yield _wanted(visit, "left", one.person, at, due=at, useless=at + FAMILY_USEFUL, audience="family")


def _told(visit: VisitFacts, change: Happened) -> set[UUID]:
    """Who was sent, taken off, or goes nowhere now. A visit that planning has just made is a plan, not a change."""
    if change.kind == "visit.assigned":
        made_with_it = (
            change.before is None and not visit.ordered and visit.created_at >= change.at - timedelta(seconds=5)
        )
        return set() if made_with_it else set(change.caregivers) ^ set(change.before or ())
    return set(visit.caregivers) if change.kind in TOLD else set()


def _of_change(visit: VisitFacts, change: Happened) -> Iterable[Wanted]:
    at, end = change.at, visit.window_end
    for who in sorted(_told(visit, change)):
        yield _wanted(visit, "visit_changed", who, at, due=at, useless=end)
    news = change.kind in TOLD or (change.kind == "visit.assigned" and change.before)
    for one in visit.watchers if news else ():
        if one.kind == "changed":
            yield _wanted(visit, "changed", one.person, at, due=at, useless=end, audience="family")


def _wanted(
    visit: VisitFacts,
    kind: Kind,
    person: UUID,
    occasion: datetime,
    *,
    due: datetime,
    useless: datetime,
    audience: Audience = "caregiver",
) -> Wanted:
    return Wanted(
        kind=kind,
        audience=audience,
        person=person,
        provider=visit.provider,
        visit=visit.id,
        about=str(visit.id),
        occasion=occasion,
        due_at=due,
        useless_at=useless,
    )


def still_needed(reminder: Standing, visit: VisitFacts, now: datetime) -> bool:
    """Whether what a reminder says of a visit is true and news as the visit stands now. Of other kinds: yes."""
    who, about = reminder.person, reminder.occasion
    match reminder.kind:
        case "next_call" | "not_checked_in":
            return visit.op_state == "assigned" and who in visit.caregivers and visit.window_start == about
        case "still_open":
            return visit.op_state in OPEN and visit.started_at == about and who in at_work(visit)
        case "visit_changed":
            sent = who in visit.caregivers and visit.op_state != "cancelled"
            return now < visit.window_end and (not sent or visit.op_state in NOT_BEGUN)
        case "visit_late":
            begun = visit.started_at is not None or visit.op_state not in NOT_BEGUN
            return not begun and visit.window_end == about and not unknown(visit, now)
        case "visit_unknown":
            # Before its time comes, nobody can say.
            waits = visit.op_state == "assigned" and (now < reminder.due_at or unknown(visit, now))
            return waits and visit.window_end == about
        case "visit_missed":
            return visit.op_state == "missed" and visit.window_end == about
        case "arrived":
            return visit.started_at == about and _watched(visit, who, "arrived")
        case "left":
            return visit.ended_at == about and _watched(visit, who, "left")
        case "changed":
            return now < visit.window_end and _watched(visit, who, "changed")
        case _:
            return True


def _watched(visit: VisitFacts, person: UUID, kind: str) -> bool:
    return any(one.person == person and one.kind == kind for one in visit.watchers)


def certificate(qualification: UUID, caregiver: UUID, provider: UUID, valid_until: date, today: date) -> Wanted | None:
    """The word about a certificate that runs out, of the two moments the one that came last; None: not yet, or over."""
    left = (valid_until - today).days
    days = min((one for one in CERTIFICATE_DAYS if left <= one), default=None)
    if days is None or left < 0:
        return None
    return Wanted(
        kind="certificate_ending",
        audience="caregiver",
        person=caregiver,
        provider=provider,
        visit=None,
        about=str(qualification),
        occasion=clock.at(valid_until - timedelta(days=days), time()),
        due_at=clock.at(valid_until - timedelta(days=days), CERTIFICATE_AT),
        useless_at=clock.at(valid_until + timedelta(days=1), time()),
    )


def last_day(reminder: Standing) -> date:
    """Of a certificate that runs out: the last day on which it counts."""
    return clock.civil_date(reminder.useless_at) - timedelta(days=1)


def records_waiting(device: UUID, caregiver: UUID, provider: UUID, oldest: datetime, now: datetime) -> Wanted | None:
    """The word about records that a phone has not sent for a day, once each civil day; None: they are younger."""
    if now - oldest < WAITING_TOO_LONG:
        return None
    return Wanted(
        kind="records_waiting",
        audience="caregiver",
        person=caregiver,
        provider=provider,
        visit=None,
        about=str(device),
        occasion=clock.at(clock.civil_date(now), time()),
        due_at=now,
        useless_at=now + timedelta(hours=24),
    )


def unreached(reminder: Standing) -> Wanted | None:
    """What the desk is told of a caregiver who does not answer: one word for each caregiver, the newest counts."""
    if reminder.provider is None:
        return None
    return Wanted(
        kind="caregiver_unreached",
        audience="dispatcher",
        person=reminder.provider,
        provider=reminder.provider,
        visit=reminder.visit,
        about=str(reminder.person),
        occasion=reminder.due_at,
        due_at=reminder.due_at,
        useless_at=reminder.useless_at,
    )
