"""Which visits an event is about: the one it names, the elders' own ones that day, or a new one for a walk-in."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import asyncpg

from doorstep.checkins import store, writing
from doorstep.checkins.attendance import RUNNING
from doorstep.checkins.facts import Home, Link, Seen, VisitFacts
from doorstep.checkins.office import OVER
from doorstep.checkins.wire import Kind
from doorstep.core import clock

_AROUND, _DAY = timedelta(hours=18), timedelta(days=1)
WALK_IN_MINUTES = 60
UNSPECIFIED = "unspecified"
_DONE = OVER | {"completed"}


class Resolver:
    """The visits that the events of one pass may be about, locked; asked event by event, while the visits move on."""

    def __init__(self, visits: dict[UUID, VisitFacts], homes: dict[UUID, Home], households: dict[UUID, UUID]) -> None:
        self.visits = visits
        self.homes = homes
        self._households = households  # of elders

    def named(self, event: Seen) -> VisitFacts | None:
        """The visit that the event names, if it is one of the caregiver's provider or assignments."""
        return _named(event, self.visits)

    async def choose(self, db: asyncpg.Connection, event: Seen, now: datetime) -> list[VisitFacts]:
        """The visits of this event as things stand now; a check-in without one makes one."""
        named = event.named = self.named(event)
        if named is not None and _settled(event, named):
            return [named]
        at = event.timing.at
        chosen = []
        for elder in _elders(event, named, self.homes):
            if named is not None and named.elder == elder and named.op_state not in OVER:
                chosen.append(named)
                continue
            wanted = event.payload.service_type or (named.service_type if named and named.elder == elder else None)
            visit = _nearest(event, elder, at, self.visits.values(), wanted)
            if visit is None and event.kind is Kind.CHECK_IN and elder in self._households:
                visit = await _walk_in(db, event, elder, self._households[elder], at, now, named)
                self.visits[visit.id] = visit
            if visit is not None:
                chosen.append(visit)
        return chosen


async def load(db: asyncpg.Connection, events: Sequence[Seen], homes: dict[UUID, Home]) -> Resolver:
    """Reads and locks all visits that may matter, and sets `event.target` of annulments.

    `homes` are those of the codes.
    """
    mine = {event.payload.visit_id for event in events if event.payload.visit_id} | await _targets(db, events)
    visits = await store.visits(db, mine)
    homes = homes | await store.homes(db, {visit.household for visit in visits.values()} - homes.keys())
    # A visit that may end without a service in this very pass gives its later events something to search for.
    ending = {event.payload.visit_id for event in events if event.kind is Kind.NOT_SERVED}
    ending |= {id for event in events for id, _ in event.target}
    annulled = {event.payload.annuls for event in events if event.kind is Kind.ANNUL}
    ending |= {event.payload.visit_id for event in events if event.payload.event_id in annulled}
    searching: list[tuple[Seen, list[UUID]]] = []
    for event in events:
        named = _named(event, visits)
        if event.kind is not Kind.ANNUL and (named is None or named.id in ending or not _settled(event, named)):
            searching.append((event, _elders(event, named, homes)))
    households: dict[UUID, UUID] = {}
    if searching:
        everyone = {elder for _, elders in searching for elder in elders}
        households = await store.elders_of(db, everyone)
        homes |= await store.homes(db, set(households.values()) - homes.keys())
        more = await _candidates(db, everyone, [event for event, _ in searching])
        visits |= await store.visits(db, more - visits.keys())
    await _disagreements(db, events, visits)
    return Resolver(visits, homes, households)


async def _disagreements(db: asyncpg.Connection, events: Sequence[Seen], visits: dict[UUID, VisitFacts]) -> None:
    """What the office changed while the phones could not hear of it; asked only where they and the plan differ."""
    callers = {event.phone.caregiver for event in events}
    codes = {event.code.household for event in events if event.code is not None}
    differing = [
        one.id
        for one in visits.values()
        if one.op_state == "cancelled" or callers - one.assigned or codes - {one.household}
    ]
    for row in await store.office_changes(db, differing, callers):
        visit = visits[row["visit"]]
        if row["what"] == "cancelled":
            visit.cancelled_at = row["at"]
        elif row["what"] == "moved":
            visit.moved_from = {**visit.moved_from, row["subject"]: row["at"]}
        else:
            visit.taken_off = {**visit.taken_off, row["subject"]: row["at"]}


async def _candidates(db: asyncpg.Connection, elders: Collection[UUID], events: Sequence[Seen]) -> set[UUID]:
    times = [event.timing.at for event in events]
    rows = await store.candidates(db, elders, min(times) - _DAY, max(times) + _DAY)
    providers = {event.phone.provider for event in events}
    return {row["id"] for row in rows if row["provider"] in providers}


async def _targets(db: asyncpg.Connection, events: Sequence[Seen]) -> set[UUID]:
    """What annulments aim at, as far as it is stored: only this phone's own record, once. The visits touched."""
    annulments = [event for event in events if event.kind is Kind.ANNUL]
    if not annulments:
        return set()
    rows = await store.targets(db, {event.payload.annuls for event in annulments if event.payload.annuls})
    for event in annulments:
        found: dict[UUID, Link] = {}
        for row in rows:
            mine = row["id"] == event.payload.annuls and row["device"] == event.phone.id
            if mine and not row["annulled"] and row["visit"] is not None and row["kind"] != "annul":
                link = Link(row["id"], row["caregiver"], row["kind"], row["effect"], row["at"])
                found[row["visit"]] = link
        event.target = list(found.items())
    return {id for event in annulments for id, _ in event.target}


def _named(event: Seen, visits: dict[UUID, VisitFacts]) -> VisitFacts | None:
    visit = visits.get(event.payload.visit_id) if event.payload.visit_id else None
    if visit is None or (visit.provider != event.phone.provider and event.phone.caregiver not in visit.assigned):
        return None
    return visit


def _settled(event: Seen, named: VisitFacts) -> bool:
    """The usual case: the event names one visit that is there, and its elder."""
    return named.op_state not in OVER and not set(event.payload.elder_ids) - {named.elder}


def _elders(event: Seen, named: VisitFacts | None, homes: dict[UUID, Home]) -> list[UUID]:
    """Whom the event is about, each once: named ones, else the visit's, else the only one who lives there."""
    wanted = list(dict.fromkeys(event.payload.elder_ids))
    if not wanted and named is not None:
        return [named.elder]
    if not wanted and event.code is not None:
        inhabitants = homes[event.code.household].elders if event.code.household in homes else ()
        return list(inhabitants) if len(inhabitants) == 1 else []
    return wanted


def _nearest(
    event: Seen, elder: UUID, at: datetime, pool: Collection[VisitFacts], service_type: str | None
) -> VisitFacts | None:
    """The open visit of this elder that fits best: running ones to leave, then mine, then the nearest window."""
    fitting = [
        one
        for one in pool
        if one.elder == elder
        and one.provider == event.phone.provider
        and one.op_state not in _DONE
        and (service_type is None or one.service_type in (service_type, UNSPECIFIED))
        and _open_then(one, at)
        and (one.walk_in or not one.assigned or event.phone.caregiver in one.assigned)
    ]

    def order(one: VisitFacts) -> tuple[bool, bool, timedelta]:
        running = one.op_state in RUNNING or one.walk_in
        away = max(one.window_start - at, at - one.window_end, timedelta())
        return (running != (event.kind is Kind.CHECK_OUT), event.phone.caregiver not in one.assigned, away)

    return min(fitting, key=order, default=None)


def _open_then(one: VisitFacts, at: datetime) -> bool:
    """A visit that is running, or one of the same civil day; tomorrow's is not begun tonight."""
    if one.op_state in RUNNING or one.walk_in:
        return one.window_start - _AROUND <= at <= one.window_end + _AROUND
    return clock.civil_date(one.window_start) == clock.civil_date(at)


async def _walk_in(
    db: asyncpg.Connection,
    event: Seen,
    elder: UUID,
    household: UUID,
    at: datetime,
    now: datetime,
    named: VisitFacts | None,
) -> VisitFacts:
    """A visit that nobody planned: recorded at once, held until a person has looked at it."""
    cancelled = named if named is not None and named.elder == elder and named.op_state in OVER else None
    service_type = event.payload.service_type or (cancelled.service_type if cancelled else UNSPECIFIED)
    content = event.payload.content or (cancelled.content if cancelled else UNSPECIFIED)
    until = at + timedelta(minutes=WALK_IN_MINUTES)
    # Sent again to a server that was put back to an older day, the event makes the visit that its first receipt names.
    id = uuid5(event.payload.event_id, str(elder))
    await writing.insert_walk_in(
        db, id, elder, household, event.phone.provider, service_type, content, clock.civil_date(at), at, until, now
    )
    visit = (await store.visits(db, {id}))[id]
    if cancelled is not None:
        visit.replaces, visit.cancelled_at = cancelled.id, cancelled.cancelled_at
    return visit
