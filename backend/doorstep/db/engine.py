"""The pooled engine and the unit of work: the one place that opens a transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from doorstep.db import audit

OnConnect = Callable[[asyncpg.Connection], Awaitable[None]]


class ReturningTransaction(PostgresTransaction):
    """Gives its connection back whatever happens: upstream loses it when COMMIT or ROLLBACK fails. Never nested."""

    async def __aenter__(self) -> "ReturningTransaction":
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        try:
            if exception is None:
                await self.commit()
            elif not self.connection.is_closed():
                await self.rollback()
        finally:
            try:
                await self._give_back()
            finally:
                self.engine.current_transaction.reset(self.context)
        return False

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


class DoorstepEngine(PostgresEngine):
    """Piccolo's engine with our transaction, and without the connection that upstream makes on import."""

    async def check_version(self) -> None:
        """`doorstep doctor` looks at the version; upstream connects to whatever listens on port 5432."""

    def transaction(self, allow_nested: bool = False) -> ReturningTransaction:
        return ReturningTransaction(engine=self, allow_nested=allow_nested)


# Plans are cached: planning the hot path's joins anew takes longer than running them. A plan made on an empty table is
# thrown away by the first (auto)analyze.
_SERVER_SETTINGS = {"application_name": "doorstep", "timezone": "UTC", "jit": "off"}

DB = DoorstepEngine(config={}, extensions=())

START_LOCK = 0x646F6F72  # "door": what only one process at a time does with a database, before it is served

# The database is away, or chose this transaction to break a tie: the same request may succeed a moment later.
TRANSIENT: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when the server hung up between two statements
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    ConnectionError,
    FileNotFoundError,  # the embedded server's socket is gone
)

# The driver's own among these: what it was told or asked is wrong, or it cannot do it. Asked again, it says the same.
_LASTING: tuple[type[Exception], ...] = (
    ValueError,
    asyncpg.UnsupportedClientFeatureError,
    asyncpg.UnsupportedServerFeatureError,
)


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    return isinstance(error, TRANSIENT) and not isinstance(error, _LASTING)


# Somebody else wrote the same in the same moment; the service did not expect it, or could not.
CONFLICTS = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)
# A character that no text of the database can hold (NUL).
NOT_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
# A number or a time that its column cannot hold; a division by zero, or a broken constraint, is our own fault.
_OUT_OF_RANGE = (asyncpg.NumericValueOutOfRangeError, asyncpg.DatetimeFieldOverflowError)


def out_of_range(error: Exception) -> bool:
    """Whether a value of the request is beyond what its column can hold, for the server or already for the driver."""
    driver = type(error) is asyncpg.DataError and isinstance(error.__cause__, OverflowError)
    return driver or isinstance(error, _OUT_OF_RANGE)


async def _keep_session(_connection: Any) -> None:
    """No session state is ever set, so there is nothing to reset when a connection goes back."""


async def open_pool(dsn: str, *, size: int, on_connect: OnConnect | None = None) -> None:
    """Opens the pool of this process and loop; `on_connect` looks at each new connection before it is used."""
    DB.config = {"dsn": dsn, "server_settings": _SERVER_SETTINGS}
    await DB.start_connection_pool(min_size=1, max_size=size, reset=_keep_session, init=on_connect)


async def close_pool() -> None:
    """Closes it."""
    if DB.pool:
        await DB.close_connection_pool()


@asynccontextmanager
async def unit_of_work() -> AsyncIterator[asyncpg.Connection]:
    """One transaction. Commits when the block returns, rolls back when it raises; never nested, never across tasks.

    What somebody's request has changed ends with its row of the audit trail.
    """
    async with DB.transaction() as transaction:
        connection = cast(asyncpg.Connection, transaction.connection)
        yield connection
        await audit.close(connection)


async def fetch(sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Rows of a read model or of the hot path, inside the current unit of work if there is one."""
    current = DB.current_transaction.get()
    if current is not None:
        return await current.connection.fetch(sql, *arguments)
    if DB.pool is None:
        raise RuntimeError("the pool is not open")
    async with DB.pool.acquire() as connection:
        return await connection.fetch(sql, *arguments)


async def write_down(trail: audit.Trail) -> None:
    """A row of the audit trail by itself: what is read, and changes nothing."""
    if DB.pool is None:
        raise RuntimeError("the pool is not open")
    async with DB.pool.acquire() as connection:
        await audit.write(connection, trail)


async def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """The same statement for many rows, inside the current unit of work."""
    current = DB.current_transaction.get()
    if current is None:
        raise RuntimeError("writes need a unit of work")
    await current.connection.executemany(sql, rows)
