"""Migrations: by several processes at once, whole or not at all, and their result is what the tables say."""

import asyncio
import sys
from collections.abc import AsyncIterator
from types import ModuleType
from uuid import uuid4

import asyncpg
import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from doorstep.db import engine
from doorstep.db import migrate as module
from doorstep.db.migrate import MigrationFailed, applied, migrate, pending
from doorstep.db.piccolo_app import APP_CONFIG


@pytest.fixture
async def empty(template: str) -> AsyncIterator[str]:
    """A database in which no migration has run."""
    name = f"e{uuid4().hex}"
    admin = await asyncpg.connect(template)
    await admin.execute(f"CREATE DATABASE {name}")
    yield template.replace("/doorstep?", f"/{name}?")
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def test_three_processes_at_once(empty: str) -> None:
    program = (
        "import asyncio, sys; from doorstep.db.migrate import migrate; print(len(asyncio.run(migrate(sys.argv[1]))))"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    ran = sorted(int(out) for out, _ in answers)
    assert ran[:2] == [0, 0]
    assert ran[2] >= 2


async def test_the_schema_is_what_the_tables_say(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    assert await pending(connection) == []
    await connection.close()
    # The tables against the snapshot of all migration files: nothing is left to write a migration for.
    missing = await AutoMigrationManager().get_alter_statements(APP_CONFIG)
    assert [statement for kind in missing for statement in kind.statements] == []


async def test_every_column_of_the_tables_is_in_the_database(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    await connection.close()
    there = {(row["table_name"], row["column_name"]) for row in rows}
    wanted = {
        (table._meta.tablename, column._meta.db_column_name)
        for table in APP_CONFIG.table_classes
        for column in table._meta.columns
    }
    assert wanted <= there


async def test_a_second_run_does_nothing(dsn: str) -> None:
    assert await migrate(dsn) == []


async def test_a_migration_that_fails_leaves_nothing_of_itself(own_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ModuleType("broken")

    async def forwards() -> object:
        from piccolo.apps.migrations.auto.migration_manager import MigrationManager

        manager = MigrationManager(migration_id="9999", app_name="doorstep")

        async def run() -> None:
            await engine.fetch("CREATE TABLE half (id int)")
            await engine.fetch("SELECT no_such_function()")

        manager.add_raw(run)
        return manager

    vars(broken).update(ID="9999", forwards=forwards)
    modules = module._modules()
    monkeypatch.setattr(module, "_modules", lambda: [*modules, broken])
    with pytest.raises(MigrationFailed, match=r"9999.*no_such_function"):
        await migrate(own_dsn)
    connection = await asyncpg.connect(own_dsn)
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert "9999" not in await applied(connection)
    assert await pending(connection) == ["9999"]
    await connection.close()


async def test_a_database_newer_than_the_program_is_said(own_dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    connection = await asyncpg.connect(own_dsn)
    await connection.execute("INSERT INTO migration (name, app_name) VALUES ('9999', 'doorstep')")
    await connection.close()
    assert await migrate(own_dsn) == []
    assert "9999" in caplog.text
