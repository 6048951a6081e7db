"""A file of an office in, sheets out: read by a process of its own, so that the server keeps answering."""

import asyncio
import contextlib
import os
import sys

import msgspec

from doorstep.core.problems import Problem
from doorstep.intake.sheets import MAX_BYTES, MAX_SECONDS, Unusable, Workbook

_decode = msgspec.json.Decoder(Workbook | Unusable)


class WorkbookUnreadable(Problem):
    """It is not a workbook or a table as text."""

    code = "WORKBOOK_UNREADABLE"


class WorkbookProtected(Problem):
    """It needs a password."""

    code = "WORKBOOK_PROTECTED"


class WorkbookTooLarge(Problem):
    """It is beyond the limits of bytes, sheets, rows, memory or time."""

    code = "WORKBOOK_TOO_LARGE"


_PROBLEMS: dict[str, type[Problem]] = {
    kind.code: kind for kind in (WorkbookUnreadable, WorkbookProtected, WorkbookTooLarge)
}


def too_many_bytes() -> WorkbookTooLarge:
    """The refusal of a file before it is looked into."""
    return WorkbookTooLarge(f"最多 {MAX_BYTES // 1_000_000} MB", f"at most {MAX_BYTES // 1_000_000} MB")


async def read(content: bytes, name: str) -> Workbook:
    """The sheets of a file.

    :raises WorkbookUnreadable: if it is no workbook.
    :raises WorkbookProtected: if it needs a password.
    :raises WorkbookTooLarge: if it is beyond the limits.
    """
    if len(content) > MAX_BYTES:
        raise too_many_bytes()
    if not content:
        raise WorkbookUnreadable
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "doorstep.intake.reader",
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        answer, _ = await asyncio.wait_for(process.communicate(content), MAX_SECONDS)
    except TimeoutError as error:
        raise WorkbookTooLarge from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    # Ended by a signal: its own limits of memory or time. Any other failure is a file that the parsers choke on.
    if process.returncode != 0:
        raise WorkbookTooLarge if (process.returncode or 0) < 0 else WorkbookUnreadable
    book = _decode.decode(answer)
    if isinstance(book, Unusable):
        raise _PROBLEMS[book.code](book.detail, book.detail_en)
    return book


def _environment() -> dict[str, str]:
    """Ours without our settings: the process needs no key and no database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
