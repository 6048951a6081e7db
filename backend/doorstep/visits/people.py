"""Facts about people that reach visits at once: notices about elders, new plans, caregivers' leave and certificates."""

from datetime import datetime, timedelta
from uuid import UUID

from doorstep.core import clock, paging
from doorstep.db.engine import unit_of_work
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM, Actor, Named, NewCertificate, NewLeave
from doorstep.plans import service as plans
from doorstep.plans.wire import NewElderStatus, NewPlanState, NewPlanVersion
from doorstep.visits import board, conflicts, people_store, recurrence, rules, store, weighing
from doorstep.visits.expansion import EXPANSION, HORIZON, bring_together, forbidden, withdraw
from doorstep.visits.frequency import parse
from doorstep.visits.weighing import proposal
from doorstep.visits.wire import Expanded, VisitRow
from doorstep.visits.wire_people import (
    CertificateRecorded,
    ElderDetail,
    ElderPageOfVisits,
    ElderStatusSaved,
    LeaveRecorded,
    PlanSaved,
    PlanStatesSaved,
    ToDecide,
    Uncovered,
    VisitToDecide,
)

_NEXT = 20
_AHEAD = 200
_SUGGESTED = 5


async def elder(actor: Actor, elder_id: UUID) -> ElderDetail:
    """An elder's file with what is next and what is to decide.

    :raises NotFound: if there is no such elder in the actor's scope.
    """
    file = await plans.elder_file(actor, elder_id)
    ahead = await board.rows_of(actor, await people_store.next_visits(actor, elder_id, _NEXT))
    plain = {name: getattr(file, name) for name in file.__struct_fields__}
    return ElderDetail(**plain, next_visits=ahead, to_decide=await _to_decide(actor, elder_id))


async def visits_of_elder(actor: Actor, elder_id: UUID, *, before: str | None, limit: int) -> ElderPageOfVisits:
    """An elder's visits up to now in the actor's scope, the newest first. Of an elder out of scope there are none.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    # What is ahead would fill whole pages before the first visit that was.
    after = paging.decode(before, tuple[datetime, UUID]) if before else (clock.now(), UUID(int=0))
    keys = await people_store.history(actor, elder_id, before=after, limit=limit + 1)
    rows = await board.rows_of(actor, [row["id"] for row in keys[:limit]])
    last = keys[limit - 1] if len(keys) > limit else None
    return ElderPageOfVisits(items=rows[::-1], next=paging.encode((last["window_start"], last["id"])) if last else None)


async def to_decide(actor: Actor, elder_id: UUID) -> ToDecide:
    """Visits that a late notice leaves to decide.

    :raises NotFound: if there is no such elder in the actor's scope.
    """
    await plans.elder_file(actor, elder_id)
    return ToDecide(items=await _to_decide(actor, elder_id))


async def _to_decide(actor: Actor, elder_id: UUID) -> list[VisitToDecide]:
    found = await people_store.to_decide(actor, elder_id)
    rows = await board.rows_of(actor, list(found))
    return [VisitToDecide(visit=row, status=found[row.id]) for row in rows]


async def add_elder_status(actor: Actor, elder_id: UUID, new: NewElderStatus) -> ElderStatusSaved:
    """A dated fact about an elder; visits ahead follow it at once, what was served already is for a person to decide.

    :raises NotFound: if there is no such elder in the actor's scope.
    """
    saved = await plans.add_elder_status(actor, elder_id, new)
    plain = {name: getattr(saved, name) for name in saved.__struct_fields__}
    withdrawn = await _settle(actor, elder_id) if new.kind in rules.ABSENCES or new.kind == rules.DECEASED else 0
    return ElderStatusSaved(**plain, withdrawn=withdrawn, to_decide=await _to_decide(actor, elder_id))


async def set_plan_state(actor: Actor, plan_id: UUID, new: NewPlanState) -> PlanStatesSaved:
    """The state of a plan from a day on; visits ahead follow it at once.

    :raises NotFound: if there is no such plan in the actor's scope.
    :raises PlanStateImpossible: if the life of a plan does not lead from its state on that day to this one.
    """
    saved = await plans.set_plan_state(actor, plan_id, new)
    plain = {name: getattr(saved, name) for name in saved.__struct_fields__}
    return PlanStatesSaved(**plain, withdrawn=await _settle(actor, saved.elder_id))


async def _settle(actor: Actor, elder_id: UUID) -> int:
    """Visits ahead as plans and facts say now, of every provider; answers how many of the actor's were taken off."""
    async with unit_of_work():
        await store.lock_assigning(SYSTEM)
        now = clock.now()
        brought = await _bring(actor, elder_id)
        reasons = await forbidden([elder_id], now)
        for order in await people_store.orders_after_death(SYSTEM, elder_id, now):
            reasons[order] = rules.ELDER_DECEASED
        return await withdraw(SYSTEM, reasons, now, told=actor) + (brought.withdrawn if brought else 0)


async def _bring(actor: Actor, elder_id: UUID) -> Expanded | None:
    """As far as anybody has planned, of every provider, the actor is told of their own; None while nobody ever asked
    the server to plan.
    """
    planned = await people_store.planned_until(SYSTEM, EXPANSION)
    if planned is None:
        return None
    until = max(planned, clock.today() + timedelta(days=HORIZON))
    return await bring_together(SYSTEM, clock.today(), until, elders=[elder_id], told=actor)


async def add_plan_version(actor: Actor, elder_id: UUID, new: NewPlanVersion) -> PlanSaved:
    """A new version of an elder's plan; the visits ahead follow it at once.

    :raises FrequencyUnknown: if the words of a frequency are not known.
    :raises NotFound: if there is no such elder in the actor's scope.
    :raises InputInvalid: if an item is none that this actor can plan.
    :raises PlanBeforeVerified: if a visit on or after the first day is verified.
    :raises PlanChangedMeanwhile: if it was copied from a version that is not the last one.
    """
    meant = [recurrence.dump(parse(item.frequency)) for item in new.items]
    async with unit_of_work():
        await store.lock_assigning(actor)
        made = await plans.add_version(actor, elder_id, new, meant)
        brought = await _bring(actor, elder_id)
        # Beyond what is planned already only what people moved or ordered may stand.
        gone = await forbidden([elder_id], clock.now())
        await withdraw(SYSTEM, gone, clock.now())
    return PlanSaved(plan=made, visits=brought)


async def record_leave(actor: Actor, caregiver_id: UUID, new: NewLeave) -> LeaveRecorded:
    """A caregiver is away; answers the visits ahead that this leaves open, those that nobody can take first.

    :raises NotFound: if there is no such caregiver in the actor's scope.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        leave, _ = await identity.record_leave(actor, caregiver_id, new)
        return LeaveRecorded(leave_id=leave, uncovered=await _uncovered(actor, caregiver_id))


async def record_certificate(actor: Actor, caregiver_id: UUID, new: NewCertificate) -> CertificateRecorded:
    """A certificate with its term; answers the visits ahead that the caregiver may not do now.

    :raises NotFound: if there is no such caregiver in the actor's scope.
    """
    async with unit_of_work():
        await store.lock_assigning(actor)
        await identity.record_certificate(actor, caregiver_id, new)
        return CertificateRecorded(
            certificates=await identity.certificates(caregiver_id), uncovered=await _uncovered(actor, caregiver_id)
        )


async def _uncovered(actor: Actor, caregiver_id: UUID) -> list[Uncovered]:
    """What lies ahead of a caregiver who cannot go there any more."""
    rows = {row["id"]: row for row in await people_store.ahead_of(actor, caregiver_id, _AHEAD)}
    found = await weighing.weigh(actor, [proposal(row, [caregiver_id]) for row in rows.values()])
    reasons = {
        id: [one.code for one in found[id] if one.caregiver_id is not None and one.code in conflicts.PERSONAL]
        for id in rows
    }
    open_ = [row for id, row in rows.items() if reasons[id]]
    others = await weighing.suitable_for(actor, open_)
    names = await store.names(actor, {who for able in others.values() for who in able[:_SUGGESTED]})
    shown: dict[UUID, VisitRow] = {row.id: row for row in await board.rows_of(actor, [row["id"] for row in open_])}
    uncovered = [
        Uncovered(
            visit=shown[row["id"]],
            reasons=reasons[row["id"]],
            suitable=[Named(id=who, name=names[who]) for who in others[row["id"]][:_SUGGESTED]],
        )
        for row in open_
        if row["id"] in shown
    ]
    return sorted(uncovered, key=lambda one: bool(one.suitable))
