"""Requests that wait in the same moment are answered by one pass: group commit for check-ins."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from doorstep.core.problems import Problem

AT_ONCE = 2
LARGEST = 256

Work = Callable[[Sequence[Sequence[str]]], Awaitable[list[list[Any]]]]


class Unavailable(Problem):
    """The server is shutting down or its database is away: the phone keeps its records and tries again."""

    code = "UNAVAILABLE"


class Gatherer:
    """Runs `work` over the events of all waiting submissions, at most two passes in flight.

    A pass that fails is repeated for each submission alone, so that one bad event never sinks the others.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: list[tuple[Sequence[str], asyncio.Future[list[Any]]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    async def submit(self, events: Sequence[str]) -> list[Any]:
        """The answers to these events, in their order."""
        if self._closed:
            raise Unavailable
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, future))
        self._start()
        return await future

    async def close(self) -> None:
        """Waits for what is under way; later submissions are refused."""
        self._closed = True
        while self._running:
            await asyncio.wait(self._running)

    def _start(self) -> None:
        while self._waiting and len(self._running) < AT_ONCE:
            taken, size = [], 0
            while self._waiting and (not taken or size + len(self._waiting[0][0]) <= LARGEST):
                taken.append(self._waiting.pop(0))
                size += len(taken[-1][0])
            task = asyncio.create_task(self._pass(taken))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()

    async def _pass(self, taken: list[tuple[Sequence[str], asyncio.Future[list[Any]]]]) -> None:
        try:
            answers = await self._work([events for events, _ in taken])
        except Exception as error:
            if len(taken) > 1:
                for one in taken:
                    await self._pass([one])
            elif not taken[0][1].done():
                taken[0][1].set_exception(error)
            return
        for (_, future), answer in zip(taken, answers, strict=True):
            if not future.done():
                future.set_result(answer)
