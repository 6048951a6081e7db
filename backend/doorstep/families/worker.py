"""Ends, some minutes after midnight at the latest, the links whose consent was withdrawn from that day on."""

import asyncio
import logging

from doorstep.families import service

log = logging.getLogger("doorstep.families")

EVERY = 300.0


async def run_once() -> int:
    """Answers how many links it ended."""
    return await service.end_lapsed()


async def run_for_ever() -> None:
    """Every five minutes until cancelled; a failure is logged and tried again. Safe to run in every process."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await run_once()
        except Exception:
            log.exception("links without consent could not be ended, it is tried again")
