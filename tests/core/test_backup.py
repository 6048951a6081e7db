"""Backup and restore as an operator does them: nothing is lost by trying, and who may not, is told why."""

import asyncio
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio.to_thread
import asyncpg
import pytest
from click.testing import CliRunner, Result

from doorstep import backup, context, doctor
from doorstep.cli import main
from doorstep.core import keys
from doorstep.db import embedded, epoch
from doorstep.db.migrate import migrate
from doorstep.settings import Settings
from support.folders import data_folder
from support.timing import later
from support.world import World


@pytest.fixture
def settings(own_dsn: str, tmp_path: Path) -> Settings:
    chosen = Settings(database_url=own_dsn, data_dir=tmp_path / "data", public_url="https://dj.example.cn")
    keys.install(chosen)
    return chosen


async def doorstep(settings: Settings, *arguments: str) -> Result:
    runner = CliRunner(
        env={"DOORSTEP_DATABASE_URL": settings.database_url, "DOORSTEP_DATA_DIR": str(settings.data_dir)}
    )
    return await anyio.to_thread.run_sync(partial(runner.invoke, main, arguments))


async def value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


COUNT = "SELECT count(*) FROM caregiver"


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def spoil(dump: Path, content: bytes | None) -> Path:
    """Something else, or the beginning of a backup."""
    broken = dump.with_name("broken")
    broken.write_bytes(dump.read_bytes()[:30_000] if content is None else content)
    return broken


@pytest.fixture
async def dumped(settings: Settings, tmp_path: Path) -> Path:
    """A backup of the tests' district, taken while it is in use; one caregiver came after it."""
    file = tmp_path / "the backup.dump"
    async with context.connected(settings.database_url, pool_size=2):
        world = await World.create()
        done = await doorstep(settings, "backup", str(file))
        assert done.exit_code == 0, done.output
        await world.add_caregiver("后来的")
    return file


async def test_back_to_the_day_of_the_backup_and_nothing_thrown_away(settings: Settings, dumped: Path) -> None:
    before = epoch.current()
    assert mode(dumped) == 0o600
    done = await doorstep(settings, "restore", str(dumped))
    assert done.exit_code == 0, done.output
    assert await value(settings.database_url, COUNT) == 3
    await migrate(settings.database_url)
    now = epoch.current()
    assert (now.number, now.reason) == (before.number + 1, "restored")
    name = str(await value(settings.database_url, "SELECT current_database()"))
    kept = str(await value(settings.database_url, "SELECT datname FROM pg_database WHERE datname ~ '_before_'"))
    assert kept.startswith(f"{name}_before_")
    assert kept in done.output
    assert await value(settings.database_url.replace(name, kept), COUNT) == 4
    said = [one.en async for one in doctor.findings(settings)]
    assert any("restored from a backup at" in line for line in said)
    assert any(kept in line for line in said)
    await value(settings.database_url, f'DROP DATABASE "{kept}"')


async def test_not_while_the_server_runs(settings: Settings, dumped: Path) -> None:
    async with context.connected(settings.database_url, pool_size=1):
        done = await doorstep(settings, "restore", str(dumped))
    assert done.exit_code == 1
    assert "the server is running" in done.output
    assert "doorstep" in done.output
    assert await value(settings.database_url, COUNT) == 4


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"no backup at all", None])
async def test_what_is_no_backup_changes_nothing(settings: Settings, dumped: Path, content: bytes | None) -> None:
    broken = spoil(dumped, content)
    done = await doorstep(settings, "restore", str(broken))
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert await value(settings.database_url, COUNT) == 4
    assert (
        await value(settings.database_url, "SELECT count(*) FROM pg_database WHERE datname ~ '_restoring|_before_'")
        == 0
    )
    assert (await doorstep(settings, "restore", str(dumped.with_name("nowhere")))).exit_code == 1


async def test_a_backup_is_whole_or_not_there(settings: Settings, dumped: Path, tmp_path: Path) -> None:
    again = await doorstep(settings, "backup", str(dumped))
    assert (again.exit_code, "choose another name" in again.output) == (1, True)
    folder = tmp_path / "backups"
    folder.mkdir()
    await asyncio.to_thread(backup.take, settings.database_url, folder, settings.data_dir)
    [made] = folder.iterdir()
    assert made.suffix == ".dump"
    away = "postgresql://doorstep@/x?host=/nowhere"
    with pytest.raises(backup.CopyFailed):
        backup.take(away, folder / "none", settings.data_dir)
    assert list(folder.iterdir()) == [made]


async def test_who_lists_the_processes_sees_no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[tuple[list[str], str]] = []

    def call(command: list[str], environment: dict[str, str]) -> str:
        seen.append((command, environment.get("PGPASSWORD", "")))
        return "180001"

    monkeypatch.setattr(backup, "_call", call)
    backup._run("pg_dump", "postgresql://me:s%2Fcret@db:5432/doorstep?sslmode=require")
    assert [password for _, password in seen if password] == ["s/cret", "s/cret"]
    assert "cret" not in str([command for command, _ in seen])
    assert "--dbname=postgresql://me@db:5432/doorstep?sslmode=require" in seen[-1][0]
    with pytest.raises(backup.CopyFailed, match="PostgreSQL 15"):
        backup._program("pg_restore", 15)


@pytest.mark.usefixtures("dumped")
async def test_the_doctor_says_when_the_last_backup_was(settings: Settings) -> None:
    async def level() -> str:
        return next(one.level for one in [one async for one in doctor.findings(settings)] if "last backup" in one.en)

    assert await level() == "good"
    with later(timedelta(days=3)):
        assert await level() == "note"
    os.unlink(settings.data_dir / backup.LAST)
    said = [one.en async for one in doctor.findings(settings)]
    assert any("no backup was taken here yet" in line for line in said)


async def test_phones_are_asked_to_send_again_where_nothing_shows_that_it_went_back(settings: Settings) -> None:
    await migrate(settings.database_url)
    before = epoch.current()
    assert (await doorstep(settings, "resend")).exit_code == 0
    await migrate(settings.database_url)
    assert (epoch.current().number, epoch.current().reason) == (before.number + 1, "declared")


@pytest.fixture
def fresh() -> Iterator[Path]:
    with data_folder() as made:
        yield made


async def test_into_a_new_machine(dumped: Path, fresh: Path) -> None:
    """A data folder that has never been used, with an embedded server of its own: another cluster."""
    new = Settings(database_url="", data_dir=fresh)
    done = await doorstep(new, "restore", str(dumped))
    assert done.exit_code == 0, done.output
    assert "kept as" not in done.output
    assert embedded.postmaster(fresh) is None
    with embedded.held(fresh) as dsn:
        await migrate(dsn)
        assert epoch.current().reason == "restored"
        assert await value(dsn, COUNT) == 3
        assert await value(dsn, "SELECT count(*) FROM pg_database WHERE datname LIKE 'doorstep%'") == 1
