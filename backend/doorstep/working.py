"""What goes on unasked, in the server or in `doorstep worker`: visits, links that end, late notices, reminders."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from doorstep.families import worker as families
from doorstep.reminders import worker as reminders
from doorstep.reminders.channels import Channels
from doorstep.review import worker as review
from doorstep.settings import Settings
from doorstep.visits import worker as visits


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """All of it from here to the end of the block. Any number of processes may do it beside one another."""
    rounds = [
        asyncio.create_task(visits.run_for_ever(), name="sweep of visits"),
        asyncio.create_task(families.run_for_ever(), name="links without consent"),
        asyncio.create_task(review.run_for_ever(), name="late notices"),
    ]
    try:
        async with reminders.running(Channels(settings)):
            yield
    finally:
        for task in rounds:
            task.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)


async def run_once(settings: Settings) -> tuple[int, int]:
    """One round of all of it; answers how many visits were moved and how many reminders were looked at."""
    await families.run_once()
    await review.run_once()
    moved = await visits.run_once()
    return moved, await reminders.run_once(Channels(settings))
