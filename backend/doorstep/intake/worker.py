"""Works on uploads beside the requests: previews, applies, shows how far it is, tidies up after a crash."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from doorstep.core.problems import Problem, body
from doorstep.db import engine
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.intake import service
from doorstep.intake.wire import ImportReport
from doorstep.intake.work import Progress

log = logging.getLogger("doorstep.intake")

_BEAT_S = 0.5


class Desk:
    """The runs of this process. One works at a time: an import holds a connection, and reading may need much memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def read(self, actor: Actor, id: UUID, name: str) -> None:
        """Begins the preview of a run that was just stored."""

        async def work(progress: Progress) -> ImportReport:
            content = await service.content_of(actor, id)
            return await service.preview(actor, content, name, progress=progress)

        self._begin(actor, id, work, during="reading", after="previewed", failed="failed")

    def apply(self, actor: Actor, id: UUID, name: str, content: bytes) -> None:
        """Begins to apply a run that was just claimed. If that fails nothing is written, and it can be tried again."""

        async def work(progress: Progress) -> ImportReport:
            return await service.apply(actor, content, name, progress=progress)

        self._begin(actor, id, work, during="applying", after="applied", failed="previewed")

    def _begin(
        self,
        actor: Actor,
        id: UUID,
        work: Callable[[Progress], Awaitable[ImportReport]],
        *,
        during: str,
        after: str,
        failed: str,
    ) -> None:
        async def task() -> None:
            progress = Progress()
            beating = asyncio.create_task(_beat(actor, id, during, progress))
            try:
                async with self._turn:
                    report = await work(progress)
                await service.settle_run(actor, id, state=after, report=report)
            except Problem as problem:
                await service.settle_run(actor, id, state=failed, problem=problem.body())
            except Exception as error:
                log.error("import run %s failed", id, exc_info=None if engine.is_transient(error) else error)
                code = "UNAVAILABLE" if engine.is_transient(error) else "INTERNAL"
                await service.settle_run(actor, id, state=failed, problem=body(code))
            finally:
                beating.cancel()
                self._tasks.pop(id, None)

        self._tasks[id] = asyncio.create_task(task())

    async def close(self) -> None:
        """Stops what is under way; an open transaction is rolled back."""
        running = dict(self._tasks)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        if running:
            await service.give_back_abandoned(SYSTEM, own=list(running))


async def _beat(actor: Actor, id: UUID, during: str, progress: Progress) -> None:
    while True:
        with contextlib.suppress(*engine.TRANSIENT):
            await service.beat(actor, id, state=during, progress=progress)
        await asyncio.sleep(_BEAT_S)


async def _tidy() -> None:
    while True:
        try:
            await service.give_back_abandoned(SYSTEM)
        except Exception:
            log.exception("abandoned imports could not be given back")
        await asyncio.sleep(service.STALE_AFTER.total_seconds())


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """The desk of this process, for as long as the server runs."""
    global _desk
    _desk = Desk()
    tidying = asyncio.create_task(_tidy())
    try:
        yield
    finally:
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)
        await _desk.close()
        _desk = None


_desk: Desk | None = None


def desk() -> Desk:
    """The desk of this process."""
    if _desk is None:
        raise RuntimeError("no desk: the server is not running")
    return _desk
