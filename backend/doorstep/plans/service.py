"""Use cases of plans: dated facts about plans, elders and providers, with who said so and when it became known."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.problems import NotAllowed, NotFound, Problem
from doorstep.db import changes
from doorstep.db.changes import NewChange
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.plans import rules, store
from doorstep.plans.elders import elder_file, elders
from doorstep.plans.rules import Dated
from doorstep.plans.succession import carry_over
from doorstep.plans.versions import add_version
from doorstep.plans.wire import (
    ElderStatusView,
    NewElderStatus,
    NewPlanState,
    NewProviderStanding,
    PlanStates,
    PlanStateView,
)

__all__ = [
    "ElderOfScope",
    "PlanStateImpossible",
    "add_elder_status",
    "add_version",
    "carry_over",
    "elder_file",
    "elder_in_scope",
    "elder_to_read",
    "elders",
    "set_plan_state",
    "set_provider_standing",
    "statuses_on",
]


class ElderOfScope(msgspec.Struct, frozen=True, kw_only=True):
    """An elder of the scope, where they live and who serves them; `acts`: whether the actor may act for them today."""

    id: UUID
    household_id: UUID
    area_id: UUID
    provider_ids: tuple[UUID, ...]
    acts: bool


class PlanStateImpossible(Problem):
    """The plan cannot go from what it is on that day to this state."""

    code = "PLAN_STATE_IMPOSSIBLE"


async def set_plan_state(actor: Actor, plan_id: UUID, new: NewPlanState) -> PlanStates:
    """Records the state of a plan from a day on; what was recorded before stays and is overruled for those days.

    :raises NotFound: if there is no such plan in the actor's scope.
    :raises PlanStateImpossible: if the life of a plan does not lead from its state on that day to this one.
    """
    async with unit_of_work():
        plan = await store.plan(actor, plan_id)
        if plan is None:
            raise NotFound
        recorded = await store.states(actor, plan_id)
        if not rules.may_become(recorded, new.state, new.valid_from):
            now = rules.on(recorded, new.valid_from)
            words = f"{now.name if now else 'none'} → {new.state}"
            raise PlanStateImpossible(words, words)
        until = rules.end_of(recorded, new.state, new.valid_from, new.valid_to)
        fact = Dated(new.state, new.valid_from, until, new.reason)
        facts = [*rules.given_back(recorded, fact), fact]
        await store.add_states(actor, plan_id, facts)
        data = {**_dates(fact), "state": new.state, "elder": str(plan["elder"])}
        await changes.record_all(_told("plan.state", plan_id, data, plan["providers"], plan["area"], actor))
    return PlanStates(
        plan_id=plan_id,
        elder_id=plan["elder"],
        version=plan["version"],
        states=[
            PlanStateView(state=part.name, valid_from=part.since, valid_to=part.until, reason=part.reason)
            for part in rules.life([*recorded, *facts])
        ],
    )


async def add_elder_status(actor: Actor, elder_id: UUID, new: NewElderStatus) -> ElderStatusView:
    """Records a dated fact about an elder, or corrects the end of one. Notices may arrive late: any dates are allowed.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises NotAllowed: if a provider takes back what others have recorded of days that are over: its own visits of
        those days may be held for it.
    """
    async with unit_of_work():
        elder = await elder_in_scope(actor, elder_id)
        before = await store.same_status(actor, elder_id, new)
        own = before is None or store.may_take_back(actor, before)
        if before is not None and not own and rules.changes_the_past(before["valid_to"], new.valid_to, clock.today()):
            raise NotAllowed(
                "别人登记的、已经过去的日子，请由登记的一方或街道更正", "Days that are over: for who recorded it"
            )
        row = await store.put_status(actor, elder_id, new, before)
        data = {**_dates(Dated(new.kind, new.valid_from, new.valid_to)), "kind": new.kind, "status": str(row["id"])}
        if before is not None:
            data["valid_to_before"] = before["valid_to"] and before["valid_to"].isoformat()
        await changes.record_all(_told("elder.status", elder_id, data, elder.provider_ids, elder.area_id, actor))
    return ElderStatusView(
        id=row["id"],
        elder_id=elder_id,
        kind=row["kind"],
        level=row["level"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        source=row["source"],
        recorded_at=row["recorded_at"],
    )


async def set_provider_standing(actor: Actor, provider_id: UUID, new: NewProviderStanding) -> list[Dated]:
    """Records the standing of a provider; party A and the administrator only. Answers its standings in order.

    :raises NotAllowed: if the actor belongs to a provider.
    :raises NotFound: if there is no such provider in the actor's scope.
    """
    if actor.provider_id is not None:
        raise NotAllowed
    async with unit_of_work():
        provider = await store.provider(actor, provider_id)
        if provider is None:
            raise NotFound
        recorded = await store.standings(actor, provider_id)
        fact = Dated(new.status, new.valid_from, new.valid_to, new.reason)
        await store.add_standing(actor, provider_id, fact)
        data = {**_dates(fact), "status": new.status}
        told = _told("provider.standing", provider_id, data, [provider_id], provider["area"], actor)
        await changes.record_all(told)
    return rules.life([*recorded, fact])


async def elder_in_scope(actor: Actor, elder_id: UUID) -> ElderOfScope:
    """An elder whom the actor may act for, locked until the end of the caller's unit of work.

    :raises NotFound: if there is no such elder in the actor's scope, also when their service by this provider is over.
    """
    return _of_scope(elder_id, await store.elder(actor, elder_id))


async def elder_to_read(actor: Actor, elder_id: UUID) -> ElderOfScope:
    """An elder whom the actor may read: a provider reads for some time after its service is over.

    :raises NotFound: if there is no such elder in the actor's scope.
    """
    return _of_scope(elder_id, await store.elder(actor, elder_id, to_read=True))


def _of_scope(elder_id: UUID, row: asyncpg.Record | None) -> ElderOfScope:
    if row is None:
        raise NotFound
    return ElderOfScope(
        id=elder_id,
        household_id=row["household"],
        area_id=row["area"],
        provider_ids=tuple(row["providers"]),
        acts=row["acts"],
    )


async def statuses_on(actor: Actor, elder_id: UUID, day: date) -> frozenset[str]:
    """The kinds of status that are recorded for an elder on a day."""
    return await store.statuses_on(actor, elder_id, day)


def _dates(fact: Dated) -> dict[str, str | None]:
    return {"valid_from": fact.since.isoformat(), "valid_to": fact.until and fact.until.isoformat()}


def _told(
    kind: str, subject: UUID, data: dict[str, str | None], providers: Sequence[UUID], area: UUID, actor: Actor
) -> list[NewChange]:
    """One change for each provider that has to know, or one for the area alone."""
    data["by"] = str(actor.account_id) if actor.account_id else actor.role.value
    return [
        NewChange(kind=kind, subject=subject, data=data, provider=provider, area=area)
        for provider in (providers or [None])
    ]
