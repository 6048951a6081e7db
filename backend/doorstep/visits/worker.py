"""What happens by itself: every minute the sweep, once a day the horizon, and what ended long ago is forgotten.

Safe to run in every server process.
"""

import asyncio
import logging
from datetime import timedelta

from doorstep.identity import service as identity
from doorstep.visits import service
from doorstep.visits.expansion import SWEPT_BACK

log = logging.getLogger("doorstep.visits")

EVERY = 60.0
_AFTER_A_PAUSE = timedelta(days=400)


async def run_once(*, back: timedelta = _AFTER_A_PAUSE) -> int:
    """Moves what time has moved, keeps the horizon, forgets ended sessions; answers how many visits it moved."""
    moved = await service.sweep(back)
    await service.keep_horizon()
    await identity.forget_ended()
    return moved


async def run_for_ever() -> None:
    """Once a minute until cancelled; a failure is logged and tried again. The first run looks far back."""
    back = _AFTER_A_PAUSE
    while True:
        await asyncio.sleep(EVERY)
        try:
            await run_once(back=back)
        except Exception:
            log.exception("the sweep of visits failed, it is tried again")
        else:
            back = SWEPT_BACK
