"""What a family sees of an elder's visits: plain facts, nothing of findings, holds, grades, places or money."""

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
from asyncpg import Record

from doorstep.core import clock
from doorstep.core.problems import FieldError, InputInvalid, NotFound
from doorstep.families import feedback_store, history_store, linked, rules
from doorstep.families.said import my_view
from doorstep.families.wire import (
    CameBy,
    FamilyChange,
    FamilyDay,
    FamilyDays,
    FamilyMonth,
    FamilyVisit,
    MonthDay,
    MyFeedback,
    VisitState,
)
from doorstep.identity.wire import Actor
from doorstep.plans import catalogue
from doorstep.visits import service as visits

# Of the table of changes; who was sent instead and entries by hand stand in their own tables.
WHAT = {
    "visit.cancelled": "cancelled",
    "visit.restored": "restored",
    "visit.rescheduled": "rescheduled",
    "visit.moved": "home_moved",
}
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


async def days(actor: Actor, elder: UUID, since: date | None, until: date | None) -> FamilyDays:
    """The visits of an elder on the days of [since, until); a week back and a week ahead when nothing is said.

    :raises NotFound: if the member may not see this elder.
    :raises InputInvalid: if these are not 1 to 62 days.
    """
    await linked.check(actor, elder)
    if not all(EARLIEST <= day <= LATEST for day in (since, until) if day is not None):
        raise _wrong_days()
    since = since or (until or clock.today() + timedelta(days=1)) - timedelta(days=7)
    until = until or max(since, clock.today()) + timedelta(days=8)
    if not 1 <= (until - since).days <= rules.MOST_DAYS:
        raise _wrong_days()
    found = await _views(actor, await history_store.of_elder(actor, elder, *_bounds(since, until)))
    grouped = groupby(found, key=lambda visit: visit.day)
    return FamilyDays(
        elder_id=elder,
        since=since,
        until=until,
        days=[FamilyDay(day=day, visits=list(of_day)) for day, of_day in grouped],
    )


def _wrong_days() -> InputInvalid:
    zh, en = f"一次最多看 {rules.MOST_DAYS} 天", f"1 to {rules.MOST_DAYS} days at once"
    return InputInvalid(zh, en, errors=[FieldError(field="until", message=zh, message_en=en)])


def _bounds(since: date, until: date) -> tuple[datetime, datetime]:
    return clock.day_bounds(since)[0], clock.day_bounds(until)[0]


async def month(actor: Actor, elder: UUID, year: int, number: int) -> FamilyMonth:
    """How many visits each day of a month has, by state.

    :raises NotFound: if the member may not see this elder.
    """
    await linked.check(actor, elder)
    first = date(year, number, 1)
    until = first + timedelta(days=calendar.monthrange(year, number)[1])
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    now = clock.now()
    for row in await history_store.of_elder(actor, elder, *_bounds(first, until)):
        counts[clock.civil_date(row["window_start"])][state_of(row, now)] += 1
    return FamilyMonth(
        elder_id=elder,
        month=f"{year:04d}-{number:02d}",
        days=[MonthDay(day=day, visits=of_day.total(), counts=dict(of_day)) for day, of_day in counts.items()],
    )


async def one(actor: Actor, visit_id: UUID) -> FamilyVisit:
    """One visit. Answers of the office that stand there are seen from now on.

    :raises NotFound: if it is no visit of an elder whom the member may see.
    """
    row = await history_store.one(actor, visit_id)
    if row is None:
        raise NotFound
    await linked.check(actor, row["elder"])
    [found] = await _views(actor, [row])
    answered = [one.id for one in found.feedback if one.answered_at is not None]
    if answered:
        await feedback_store.saw(actor, answered)
    return found


def state_of(row: Record, now: datetime) -> VisitState:
    """The state of a visit in a family's words."""
    silent = visits.unknown(op_state=row["op_state"], window_end=row["window_end"], heard_at=row["heard_at"], now=now)
    return rules.state(op_state=row["op_state"], window_end=row["window_end"], unknown=silent, now=now)


async def _views(actor: Actor, rows: Sequence[Record]) -> list[FamilyVisit]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    now = clock.now()
    people = _people(await history_store.people(actor, ids))
    tasks = _tasks(await history_store.tasks(actor, ids))
    changes = await _changes(actor, ids)
    said: dict[UUID, list[MyFeedback]] = defaultdict(list)
    for row in await feedback_store.mine(actor, ids):
        said[row["visit"]].append(my_view(row))
    return [_view(row, now, people=people, tasks=tasks, changes=changes, said=said) for row in rows]


def _view(
    row: Record,
    now: datetime,
    *,
    people: dict[UUID, list[CameBy]],
    tasks: dict[UUID, list[str]],
    changes: dict[UUID, list[FamilyChange]],
    said: dict[UUID, list[MyFeedback]],
) -> FamilyVisit:
    id, state = row["id"], state_of(row, now)
    objected = any(one.kind == "object" and one.outcome is None for one in said[id])
    return FamilyVisit(
        **{name: row[name] for name in _PLAIN},
        elder_id=row["elder"],
        day=clock.civil_date(row["window_start"]),
        state=state,
        tasks=_of_service(row["content"], tasks.get(id, [])),
        caregivers=people.get(id, []),
        changes=changes.get(id, []),
        feedback=said[id],
        may_object=rules.may_object(state, started=row["started_at"] is not None) and not objected,
    )


_PLAIN = ("id", "service_type", "content", "window_start", "window_end", "started_at", "ended_at", "office")


def _people(rows: Iterable[Record]) -> dict[UUID, list[CameBy]]:
    """Of each visit those of whom is known best that they came."""
    best: dict[UUID, int] = {}
    found: dict[UUID, dict[UUID, CameBy]] = defaultdict(dict)
    for row in rows:
        if best.setdefault(row["visit"], row["rank"]) == row["rank"]:
            nurse = row["nurse"] and _by_nurses(row["service_type"])
            who = CameBy(surname=rules.surname(row["name"]), role="nurse" if nurse else "caregiver")
            found[row["visit"]].setdefault(row["caregiver"], who)
    return {visit: list(people.values()) for visit, people in found.items()}


def _by_nurses(service_type: str) -> bool:
    """Whether it is a service for which a nurse's licence counts. A walk-in may not have said what it was."""
    if service_type not in catalogue.SERVICE_TYPES:
        return False
    return any(catalogue.NURSE_LICENCE in one_of for one_of in catalogue.needed_certificates(service_type))


def _of_service(content: str, done: list[str]) -> list[str]:
    """One record of a phone may tell of a couple: what was done for the other is nobody's business here."""
    known = catalogue.CONTENTS.get(content)
    return done if known is None else [code for code in done if code in {task.code for task in known.tasks}]


def _tasks(rows: Iterable[Record]) -> dict[UUID, list[str]]:
    found: dict[UUID, dict[str, None]] = defaultdict(dict)
    for row in rows:
        found[row["visit"]].update(dict.fromkeys(row["tasks"]))
    return {visit: list(codes) for visit, codes in found.items()}


async def _changes(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, list[FamilyChange]]:
    found: dict[UUID, list[FamilyChange]] = defaultdict(list)
    for row in await history_store.changes(actor, ids, list(WHAT)):
        data = _told.decode(row["data"])
        why = None if data.reason else row["reason"]
        change = _change(row, WHAT[f"visit.{row['what']}"], why=why, why_code=data.reason)
        times = {"start_before": data.before[0], "start": data.after[0]} if data.before and data.after else {}
        found[row["visit"]].append(msgspec.structs.replace(change, **times))
    for row in await history_store.taken_off(actor, ids):
        found[row["visit"]].append(_change(row, "reassigned"))
    for row in await history_store.by_hand(actor, ids):
        found[row["visit"]].append(_change(row, "recorded_by_hand", why_code=row["reason_code"]))
    return {visit: sorted(changes, key=lambda one: one.at) for visit, changes in found.items()}


class _Told(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """What of a change is plain to a family: a reason of the closed list, and the planned time before and after."""

    reason: str | None = None
    before: tuple[datetime, datetime] | None = None
    after: tuple[datetime, datetime] | None = None


_told = msgspec.json.Decoder(_Told)


def _change(row: Record, what: str, *, why: str | None = None, why_code: str | None = None) -> FamilyChange:
    return FamilyChange(at=row["at"], what=what, office=row["office"], why=why, why_code=why_code)
