"""Routes of seeded samples."""

from typing import Annotated
from uuid import UUID

from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import Actor, Role
from doorstep.review import service
from doorstep.review.wire_samples import NewInspection, NewSample, Redraw, SampleList, SampleView

SAMPLES = frozenset({Role.MANAGER, Role.OFFICER, Role.AUDITOR, Role.ADMIN})


@post(
    "/review/samples",
    operation_id="draw_sample",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("PERIOD_INVALID", "SAMPLE_EMPTY"),
)
async def draw_sample(actor: NamedDependency[Actor], data: JSONBody[NewSample]) -> SampleView:
    """Draws verified visits of a period at random from a published seed: anybody with it draws the same ones."""
    return await service.draw_sample(actor, data)


@get(
    "/review/samples",
    operation_id="samples",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("CURSOR_INVALID"),
)
async def samples(
    actor: NamedDependency[Actor],
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> SampleList:
    """The samples of one's scope, newest first."""
    return await service.samples(actor, cursor, limit)


@get(
    "/review/samples/{sample_id:uuid}",
    operation_id="sample",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("NOT_FOUND"),
)
async def sample(actor: NamedDependency[Actor], sample_id: FromPath[UUID]) -> SampleView:
    """A sample with its visits in the order in which they were drawn."""
    return await service.sample(actor, sample_id)


@get(
    "/review/samples/{sample_id:uuid}/again",
    operation_id="redraw_sample",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("NOT_FOUND", "SAMPLE_NOT_KEPT"),
)
async def redraw_sample(actor: NamedDependency[Actor], sample_id: FromPath[UUID]) -> Redraw:
    """The same draw made again from what it was drawn from, compared, and what has become of that since."""
    return await service.redraw_sample(actor, sample_id)


@get(
    "/review/samples/{sample_id:uuid}/population.txt",
    operation_id="sample_population",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("NOT_FOUND", "SAMPLE_NOT_KEPT"),
    media_type=MediaType.TEXT,
)
async def sample_population(actor: NamedDependency[Actor], sample_id: FromPath[UUID]) -> Response[str]:
    """What a sample was drawn from: the ids of the visits, one a line. With the seed anybody draws it again."""
    name = f"sample-{sample_id}.txt"
    content = await service.sample_population(actor, sample_id)
    return Response(
        content, media_type=MediaType.TEXT, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@post(
    "/review/samples/{sample_id:uuid}/items/{visit_id:uuid}/inspections",
    operation_id="inspect_visit",
    tags=["review"],
    opt={"roles": SAMPLES},
    responses=refusals("NOT_FOUND", "REASON_NEEDED", "NOT_ALLOWED", "OWN_WORK"),
)
async def inspect_visit(
    actor: NamedDependency[Actor], sample_id: FromPath[UUID], visit_id: FromPath[UUID], data: JSONBody[NewInspection]
) -> SampleView:
    """Writes what a call-back or a visit to the home found about a drawn visit; what differs holds it."""
    return await service.inspect(actor, sample_id, visit_id, data)


handlers: list[HTTPRouteHandler] = [draw_sample, samples, sample, redraw_sample, sample_population, inspect_visit]
