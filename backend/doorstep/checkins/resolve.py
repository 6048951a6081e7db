"""Which visits an event is about: the one it names, the elders' own ones that day, or a new one for a walk-in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins import store, writing
from doorstep.checkins.facts import Home, Link, Seen, VisitFacts
from doorstep.checkins.presence import timing
from doorstep.checkins.wire import Kind
from doorstep.core import clock
from doorstep.core.ids import uuid7

_AROUND = timedelta(hours=18)
WALK_IN_MINUTES = 60
UNSPECIFIED = "unspecified"
# Terminal without a service: care that is given all the same is kept beside it.
_OVER = frozenset({"cancelled", "not_served"})


class Candidate(msgspec.Struct):
    """A visit that an event may be about."""

    id: UUID
    elder: UUID
    household: UUID
    provider: UUID
    window_start: datetime
    window_end: datetime
    op_state: str
    service_type: str
    assigned: frozenset[UUID]
    walk_in: bool = False
    replaces: UUID | None = None


async def visits(db: asyncpg.Connection, events: Sequence[Seen], now: datetime) -> dict[UUID, VisitFacts]:
    """Sets `event.visits` (and `event.target` of annulments) and answers the facts of all visits touched."""
    named = {event.payload.visit_id for event in events if event.payload.visit_id}
    simple = await store.visits(db, named)
    await _targets(db, events)
    open_questions = [event for event in events if event.kind is not Kind.ANNUL and not _settled(event, simple)]
    walk_ins: dict[UUID, Candidate] = {}
    if open_questions:
        walk_ins = await _search(db, open_questions, simple, now)
    wanted = {id for event in events for id in event.visits}
    found = {**simple, **await store.visits(db, wanted - simple.keys())}
    for id, candidate in walk_ins.items():
        found[id].replaces = candidate.replaces
    return {id: found[id] for id in wanted}


def _named(event: Seen, simple: dict[UUID, VisitFacts]) -> VisitFacts | None:
    """The visit that the event names, if it is one of the caregiver's provider or assignments."""
    visit = simple.get(event.payload.visit_id) if event.payload.visit_id else None
    if visit is None or (visit.provider != event.phone.provider and event.phone.caregiver not in visit.assigned):
        return None
    return visit


def _settled(event: Seen, simple: dict[UUID, VisitFacts]) -> bool:
    """The usual case: the event names one visit that is there, and its elder."""
    visit = _named(event, simple)
    if visit is None or visit.op_state in _OVER or set(event.payload.elder_ids) - {visit.elder}:
        return False
    event.visits = [visit.id]
    return True


async def _targets(db: asyncpg.Connection, events: Sequence[Seen]) -> None:
    """What annulments aim at: only this phone's own record, once, from the same request or stored."""
    annulments = [event for event in events if event.kind is Kind.ANNUL]
    if not annulments:
        return
    rows = await store.targets(db, {event.payload.annuls for event in annulments if event.payload.annuls})
    for event in annulments:
        for row in rows:
            mine = row["id"] == event.payload.annuls and row["device"] == event.phone.id
            if mine and not row["annulled"] and row["visit"] is not None and row["kind"] != "annul":
                link = Link(row["id"], row["caregiver"], row["kind"], row["effect"], row["at"])
                event.target.append((row["visit"], link))
                event.visits.append(row["visit"])


async def _search(
    db: asyncpg.Connection, events: Sequence[Seen], simple: dict[UUID, VisitFacts], now: datetime
) -> dict[UUID, Candidate]:
    homes = await store.homes(db, {event.code.household for event in events if event.code})
    elders: dict[UUID, list[UUID]] = {}
    for event in events:
        elders[event.payload.event_id] = _elders(event, simple, homes)
    everyone = {elder for wanted in elders.values() for elder in wanted}
    households = await store.elders_of(db, everyone)
    times = {event.payload.event_id: timing(event).at for event in events}
    since, until = min(times.values()) - _AROUND, max(times.values()) + _AROUND
    pool = [
        Candidate(
            row["id"], row["elder"], row["household"], row["provider"], row["window_start"], row["window_end"],
            row["op_state"], row["service_type"], frozenset(row["assigned"]),
            walk_in=row["walk_in"],
        )
        for row in await store.candidates(db, everyone, since, until)
    ]  # fmt: skip
    walk_ins: dict[UUID, Candidate] = {}
    for event in events:
        at = times[event.payload.event_id]
        named = _named(event, simple)
        for elder in elders[event.payload.event_id]:
            if named is not None and named.elder == elder and named.op_state not in _OVER:
                event.visits.append(named.id)
                continue
            wanted = event.payload.service_type or (named.service_type if named and named.elder == elder else None)
            chosen = _nearest(event, elder, at, pool, wanted)
            if chosen is None and event.kind is Kind.CHECK_IN and elder in households:
                chosen = await _walk_in(db, event, elder, households[elder], at, now, named)
                pool.append(chosen)
                walk_ins[chosen.id] = chosen
            if chosen is not None:
                event.visits.append(chosen.id)
    return walk_ins


def _elders(event: Seen, simple: dict[UUID, VisitFacts], homes: dict[UUID, Home]) -> list[UUID]:
    """Whom the event is about, each once: named ones, else the visit's, else the only one who lives there."""
    named = _named(event, simple)
    wanted = list(dict.fromkeys(event.payload.elder_ids))
    if not wanted and named is not None:
        return [named.elder]
    if not wanted and event.code is not None:
        inhabitants = homes[event.code.household].elders if event.code.household in homes else ()
        return list(inhabitants) if len(inhabitants) == 1 else []
    return wanted


def _nearest(
    event: Seen, elder: UUID, at: datetime, pool: Sequence[Candidate], service_type: str | None
) -> Candidate | None:
    """The open visit of this elder that fits best: running ones to leave, then mine, then the nearest window."""
    fitting = [
        one
        for one in pool
        if one.elder == elder
        and one.provider == event.phone.provider
        and one.op_state not in ("cancelled", "completed", "not_served")
        and (service_type is None or one.service_type in (service_type, UNSPECIFIED))
        and _of_that_time(one, at)
        and (one.walk_in or not one.assigned or event.phone.caregiver in one.assigned)
    ]

    def order(one: Candidate) -> tuple[bool, bool, timedelta]:
        running = one.op_state in ("in_progress", "unclosed") or one.walk_in
        away = max(one.window_start - at, at - one.window_end, timedelta())
        return (running != (event.kind is Kind.CHECK_OUT), event.phone.caregiver not in one.assigned, away)

    return min(fitting, key=order, default=None)


def _of_that_time(one: Candidate, at: datetime) -> bool:
    """A visit that is running, or one of the same civil day; tomorrow's is not begun tonight."""
    if one.op_state in ("in_progress", "unclosed") or one.walk_in:
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
) -> Candidate:
    """A visit that nobody planned: recorded at once, held until a person has looked at it."""
    cancelled = named is not None and named.elder == elder and named.op_state in _OVER
    like = named if cancelled and named is not None else None
    service_type = event.payload.service_type or (like.service_type if like else UNSPECIFIED)
    content = event.payload.content or (like.content if like else UNSPECIFIED)
    until = at + timedelta(minutes=WALK_IN_MINUTES)
    id = uuid7()
    await writing.insert_walk_in(
        db, id, elder, household, event.phone.provider, service_type, content, clock.civil_date(at), at, until, now
    )
    return Candidate(
        id, elder, household, event.phone.provider, at, until, "planned", service_type, frozenset(),
        walk_in=True, replaces=named.id if cancelled and named else None,
    )  # fmt: skip
