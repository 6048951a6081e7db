"""What goes wrong and how often; every decision is drawn from one generator and counted by its name."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

RATES = {
    # of a request
    "lost_request": 0.05,
    "lost_answer": 0.05,
    "repeated": 0.03,
    "twice_at_once": 0.04,
    "late_copy": 0.03,
    "shuffled": 0.05,
    "crash_before_receipts": 0.02,
    "torn_receipts": 0.02,
    # of an event at the door
    "crash_before_store": 0.015,
    "crash_after_store": 0.015,
    "forgotten_check_in": 0.01,
    "forgotten_check_out": 0.01,
    "annulled": 0.04,
    "not_served": 0.04,
    "walk_in": 0.04,
    "no_position": 0.05,
    "unplanned_scan": 0.02,
    # of a phone's day
    "reboot": 0.10,
    "offline_hours": 0.45,
    "offline_days": 0.03,
    "clock_offset": 0.03,
    "clock_jump": 0.02,
    "clock_zone": 0.015,
    "clock_year": 0.01,
    # of a caregiver's day
    "swapped": 0.02,
    "replaced": 0.01,
    "revoked": 0.006,
    # of a call
    "reassigned": 0.04,
    "cancelled": 0.03,
    "moved": 0.02,
    "suspended": 0.01,
}
MENDED = 0.3
"""How likely a wrong clock is set right on a later day."""


class Dice:
    """The one generator of a run. When `calm`, nothing goes wrong any more."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.calm = False

    def strikes(self, fault: str) -> bool:
        """Whether it happens now; then it is counted."""
        drawn = self.rng.random() < RATES[fault]
        if drawn and not self.calm:
            self.counts[fault] += 1
            return True
        return False

    def span(self, low: float, high: float) -> timedelta:
        """A time between so many minutes and so many minutes, in whole seconds."""
        return timedelta(seconds=self.rng.randint(int(low * 60), int(high * 60)))

    def clock_error(self, fault: str) -> timedelta:
        """How wrong a phone's clock is after this fault."""
        sign = self.rng.choice((-1, 1))
        if fault == "clock_year":
            return sign * timedelta(days=365)
        if fault == "clock_zone":
            return sign * timedelta(hours=self.rng.choice((1, 5, 8)))
        if fault == "clock_jump":
            return sign * self.span(60, 60 * 20)
        return sign * self.span(1, 55)
