"""Folders for embedded servers: not below pytest's own, which only root may enter and every run closes again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep.db import embedded


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
