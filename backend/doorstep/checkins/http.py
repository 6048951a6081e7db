"""Routes of check-ins: the phone's events, its day, and one visit with all its evidence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from doorstep.checkins import service
from doorstep.checkins.gather import Gatherer
from doorstep.checkins.wire import MAX_EVENTS, CheckInAnswer, CheckInBatch
from doorstep.core.problems import Problem


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
    operation_id="sendCheckEvents",
    tags=["phone"],
    status_code=200,
    request_max_body_size=2_000_000,
)
async def send(data: JSONBody[CheckInBatch]) -> CheckInAnswer:
    """Takes 1 to 100 signed events. They authenticate themselves; each gets its own signed receipt."""
    if len(data.events) > MAX_EVENTS:
        raise TooManyEvents(f"收到 {len(data.events)} 条", f"{len(data.events)} received")
    if _gatherer is None:
        raise RuntimeError("the server is not running")
    return await service.check_in(_gatherer, data.events)


handlers: list[HTTPRouteHandler] = [send]
