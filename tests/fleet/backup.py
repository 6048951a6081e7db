"""A backup while the server runs, and its restoration, as an operator would do it: pg_dump and pg_restore."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncpg
import httpx

from doorstep.db import embedded, epoch


class Backup:
    """One dump of one database."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._dsn, self._file = dsn, folder / "fleet.dump"

    def take(self) -> None:
        """Dumps what is committed now."""
        self._run("pg_dump", "--format=custom", "--compress=0", f"--file={self._file}", self._dsn)

    async def restore(self) -> None:
        """Puts the dump in the place of the database. Nobody may be connected to it."""
        head, _, tail = self._dsn.partition("?")
        name = head.rsplit("/", 1)[1]
        admin = await asyncpg.connect(f"{head.rsplit('/', 1)[0]}/postgres?{tail}")
        try:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE {name}")
        finally:
            await admin.close()
        self._run("pg_restore", "--exit-on-error", f"--dbname={self._dsn}", str(self._file))

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(embedded.bin_dir() / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr[-1000:]}")


def epoch_of(answer: httpx.Response) -> str | None:
    """The database's epoch, which every answer tells; None when it comes from somebody else."""
    return answer.headers.get(epoch.HEADER)
