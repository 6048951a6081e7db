"""Routes of plans: the elders of an office."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import OFFICE, Actor
from doorstep.plans import service
from doorstep.plans.wire_elders import ElderPage, ElderSearch


@get("/elders", operation_id="elders", tags=["plans"], opt={"roles": OFFICE}, responses=refusals("CURSOR_INVALID"))
async def elders(
    actor: NamedDependency[Actor],
    cursor: Annotated[str | None, QueryParameter(max_length=400)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> ElderPage:
    """The elders in one's scope, in the order of their initials."""
    return await service.elders(actor, cursor=cursor, limit=limit)


@post(
    "/elders/search",
    operation_id="search_elders",
    tags=["plans"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
    status_code=200,
)
async def search_elders(actor: NamedDependency[Actor], data: JSONBody[ElderSearch]) -> ElderPage:
    """Elders by a part of the name or address, initials, or the last figures of a phone. Changes nothing."""
    return await service.elders(actor, words=data.q, cursor=data.cursor, limit=data.limit)


handlers: list[HTTPRouteHandler] = [elders, search_elders]
