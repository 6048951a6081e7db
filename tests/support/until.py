"""Waiting for something that another task or process does: the only place of the tests where time passes."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], Awaitable[object]], *, seconds: float = 15) -> None:
    """Returns as soon as it has happened; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not await happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
