"""The pool stays whole whatever goes wrong in a transaction: failed commits, killed backends, cancellations."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from doorstep.db import engine
from doorstep.db.engine import DB, fetch, unit_of_work
from support.until import until

SIZE = 3


@pytest.fixture
async def other(own_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is not the pool's."""
    connection = await asyncpg.connect(own_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def pool(own_dsn: str, other: asyncpg.Connection) -> AsyncIterator[None]:
    """A small pool, and a table whose constraint is looked at on commit only."""
    await other.execute(
        """CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $body$;
        CREATE CONSTRAINT TRIGGER waits_on_commit AFTER INSERT ON parent DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait_for_lock()"""
    )
    await engine.open_pool(own_dsn, size=SIZE)
    yield
    await engine.close_pool()


async def assert_whole() -> None:
    """Every connection of the pool can be had at once, and none is in a transaction."""
    assert not DB.transaction_exists()
    assert DB.pool is not None
    async with asyncio.timeout(10):
        connections = [await DB.pool.acquire() for _ in range(SIZE)]
        assert not any(connection.is_in_transaction() for connection in connections)
        assert [await connection.fetchval("SELECT 1") for connection in connections] == [1] * SIZE
        for connection in connections:
            await DB.pool.release(connection)


@pytest.mark.usefixtures("pool")
async def test_ten_failed_commits() -> None:
    for _ in range(10):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with unit_of_work():
                await fetch("INSERT INTO child VALUES (99)")
    await assert_whole()


@pytest.mark.usefixtures("pool")
async def test_five_killed_backends(other: asyncpg.Connection) -> None:
    for _ in range(5):
        with pytest.raises(engine.TRANSIENT):
            async with unit_of_work():
                [row] = await fetch("SELECT pg_backend_pid() AS pid")
                await other.execute("SELECT pg_terminate_backend($1)", row["pid"])
                await fetch("SELECT 1")
    await assert_whole()


@pytest.mark.usefixtures("pool")
async def test_a_backend_killed_before_the_commit(other: asyncpg.Connection) -> None:
    for _ in range(5):
        with pytest.raises(engine.TRANSIENT):
            async with unit_of_work():
                [row] = await fetch("INSERT INTO child VALUES (null) RETURNING pg_backend_pid() AS pid")
                await other.execute("SELECT pg_terminate_backend($1)", row["pid"])
    await assert_whole()


async def _cancel_while_waiting(statement: str, other: asyncpg.Connection) -> None:
    async def work() -> None:
        async with unit_of_work():
            await fetch(statement)

    async def waits() -> object:
        return await other.fetchval(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"
        )

    await other.execute("SELECT pg_advisory_lock(7)")
    task = asyncio.create_task(work())
    await until(waits)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await other.execute("SELECT pg_advisory_unlock(7)")


@pytest.mark.usefixtures("pool")
async def test_five_cancellations_in_a_statement(other: asyncpg.Connection) -> None:
    for _ in range(5):
        await _cancel_while_waiting("SELECT pg_advisory_xact_lock(7)", other)
    await assert_whole()


@pytest.mark.usefixtures("pool")
async def test_five_cancellations_in_the_commit(other: asyncpg.Connection) -> None:
    for number in range(5):
        await _cancel_while_waiting(f"INSERT INTO parent VALUES ({number})", other)
    await assert_whole()
    assert await other.fetchval("SELECT count(*) FROM parent") == 0


@pytest.mark.usefixtures("pool")
async def test_a_block_that_raises_rolls_back_and_one_that_returns_commits(other: asyncpg.Connection) -> None:
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work():
            await fetch("INSERT INTO parent VALUES (1)")
            _ = 1 / 0
    async with unit_of_work():
        await fetch("INSERT INTO parent VALUES (2)")
    assert [row["id"] for row in await other.fetch("SELECT id FROM parent")] == [2]


@pytest.mark.usefixtures("pool")
async def test_a_unit_of_work_is_never_nested() -> None:
    with pytest.raises(TransactionError):
        async with unit_of_work(), unit_of_work():
            pass
    await assert_whole()


@pytest.mark.usefixtures("pool")
async def test_many_rows_need_a_unit_of_work() -> None:
    with pytest.raises(RuntimeError):
        await engine.execute_many("INSERT INTO parent VALUES ($1)", [[1]])
    async with unit_of_work():
        await engine.execute_many("INSERT INTO parent VALUES ($1)", [[1], [2]])
    assert len(await fetch("SELECT id FROM parent")) == 2


async def test_without_a_pool_there_is_nothing_to_read() -> None:
    with pytest.raises(RuntimeError, match="pool"):
        await fetch("SELECT 1")


@pytest.mark.parametrize(("kind", "value"), [("int", 2**40), ("timestamptz", "yesterday"), ("uuid", "x"), ("text", 1)])
@pytest.mark.usefixtures("pool")
async def test_a_value_that_does_not_fit_its_type_is_not_tried_again(kind: str, value: Any) -> None:
    with pytest.raises(asyncpg.DataError) as caught:
        await fetch(f"SELECT $1::{kind}", value)
    assert not engine.is_transient(caught.value)
