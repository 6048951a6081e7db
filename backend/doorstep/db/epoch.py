"""The database's epoch: one stretch of its life in which nothing was forgotten again. A restored backup begins another.

Phones keep what they sent and compare the epoch of every answer: after a restore they send again what is gone. Nobody
has to say that there was a restore, the place where the tables live tells: cluster, timeline, database and table. What
none of these shows, a data folder or a machine that was set back as a whole, an operator declares (`doorstep resend`).
"""

import logging
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import START_LOCK

log = logging.getLogger("doorstep")

HEADER = "Doorstep-Epoch"

# Null while there is no such table: before the first migration, or in the middle of a restore.
_HERE = """
SELECT (SELECT system_identifier FROM pg_control_system())::text
  || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
  || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())
  || ':' || to_regclass('epoch')::oid
"""
_NEWEST = "SELECT id, number, began_at, reason, fingerprint FROM epoch ORDER BY number DESC LIMIT 1"
_INSERT = "INSERT INTO epoch (id, number, began_at, reason, fingerprint) VALUES ($1, $2, $3, $4, $5)"

# Everything that is written after this transaction has a higher number than it.
_OFFSET = """
SELECT change_offset(), (SELECT transaction::text::bigint FROM change ORDER BY transaction DESC, id DESC LIMIT 1)
  - pg_current_xact_id()::text::bigint
"""
_OFFSET_FUNCTION = "change_offset() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE"


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table."""

    id: UUID
    number: int
    began_at: datetime
    reason: str
    fingerprint: str


_current: Epoch | None = None


def current() -> Epoch:
    """The epoch of the database that this process serves."""
    if _current is None:
        raise RuntimeError("no database yet")
    return _current


def known() -> Epoch | None:
    """The same, or None before the first connection."""
    return _current


async def newest(connection: asyncpg.Connection) -> Epoch | None:
    """The newest one in the table, whether or not it began here; None in a database that has never been started."""
    if not await connection.fetchval("SELECT to_regclass('epoch') IS NOT NULL"):
        return None
    row = await connection.fetchrow(_NEWEST)
    return None if row is None else Epoch(**dict(row))


async def begin(connection: asyncpg.Connection, *, declared: bool = False) -> Epoch:
    """Goes on in the newest epoch if it began here; else, or when `declared`, begins the next.

    Several processes may try at once.
    """
    global _current
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", START_LOCK)
        here = await connection.fetchval(_HERE)
        last = await newest(connection)
        if last is None or last.fingerprint != here or declared:
            reason = "new" if last is None else "declared" if declared else "restored"
            number = 1 if last is None else last.number + 1
            last = Epoch(id=uuid7(), number=number, began_at=clock.now(), reason=reason, fingerprint=str(here))
            await _go_on_counting(connection)
            await connection.execute(_INSERT, last.id, last.number, last.began_at, last.reason, last.fingerprint)
            if reason != "new":
                log.warning("epoch %d of the database begins (%s): phones send again what they keep", number, reason)
    _current = last
    return last


async def _go_on_counting(connection: asyncpg.Connection) -> None:
    """Changes that came from another cluster may have numbers that this one's transactions reach only in years.

    They are facts and stay as they are: from here on the offset lifts every number above them, so that readers go on
    from whatever cursor they have, and the order holds.
    """
    present, needed = await connection.fetchrow(_OFFSET) or (0, None)
    if needed is not None and needed > present:
        await connection.execute(f"CREATE OR REPLACE FUNCTION {_OFFSET_FUNCTION} RETURN {int(needed)}")


async def recognise(connection: asyncpg.Connection) -> None:
    """For each new connection of a pool: notices a database that was replaced below a running server.

    :raises ConnectionError: while the tables are not there, as in the middle of a restore: a moment later they may be.
    """
    here = await connection.fetchval(_HERE)
    if here is None:
        raise ConnectionError("the database has no tables: a restore is under way")
    if _current is None or _current.fingerprint != here:
        await begin(connection)
