"""Moving the clock in tests instead of sleeping."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from doorstep.core import clock


@contextmanager
def later(by: timedelta) -> Iterator[datetime]:
    """It is so much later inside the block, and time stands still."""
    instant = clock.now() + by
    with clock.running_from(lambda: instant):
        yield instant
