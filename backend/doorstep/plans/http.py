"""Routes of plans: dated facts that the office learns."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from doorstep.core.answers import refusals
from doorstep.identity.wire import DISPATCH, Actor
from doorstep.plans import service
from doorstep.plans.wire import ElderStatusView, NewElderStatus, NewPlanState, PlanStates


@post(
    "/elders/{elder_id:uuid}/statuses",
    operation_id="add_elder_status",
    tags=["plans"],
    opt={"roles": DISPATCH},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def add_elder_status(
    actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[NewElderStatus]
) -> ElderStatusView:
    """A dated fact about an elder (in hospital, away, deceased ...), or another end for one that is known."""
    return await service.add_elder_status(actor, elder_id, data)


@post(
    "/plans/{plan_id:uuid}/states",
    operation_id="set_plan_state",
    tags=["plans"],
    opt={"roles": DISPATCH},
    responses=refusals("INPUT_INVALID", "NOT_FOUND", "PLAN_STATE_IMPOSSIBLE"),
)
async def set_plan_state(
    actor: NamedDependency[Actor], plan_id: FromPath[UUID], data: JSONBody[NewPlanState]
) -> PlanStates:
    """The state of a plan from a day on; answers the plan's whole life."""
    return await service.set_plan_state(actor, plan_id, data)


handlers: list[HTTPRouteHandler] = [add_elder_status, set_plan_state]
