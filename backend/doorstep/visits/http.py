"""Routes of visits: the day's list, orders, who goes, expansion, the stream of changes."""

import asyncio
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
from doorstep.identity.wire import DISPATCH, OFFICE, Actor
from doorstep.visits import live, service, worker
from doorstep.visits.wire import (
    BoardFilter,
    Cancellation,
    Candidates,
    Expanded,
    Horizon,
    NewCaregivers,
    NewVisit,
    VisitDay,
    VisitRow,
    VisitSearch,
)


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


@post(
    "/visits",
    operation_id="order_visit",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("VISIT_WINDOW_INVALID", "NOT_FOUND", "CAREGIVER_UNSUITABLE", "ELDER_GONE"),
)
async def order_visit(actor: NamedDependency[Actor], data: JSONBody[NewVisit]) -> VisitRow:
    """A visit beside the plan, ordered by the office."""
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


@put(
    "/visits/{visit_id:uuid}/caregivers",
    operation_id="send_caregivers",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_CLOSED", "CAREGIVER_UNSUITABLE"),
)
async def send_caregivers(
    actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewCaregivers]
) -> VisitRow:
    """Sends these caregivers; what was assigned before is kept as ended."""
    return await service.reassign(actor, visit_id, data.caregiver_ids)


@post(
    "/visits/{visit_id:uuid}/cancel",
    operation_id="cancel_visit",
    tags=["visits"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "VISIT_NOT_OPEN"),
    status_code=200,
)
async def cancel_visit(
    actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[Cancellation]
) -> VisitRow:
    """Cancels a visit that has not begun. An elder may always decline; it never counts against the provider."""
    return await service.cancel(actor, visit_id, data.reason)


@get("/live", operation_id="live", tags=["visits"], opt={"roles": OFFICE}, media_type="text/event-stream")
async def live_changes(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Stream:
    """What happens in one's scope, as server-sent events: `event: change`; `event: reload` when some were lost."""
    return Stream(
        live.hub().follow(actor, request.headers.get("last-event-id", "")),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


handlers: list[HTTPRouteHandler] = [
    visits_of_a_day,
    search_visits,
    order_visit,
    expand_plans,
    visit_candidates,
    send_caregivers,
    cancel_visit,
    live_changes,
]


@asynccontextmanager
async def running(dsn: str) -> AsyncIterator[None]:
    """What lives as long as the server: the stream of changes, and the sweep of every minute."""
    sweep = asyncio.create_task(worker.run_for_ever(), name="sweep of visits")
    try:
        async with live.running(dsn):
            yield
    finally:
        sweep.cancel()
        await asyncio.gather(sweep, return_exceptions=True)
