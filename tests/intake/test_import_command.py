"""`doorstep import`: what an operator sees, the report for programs, and how it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorstep.cli import main
from intake.books import Book, protected

Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def doorstep(monkeypatch: pytest.MonkeyPatch, dsn: str, tmp_path: Path) -> Command:
    """The command against the test's own database."""
    monkeypatch.setenv("DOORSTEP_DATABASE_URL", dsn)
    monkeypatch.setenv("DOORSTEP_DATA_DIR", str(tmp_path / "data"))

    async def run(*arguments: str | Path) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, ["import", *map(str, arguments)])

    return run


async def test_a_file_is_imported_with_a_report(doorstep: Command, tmp_path: Path) -> None:
    book = Book.small()
    book.put("老年人", 8, "电话", "110")
    file, report = tmp_path / "名册.xlsx", tmp_path / "out.json"
    file.write_bytes(book.xlsx())

    seen = await doorstep(file, "--dry-run", "--report", report)
    assert seen.exit_code == 0, seen.output
    assert "nothing written" in seen.output
    preview = json.loads(report.read_text())

    done = await doorstep(file, "--report", report)
    assert done.exit_code == 0, done.output
    assert "PHONE_INVALID" in done.output
    told = json.loads(report.read_text())
    assert told == preview
    assert told["file"] == "名册.xlsx"
    assert told["counts"]["refused"] == sum(row["status"] == "refused" for row in told["rows"])
    row = next(row for row in told["rows"] if (row["sheet"], row["row"]) == ("老年人", 8))
    assert {"sheet", "row", "status", "column", "code", "message", "message_en"} <= row.keys()
    assert (row["status"], row["column"], row["code"]) == ("refused", "电话", "PHONE_INVALID")

    assert (await doorstep(file, "--strict", "--quiet")).exit_code == 3
    assert json.loads(report.read_text())["counts"]["created"] > 0


@pytest.mark.parametrize(
    ("content", "code"), [(b"not a workbook", "WORKBOOK_UNREADABLE"), (protected(), "WORKBOOK_PROTECTED")]
)
async def test_a_file_of_no_use_is_said_in_both_languages(
    doorstep: Command, tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    done = await doorstep(file)
    assert done.exit_code == 1
    assert code in done.output
    assert "文件" in done.output and "workbook" in done.output
    assert "Traceback" not in done.output
