"""How a person wants to be reminded: their own choice, the provider's, the product's. Pure."""

from datetime import time

import msgspec

MINUTES_BEFORE = 30
QUIET_FROM, QUIET_UNTIL = time(21), time(7)


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How one person wants to be reminded."""

    minutes_before: int = MINUTES_BEFORE
    quiet_from: time = QUIET_FROM
    quiet_until: time = QUIET_UNTIL


PRODUCT = Preferences()
"""What holds where nobody has chosen."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider or a person has set; None: not."""

    minutes_before: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None


def preferences(*chosen: Chosen | None) -> Preferences:
    """The first that says something counts: the person's, the provider's, the product's own."""
    minutes, since, until = MINUTES_BEFORE, QUIET_FROM, QUIET_UNTIL
    for one in reversed(chosen):
        if one is not None:
            minutes = minutes if one.minutes_before is None else one.minutes_before
            since = one.quiet_from or since
            until = one.quiet_until or until
    return Preferences(minutes_before=minutes, quiet_from=since, quiet_until=until)
