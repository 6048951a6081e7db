"""Entries by hand: one visit a call, with its reason, marked for ever, held until another person has looked at it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.checkins import service as checkins
from doorstep.core import clock, paging
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotFound, Problem
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor, Named
from doorstep.plans import catalogue
from doorstep.review import entry_store, late, one_visit, rules, store
from doorstep.review.wire import EditItem, Edits, NewEntry, ReviewVisit


class EditImpossible(Problem):
    """What the visit is now does not allow it: a record is never replaced by an entry."""

    code = "EDIT_IMPOSSIBLE"


class TimesPlanned(Problem):
    """Both times are the planned ones to the minute."""

    code = "MANUAL_TIMES_PLANNED"


class TimesImpossible(Problem):
    """Not over yet, out of order, too long, or of another day."""

    code = "MANUAL_TIMES_IMPOSSIBLE"


class PeriodInvalid(Problem):
    """The end is not after the beginning, or the period is too long."""

    code = "PERIOD_INVALID"


async def enter(actor: Actor, visit_id: UUID, new: NewEntry) -> ReviewVisit:
    """Writes by hand how a visit went.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises InputInvalid: if something is missing, or the reason, a task or the caregiver does not fit.
    :raises EditImpossible: if the visit is in no state for it, or its money is settled.
    :raises TimesPlanned: if the times are those of the plan.
    :raises TimesImpossible: if they cannot be.
    """
    if new.reason_code not in rules.ENTRY_REASONS[new.kind]:
        raise _invalid("reason_code", "不是这种补录的理由", "no reason of such an entry")
    now = clock.now()
    async with unit_of_work():
        visit = await store.visit(actor, visit_id, lock=True)
        if visit is None:
            raise NotFound
        settled = visit["settle_state"] in ("in_statement", "paid", "clawed_back")
        if not rules.entry_fits(new.kind, visit["op_state"]) or settled:
            raise EditImpossible
        op_state, started, ended = "not_served", None, None
        if new.kind != "not_served":
            started, ended = _times(new, visit, now)
            op_state = "completed"
        await _check_who(actor, new, visit)
        _check_tasks(new, visit)
        edit, reason = uuid7(), new.reason_code if new.kind == "not_served" else visit["reason"]
        before = {name: visit[name] for name in ("op_state", "started_at", "ended_at")}
        after: dict[str, Any] = {"op_state": op_state, "started_at": started, "ended_at": ended, "tasks": new.tasks}
        await entry_store.insert(
            actor,
            edit,
            visit_id,
            kind=new.kind,
            reason_code=new.reason_code,
            note=(new.note or "").strip() or None,
            before=before,
            after=after,
            caregiver=new.caregiver_id,
            now=now,
        )
        await checkins.enter(
            actor, visit_id, edit=edit, op_state=op_state, started_at=started, ended_at=ended, reason=reason
        )
        await late.hold_entered(visit_id, visit["elder"])
        for code in await _against_who(actor, new, visit):
            await checkins.place_hold(actor, visit_id, code, edit)
    return await one_visit.of(actor, visit_id)


def _times(new: NewEntry, visit: Record, now: datetime) -> tuple[datetime, datetime]:
    before = visit["started_at"], visit["ended_at"]
    started, ended = rules.time_meant(new.started_at, before[0]), rules.time_meant(new.ended_at, before[1])
    if started is None or ended is None or (new.started_at is None and new.ended_at is None):
        raise _invalid("ended_at" if started else "started_at", "请写实际时间", "write the time that it was")
    if (started, ended) == before and not new.tasks and new.caregiver_id is None:
        raise _invalid("started_at", "时间没有改动", "no time is another one")
    window = {"window_start": visit["window_start"], "window_end": visit["window_end"]}
    if not rules.times_possible(started, ended, now=now, **window):
        raise TimesImpossible
    if rules.times_planned(started, ended, **window):
        raise TimesPlanned
    return started, ended


async def _check_who(actor: Actor, new: NewEntry, visit: Record) -> None:
    if new.caregiver_id is None:
        if new.kind == "entry":
            raise _invalid("caregiver_id", "请选是谁去的", "say who went")
    elif not await entry_store.employed(actor, new.caregiver_id, visit["provider"], visit["service_day"]):
        raise _invalid("caregiver_id", "不是这家机构当天的护理员", "no caregiver of this provider on that day")


async def _against_who(actor: Actor, new: NewEntry, visit: Record) -> list[str]:
    """What is no reason to refuse the entry, the office may know better, but has to be looked at by another person."""
    if new.kind == "not_served" or new.caregiver_id is None:
        return []
    facts = await entry_store.fitness(actor, new.caregiver_id, visit["service_day"])
    needed = catalogue.needed_certificates(visit["service_type"])
    against = rules.against_caregiver(needed, facts["held"], on_leave=facts["on_leave"])
    return [code for code in against if code not in visit["hold_codes"]]


def _check_tasks(new: NewEntry, visit: Record) -> None:
    content = catalogue.CONTENTS.get(visit["content"])
    if content is not None and set(new.tasks) - {task.code for task in content.tasks}:
        raise _invalid("tasks", "不是这项服务的内容", "no task of this service")


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])


async def edits(actor: Actor, since: date, until: date, cursor: str | None, limit: int) -> Edits:
    """What was written by hand about visits of [since, until), and its share of what was served.

    :raises PeriodInvalid: if the period is none.
    :raises CursorInvalid: if the cursor is not one of this list.
    """
    if not rules.period_valid(since, until):
        raise PeriodInvalid
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    rows = await entry_store.page(actor, since, until, after, limit + 1)
    share = await entry_store.share(actor, since, until)
    grouped = [
        (row["reason_code"], row["display_name"], row["edits"])
        for row in await entry_store.grouped(actor, since, until)
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return Edits(
        since=since,
        until=until,
        served=share["served"],
        edited=share["edited"],
        by_reason=_summed((reason, edits) for reason, _, edits in grouped),
        by_account=_summed((account, edits) for _, account, edits in grouped),
        items=[
            EditItem(
                visit_id=row["visit"],
                window_start=row["window_start"],
                provider=Named(id=row["provider"], name=row["provider_name"]),
                edit=one_visit.edit(row),
            )
            for row in rows[:limit]
        ],
        next=paging.encode((last["at"], last["id"])) if last else None,
    )


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, number in pairs:
        found[name] = found.get(name, 0) + number
    return found
