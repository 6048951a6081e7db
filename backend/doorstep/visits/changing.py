"""What a dispatcher changes in visits that are there: who goes, when, whether at all; of one visit or a series."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.problems import FieldError, InputInvalid, NotFound, Problem
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.visits import act_store, acting, rules, series, store, weighing
from doorstep.visits.act_store import Shot, shot_of
from doorstep.visits.expansion import bring_together
from doorstep.visits.weighing import Proposal, proposal
from doorstep.visits.wire_office import (
    Done,
    Foreseen,
    Intention,
    NewWindow,
    PlannedChange,
    Scope,
    Swap,
    VisitConflicts,
)

FURTHEST = timedelta(days=62)
"""How far ahead a series can be changed: visits of plans are made so far at the most."""


class VisitWindowInvalid(Problem):
    """The window ends before it begins, or is longer than half a day."""

    code = "VISIT_WINDOW_INVALID"


class VisitClosed(Problem):
    """The visit has begun or is over: nobody else can be sent."""

    code = "VISIT_CLOSED"


class VisitNotOpen(Problem):
    """The visit has begun or is over: it cannot be cancelled."""

    code = "VISIT_NOT_OPEN"


async def reassign(
    actor: Actor,
    visit_id: UUID,
    caregiver_ids: Sequence[UUID],
    *,
    scope: Scope = "one",
    until: date | None = None,
    anyway: bool = False,
) -> Done:
    """Sends these caregivers; assignments of others end and are kept.

    Once it has begun, the visit can still be given to who has in fact come to it: the office was faster than the phone.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises InputInvalid: if its series would end before it.
    :raises VisitClosed: if it has begun or is over, and somebody is chosen who did not come.
    :raises CaregiverUnsuitable: if something speaks against one who is newly chosen.
    :raises ConflictsToConfirm: if there are warnings that nobody said to go over.
    """
    chosen = tuple(dict.fromkeys(caregiver_ids))
    async with unit_of_work():
        await store.lock_assigning(actor)
        rows = await _reached(actor, visit_id, scope=scope, until=until)
        now, gone_over = clock.now(), []
        if rows[visit_id]["op_state"] not in rules.NOT_BEGUN and not await _may_be_given(
            actor, rows[visit_id], set(chosen)
        ):
            raise VisitClosed
        # Whoever has come to the first of a series is weighed for the others like anybody.
        ahead = [row for row in rows.values() if row["op_state"] in rules.NOT_BEGUN]
        proposals = [proposal(row, chosen, before=row["caregivers"]) for row in ahead]
        gone_over = weighing.enforce(proposals, await weighing.weigh(actor, proposals), anyway=anyway)
        after = {id: _sent(row, chosen) for id, row in rows.items()}
        return await acting.make(actor, _kind("assign", scope), rows, after, now, anyway=gone_over)


def _sent(row: asyncpg.Record, chosen: Collection[UUID]) -> Shot:
    """The visit with these caregivers; those who were to go already keep their place."""
    before = shot_of(row)
    stay = tuple(who for who in before.caregivers if who in chosen)
    who = (*stay, *(one for one in chosen if one not in stay))
    state = before.op_state if before.op_state not in rules.NOT_BEGUN else "assigned" if who else "planned"
    return msgspec.structs.replace(before, caregivers=who, op_state=state)


async def _may_be_given(actor: Actor, visit: asyncpg.Record, chosen: set[UUID]) -> bool:
    """Whether these have come to a visit that has begun and that somebody in the office had made."""
    made = visit["plan_item"] is not None or visit["created_by"] is not None
    return made and visit["op_state"] in rules.BEGUN and await store.came(actor, visit["id"]) >= chosen


async def swap(actor: Actor, visit_id: UUID, other: Swap) -> Done:
    """The caregivers of two visits go to each other's.

    :raises NotFound: if one of them is no visit in the actor's scope.
    :raises VisitClosed: if one has begun or is over.
    :raises CaregiverUnsuitable: if something speaks against one of them for the other visit.
    :raises ConflictsToConfirm: if there are warnings that nobody said to go over.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        rows = await act_store.visits(actor, {visit_id, other.other_id}, lock=True)
        if {visit_id, other.other_id} - rows.keys():
            raise NotFound
        if any(row["op_state"] not in rules.NOT_BEGUN for row in rows.values()):
            raise VisitClosed
        sent = {visit_id: rows[other.other_id]["caregivers"], other.other_id: rows[visit_id]["caregivers"]}
        proposals = [proposal(rows[id], who, before=rows[id]["caregivers"]) for id, who in sent.items()]
        gone_over = weighing.enforce(proposals, await weighing.weigh(actor, proposals), anyway=other.anyway)
        after = {id: _sent(rows[id], who) for id, who in sent.items()}
        return await acting.make(actor, "swap", rows, after, clock.now(), anyway=gone_over)


async def cancel(actor: Actor, visit_id: UUID, reason: str, *, scope: Scope = "one", until: date | None = None) -> Done:
    """Cancels a visit that has not begun, or its series, for the elder's or the office's reason.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises InputInvalid: if its series would end before it.
    :raises VisitNotOpen: if it has begun or is over.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        rows = await _reached(actor, visit_id, scope=scope, until=until)
        if rows[visit_id]["op_state"] not in rules.NOT_BEGUN:
            raise VisitNotOpen
        after = {
            id: msgspec.structs.replace(shot_of(row), op_state="cancelled", reason=reason) for id, row in rows.items()
        }
        return await acting.make(actor, _kind("cancel", scope), rows, after, clock.now(), reason=reason)


async def reschedule(actor: Actor, visit_id: UUID, new: NewWindow) -> Done:
    """Another time for a visit that has not begun, also on another day; whoever goes stays.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises VisitWindowInvalid: if the window is not one, or is over.
    :raises VisitClosed: if it has begun or is over.
    :raises CaregiverUnsuitable: if something speaks against one who goes.
    :raises ConflictsToConfirm: if there are warnings that nobody said to go over.
    """
    now = clock.now()
    check_window(new.window_start, new.window_end, now)
    if new.window_end <= now:
        raise VisitWindowInvalid("新时间已经过去", "the new time is over")
    async with unit_of_work():
        await store.lock_assigning(actor)
        rows = await act_store.visits(actor, [visit_id], lock=True)
        if visit_id not in rows:
            raise NotFound
        row = rows[visit_id]
        if row["op_state"] not in rules.NOT_BEGUN:
            raise VisitClosed
        one = proposal(row, row["caregivers"], before=row["caregivers"], window=(new.window_start, new.window_end))
        gone_over = weighing.enforce([one], await weighing.weigh(actor, [one]), anyway=new.anyway)
        day = clock.civil_date(new.window_start)
        of_plan = row["planned_day"] or row["service_day"]
        after = msgspec.structs.replace(
            shot_of(row),
            window_start=new.window_start,
            window_end=new.window_end,
            service_day=day,
            planned_day=of_plan if row["plan_item"] is not None and of_plan != day else None,
        )
        return await acting.make(
            actor, "move", rows, {visit_id: after}, clock.now(), reason=new.reason, anyway=gone_over
        )


def check_window(start: datetime, end: datetime, now: datetime) -> None:
    """Whether it can be the window of a visit.

    :raises VisitWindowInvalid: if not.
    """
    if not timedelta() < end - start <= rules.LONGEST_WINDOW:
        raise VisitWindowInvalid
    if abs(start - now) > timedelta(days=366):
        raise VisitWindowInvalid("不能早于或晚于今天一年以上", "it lies within a year of today")


async def preview(actor: Actor, intention: Intention) -> Foreseen:
    """What speaks against these changes, if all of them are made together. Changes nothing.

    :raises NotFound: if one of them is no visit in the actor's scope.
    :raises InputInvalid: if a series would end before it begins.
    """
    proposals: dict[UUID, Proposal] = {}
    for change in intention.changes:
        for row in (await _meant(actor, change)).values():
            proposals[row["id"]] = _proposed(row, change)
    found = await weighing.weigh(actor, list(proposals.values()))
    return Foreseen(visits=[VisitConflicts(visit_id=id, conflicts=found[id]) for id in proposals])


async def _meant(actor: Actor, change: PlannedChange) -> dict[UUID, asyncpg.Record]:
    """The visits of a change as they are now: those that a plan will only make later are not weighed."""
    rows = await act_store.visits(actor, [change.visit_id], lock=False)
    if not rows:
        raise NotFound
    if change.scope == "one":
        return rows
    _check_until(rows[change.visit_id], change.until)
    return await act_store.visits(actor, await _series(actor, rows[change.visit_id], change.until), lock=False)


def _proposed(row: asyncpg.Record, change: PlannedChange) -> Proposal:
    who = row["caregivers"] if change.caregiver_ids is None else change.caregiver_ids
    window = None
    if change.window is not None:
        check_window(change.window.window_start, change.window.window_end, clock.now())
        window = (change.window.window_start, change.window.window_end)
    return proposal(row, who, before=row["caregivers"], window=window)


async def _reached(actor: Actor, visit_id: UUID, *, scope: str, until: date | None) -> dict[UUID, asyncpg.Record]:
    """The visit, locked; with its series those after it that have not begun. The plan is carried out as far as `until`.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises InputInvalid: if the series would end before it.
    """
    rows = await act_store.visits(actor, [visit_id], lock=scope == "one")
    if not rows:
        raise NotFound
    row = rows[visit_id]
    if scope == "one":
        return rows
    _check_until(row, until)
    if until is not None and row["plan_item"] is not None and row["op_state"] in rules.NOT_BEGUN:
        last = min(until, clock.today() + FURTHEST)
        await bring_together(actor, clock.today(), last + timedelta(days=1), elders=[row["elder"]], like=row)
    ids = await _series(actor, row, until)
    later = await act_store.visits(actor, ids, lock=True)
    return {id: one for id, one in later.items() if id == visit_id or one["op_state"] in rules.NOT_BEGUN}


def _check_until(row: asyncpg.Record, until: date | None) -> None:
    if until is not None and until < row["service_day"]:
        zh, en = "不能早于这次服务的日期", "must not be before the day of the visit"
        raise InputInvalid(zh, en, errors=[FieldError(field="until", message=zh, message_en=en)])


async def _series(actor: Actor, row: asyncpg.Record, until: date | None) -> Sequence[UUID]:
    all = await act_store.of_series(actor, row["id"], until)
    anchor = next(one for one in all if one.id == row["id"])
    return series.members(anchor, all)


def _kind(what: str, scope: str) -> str:
    return what if scope == "one" else f"{what}_series"
