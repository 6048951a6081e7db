"""Routes of facts about people that reach visits: an elder's page, notices, plan versions, leave and certificates."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import DISPATCH, OFFICE, Actor, NewCertificate, NewLeave, Role
from doorstep.plans.wire import NewElderStatus, NewPlanState, NewPlanVersion
from doorstep.visits import service
from doorstep.visits.wire_people import (
    CertificateRecorded,
    ElderDetail,
    ElderPageOfVisits,
    ElderStatusSaved,
    LeaveRecorded,
    PlanSaved,
    PlanStatesSaved,
    ToDecide,
)


@get(
    "/elders/{elder_id:uuid}",
    operation_id="elder",
    tags=["plans"],
    opt={"roles": OFFICE},
    responses=refusals("NOT_FOUND"),
)
async def elder(actor: NamedDependency[Actor], elder_id: FromPath[UUID]) -> ElderDetail:
    """One elder: statuses, versions of the plan, home, relatives, what is next, what a late notice leaves to decide."""
    return await service.elder(actor, elder_id)


@get(
    "/elders/{elder_id:uuid}/visits",
    operation_id="visits_of_elder",
    tags=["visits"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
)
async def visits_of_elder(
    actor: NamedDependency[Actor],
    elder_id: FromPath[UUID],
    before: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> ElderPageOfVisits:
    """An elder's visits up to now, the newest first; `before` is the `next` of the page before."""
    return await service.visits_of_elder(actor, elder_id, before=before, limit=limit)


@get(
    "/elders/{elder_id:uuid}/to-decide",
    operation_id="elder_to_decide",
    tags=["visits"],
    opt={"roles": OFFICE},
    responses=refusals("NOT_FOUND"),
)
async def elder_to_decide(actor: NamedDependency[Actor], elder_id: FromPath[UUID]) -> ToDecide:
    """Visits that were served on days of which a notice came late: a person decides about them."""
    return await service.to_decide(actor, elder_id)


@post(
    "/elders/{elder_id:uuid}/statuses",
    operation_id="add_elder_status",
    tags=["plans"],
    opt={"roles": DISPATCH | {Role.OFFICER}},
    responses=refusals("INPUT_INVALID", "NOT_FOUND", "NOT_ALLOWED"),
)
async def add_elder_status(
    actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[NewElderStatus]
) -> ElderStatusSaved:
    """A dated fact about an elder (in hospital, away, deceased ...), or another end for one that is known."""
    return await service.add_elder_status(actor, elder_id, data)


@post(
    "/elders/{elder_id:uuid}/plans",
    operation_id="add_plan_version",
    tags=["plans"],
    opt={"roles": DISPATCH},
    responses=refusals(
        "INPUT_INVALID", "NOT_FOUND", "FREQUENCY_UNKNOWN", "PLAN_BEFORE_VERIFIED", "PLAN_CHANGED_MEANWHILE"
    ),
)
async def add_plan_version(
    actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[NewPlanVersion]
) -> PlanSaved:
    """A new version of an elder's plan from a day on; the one before ends the day before."""
    return await service.add_plan_version(actor, elder_id, data)


@post(
    "/plans/{plan_id:uuid}/states",
    operation_id="set_plan_state",
    tags=["plans"],
    opt={"roles": DISPATCH},
    responses=refusals("INPUT_INVALID", "NOT_FOUND", "PLAN_STATE_IMPOSSIBLE"),
)
async def set_plan_state(
    actor: NamedDependency[Actor], plan_id: FromPath[UUID], data: JSONBody[NewPlanState]
) -> PlanStatesSaved:
    """The state of a plan from a day on; answers the plan's whole life."""
    return await service.set_plan_state(actor, plan_id, data)


@post(
    "/caregivers/{caregiver_id:uuid}/leave",
    operation_id="record_leave",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def record_leave(
    actor: NamedDependency[Actor], caregiver_id: FromPath[UUID], data: JSONBody[NewLeave]
) -> LeaveRecorded:
    """A caregiver is away; answers the visits ahead that this leaves open."""
    return await service.record_leave(actor, caregiver_id, data)


@post(
    "/caregivers/{caregiver_id:uuid}/qualifications",
    operation_id="record_certificate",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def record_certificate(
    actor: NamedDependency[Actor], caregiver_id: FromPath[UUID], data: JSONBody[NewCertificate]
) -> CertificateRecorded:
    """A certificate, or another term for one: it counts from today on, nothing before today is undone."""
    return await service.record_certificate(actor, caregiver_id, data)


handlers: list[HTTPRouteHandler] = [
    elder,
    visits_of_elder,
    elder_to_decide,
    add_elder_status,
    add_plan_version,
    set_plan_state,
    record_leave,
    record_certificate,
]
