"""Runs the migrations: at start, in tests, by `doorstep migrate`. Several processes may try at once."""

import contextlib
import io
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from doorstep.db.engine import DB

_LOCK = 0x646F6F72  # "door": three processes at once would create the same tables


class MigrationFailed(Exception):
    """A migration could not be run; the text is the migration tool's own."""


async def migrate(dsn: str) -> None:
    """Brings the schema to the newest version.

    :raises MigrationFailed: if a migration fails; what earlier ones did stays.
    """
    guard = await asyncpg.connect(dsn)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if not await pending(guard):
            return
        DB.config = {"dsn": dsn}
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                await run_forwards(app_name="doorstep")
        except SystemExit as error:
            raise MigrationFailed(said.getvalue()) from error
    finally:
        await guard.close()


async def pending(connection: asyncpg.Connection) -> list[str]:
    """The migration files that the database has not run yet, in order."""
    files = sorted(path.stem for path in (Path(__file__).parent / "migrations").glob("doorstep_*.py"))
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return files
    done = await connection.fetchval("SELECT count(*) FROM migration WHERE app_name = 'doorstep'")
    return files[done:]
