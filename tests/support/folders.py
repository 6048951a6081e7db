"""Folders for embedded servers: not below pytest's own, which only root may enter and every run closes again."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from doorstep.db import embedded

RUN = "doorstep-run-"


def sweep() -> None:
    """Stops and removes the servers of runs that were killed: nobody holds them any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{RUN}*"):
        with suppress(OSError), (folder / "postgres.users").open("r+") as users:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            embedded.stop(folder)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data folder that is gone afterwards, with the server that may still run in it."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-tests-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
