"""Plans become visits: expansion over a horizon with automatic assignment, and what time alone changes afterwards."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.workdays import is_working_day
from doorstep.db.changes import NewChange
from doorstep.db.changes import record as record_change
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.plans import catalogue
from doorstep.visits import assigning, expansion_store, planning, rules, store
from doorstep.visits.assigning import Call
from doorstep.visits.expansion_store import Row
from doorstep.visits.wire import CalendarGap, Expanded, UnassignedVisit

HORIZON = 7
"""Days from today on that the server keeps planned by itself."""

EXPANSION = UUID("00000000-0000-7000-8000-000000000001")
"""The subject of changes that tell of an expansion."""


async def expand(actor: Actor, since: date | None = None, days: int = 7) -> Expanded:
    """Brings visits and plans together for `days` days from `since` (today, never earlier) and assigns who is free.

    Doing it twice changes nothing. Visits that the plans no longer ask for are withdrawn as long as they lie ahead.
    """
    since = max(since or clock.today(), clock.today())
    until = since + timedelta(days=days)
    async with unit_of_work():
        await store.lock_assigning(actor)
        done = await bring_together(actor, since, until)
        await record_change(
            kind="visits.expanded", subject=EXPANSION, data={"until": until.isoformat()}, provider=actor.provider_id
        )
    return done


async def bring_together(
    actor: Actor,
    since: date,
    until: date,
    *,
    elders: Collection[UUID] | None = None,
    like: Row | None = None,
    told: Actor | None = None,
) -> Expanded:
    """Plans and visits on [since, until) in the scope, of some elders or of one visit's service only.

    Inside a unit of work that has locked the assigning. What it answers is in the scope of `told`, else of `actor`.
    """
    now, told = clock.now(), told or actor
    items = {
        id: (item, row)
        for id, (item, row) in (await expansion_store.items(actor, since, until, elders=elders)).items()
        if row["content"] not in catalogue.CONTENTS or catalogue.is_home_visit(row["service_type"], row["content"])
    }
    standing = await expansion_store.standing(actor, since, until, elders=elders)
    if like is not None:
        items = {id: one for id, one in items.items() if _same_service(one[1], like)}
        standing = [one for one in standing if _same_service(one[1], like)]
    # Computing takes a second for a district: other requests of this process go on meanwhile.
    plan = await asyncio.to_thread(
        planning.reconcile,
        [item for item, _ in items.values()],
        [visit for visit, _ in standing],
        since=since,
        until=until,
        now=now,
        is_working_day=is_working_day,
    )
    gone = dict(plan.withdraw)
    rows: dict[UUID, Row] = {
        visit.id: row for visit, row in standing if visit.op_state == "planned" and visit.id not in gone
    }
    new = [_new_row(wanted, items[wanted.occurrence.item][1]) for wanted in plan.create]
    rows |= {visit["id"]: visit for visit in new}
    assigned, left = await _assignments(actor, rows, since, until, gone)
    withdrawn = await withdraw(actor, gone, now, told=told)
    created = await store.insert(actor, new, kind="planned", reason=None, now=now)
    lost = {visit["id"] for visit in new} - created
    assigned = {visit: who for visit, who in assigned.items() if visit not in lost}
    await store.put_assignments(actor, [(visit, one) for visit, who in assigned.items() for one in who], now)
    await record_changes(told_of_planning(rows, created, assigned))
    mine = {id for id, row in rows.items() if id not in lost and is_of(told, row)}
    items_mine = {id for id, (_, row) in items.items() if is_of(told, row)}
    return Expanded(
        created=len(created & mine),
        existing=sum(number for item, number in plan.existing.items() if item in items_mine),
        assigned=len(assigned.keys() & mine),
        withdrawn=withdrawn,
        unassigned=[UnassignedVisit(visit_id=one.visit, reasons=one.reasons) for one in left if one.visit in mine],
        calendar_missing=[
            CalendarGap(plan_item_id=gap.item, date=gap.day, year=gap.day.year)
            for gap in plan.undecided
            if gap.item in items_mine
        ],
    )


def is_of(actor: Actor, row: Row) -> bool:
    """Whether a visit, or a plan's item, is in the actor's scope."""
    of_provider = actor.provider_id is None or row["provider"] == actor.provider_id
    return of_provider and (actor.area_ids is None or row["area"] in actor.area_ids)


def _same_service(row: Row, like: Row) -> bool:
    return all(row[name] == like[name] for name in ("elder", "provider", "service_type", "content"))


def _new_row(wanted: planning.Wanted, row: asyncpg.Record) -> dict[str, Any]:
    return {
        **{
            name: row[name]
            for name in (
                *("elder", "household", "provider", "area", "service_type", "content"),
                *("min_minutes", "max_minutes", "carers_needed"),
            )
        },
        "id": uuid7(),
        "plan_item": wanted.occurrence.item,
        "service_day": wanted.occurrence.day,
        "ordinal": wanted.ordinal,
        "window_start": wanted.occurrence.window_start,
        "window_end": wanted.occurrence.window_end,
    }


async def _assignments(
    actor: Actor, rows: Mapping[UUID, Row], since: date, until: date, gone: Collection[UUID]
) -> tuple[dict[UUID, tuple[UUID, ...]], list[assigning.Unassigned]]:
    """Who goes to which planned visit; those in `gone` take nobody's time any more."""
    workers = await expansion_store.workers(actor, {row["provider"] for row in rows.values()})
    taken = await expansion_store.taken(actor, [worker.id for worker in workers], since, until)
    done, left = await asyncio.to_thread(
        assigning.assign,
        [as_call(row) for row in rows.values()],
        workers,
        taken={who: [call for call in calls if call.id not in gone] for who, calls in taken.items()},
        usual=await expansion_store.usual(actor, {row["elder"] for row in rows.values()}, until),
    )
    return {one.visit: one.caregivers for one in done}, left


def as_call(row: Row) -> Call:
    """A visit as the assignment sees it, with what its service needs."""
    return expansion_store.as_call(
        row, needs=catalogue.needed_certificates(row["service_type"]), carers=row["carers_needed"]
    )


def told_of_planning(
    rows: Mapping[UUID, Row],
    created: set[UUID],
    assigned: Mapping[UUID, tuple[UUID, ...]],
    more: Mapping[str, Any] | None = None,
) -> list[NewChange]:
    """One change for each visit that is new or newly assigned."""
    return [
        NewChange(
            kind="visit.assigned" if id in assigned else "visit.planned",
            subject=id,
            data={
                "day": row["service_day"].isoformat(),
                "caregivers": [str(who) for who in assigned.get(id, ())],
                **(more or {}),
            },
            provider=row["provider"],
            area=row["area"],
        )
        for id, row in rows.items()
        if id in created or id in assigned
    ]


async def withdraw(actor: Actor, reasons: Mapping[UUID, str], now: datetime, *, told: Actor | None = None) -> int:
    """Cancels visits and tells of it. Answers how many, of those in the scope of `told` if somebody else is told."""
    reached = await store.cancel(actor, reasons, now)
    await record_changes(
        [
            NewChange(
                kind="visit.cancelled",
                subject=row["id"],
                data={"day": row["service_day"].isoformat(), "caregivers": [str(who) for who in row["caregivers"]]}
                | _by(actor)
                | ({"reason": row["reason"]} if row["reason"] in rules.WITHDRAWN_REASONS else {}),
                provider=row["provider"],
                area=row["area"],
            )
            for row in reached
        ]
    )
    return sum(is_of(told or actor, row) for row in reached)


def _by(actor: Actor) -> dict[str, str]:
    return {"by": str(actor.account_id)} if actor.account_id else {}


async def follow_elders(actor: Actor, elders: Collection[UUID]) -> int:
    """Visits that have not begun go where the elder lives now, inside the unit of work that moved the elder.

    What is past or running stays where it was. An area that a visit leaves is told as well as the one it comes to.
    """
    if not elders:
        return 0
    # An expansion or order that read the old home has written its visits when it lets go.
    await store.lock_assigning(actor)
    moved = await store.follow(actor, elders, clock.now())
    await record_changes(
        [
            NewChange(
                kind="visit.moved",
                subject=row["id"],
                data={"household": str(row["household"]), "before": str(row["before"]), **_by(actor)},
                provider=row["provider"],
                area=area,
            )
            for row in moved
            for area in sorted({row["area"], row["area_before"]})
        ]
    )
    return len(moved)


# A phone may be heard again after days; only then its visits are known to be missed.
SWEPT_BACK = timedelta(days=14)


async def sweep(back: timedelta = SWEPT_BACK) -> int:
    """What time alone changes: missed and unclosed visits, and visits ahead that a newly known fact forbids.

    Looks at the visits of the last days only. Answers how many it moved; none when another server process is at it.
    """
    async with unit_of_work():
        if not await store.try_lock_sweep(SYSTEM):
            return 0
        now = clock.now()
        moved = await store.move_overdue(SYSTEM, clock.today() - back, now)
        await record_changes(
            [
                NewChange(
                    kind=f"visit.{row['op_state']}", subject=row["id"], provider=row["provider"], area=row["area"]
                )
                for row in moved
            ]
        )
        elders = await store.elders_with_new_facts(SYSTEM, now - timedelta(days=1))
        withdrawn = await withdraw(SYSTEM, await forbidden(elders, now), now) if elders else 0
    return len(moved) + withdrawn


async def forbidden(elders: list[UUID], now: datetime) -> dict[UUID, str]:
    """Visits ahead of these elders that plan and statuses forbid now, with the reason."""
    since = clock.today()
    until = since + timedelta(days=366)
    items = await expansion_store.items(SYSTEM, since, until, elders=elders)
    standing = await expansion_store.standing(SYSTEM, since, until, elders=elders)
    return planning.forbidden({id: item for id, (item, _) in items.items()}, [visit for visit, _ in standing], now=now)


async def keep_horizon(days: int = HORIZON) -> Expanded | None:
    """Expands the whole product again when the day has moved on, once somebody has ever expanded it."""
    last = await store.last_expansion(SYSTEM, EXPANSION)
    if last is None or last >= clock.today() + timedelta(days=days):
        return None
    return await expand(SYSTEM, days=days)
