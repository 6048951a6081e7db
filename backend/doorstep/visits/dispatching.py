"""What a dispatcher orders beside the plan, once or again and again, and who could go to a visit."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotFound
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.plans import catalogue
from doorstep.plans import service as plans
from doorstep.visits import acting, board, expansion_store, rules, store, weighing
from doorstep.visits.act_store import Shot, Touched
from doorstep.visits.changing import FURTHEST, check_window
from doorstep.visits.expansion import as_call, told_of_planning
from doorstep.visits.expansion_store import Row
from doorstep.visits.weighing import ElderGone, proposal
from doorstep.visits.wire import Candidate, Candidates, NewVisit
from doorstep.visits.wire_office import Done


async def order(actor: Actor, new: NewVisit) -> Done:
    """A visit beside the plan, ordered by the office; with `repeat` the same again on the days that it names.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises VisitWindowInvalid: if the window is not one.
    :raises InputInvalid: if the content is no home visit of this type, or nobody says which provider serves.
    :raises ElderGone: if the elder is recorded as deceased on that day.
    :raises CaregiverUnsuitable: if something speaks against a chosen caregiver.
    :raises ConflictsToConfirm: if there are warnings that nobody said to go over.
    """
    check_window(new.window_start, new.window_end, clock.now())
    if not catalogue.is_home_visit(new.service_type, new.content):
        raise _invalid("content", "不是这类服务的上门内容", "not a home visit of this service type")
    first, chosen = clock.civil_date(new.window_start), tuple(dict.fromkeys(new.caregiver_ids))
    days = _days(new, first)
    async with unit_of_work():
        await store.lock_assigning(actor)
        now = clock.now()
        elder = await plans.elder_in_scope(actor, new.elder_id)
        if rules.DECEASED in await plans.statuses_on(actor, new.elder_id, first):
            raise ElderGone
        provider = await store.provider_for(actor, new.elder_id, new.service_type, first, chosen)
        if provider is None:
            raise _invalid(
                "caregiver_ids", "请指定护理员，以便确定服务机构", "name a caregiver, so that the provider is known"
            )
        visits = [_ordered(new, elder, provider, day - first, len(chosen)) for day in days]
        proposals = [proposal(visit, chosen) for visit in visits]
        gone_over = weighing.enforce(proposals, await weighing.weigh(actor, proposals), anyway=new.anyway)
        await store.insert(actor, visits, kind="adhoc", reason=new.reason, now=now)
        if chosen:
            await store.put_assignments(actor, [(visit["id"], who) for visit in visits for who in chosen], now)
        touched = [_touched(visit, chosen, new.reason, now) for visit in visits]
        kind = "order" if len(visits) == 1 else "order_series"
        action = None
        if actor.account_id:
            action = await acting.keep(
                actor, kind, touched, visits, now, reason=new.reason, source=new.source, anyway=gone_over
            )
        ids = {visit["id"]: visit for visit in visits}
        more = {"source": new.source, **({"action": str(action)} if action else {})}
        more |= {"anyway": gone_over} if gone_over else {}
        await record_changes(told_of_planning(ids, set(ids), dict.fromkeys(ids, chosen) if chosen else {}, more))
        return Done(action_id=action, visits=await board.rows_of(actor, list(ids)))


def _days(new: NewVisit, first: date) -> list[date]:
    """The days of an order: the first one, and those that `repeat` names after it."""
    if new.repeat is None:
        return [first]
    until = new.repeat.until
    if not first <= until <= first + FURTHEST:
        days = FURTHEST.days
        raise _invalid("repeat.until", f"须在首日之后{days}天以内", f"within {days} days after the first")
    span = (first + timedelta(days=n) for n in range(1, (until - first).days + 1))
    return [first, *(day for day in span if day.isoweekday() in new.repeat.weekdays)]


def _ordered(new: NewVisit, elder: plans.ElderOfScope, provider: UUID, later: timedelta, going: int) -> dict[str, Any]:
    content = catalogue.CONTENTS[new.content]
    start, end = new.window_start + later, new.window_end + later
    return {
        "id": uuid7(),
        "elder": new.elder_id,
        "household": elder.household_id,
        "plan_item": None,
        "provider": provider,
        "area": elder.area_id,
        "service_type": new.service_type,
        "content": new.content,
        "service_day": clock.civil_date(start),
        "ordinal": 1,
        "window_start": start,
        "window_end": end,
        "min_minutes": content.min_minutes,
        "max_minutes": content.max_minutes,
        "carers_needed": max(1, going),
    }


def _touched(visit: dict[str, Any], caregivers: tuple[UUID, ...], reason: str, now: datetime) -> Touched:
    after = Shot(
        op_state="assigned" if caregivers else "planned",
        reason=reason,
        window_start=visit["window_start"],
        window_end=visit["window_end"],
        service_day=visit["service_day"],
        planned_day=None,
        caregivers=caregivers,
    )
    return Touched(id=visit["id"], before=None, after=after, changed_at=now)


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])


async def candidates(actor: Actor, visit_id: UUID) -> Candidates:
    """The provider's caregivers with what speaks against each; those who could go come first.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    visit = await store.visit(actor, visit_id)
    if visit is None:
        raise NotFound
    return Candidates(items=await _ranked(actor, visit))


async def _ranked(actor: Actor, visit: Row) -> list[Candidate]:
    workers, codes, load = await weighing.weigh_everybody(actor, visit)
    names = await store.names(actor, [worker.id for worker in workers])
    day = visit["service_day"]
    habit = (await expansion_store.usual(actor, {visit["elder"]}, day)).get(as_call(visit).series, [])
    found = [Candidate(id=worker.id, name=names[worker.id], obstacles=codes[worker.id]) for worker in workers]
    return sorted(found, key=lambda one: (len(one.obstacles), one.id not in habit, load.get(one.id, 0), one.id))
