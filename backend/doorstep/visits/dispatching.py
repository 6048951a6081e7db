"""What a dispatcher does by hand: order a visit beside the plan, look who could go, send others, cancel."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock, problems
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotFound, Problem
from doorstep.db.changes import record as record_change
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.plans import catalogue
from doorstep.plans import service as plans
from doorstep.visits import assigning, board, expansion_store, rules, store
from doorstep.visits.expansion import as_call, told_of_planning, withdraw
from doorstep.visits.wire import Candidate, Candidates, NewVisit, VisitRow


class VisitWindowInvalid(Problem):
    """The window ends before it begins, or is longer than half a day."""

    code = "VISIT_WINDOW_INVALID"


class VisitClosed(Problem):
    """The visit has begun or is over: nobody else can be sent."""

    code = "VISIT_CLOSED"


class VisitNotOpen(Problem):
    """The visit has begun or is over: it cannot be cancelled."""

    code = "VISIT_NOT_OPEN"


class CaregiverUnsuitable(Problem):
    """Something speaks against the chosen caregiver; `errors` says what."""

    code = "CAREGIVER_UNSUITABLE"


class ElderGone(Problem):
    """The elder is recorded as deceased on that day."""

    code = "ELDER_GONE"


async def order(actor: Actor, new: NewVisit) -> VisitRow:
    """A visit beside the plan, ordered by the office.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises VisitWindowInvalid: if the window is not one.
    :raises InputInvalid: if the content is no home visit of this type, or nobody says which provider serves.
    :raises ElderGone: if the elder is recorded as deceased on that day.
    :raises CaregiverUnsuitable: if something speaks against a chosen caregiver.
    """
    if not timedelta() < new.window_end - new.window_start <= rules.LONGEST_WINDOW:
        raise VisitWindowInvalid
    if abs(new.window_start - clock.now()) > timedelta(days=366):
        raise VisitWindowInvalid("不能早于或晚于今天一年以上", "it lies within a year of today")
    if not catalogue.is_home_visit(new.service_type, new.content):
        raise _invalid("content", "不是这类服务的上门内容", "not a home visit of this service type")
    day, chosen = clock.civil_date(new.window_start), list(dict.fromkeys(new.caregiver_ids))
    async with unit_of_work():
        await store.lock_assigning(actor)
        now = clock.now()
        elder = await plans.elder_in_scope(actor, new.elder_id)
        if rules.DECEASED in await plans.statuses_on(actor, new.elder_id, day):
            raise ElderGone
        provider = await store.provider_for(actor, new.elder_id, new.service_type, day, chosen)
        if provider is None:
            raise _invalid(
                "caregiver_ids", "请指定护理员，以便确定服务机构", "name a caregiver, so that the provider is known"
            )
        content = catalogue.CONTENTS[new.content]
        visit: dict[str, Any] = {
            "id": uuid7(),
            "elder": new.elder_id,
            "household": elder.household_id,
            "plan_item": None,
            "provider": provider,
            "area": elder.area_id,
            "service_type": new.service_type,
            "content": new.content,
            "service_day": day,
            "ordinal": 1,
            "window_start": new.window_start,
            "window_end": new.window_end,
            "min_minutes": content.min_minutes,
            "max_minutes": content.max_minutes,
            "carers_needed": max(1, len(chosen)),
        }
        await store.insert(actor, [visit], kind="adhoc", reason=new.reason, now=now)
        if chosen:
            await _check_suitable(actor, visit, chosen)
            await store.put_assignments(actor, [(visit["id"], who) for who in chosen], now)
        await record_changes(
            told_of_planning({visit["id"]: visit}, {visit["id"]}, {visit["id"]: tuple(chosen)} if chosen else {})
        )
        return await _row(actor, visit["id"])


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])


async def reassign(actor: Actor, visit_id: UUID, caregiver_ids: list[UUID]) -> VisitRow:
    """Sends these caregivers; assignments of others end and are kept.

    Once it has begun, the visit can still be given to who has in fact come to it: the office was faster than the phone.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises VisitClosed: if it has begun or is over, and somebody is chosen who did not come.
    :raises CaregiverUnsuitable: if something speaks against one who is newly chosen.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        visit = await store.visit(actor, visit_id, lock=True)
        if visit is None:
            raise NotFound
        now, before = clock.now(), set(visit["caregivers"])
        new = [who for who in dict.fromkeys(caregiver_ids) if who not in before]
        if visit["op_state"] in rules.NOT_BEGUN:
            await _check_suitable(actor, visit, new)
        elif not await _may_be_given(actor, visit, set(caregiver_ids)):
            raise VisitClosed
        ended = before - set(caregiver_ids)
        if new or ended:
            await store.end_assignments(actor, visit_id, ended, now)
            await store.put_assignments(actor, [(visit_id, who) for who in new], now)
            await record_change(
                kind="visit.assigned",
                subject=visit_id,
                data={
                    "day": visit["service_day"].isoformat(),
                    "caregivers": [str(who) for who in caregiver_ids],
                    "before": [str(who) for who in before],
                },
                provider=visit["provider"],
                area=visit["area"],
            )
        return await _row(actor, visit_id)


async def _may_be_given(actor: Actor, visit: Mapping[str, Any], chosen: set[UUID]) -> bool:
    """Whether these have come to a visit that has begun and that somebody in the office had made."""
    made = visit["plan_item"] is not None or visit["created_by"] is not None
    return made and visit["op_state"] in rules.BEGUN and await store.came(actor, visit["id"]) >= chosen


async def _check_suitable(actor: Actor, visit: Mapping[str, Any], chosen: list[UUID]) -> None:
    against = {one.id: one.obstacles for one in await _candidates(actor, visit)}
    texts = problems.codes().findings
    errors = [
        FieldError(field=f"caregiver_ids.{code}", message=texts[code].zh, message_en=texts[code].en)
        for who in chosen
        for code in against.get(who, [assigning.NOT_EMPLOYED])
    ]
    if errors:
        raise CaregiverUnsuitable(errors=errors)


async def candidates(actor: Actor, visit_id: UUID) -> Candidates:
    """The provider's caregivers with what speaks against each; those who could go come first.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    visit = await store.visit(actor, visit_id)
    if visit is None:
        raise NotFound
    return Candidates(items=await _candidates(actor, visit))


async def _candidates(actor: Actor, visit: Mapping[str, Any]) -> list[Candidate]:
    workers = await expansion_store.workers(actor, {visit["provider"]})
    ids = [worker.id for worker in workers]
    day = visit["service_day"]
    taken = await expansion_store.taken(actor, ids, day, day)
    names = await store.names(actor, ids)
    call = as_call(visit)
    habit = (await expansion_store.usual(actor, {visit["elder"]}, day)).get(call.series, [])
    found = [
        Candidate(
            id=worker.id,
            name=names[worker.id],
            obstacles=assigning.obstacles(worker, call, taken.get(worker.id, ())),
        )
        for worker in workers
    ]
    return sorted(found, key=lambda one: (len(one.obstacles), one.id not in habit, len(taken.get(one.id, ())), one.id))


async def cancel(actor: Actor, visit_id: UUID, reason: str) -> VisitRow:
    """Cancels a visit that has not begun, for the elder's or the office's reason.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises VisitNotOpen: if it has begun or is over.
    """
    async with unit_of_work():
        visit = await store.visit(actor, visit_id, lock=True)
        if visit is None:
            raise NotFound
        if visit["op_state"] not in rules.NOT_BEGUN:
            raise VisitNotOpen
        await withdraw(actor, {visit_id: reason}, clock.now())
        return await _row(actor, visit_id)


async def _row(actor: Actor, visit_id: UUID) -> VisitRow:
    [row] = await board.rows_of(actor, [visit_id])
    return row
