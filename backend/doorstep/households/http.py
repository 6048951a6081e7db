"""Routes of homes: the list, new cards, a home's point, and the home behind a code."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from doorstep.core import clock
from doorstep.core.answers import refusals
from doorstep.households import service
from doorstep.households.wire import (
    CardsRequest,
    DoorHome,
    DoorHomeRequest,
    HomePoint,
    HomesOnly,
    HouseholdPage,
    HouseholdSearch,
)
from doorstep.identity.wire import DISPATCH, OFFICE, PHONE, Actor


@get(
    "/households",
    operation_id="households",
    tags=["households"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
)
async def households(
    actor: NamedDependency[Actor],
    only: FromQuery[HomesOnly | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=400)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> HouseholdPage:
    """Homes in one's scope, in the order of subdistrict and community."""
    return await service.households(actor, only=only, cursor=cursor, limit=limit)


@post(
    "/households/search",
    operation_id="search_households",
    tags=["households"],
    opt={"roles": OFFICE},
    status_code=200,
    responses=refusals("CURSOR_INVALID"),
)
async def search_households(actor: NamedDependency[Actor], data: JSONBody[HouseholdSearch]) -> HouseholdPage:
    """Homes in one's scope that match. Changes nothing; it is a POST because names and addresses stay out of URLs."""
    return await service.households(actor, query=data.q.strip(), only=data.only, cursor=data.cursor, limit=data.limit)


@post(
    "/cards",
    operation_id="print_cards",
    tags=["households"],
    opt={"roles": DISPATCH},
    status_code=200,
    responses=refusals("NOT_FOUND", "CONFLICT", "GLYPH_MISSING", "FONT_MISSING", "PUBLIC_URL_UNUSABLE"),
)
async def print_cards(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], data: JSONBody[CardsRequest]
) -> Response[bytes]:
    """A PDF (or a PNG of one page) of new cards; the cards that hang in these homes are void from this moment.

    Not idempotent, and cannot be: only hashes of codes are stored, so no file can be made a second time. If the answer
    is lost, send the request again; the codes of the lost file are then void as well.
    """
    content = await service.issue_and_draw(
        actor, data.household_ids, layout=data.layout, format=data.format, settings=request.app.state.settings
    )
    name = f"doorstep-cards-{clock.today().isoformat()}.{data.format}"
    return Response(
        content,
        media_type="application/pdf" if data.format == "pdf" else "image/png",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@put(
    "/households/{household_id:uuid}/point",
    operation_id="set_household_point",
    tags=["households"],
    opt={"roles": DISPATCH},
    status_code=204,
    responses=refusals("POINT_INVALID", "NOT_FOUND"),
)
async def set_household_point(
    actor: NamedDependency[Actor], household_id: FromPath[UUID], data: JSONBody[HomePoint]
) -> None:
    """The home's point (WGS-84), set on the spot with a phone."""
    await service.set_point(actor, household_id, data)


@post(
    "/door/home",
    operation_id="home_at_door",
    tags=["door"],
    opt={"roles": PHONE},
    status_code=200,
    responses=refusals("TOKEN_MALFORMED", "TOKEN_UNKNOWN", "TOO_MANY_REQUESTS"),
)
async def home_at_door(actor: NamedDependency[Actor], data: JSONBody[DoorHomeRequest]) -> DoorHome:
    """Whose home this is, for a visit that is not in the plan. Ten wrong codes in an hour: the phone has to wait."""
    return await service.home_at_door(actor, data)


handlers: list[HTTPRouteHandler] = [
    households,
    search_households,
    print_cards,
    set_household_point,
    home_at_door,
]
