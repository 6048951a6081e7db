"""Facts are append-only in the database itself, and a change wakes its readers."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

FACTS = (
    *("check_event", "event_visit", "finding", "refused_event", "change", "epoch", "reminder_attempt", "call_note"),
    *("decision", "caregiver_word", "manual_edit", "sample_item", "inspection", "audit"),
)


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_nothing_changes_a_fact(connection: asyncpg.Connection, table: str, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await connection.execute(statement.format(table))


async def test_a_change_wakes_its_readers_on_commit(connection: asyncpg.Connection, dsn: str) -> None:
    woken = asyncio.Event()
    await connection.add_listener("change", lambda *_: woken.set())
    writer = await asyncpg.connect(dsn)
    await writer.execute("INSERT INTO change (kind, subject, at) VALUES ('visit.missed', gen_random_uuid(), now())")
    async with asyncio.timeout(10):
        await woken.wait()
    readable = await writer.fetchval("SELECT transaction < change_horizon() FROM change")
    await writer.close()
    assert readable


async def test_evidence_is_not_deleted_by_cascade(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT conrelid::regclass AS place, confdeltype FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'r'"
    )
    assert rows == []
