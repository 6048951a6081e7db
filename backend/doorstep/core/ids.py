"""Identifiers: UUIDv7 for rows and events, in the order of their creation."""

import os
import threading
from uuid import UUID

from doorstep.core import clock

_turn = threading.Lock()
_last = 0  # milliseconds and counter of the last one, 60 bits


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562 5.7), in this process always above those made before it.

    48 bits of milliseconds, 12 of a counter that begins anew, below half, with each (6.2, method 1), 62 random bits. A
    counter that runs over borrows the next millisecond, and a clock that is set back is waited for: both only count on.
    """
    global _last
    milliseconds = int(clock.now().timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    with _turn:
        _last = head = max(_last + 1, milliseconds << 12 | random >> 69)
    return UUID(int=(head >> 12) << 80 | 0x7 << 76 | (head & 0xFFF) << 64 | 0x2 << 62 | random & (1 << 62) - 1)
