"""The worker of reminders: plans, sends and delivers until it is stopped. Any number of them work on one ledger."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from doorstep.core import clock
from doorstep.db.engine import DB, is_transient
from doorstep.reminders import service
from doorstep.reminders.ports import Channels
from doorstep.reminders.sending import Outbox

log = logging.getLogger("doorstep.reminders")

BATCH = 250
UNDER_WAY = 5000
"""Reminders that one worker sends at a time: those that a silent push service keeps waiting leave room for the rest."""
LOOK = 5.0
"""Seconds after which everybody looks again, whether or not something woke them."""
GRACE = 4.0


class _Bell:
    """Wakes those who wait: a change was written, or somebody planned something."""

    def __init__(self) -> None:
        self.rings = asyncio.Event()

    def ring(self, *_: Any) -> None:
        self.rings.set()

    async def wait(self, seconds: float) -> None:
        # Not wait_for: when both happen at once, Python 3.11's swallows a cancellation.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.rings.wait()
        self.rings.clear()


async def run_once(channels: Channels) -> int:
    """Plans and sends what is due now, then ends; answers how many reminders it looked at."""
    async with channels.sender:
        await service.catch_up()
        looked = await Outbox(channels).drain()
        await channels.deliver()
    return looked


@asynccontextmanager
async def running(channels: Channels) -> AsyncIterator[None]:
    """A worker from here to the end of the block."""
    changed, planned = _Bell(), _Bell()
    outbox = Outbox(channels)
    async with channels.sender:
        loops = [
            _for_ever("listening for changes", lambda: _listen(changed)),
            _for_ever("planning reminders", lambda: _plan(changed, planned)),
            _for_ever("sending reminders", lambda: _send(outbox, planned)),
            _for_ever("writing down reminders", outbox.write),
            _for_ever("delivering messages", lambda: _deliver(channels)),
        ]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await outbox.close(GRACE)


async def run_for_ever(channels: Channels) -> None:
    """A worker until it is cancelled."""
    async with running(channels):
        await asyncio.Event().wait()


async def _for_ever(what: str, once: Callable[[], Awaitable[object]]) -> None:
    """Again and again; a failure is logged and tried again after a pause that grows."""
    pause = 0.2
    while True:
        try:
            await once()
            pause = 0.2
        except Exception as error:
            if is_transient(error) or isinstance(error, OSError):
                log.warning("%s: the database is away (%s)", what, type(error).__name__)
            else:
                log.exception("%s failed, it is tried again", what)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


async def _listen(changed: _Bell) -> None:
    connection = await asyncpg.connect(
        DB.config["dsn"], server_settings={"application_name": "doorstep reminders"}, timeout=10
    )
    try:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda *_: ended.set())
        await connection.add_listener("change", changed.ring)
        changed.ring()
        await ended.wait()
    finally:
        connection.terminate()


async def _plan(changed: _Bell, planned: _Bell) -> None:
    if await service.catch_up():
        planned.ring()
    # A change is readable only when every older transaction has ended, and nobody notifies of that.
    await changed.wait(0.05 if await service.changes_wait() else LOOK)


async def _send(outbox: Outbox, planned: _Bell) -> None:
    room = UNDER_WAY - outbox.under_way
    outbox.moved.clear()
    if room >= BATCH:
        if await outbox.take(BATCH) < BATCH:
            due = await service.next_due()
            wait = (due - clock.now()).total_seconds() if due else LOOK
            await planned.wait(min(max(wait, 0.02), LOOK))
    else:
        await outbox.moved.wait()


async def _deliver(channels: Channels) -> None:
    if not channels.has_gateway:
        await asyncio.sleep(LOOK)
    elif not await channels.deliver():
        await asyncio.sleep(1.0)
