"""Routes of check-ins: the phone's events, its day, and one visit with all its evidence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from doorstep.checkins import evidence, service
from doorstep.checkins.door_wire import DoorSync
from doorstep.checkins.gather import Gatherer
from doorstep.checkins.wire import MAX_EVENTS, CheckInAnswer, CheckInBatch, VisitEvidence
from doorstep.core.answers import refusals
from doorstep.core.problems import Problem
from doorstep.identity.wire import OFFICE, PHONE, Actor


class TooManyEvents(Problem):
    """More than 100 events in one request."""

    code = "TOO_MANY_EVENTS"


_gatherer: Gatherer | None = None


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """The gatherer lives as long as the server."""
    global _gatherer
    _gatherer = Gatherer(service.process)
    try:
        yield
    finally:
        await _gatherer.close()


@post(
    "/checkins",
    opt={"public": True},
    operation_id="send_check_events",
    tags=["phone"],
    status_code=200,
    request_max_body_size=2_000_000,
    responses=refusals("NOT_AUTHENTICATED", "TOO_MANY_EVENTS", "BODY_TOO_LARGE", "UNAVAILABLE"),
)
async def send(data: JSONBody[CheckInBatch]) -> CheckInAnswer:
    """Takes 1 to 100 signed events. They authenticate themselves; each gets its own signed receipt."""
    if len(data.events) > MAX_EVENTS:
        raise TooManyEvents(f"收到 {len(data.events)} 条", f"{len(data.events)} received")
    if _gatherer is None:
        raise RuntimeError("the server is not running")
    return await service.check_in(_gatherer, data.events)


@get("/door/sync", opt={"roles": PHONE}, operation_id="sync_the_phone", tags=["phone"])
async def sync_the_phone(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], cursor: FromQuery[str | None] = None
) -> DoorSync:
    """Yesterday, today and the seven days ahead, with all that the door and the rules need without network.

    Only what has changed since the `cursor` of the answer before; everything for one that is not known.
    """
    numbers = request.app.state.settings.emergency_numbers.split(",")
    return await service.sync(actor, cursor, emergency_numbers=numbers)


@get(
    "/visits/{visit_id:uuid}",
    opt={"roles": OFFICE},
    operation_id="visit_with_evidence",
    tags=["visits"],
    responses=refusals("NOT_FOUND"),
)
async def visit_with_evidence(actor: NamedDependency[Actor], visit_id: FromPath[UUID]) -> VisitEvidence:
    """One visit with its plan, assignments, events and findings."""
    return await evidence.of_visit(actor, visit_id)


handlers: list[HTTPRouteHandler] = [send, sync_the_phone, visit_with_evidence]
