"""What reminders offer: to phones the due list and what was seen, to the office desk, ledger, calls and settings."""

from datetime import datetime

from doorstep.identity.wire import SYSTEM
from doorstep.reminders import sending_store, store
from doorstep.reminders.planning import catch_up

__all__ = ["catch_up", "changes_wait", "next_due"]


async def changes_wait() -> bool:
    """Whether there are changes that cannot be read yet."""
    return await store.changes_wait(SYSTEM)


async def next_due() -> datetime | None:
    """When the worker has to look at a reminder next."""
    return await sending_store.next_at(SYSTEM)
