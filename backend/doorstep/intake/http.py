"""Routes of intake: upload a roster, see what it would do, apply it, fetch the report."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, MultipartBody, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from doorstep.core.answers import refusals
from doorstep.identity.wire import Actor, Role
from doorstep.intake import service
from doorstep.intake.wire import ImportReport, ImportRows, ImportRuns, ImportRunView, RowStatus
from doorstep.intake.worker import desk, running

IMPORTERS = frozenset({Role.MANAGER, Role.OFFICER, Role.ADMIN})


@dataclass
class RosterUpload:
    """The form of an upload."""

    file: UploadFile


@post(
    "/imports",
    operation_id="upload_roster",
    tags=["imports"],
    opt={"roles": IMPORTERS},
    status_code=HTTP_202_ACCEPTED,
    responses=refusals("BODY_TOO_LARGE", "WORKBOOK_TOO_LARGE", "INPUT_INVALID"),
)
async def upload_roster(actor: NamedDependency[Actor], data: MultipartBody[RosterUpload]) -> ImportRunView:
    """Takes a workbook or CSV in the form field `file`. Nothing is written yet: watch the run until it is previewed."""
    run = await service.add_run(actor, await data.file.read(), data.file.filename or "roster")
    desk().read(actor, run.id, run.file_name)
    return run


@get("/imports", operation_id="list_imports", tags=["imports"], opt={"roles": IMPORTERS})
async def list_imports(actor: NamedDependency[Actor]) -> ImportRuns:
    """The latest runs."""
    return await service.list_runs(actor)


@get(
    "/imports/{run_id:uuid}",
    operation_id="import_run",
    tags=["imports"],
    opt={"roles": IMPORTERS},
    responses=refusals("NOT_FOUND"),
)
async def import_run(actor: NamedDependency[Actor], run_id: FromPath[UUID]) -> ImportRunView:
    """One run: how far it is, how many rows ended how, and why it failed if it did."""
    return await service.get_run(actor, run_id)


@get(
    "/imports/{run_id:uuid}/rows",
    operation_id="import_rows",
    tags=["imports"],
    opt={"roles": IMPORTERS},
    responses=refusals("NOT_FOUND", "CURSOR_INVALID"),
)
async def import_rows(
    actor: NamedDependency[Actor],
    run_id: FromPath[UUID],
    status: FromQuery[RowStatus | None] = None,
    sheet: Annotated[str | None, QueryParameter(max_length=200)] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> ImportRows:
    """A page of rows in the order of the file."""
    return await service.rows_of(actor, run_id, status=status, sheet=sheet, cursor=cursor, limit=limit)


@get(
    "/imports/{run_id:uuid}/report",
    operation_id="import_report",
    tags=["imports"],
    opt={"roles": IMPORTERS},
    responses=refusals("NOT_FOUND"),
)
async def import_report(actor: NamedDependency[Actor], run_id: FromPath[UUID]) -> ImportReport:
    """The whole report, the same as `doorstep import --report` writes."""
    return await service.report_of(actor, run_id)


@post(
    "/imports/{run_id:uuid}/apply",
    operation_id="apply_import",
    tags=["imports"],
    opt={"roles": IMPORTERS},
    status_code=HTTP_202_ACCEPTED,
    responses=refusals("NOT_FOUND", "IMPORT_NOT_PREVIEWED"),
)
async def apply_import(actor: NamedDependency[Actor], run_id: FromPath[UUID]) -> ImportRunView:
    """Writes the good rows of a previewed run, all in one transaction."""
    run, content = await service.claim(actor, run_id)
    desk().apply(actor, run.id, run.file_name, content)
    return run


handlers: list[HTTPRouteHandler] = [
    upload_roster,
    list_imports,
    import_run,
    import_rows,
    import_report,
    apply_import,
]

__all__ = ["handlers", "running"]
