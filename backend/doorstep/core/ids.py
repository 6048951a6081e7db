"""Identifiers: UUIDv7 for rows and events, in the order of their creation."""

import os
from uuid import UUID

from doorstep.core import clock


def uuid7() -> UUID:
    """A random UUID version 7 (RFC 9562 5.7): 48 bits of milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
