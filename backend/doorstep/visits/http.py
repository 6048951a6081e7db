"""Routes of visits: the day's list, orders, who goes, expansion, the stream of changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream

from doorstep.core import clock
from doorstep.core.answers import refusals
from doorstep.identity.wire import DISPATCH, OFFICE, PHONE, Actor
from doorstep.visits import http_people, live, service
from doorstep.visits.wire import (
    BoardFilter,
    Cancellation,
    Candidates,
    Expanded,
    Horizon,
    NewCaregivers,
    NewVisit,
    VisitDay,
    VisitSearch,
)
from doorstep.visits.wire_office import Board, Done, Foreseen, Intention, NewWindow, OfficeSteps, Swap


@get(
    "/visits",
    operation_id="visits_of_a_day",
    tags=["visits"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
)
async def visits_of_a_day(
    actor: NamedDependency[Actor],
    day: FromQuery[date | None] = None,
    op_state: FromQuery[BoardFilter | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> VisitDay:
    """The visits of a day (today) in the order of their windows."""
    return await service.day_list(
        actor, day=day or clock.today(), op_state=op_state, words=None, cursor=cursor, limit=limit
    )


@post(
    "/visits/search",
    operation_id="search_visits",
    tags=["visits"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
    status_code=200,
)
async def search_visits(actor: NamedDependency[Actor], data: JSONBody[VisitSearch]) -> VisitDay:
    """The visits of a day (today) whose elder, home or caregiver matches. Changes nothing; names stay out of URLs."""
    return await service.day_list(
        actor,
        day=data.day or clock.today(),
        op_state=data.op_state,
        words=data.q,
        cursor=data.cursor,
        limit=data.limit,
    )


@get("/board", operation_id="board", tags=["visits"], opt={"roles": OFFICE})
async def board(actor: NamedDependency[Actor], day: FromQuery[date | None] = None) -> Board:
    """A whole day (today) in one answer: every visit, and everybody who is employed or has to go."""
    return await service.board_of(actor, day or clock.today())


@post(
    "/visits",
    operation_id="order_visit",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals(
        "VISIT_WINDOW_INVALID", "NOT_FOUND", "CAREGIVER_UNSUITABLE", "ELDER_GONE", "CONFLICTS_TO_CONFIRM"
    ),
)
async def order_visit(actor: NamedDependency[Actor], data: JSONBody[NewVisit]) -> Done:
    """A visit beside the plan, ordered by the office, once or again on weekdays."""
    return await service.order(actor, data)


@post("/visits/expand", operation_id="expand_plans", tags=["visits"], opt={"roles": DISPATCH}, status_code=200)
async def expand_plans(actor: NamedDependency[Actor], data: JSONBody[Horizon]) -> Expanded:
    """Brings visits and plans together from today on and assigns who is free. Twice changes nothing."""
    return await service.expand(actor, days=data.days)


@get(
    "/visits/{visit_id:uuid}/candidates",
    operation_id="visit_candidates",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def visit_candidates(actor: NamedDependency[Actor], visit_id: FromPath[UUID]) -> Candidates:
    """Who could go, and what speaks against the others."""
    return await service.candidates(actor, visit_id)


@post(
    "/visits/preview",
    operation_id="preview_changes",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_WINDOW_INVALID"),
    status_code=200,
)
async def preview_changes(actor: NamedDependency[Actor], data: JSONBody[Intention]) -> Foreseen:
    """What speaks against changes that are not made yet. Changes nothing."""
    return await service.preview(actor, data)


@put(
    "/visits/{visit_id:uuid}/caregivers",
    operation_id="send_caregivers",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_CLOSED", "CAREGIVER_UNSUITABLE", "ELDER_GONE", "CONFLICTS_TO_CONFIRM"),
)
async def send_caregivers(
    actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewCaregivers]
) -> Done:
    """Sends these caregivers, to one visit or to its series; what was assigned before is kept as ended."""
    return await service.reassign(
        actor, visit_id, data.caregiver_ids, scope=data.scope, until=data.until, anyway=data.anyway
    )


@post(
    "/visits/{visit_id:uuid}/swap",
    operation_id="swap_visits",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_CLOSED", "CAREGIVER_UNSUITABLE", "ELDER_GONE", "CONFLICTS_TO_CONFIRM"),
    status_code=200,
)
async def swap_visits(actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[Swap]) -> Done:
    """The caregivers of two visits go to each other's."""
    return await service.swap(actor, visit_id, data)


@post(
    "/visits/{visit_id:uuid}/cancel",
    operation_id="cancel_visit",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_NOT_OPEN"),
    status_code=200,
)
async def cancel_visit(actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[Cancellation]) -> Done:
    """Cancels a visit that has not begun, or its series. An elder may always decline, never against the provider."""
    return await service.cancel(actor, visit_id, data.reason, scope=data.scope, until=data.until)


@put(
    "/visits/{visit_id:uuid}/window",
    operation_id="reschedule_visit",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals(
        *("NOT_FOUND", "VISIT_CLOSED", "VISIT_WINDOW_INVALID"),
        *("CAREGIVER_UNSUITABLE", "ELDER_GONE", "CONFLICTS_TO_CONFIRM"),
    ),
)
async def reschedule_visit(actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewWindow]) -> Done:
    """Another time, also on another day, for a visit that has not begun."""
    return await service.reschedule(actor, visit_id, data)


@post(
    "/actions/{action_id:uuid}/undo",
    operation_id="undo_action",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "UNDO_TOO_LATE"),
    status_code=200,
)
async def undo_action(actor: NamedDependency[Actor], action_id: FromPath[UUID]) -> Done:
    """Takes a step of the last ten minutes back, unless one of its visits was changed since."""
    return await service.undo(actor, action_id)


@get("/actions", operation_id="office_actions", tags=["visits"], opt={"roles": DISPATCH})
async def office_actions(actor: NamedDependency[Actor], day: FromQuery[date | None] = None) -> OfficeSteps:
    """The newest steps of a day (today), and which of them can still be taken back."""
    return await service.steps(actor, day or clock.today())


@get(
    "/live",
    operation_id="live",
    tags=["visits"],
    opt={"roles": OFFICE, "sent_as_it_is": True},
    media_type="text/event-stream",
)
async def live_changes(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Stream:
    """What happens in one's scope, as server-sent events: `event: change`; `event: reload` when some were lost."""
    return Stream(
        live.hub().follow(actor, request.headers.get("last-event-id", "")),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@get(
    "/door/live",
    operation_id="door_live",
    tags=["visits"],
    opt={"roles": PHONE, "sent_as_it_is": True},
    media_type="text/event-stream",
)
async def door_live(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Stream:
    """The same for a caregiver's phone: only what concerns its owner."""
    return Stream(
        live.hub().follow(actor, request.headers.get("last-event-id", "")),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


handlers: list[HTTPRouteHandler] = [
    visits_of_a_day,
    search_visits,
    board,
    order_visit,
    expand_plans,
    visit_candidates,
    preview_changes,
    send_caregivers,
    swap_visits,
    cancel_visit,
    reschedule_visit,
    undo_action,
    office_actions,
    live_changes,
    door_live,
    *http_people.handlers,
]


@asynccontextmanager
async def running(dsn: str) -> AsyncIterator[None]:
    """What lives as long as the server: the stream of changes."""
    async with live.running(dsn):
        yield
