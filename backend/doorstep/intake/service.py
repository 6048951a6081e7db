"""Use cases of the import: preview and apply (the same work, kept or undone), runs of uploads, a command's file."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock, paging, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound, Problem, ProblemBody
from doorstep.db import engine
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.imports import ImportRun
from doorstep.identity.wire import Actor
from doorstep.intake import importing, reporting, store, workbook
from doorstep.intake.sheets import MAX_BYTES
from doorstep.intake.wire import (
    ImportReport,
    ImportRows,
    ImportRuns,
    ImportRunView,
    RowReport,
    RowStatus,
)
from doorstep.intake.work import Progress
from doorstep.intake.workbook import too_many_bytes
from doorstep.visits import service as visits

STALE_AFTER = timedelta(seconds=15)
"""Without a sign of life for this long the process of a run is gone."""
KEPT_FOR = timedelta(days=7)
"""How long an upload waits to be applied."""
_CONTENT = "import_run.content"
_ATTEMPTS = 3


class ImportNotPreviewed(Problem):
    """The run is not waiting to be applied."""

    code = "IMPORT_NOT_PREVIEWED"


class _Undone(Exception):
    """Takes a preview back."""


async def preview(
    actor: Actor, content: bytes, name: str, *, shift_to: date | None = None, progress: Progress | None = None
) -> ImportReport:
    """What :func:`apply` would do: the real work in a transaction that is taken back.

    :raises WorkbookUnreadable: if it is no workbook.
    :raises WorkbookProtected: if it needs a password.
    :raises WorkbookTooLarge: if it is beyond the limits.
    :raises WorkbookNoSheet: if no sheet is known.
    """
    return await _import(actor, content, name, shift_to=shift_to, progress=progress or Progress(), keep=False)


async def apply(
    actor: Actor, content: bytes, name: str, *, shift_to: date | None = None, progress: Progress | None = None
) -> ImportReport:
    """Writes every good row in one transaction; refused rows are in the report. Raises as :func:`preview`."""
    return await _import(actor, content, name, shift_to=shift_to, progress=progress or Progress(), keep=True)


async def _import(
    actor: Actor, content: bytes, name: str, *, shift_to: date | None, progress: Progress, keep: bool
) -> ImportReport:
    book = await workbook.read(content, name)
    roster = await importing.read(book, file_name=name, shift_to=shift_to, progress=progress)
    work = await _written(actor, roster, progress, keep=keep)
    return await asyncio.to_thread(
        reporting.report,
        file=PurePath(name).name,
        sha256=hashlib.sha256(content).hexdigest(),
        sheets=roster.sheets,
        outcomes=work.outcomes,
        notes=roster.notes,
    )


async def _written(actor: Actor, roster: importing.Roster, progress: Progress, *, keep: bool) -> Any:
    """The work done; again from the start if somebody else wrote the same row at the same moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        work = None
        try:
            async with unit_of_work():
                work = await importing.write(actor, roster, progress)
                if work.written:
                    data = {"rows": len(work.outcomes), "by": str(actor.account_id or actor.role.value)}
                    await visits.record_change(
                        kind="roster.imported", subject=uuid7(), data=data, provider=actor.provider_id
                    )
                if not keep:
                    raise _Undone
        except _Undone:
            pass
        except (*engine.CONFLICTS, asyncpg.TransactionRollbackError):
            if attempt == _ATTEMPTS:
                raise
            continue
        return work
    raise AssertionError("unreachable")


async def import_file(
    actor: Actor,
    path: Path,
    *,
    report: Path | None = None,
    apply: bool = True,
    progress: Callable[[int, int], None] | None = None,
    shift_to: date | None = None,
) -> ImportReport:
    """The import of a command: reads the file, writes the report if one is wanted. Raises as :func:`preview`."""
    content = await asyncio.to_thread(_file, path)
    tracked = _Told(progress) if progress else Progress()
    done = await _import(actor, content, path.name, shift_to=shift_to, progress=tracked, keep=apply)
    if report is not None:
        text = msgspec.json.format(msgspec.json.encode(done), indent=2) + b"\n"
        await asyncio.to_thread(report.write_bytes, text)
    return done


def _file(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise too_many_bytes()
    return path.read_bytes()


class _Told(Progress):
    """A progress that tells somebody of every step."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell: Callable[[int, int], None] | None = None
        super().__init__()
        self._tell = tell

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "done" and self._tell is not None and (value % 20 == 0 or value == self.total):
            self._tell(self.done, self.total)


# Runs of uploads -----------------------------------------------------------------------------------------------------


async def add_run(actor: Actor, content: bytes, name: str) -> ImportRunView:
    """Stores an upload, sealed, until it is applied; :mod:`worker` reads it.

    :raises WorkbookTooLarge: if it has too many bytes.
    """
    if len(content) > MAX_BYTES:
        raise too_many_bytes()
    now = clock.now()
    run = ImportRun(
        id=uuid7(),
        file_name=_safe_name(name),
        file_sha256=hashlib.sha256(content).digest(),
        content=vault.current().seal_bytes(content, _CONTENT),
        state="reading",
        report="null",
        created_by=actor.account_id,
        created_at=now,
        changed_at=now,
    )
    async with unit_of_work():
        await store.add_run(actor, run)
    return await get_run(actor, run.id)


def _safe_name(name: str) -> str:
    bare = "".join(letter for letter in PurePath(name.replace("\\", "/")).name if letter.isprintable())
    return bare[-120:] or "roster"


async def list_runs(actor: Actor) -> ImportRuns:
    """The latest runs of the scope."""
    return ImportRuns(items=[reporting.run_view(dict(row)) for row in await store.runs(actor, limit=20)])


async def get_run(actor: Actor, id: UUID) -> ImportRunView:
    """One run.

    :raises NotFound: if there is none in the actor's scope.
    """
    row = await store.run(actor, id)
    if row is None:
        raise NotFound
    return reporting.run_view(dict(row))


async def rows_of(
    actor: Actor, id: UUID, *, status: RowStatus | None, sheet: str | None, cursor: str | None, limit: int
) -> ImportRows:
    """A page of the rows of a run in the order of the file.

    :raises NotFound: if there is no such run in the actor's scope.
    :raises CursorInvalid: if the cursor is not one of this list.
    """
    start = paging.decode(cursor, int) if cursor else 0
    done = await _report_of(actor, id)
    found: list[tuple[int, RowReport]] = [
        (place, row)
        for place, row in enumerate(done.rows if done else [])
        if place >= start and (status is None or row.status is status) and (sheet is None or row.sheet == sheet)
    ]
    more = paging.encode(found[limit][0]) if len(found) > limit else None
    return ImportRows(items=[row for _, row in found[:limit]], next=more)


async def report_of(actor: Actor, id: UUID) -> ImportReport:
    """The whole report of a run.

    :raises NotFound: if there is no such run in the actor's scope, or it has no report.
    """
    done = await _report_of(actor, id)
    if done is None:
        raise NotFound
    return done


async def _report_of(actor: Actor, id: UUID) -> ImportReport | None:
    row = await store.report(actor, id)
    if row is None:
        raise NotFound
    if row["report"] is None or (row["problem"] is not None and row["state"] == "failed"):
        return None
    return msgspec.json.decode(row["report"], type=ImportReport | None)


async def claim(actor: Actor, id: UUID) -> tuple[ImportRunView, bytes]:
    """Takes a previewed run for applying; its view and its file.

    :raises NotFound: if there is no such run in the actor's scope.
    :raises ImportNotPreviewed: if it is in another state, or already being applied.
    """
    now = clock.now()
    async with unit_of_work():
        row = await store.claim_run(actor, id, stale_before=now - STALE_AFTER, now=now)
        if row is None:
            if await store.run(actor, id) is None:
                raise NotFound
            raise ImportNotPreviewed
        return await get_run(actor, id), vault.current().open_bytes(bytes(row["content"]), _CONTENT)


async def content_of(actor: Actor, id: UUID) -> bytes:
    """The file of a run that is being read."""
    async with unit_of_work():
        sealed = await store.content(actor, id)
    return vault.current().open_bytes(sealed, _CONTENT)


async def settle_run(
    actor: Actor, id: UUID, *, state: str, report: ImportReport | None = None, problem: ProblemBody | None = None
) -> None:
    """Writes how a run ended. The file is kept only as long as it may still be applied."""
    values: dict[str, Any] = {"state": state, "changed_at": clock.now(), "problem": problem.code if problem else None}
    if report is not None:
        values["report"] = msgspec.json.encode(report).decode()
        values["done"] = values["total"] = len(report.rows)
    elif problem is not None and state == "failed":
        values["report"] = msgspec.json.encode({"problem": problem}).decode()
    if state in ("applied", "failed"):
        values["content"] = None
    async with unit_of_work():
        await store.set_run(actor, id, **values)


async def beat(actor: Actor, id: UUID, *, state: str, progress: Progress) -> None:
    """A sign of life with how far the run is; both passes over the rows count half."""
    async with unit_of_work():
        await store.heartbeat(
            actor, id, state=state, done=progress.done // 2, total=progress.total // 2, now=clock.now()
        )


async def give_back_abandoned(actor: Actor, *, own: list[UUID] | None = None) -> None:
    """Runs without a sign of life, or these of a server that is going down, become usable again."""
    now = clock.now()
    async with unit_of_work():
        await store.give_back(actor, stale_before=now - STALE_AFTER, now=now, own=own)
        await store.forget(actor, problem="IMPORT_EXPIRED", previewed_before=now - KEPT_FOR, now=now)
