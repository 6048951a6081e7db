"""Backups while the server runs, and restoring them: into a database beside the present one, then both change places.

A restore that fails leaves everything as it was. The database that was there before is kept under another name.
"""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.db import embedded, epoch
from doorstep.db import migrate as migrations

LAST = "last-backup"


class CopyFailed(Exception):
    """A backup or a restore could not be made; the text says why in both languages."""


class Restored(msgspec.Struct, frozen=True):
    """What came of a restore: the last thing that the backup knows, and where the database before it is kept."""

    latest: datetime | None
    kept_as: str | None


def take(dsn: str, target: Path, data_dir: Path) -> Path:
    """Writes a backup of this moment; `target` is a file that is not there yet, or a folder for one named by the time.

    :raises CopyFailed: if it cannot be written whole; there is no file then.
    """
    if target.is_dir():
        target = target / f"doorstep-{clock.now():%Y%m%d-%H%M%S}.dump"
    if target.exists():
        raise CopyFailed(f"{target} 已存在，请换个文件名 / is there already, choose another name")
    # Names in it are sealed, addresses of phones and times are not: only for who makes it.
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _run("pg_dump", dsn, "--format=custom", f"--file={part}")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / LAST).write_text(f"{clock.now().isoformat()}\n", "utf-8")
    return target


def last(data_dir: Path) -> datetime | None:
    """When the last backup of this installation was taken, as far as it was taken here."""
    try:
        return datetime.fromisoformat((data_dir / LAST).read_text("utf-8").strip())
    except (OSError, ValueError):
        return None


def restore(dsn: str, source: Path) -> Restored:
    """Puts a backup in the place of the database. The next start begins a new epoch: phones send again what is missing.

    :raises CopyFailed: if it is no backup, somebody is connected, or the database does not let us; nothing has changed.
    """
    if not source.is_file():
        raise CopyFailed(f"{source} 找不到 / is not there")
    return asyncio.run(_restore(dsn, source.resolve()))


async def _restore(dsn: str, source: Path) -> Restored:
    connection = await asyncpg.connect(dsn)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await _nobody_else(connection)
        used = await migrations.applied(connection)
    finally:
        await connection.close()
    beside, kept = f"{name}_restoring", f"{name}_before_{clock.now():%Y%m%d_%H%M%S}"
    admin = await asyncpg.connect(_at(dsn, "postgres"))
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{beside}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{beside}"')
        try:
            latest = await _fill(_at(dsn, str(beside)), source)
            async with admin.transaction():
                await admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{kept}"')
                await admin.execute(f'ALTER DATABASE "{beside}" RENAME TO "{name}"')
        except BaseException:
            await admin.execute(f'DROP DATABASE IF EXISTS "{beside}" WITH (FORCE)')
            raise
        if not used:
            await admin.execute(f'DROP DATABASE "{kept}"')
    except asyncpg.ObjectInUseError as error:
        raise CopyFailed(_IN_USE) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise CopyFailed(
            f"数据库用户没有权限，请由数据库管理员执行 GRANT 或 ALTER ROLE … CREATEDB / "
            f"the database's user may not do this, its administrator has to allow it (CREATEDB): {error}"
        ) from error
    finally:
        await admin.close()
    return Restored(latest, kept if used else None)


async def ask_again(dsn: str) -> None:
    """Declares that the database went back in time, where nothing in it shows it: from the next start phones know."""
    await migrations.migrate(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await epoch.begin(connection, declared=True)
    finally:
        await connection.close()


_IN_USE = "服务还在运行，请先停止服务再恢复 / the server is running: stop it first, then restore"


async def _nobody_else(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT DISTINCT application_name AS name FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    if rows:
        raise CopyFailed(f"{_IN_USE} ({', '.join(row['name'] or '?' for row in rows)})")


async def _fill(dsn: str, source: Path) -> datetime | None:
    await asyncio.to_thread(_run, "pg_restore", dsn, "--exit-on-error", "--no-owner", "--no-privileges", str(source))
    # An older backup is brought to the newest version here, where a failure spoils nothing.
    await migrations.migrate(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        if not await migrations.applied(connection):
            raise CopyFailed(f"{source} 不是到家的备份 / is not a backup of Doorstep")
        return await connection.fetchval("SELECT max(at) FROM change")
    finally:
        await connection.close()


def _at(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def _run(program: str, dsn: str, *arguments: str) -> None:
    address, environment = urlsplit(dsn), {**os.environ, "LC_ALL": "C"}
    if address.password:
        # Whoever lists the processes of this machine sees their arguments.
        environment["PGPASSWORD"] = unquote(address.password)
        user, _, host = address.netloc.rpartition("@")
        address = address._replace(netloc=f"{user.partition(':')[0]}@{host}")
    where = f"--dbname={urlunsplit(address)}"
    version = _call([str(embedded.bin_dir() / "psql"), where, "-X", "-tAc", "SHOW server_version_num"], environment)
    _call([_program(program, int(version) // 10_000), where, *arguments], environment)


def _program(name: str, major: int) -> str:
    """The one of the server's own version if this machine has it; else the embedded server's, the newest."""
    places = [f"/usr/lib/postgresql/{major}/bin/{name}", f"/usr/pgsql-{major}/bin/{name}", shutil.which(name) or ""]
    for path in filter(os.path.exists, places):
        if re.search(rf"\) {major}\b", _call([path, "--version"], os.environ)):
            return path
    if name == "pg_restore" and major < 17:
        # A newer one sets what an older server does not have.
        raise CopyFailed(f"请安装 PostgreSQL {major} 的客户端工具 / install the client programs of PostgreSQL {major}")
    return str(embedded.bin_dir() / name)


def _call(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CopyFailed(f"{Path(command[0]).name}: {done.stderr.strip()[-1000:]}")
    return done.stdout
