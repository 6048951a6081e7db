"""The audit trail: who does what, written in the transaction of what is done; what an auditor reads, before the answer.

The guard begins a trail for each request with an actor; every unit of work of an unsafe request then ends with one row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock

ASKED = "asked"
"""Where `data` holds the period and the filters of a read, beside the ids of the address."""

_INSERT = """
INSERT INTO audit (at, account, person, role, name, operation, subject, data, provider, area)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


class Trail(msgspec.Struct, kw_only=True):
    """One request: who, which operation of the API, about what. `data` holds ids and codes, never personal data.

    `changes`: whether its units of work are written down. `reads`: whether its answer is. `rows`: how many were.
    """

    operation: str
    role: str
    name: str = ""
    account: UUID | None = None
    person: UUID | None = None
    subject: UUID | None = None
    data: dict[str, Any] = {}
    provider: UUID | None = None
    area: UUID | None = None
    changes: bool = True
    reads: bool = False
    rows: int = 0


_current: ContextVar[Trail | None] = ContextVar("trail", default=None)


@contextmanager
def room() -> Iterator[None]:
    """A request: what it begins is over when it ends."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def begin(trail: Trail) -> None:
    """From here to the end of the request everything is this actor's doing."""
    _current.set(trail)


def current() -> Trail | None:
    """The trail of this request, if somebody known acts."""
    return _current.get()


def about(subject: UUID, *, provider: UUID | None, area: UUID | None) -> None:
    """What the request is about, when its address does not name it, and where that lies."""
    trail = _current.get()
    if trail is not None:
        trail.subject = trail.subject or subject
        trail.provider = trail.provider or provider
        trail.area = trail.area or area


async def close(connection: asyncpg.Connection) -> None:
    """Ends a unit of work: its row, if somebody's request changes something."""
    trail = _current.get()
    if trail is not None and trail.changes:
        await write(connection, trail)


async def write(connection: Any, trail: Trail) -> None:
    """One row."""
    await connection.execute(
        _INSERT,
        clock.now(),
        trail.account,
        trail.person,
        trail.role,
        trail.name,
        trail.operation,
        trail.subject,
        msgspec.json.encode(trail.data).decode(),
        trail.provider,
        trail.area,
    )
    trail.rows += 1
