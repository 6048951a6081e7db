"""Attempts to guess something, counted under a key that is made of what is guessed, never of an address."""

import math
from collections.abc import Callable
from datetime import timedelta

from doorstep.core import clock
from doorstep.core.problems import Problem
from doorstep.db.engine import unit_of_work
from doorstep.identity import rules, store


class LoginLocked(Problem):
    """Too many failures in a row under this key, whether or not there is something to be found under it."""

    code = "LOGIN_LOCKED"


async def count(key: bytes, pause_after: Callable[[int], timedelta | None]) -> None:
    """Counts an attempt before it is looked at, so that many at once are not many free ones.

    :raises LoginLocked: while a pause that `pause_after` gave for so many attempts is running; it is not counted then.
    """
    now = clock.now()
    async with unit_of_work():
        before = await store.attempts(key)
        if before["locked_until"] and before["locked_until"] > now:
            seconds = math.ceil((before["locked_until"] - now).total_seconds())
            raise LoginLocked(Retry_After=str(seconds))
        forgotten = before["changed_at"] < now - rules.FORGOTTEN_AFTER
        failures = 1 if forgotten else before["failures"] + 1
        pause = pause_after(failures)
        await store.count_attempt(before["id"], failures=failures, locked_until=now + pause if pause else None)


async def forget(key: bytes) -> None:
    """After a success, inside the caller's unit of work."""
    await store.forget_attempts(key)
