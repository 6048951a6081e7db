"""What review does by itself: it follows late notices. Safe to run in every server process."""

import asyncio
import logging

from doorstep.review import service

log = logging.getLogger("doorstep.review")

EVERY = 5.0


async def run_once() -> int:
    """Follows what was recorded about elders; answers how many holds were placed or lifted."""
    return await service.follow_notices()


async def run_for_ever() -> None:
    """Every few seconds until cancelled; a failure is logged and tried again."""
    while True:
        try:
            await run_once()
        except Exception:
            log.exception("late notices could not be followed, it is tried again")
        await asyncio.sleep(EVERY)
