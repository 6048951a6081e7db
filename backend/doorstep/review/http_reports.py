"""Routes of figures and of the service register."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import OFFICE, Actor
from doorstep.review import service
from doorstep.review.wire_figures import By, CodeCounts, Figures, Step
from doorstep.review.wire_register import Register

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/figures", operation_id="figures", tags=["review"], opt={"roles": OFFICE}, responses=refusals("PERIOD_INVALID"))
async def figures(
    actor: NamedDependency[Actor],
    since: FromQuery[date],
    until: FromQuery[date],
    by: FromQuery[By] = "none",
    step: FromQuery[Step] = "week",
) -> Figures:
    """Visits of the days of [since, until) over time, by provider, caregiver or kind of service."""
    return await service.figures(actor, since, until, by=by, step=step)


@get(
    "/figures/codes",
    operation_id="figures_codes",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("PERIOD_INVALID"),
)
async def figures_codes(actor: NamedDependency[Actor], since: FromQuery[date], until: FromQuery[date]) -> CodeCounts:
    """Which findings the visits of the days of [since, until) have, the most frequent first."""
    return await service.top_codes(actor, since, until)


@get(
    "/register",
    operation_id="register",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("PERIOD_INVALID", "CURSOR_INVALID"),
)
async def register(
    actor: NamedDependency[Actor],
    since: FromQuery[date],
    until: FromQuery[date],
    provider_id: FromQuery[UUID | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> Register:
    """The service register of the days of [since, until): a row for each served visit."""
    return await service.register(actor, since, until, provider_id=provider_id, cursor=cursor, limit=limit)


@get(
    "/register.xlsx",
    operation_id="register_sheet",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("PERIOD_INVALID", "REGISTER_TOO_LONG"),
    media_type=XLSX,
)
async def register_sheet(
    actor: NamedDependency[Actor],
    since: FromQuery[date],
    until: FromQuery[date],
    provider_id: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """The register as a workbook that prints across A4, up to 20,000 rows."""
    content = await service.register_sheet(actor, since, until, provider_id=provider_id)
    name = f"register-{since.isoformat()}-{until.isoformat()}.xlsx"
    return Response(content, media_type=XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})


handlers: list[HTTPRouteHandler] = [figures, figures_codes, register, register_sheet]
