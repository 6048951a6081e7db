"""Runs the migrations: at start, in tests, by `doorstep migrate`. Several processes may try at once."""

import contextlib
import importlib
import io
import logging
from pathlib import Path
from types import ModuleType

import asyncpg
from piccolo.apps.migrations.tables import Migration

from doorstep.db import epoch
from doorstep.db.engine import DB, START_LOCK, unit_of_work

log = logging.getLogger("doorstep")


class MigrationFailed(Exception):
    """A migration could not be run; its name and the database's reason are the text."""


class DatabaseUnreachable(Exception):
    """Nothing answers at the address of the database, or it does not let us in."""


async def migrate(dsn: str) -> list[str]:
    """Brings the schema to the newest version and looks whether the database was restored; answers the migrations.

    Each migration and its line in the ledger are one transaction, so a crash leaves either both or neither.

    :raises DatabaseUnreachable: if there is no connection.
    :raises MigrationFailed: if a migration fails; what earlier ones did stays.
    """
    try:
        guard = await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable(f"DOORSTEP_DATABASE_URL: 连不上数据库 / no connection ({error})") from error
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", START_LOCK)
        done = await applied(guard)
        waiting = [module for module in _modules() if module.ID not in done]
        if newer := done - known():
            log.warning("the database is newer than this program: %s", ", ".join(sorted(newer)))
        if waiting:
            if DB.pool is None:
                DB.config = {"dsn": dsn}
            await Migration.create_table(if_not_exists=True)
        for module in waiting:
            await _run(module)
        await epoch.begin(guard)
        return [module.ID for module in waiting]
    finally:
        await guard.close()


async def applied(connection: asyncpg.Connection) -> set[str]:
    """The ids in the database's ledger."""
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return set()
    return {row["name"] for row in await connection.fetch("SELECT name FROM migration WHERE app_name = 'doorstep'")}


def known() -> set[str]:
    """The ids of the migrations that this program has."""
    return {module.ID for module in _modules()}


async def pending(connection: asyncpg.Connection) -> list[str]:
    """The ids of the migrations that the database has not run yet, in order."""
    done = await applied(connection)
    return [module.ID for module in _modules() if module.ID not in done]


def _modules() -> list[ModuleType]:
    files = (Path(__file__).parent / "migrations").glob("doorstep_*.py")
    modules = [importlib.import_module(f"doorstep.db.migrations.{path.stem}") for path in files]
    return sorted(modules, key=lambda module: module.ID)


async def _run(module: ModuleType) -> None:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            manager = await module.forwards()
            manager.wrap_in_transaction = False
            async with unit_of_work():
                await manager.run()
                await Migration.insert(Migration(name=module.ID, app_name="doorstep"))
    except Exception as error:
        raise MigrationFailed(f"{module.ID}: {error}") from error
