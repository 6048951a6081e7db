"""A database that went back in time is noticed wherever it was put back to, and its readers of changes go on."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from doorstep import context
from doorstep.core.ids import uuid7
from doorstep.db import embedded, engine, epoch
from doorstep.db.migrate import migrate

Elsewhere = Callable[[str], Awaitable[str]]


def run(program: str, *arguments: str) -> None:
    subprocess.run([str(embedded.bin_dir() / program), *arguments], check=True, capture_output=True)


@pytest.fixture
async def elsewhere(template: str) -> AsyncIterator[Elsewhere]:
    """Makes an empty database beside the given one; answers its DSN."""
    admin = await asyncpg.connect(template)
    names: list[str] = []

    async def make(dsn: str) -> str:
        names.append(f"r{uuid4().hex}")
        await admin.execute(f"CREATE DATABASE {names[-1]}")
        head, _, tail = dsn.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{names[-1]}?{tail}"

    yield make
    for name in names:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def epochs(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT reason FROM epoch ORDER BY number")
    await connection.close()
    return [row["reason"] for row in rows]


async def test_it_begins_once_and_a_start_goes_on_in_it(dsn: str) -> None:
    await migrate(dsn)
    first = epoch.current()
    await migrate(dsn)
    assert epoch.current() == first
    assert await epochs(dsn) == ["new"]


async def test_a_dump_put_into_another_database_begins_another(
    own_dsn: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    await migrate(own_dsn)
    known = await epochs(own_dsn)
    dump, other = str(tmp_path / "dump"), await elsewhere(own_dsn)
    run("pg_dump", "-Fc", "-f", dump, own_dsn)
    run("pg_restore", "--exit-on-error", "-d", other, dump)
    before = epoch.current()
    await migrate(other)
    assert epoch.current().id != before.id
    assert await epochs(other) == [*known, "restored"]


async def test_a_dump_put_back_over_the_same_database_does_too(own_dsn: str, tmp_path: Path) -> None:
    await migrate(own_dsn)
    known = await epochs(own_dsn)
    dump = str(tmp_path / "dump")
    run("pg_dump", "-Fc", "-f", dump, own_dsn)
    run("pg_restore", "--exit-on-error", "--clean", "-d", own_dsn, dump)
    await migrate(own_dsn)
    assert await epochs(own_dsn) == [*known, "restored"]


async def test_a_role_without_rights_can_tell_where_it_is(own_dsn: str) -> None:
    connection = await asyncpg.connect(own_dsn)
    await connection.execute("SET ROLE pg_read_all_data")
    assert len((await connection.fetchval(epoch._HERE)).split(":")) == 4
    await connection.close()


async def test_several_processes_that_start_at_once_begin_one(own_dsn: str, elsewhere: Elsewhere) -> None:
    other = await elsewhere(own_dsn)
    await migrate(other)
    connections = [await asyncpg.connect(other) for _ in range(4)]
    await connections[0].execute("SET session_replication_role = replica")
    await connections[0].execute("UPDATE epoch SET fingerprint = 'another cluster'")
    begun = await asyncio.gather(*(epoch.begin(connection) for connection in connections))
    for connection in connections:
        await connection.close()
    assert len({one.id for one in begun}) == 1
    assert await epochs(other) == ["new", "restored"]


async def test_a_running_server_notices_by_its_next_connection(own_dsn: str, template: str) -> None:
    async with context.connected(own_dsn, pool_size=2):
        before = epoch.current()
        admin = await asyncpg.connect(template)
        name = own_dsn.partition("?")[0].rsplit("/", 1)[1]
        await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        await admin.execute(f"ALTER DATABASE {name} RENAME TO {name}_old")
        # While the tables are not there yet nobody is served.
        await admin.execute(f"CREATE DATABASE {name}")
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)) as caught:
            for _ in range(3):
                await engine.fetch("SELECT 1")
        assert engine.is_transient(caught.value)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {name}_old")
        await engine.fetch("SELECT 1")
        assert epoch.current().number == before.number + 1
        await engine.close_pool()
        await admin.execute(f"DROP DATABASE {name}_old WITH (FORCE)")
        await admin.close()


async def test_what_no_file_shows_is_declared(dsn: str) -> None:
    await migrate(dsn)
    first = epoch.current()
    connection = await asyncpg.connect(dsn)
    second = await epoch.begin(connection, declared=True)
    await connection.close()
    assert (second.number, second.reason) == (first.number + 1, "declared")


_TOLD = "INSERT INTO change (kind, subject, at) VALUES ('test.told', $1, now())"
_READ = """
SELECT transaction::text AS transaction, id, subject FROM change
WHERE (transaction, id) > ($1::text::xid8, $2) AND transaction < change_horizon() ORDER BY transaction, id
"""


async def test_readers_of_changes_go_on_after_a_restore_into_a_cluster_that_counts_from_lower(own_dsn: str) -> None:
    db = await asyncpg.connect(own_dsn)
    ahead = 5_000_000_000_000  # what the other cluster had counted up to
    for number in range(3):
        statement = "INSERT INTO change (kind, subject, at, transaction) VALUES ('test.old', $1, now(), $2::text::xid8)"
        await db.execute(statement, uuid7(), str(ahead + number))
    cursor = (str(ahead + 1), (await db.fetchval("SELECT max(id) FROM change")) - 1)
    assert await db.fetch(_READ, *cursor) == [], "blocked, without the new epoch"
    await db.execute("SET session_replication_role = replica")
    await db.execute("UPDATE epoch SET fingerprint = 'another cluster'")
    await migrate(own_dsn)
    told = [uuid7() for _ in range(3)]
    for subject in told:
        await db.execute(_TOLD, subject)
    rows = await db.fetch(_READ, *cursor)
    assert int(rows[0]["transaction"]) == ahead + 2
    assert [row["subject"] for row in rows[1:]] == told
    # A second restore keeps what the first one added.
    await db.execute("UPDATE epoch SET fingerprint = 'another cluster'")
    await migrate(own_dsn)
    cursor, last = (rows[-1]["transaction"], rows[-1]["id"]), uuid7()
    await db.execute(_TOLD, last)
    assert [row["subject"] for row in await db.fetch(_READ, *cursor)] == [last]
    # The right order is kept, whoever commits first: nothing that is open is read past.
    slow = await asyncpg.connect(own_dsn)
    await slow.execute("BEGIN; SELECT pg_current_xact_id()")
    await db.execute(_TOLD, uuid7())
    assert len(await db.fetch(_READ, *cursor)) == 1
    await slow.execute("COMMIT")
    assert len(await db.fetch(_READ, *cursor)) == 2
    for connection in (slow, db):
        await connection.close()
