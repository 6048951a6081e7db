"""Steps of the office: visits brought from one state to another together, told of, kept, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound, Problem
from doorstep.db.changes import NewChange
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor, Named
from doorstep.visits import act_store, board, expansion, rules, store, weighing
from doorstep.visits.act_store import UNDO_WITHIN, Kept, Shot, Touched, shot_of
from doorstep.visits.wire_office import ActionVisit, Done, OfficeStep, OfficeSteps

UNDONE = "undone"
"""The reason of a visit whose order was taken back."""

_STEPS = 50
_SHOWN = 5


class UndoTooLate(Problem):
    """Ten minutes are over, it was taken back already, or somebody or a phone has changed a visit since."""

    code = "UNDO_TOO_LATE"


async def make(
    actor: Actor,
    kind: str,
    rows: Mapping[UUID, asyncpg.Record],
    after: Mapping[UUID, Shot],
    now: datetime,
    *,
    reason: str | None = None,
    anyway: Sequence[str] = (),
) -> Done:
    """Brings locked visits to these states, inside the caller's unit of work. What stays as it is, is not touched."""
    before = {id: shot_of(row) for id, row in rows.items()}
    moved = {id: shot for id, shot in after.items() if shot != before[id]}
    action = None
    if moved:
        await act_store.move(actor, before, moved, now)
        # What the server does by itself is no step of anybody's.
        action = uuid7() if actor.account_id else None
        told: dict[str, object] = {"action": str(action)} if action else {}
        if anyway:
            told["anyway"] = list(anyway)
        await record_changes([one for id in moved for one in _told(actor, rows[id], before[id], moved[id], told)])
        if action:
            touched = [Touched(id=id, before=before[id], after=shot, changed_at=now) for id, shot in moved.items()]
            kept_rows = [rows[id] for id in moved]
            await keep(actor, kind, touched, kept_rows, now, id=action, reason=reason, anyway=anyway)
    return Done(action_id=action, visits=await board.rows_of(actor, list(after)))


async def keep(
    actor: Actor,
    kind: str,
    touched: Sequence[Touched],
    rows: Sequence[Mapping[str, UUID] | asyncpg.Record],
    now: datetime,
    *,
    id: UUID | None = None,
    reason: str | None = None,
    source: str | None = None,
    anyway: Sequence[str] = (),
) -> UUID:
    """Keeps a step that was made, so that it can be taken back."""
    providers, areas = {row["provider"] for row in rows}, {row["area"] for row in rows}
    return await act_store.keep(
        actor,
        kind,
        Kept(visits=list(touched), reason=reason, source=source, anyway=list(anyway)),
        id=id,
        provider=providers.pop() if len(providers) == 1 else None,
        area=areas.pop() if len(areas) == 1 else None,
        at=now,
    )


def _told(actor: Actor, row: asyncpg.Record, before: Shot, after: Shot, more: Mapping[str, object]) -> list[NewChange]:
    """What readers learn of one visit: who goes, when, that it is off, or on again."""
    who = [str(one) for one in after.caregivers]
    data: dict[str, object] = {"day": after.service_day.isoformat(), "caregivers": who, **more}
    if actor.account_id:
        data["by"] = str(actor.account_id)
    told: list[tuple[str, dict[str, object]]] = []
    if after.op_state == "cancelled" and before.op_state != "cancelled":
        told.append(("visit.cancelled", data))
    elif before.op_state == "cancelled" and after.op_state != "cancelled":
        told.append(("visit.restored", data))
    if (before.window_start, before.window_end) != (after.window_start, after.window_end):
        times = {
            "day_before": before.service_day.isoformat(),
            "from": [before.window_start.isoformat(), before.window_end.isoformat()],
            "to": [after.window_start.isoformat(), after.window_end.isoformat()],
        }
        told.append(("visit.rescheduled", {**data, **times}))
    if set(before.caregivers) != set(after.caregivers):
        told.append(("visit.assigned", {**data, "before": [str(one) for one in before.caregivers]}))
    return [
        NewChange(kind=kind, subject=row["id"], data=said, provider=row["provider"], area=row["area"])
        for kind, said in told
    ]


async def undo(actor: Actor, action_id: UUID) -> Done:
    """Takes a step back: every visit of it stands again as it stood before, but where the elder lives now.

    :raises NotFound: if there is no such step in the actor's scope.
    :raises UndoTooLate: after ten minutes, a second time, or when a visit has changed since, by whomever.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        now = clock.now()
        step = await act_store.step(actor, action_id)
        if step is None:
            raise NotFound
        if step["undone_at"] is not None or now - step["at"] > UNDO_WITHIN:
            raise UndoTooLate
        kept = msgspec.json.decode(step["data"], type=Kept)
        rows = await act_store.visits(actor, [one.id for one in kept.visits], lock=True)
        if len(rows) < len(kept.visits):
            raise NotFound
        if any(rows[one.id]["changed_at"] != one.changed_at for one in kept.visits):
            raise UndoTooLate("其中有服务已被更改或已开始", "one of its visits was changed since, or has begun")
        targets = {one.id: one.before or _never(one.after) for one in kept.visits}
        await _still_possible(actor, rows, targets)
        before = {id: shot_of(row) for id, row in rows.items()}
        await act_store.move(actor, before, targets, now)
        more = {"action": str(action_id), "undone": True}
        await record_changes([one for id in targets for one in _told(actor, rows[id], before[id], targets[id], more)])
        # While it was off, a visit did not follow an elder who moved.
        await expansion.follow_elders(actor, {row["elder"] for row in rows.values()})
        await act_store.undone(actor, action_id, now)
        return Done(action_id=action_id, visits=await board.rows_of(actor, list(targets)))


def _never(made: Shot) -> Shot:
    """How a visit stands whose order is taken back: it is kept, cancelled."""
    return msgspec.structs.replace(made, op_state="cancelled", reason=UNDONE)


async def _still_possible(actor: Actor, rows: Mapping[UUID, asyncpg.Record], targets: Mapping[UUID, Shot]) -> None:
    """Whoever would have to go again may be elsewhere by now, and the elder dead."""
    proposals = [
        weighing.proposal(
            rows[id],
            shot.caregivers,
            before=rows[id]["caregivers"] if rows[id]["op_state"] != "cancelled" else (),
            window=(shot.window_start, shot.window_end),
        )
        for id, shot in targets.items()
        if shot.op_state in rules.NOT_BEGUN
    ]
    found = await weighing.weigh(actor, proposals)
    try:
        weighing.enforce(proposals, found, anyway=True)
    except (weighing.CaregiverUnsuitable, weighing.ElderGone) as refused:
        raise UndoTooLate(errors=refused.errors) from refused


async def steps(actor: Actor, day: date) -> OfficeSteps:
    """The newest steps of a day in one's scope, and which of them can still be taken back."""
    rows = await act_store.steps(actor, day, _STEPS)
    kept = {row["id"]: msgspec.json.decode(row["data"], type=Kept) for row in rows}
    visits = await act_store.touched_visits(actor, {one.id for each in kept.values() for one in each.visits})
    now = clock.now()
    return OfficeSteps(items=[_step(row, kept[row["id"]], visits, now) for row in rows])


def _step(row: asyncpg.Record, kept: Kept, visits: Mapping[UUID, asyncpg.Record], now: datetime) -> OfficeStep:
    unchanged = all(visits[one.id]["changed_at"] == one.changed_at for one in kept.visits)
    return OfficeStep(
        id=row["id"],
        kind=row["kind"],
        at=row["at"],
        by=row["by"],
        count=len(kept.visits),
        visits=[
            ActionVisit(
                id=one.id,
                elder=Named(
                    id=visits[one.id]["elder"], name=vault.current().open(visits[one.id]["name"], "elder.name")
                ),
                service_type=visits[one.id]["service_type"],
                window_start=visits[one.id]["window_start"],
            )
            for one in kept.visits[:_SHOWN]
        ],
        source=kept.source,
        anyway=kept.anyway,
        undone_at=row["undone_at"],
        undone_by=row["undone_by"],
        can_be_undone=unchanged and row["undone_at"] is None and now - row["at"] <= UNDO_WITHIN,
    )
