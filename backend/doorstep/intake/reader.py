"""Reads a file of an office into sheets, in a process of its own: `python -m doorstep.intake.reader NAME < file`.

A hostile or broken file may eat the memory and the time of this process only; :mod:`workbook` starts it with limits.
"""

import contextlib
import csv
import io
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any

import msgspec
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from doorstep.intake.packed import PackedWorkbook, SheetPart, unpack
from doorstep.intake.sheets import (
    MAX_COLUMNS,
    MAX_MEMORY,
    MAX_ROWS,
    MAX_SECONDS,
    MAX_SHEETS,
    BrokenCell,
    Cell,
    DayCell,
    Line,
    Merge,
    Sheet,
    Unusable,
    Workbook,
)

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_BOOK_SUFFIXES = {".xlsx", ".xlsm", ".xltx", ".xls", ".xlt", ".xlsb", ".ods", ".et"}
_MAX_DENSE_CELLS = 4_000_000
"""Above this a sheet is read cell by cell: calamine allocates the rectangle up to a stray cell in the last row."""


class CannotRead(Exception):
    """The file is of no use; carries why."""

    def __init__(self, code: str, detail: str = "", detail_en: str = "") -> None:
        super().__init__(code)
        self.why = Unusable(code, detail, detail_en)


def read(content: bytes, name: str) -> Workbook:
    """The sheets of a file, recognised by its content; the name only helps with texts.

    :raises CannotRead: if it is protected, not a workbook, or beyond the limits.
    """
    if content.startswith(b"PK"):
        book = _read_package(content)
    elif content.startswith(_OLE):
        if _ENCRYPTED_STREAM in content:
            raise CannotRead("WORKBOOK_PROTECTED")
        book = _read_book(content, PackedWorkbook())
    else:
        book = Workbook([_read_text(content, name)])
    if sum(len(sheet.lines) for sheet in book.sheets) > MAX_ROWS:
        raise CannotRead("WORKBOOK_TOO_LARGE", f"最多 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows")
    return book


def _read_package(content: bytes) -> Workbook:
    try:
        packed = unpack(content)
    except OverflowError as error:
        raise CannotRead("WORKBOOK_TOO_LARGE", "解压后太大", "too large when unpacked") from error
    except PermissionError as error:
        raise CannotRead("WORKBOOK_PROTECTED") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise CannotRead("WORKBOOK_UNREADABLE") from error
    return _read_book(content, packed)


def _read_book(content: bytes, packed: PackedWorkbook) -> Workbook:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            found = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            if len(found) > MAX_SHEETS:
                raise CannotRead("WORKBOOK_TOO_LARGE", f"最多 {MAX_SHEETS} 张表", f"at most {MAX_SHEETS} sheets")
            sheets = []
            for sheet in found:
                part = packed.sheets.get(sheet.name, SheetPart())
                if part.dense_cells > _MAX_DENSE_CELLS:
                    lines, beyond = _lines(_sparse_rows(content, sheet.name), part)
                    merges = []
                else:
                    data = book.get_sheet_by_name(sheet.name)
                    lines, beyond = _lines(_dense_rows(data), part)
                    merges = _merges(data)
                hidden = sheet.visible != SheetVisibleEnum.Visible
                sheets.append(Sheet(name=_name(sheet.name), lines=lines, merges=merges, hidden=hidden, beyond=beyond))
            return Workbook(sheets)
    except PasswordError as error:
        raise CannotRead("WORKBOOK_PROTECTED") from error
    except (CalamineError, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise CannotRead("WORKBOOK_UNREADABLE") from error


def _dense_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    # iter_rows pads the empty area above, not the one to the left.
    left = [None] * (sheet.start[1] if sheet.start else 0)
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield number, [*left, *row]


def _sparse_rows(content: bytes, name: str) -> Iterator[tuple[int, Iterable[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = book[name]
    sheet.reset_dimensions()
    yield from enumerate(sheet.iter_rows(values_only=True), 1)


def _lines(rows: Iterable[tuple[int, Iterable[Any]]], part: SheetPart) -> tuple[list[Line], bool]:
    lines: list[Line] = []
    beyond = False
    broken = dict(part.broken)
    last = 0
    for number, row in rows:
        last = number
        values = list(row)
        if not broken and all(value is None or value == "" for value in values):
            continue
        cells = [_cell(value) for value in values[:MAX_COLUMNS]]
        beyond = beyond or any(_cell(value) is not None for value in values[MAX_COLUMNS:])
        for column, code in broken.pop(number, {}).items():
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = BrokenCell(code)
        _keep(lines, number, cells)
    # Rows of nothing but formulas without a result lie outside what calamine takes for the used range.
    for number in sorted(number for number in broken if number > last):
        cells: list[Cell] = [None] * (max(broken[number]) + 1)
        for column, code in broken[number].items():
            cells[column] = BrokenCell(code)
        _keep(lines, number, cells)
    return lines, beyond


def _keep(lines: list[Line], number: int, cells: list[Cell]) -> None:
    while cells and cells[-1] is None:
        cells.pop()
    if cells:
        lines.append(Line(number, cells))
        if len(lines) > MAX_ROWS:
            raise CannotRead("WORKBOOK_TOO_LARGE", f"最多 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows")


def _cell(value: Any) -> Cell:
    match value:
        case None | "":
            return None
        case str():
            return value if value.strip(" \t\r\n\u3000\u00a0\u200b\ufeff") else None
        case bool() | int() | float():
            return value
        case datetime():
            return DayCell(value.date())
        case date():
            return DayCell(value)
        case time():
            return value.isoformat("minutes")
        case timedelta():
            minutes = int(value.total_seconds() // 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}"
        case _:
            return str(value)


def _name(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:100] or "Sheet"


def _merges(sheet: CalamineSheet) -> list[Merge]:
    ranges = sheet.merged_cell_ranges or []
    return [Merge(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges[:20_000]]


def _read_text(content: bytes, name: str) -> Sheet:
    text = _decoded(content)
    suffix = PurePath(name).suffix.lower()
    delimiter, width = _delimiter(text)
    # Some systems export text and call it .xls; a text that is no table under such a name is not a workbook.
    if text.lstrip()[:1] in "<{%" or (suffix in _BOOK_SUFFIXES and width < 2):
        raise CannotRead("WORKBOOK_UNREADABLE")
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        kept, beyond = _lines(enumerate(rows, 1), SheetPart())
    except csv.Error as error:
        raise CannotRead("WORKBOOK_UNREADABLE") from error
    return Sheet(name=_name(PurePath(name).stem), lines=kept, beyond=beyond)


def _decoded(content: bytes) -> str:
    encodings = ["utf-8-sig", "gb18030"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip() or any(ord(c) < 32 and c not in "\t\r\n\x0b\x0c" for c in text[:4096]) or "\0" in text:
            break
        return text
    raise CannotRead("WORKBOOK_UNREADABLE")


def _delimiter(text: str) -> tuple[str, int]:
    """The separator that gives most columns in the usual line, and how many."""
    sample = [line for line in text.lstrip()[:100_000].splitlines() if line.strip()][:50]
    best = (",", 1)
    for candidate in ",\t;":
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=candidate))
        usual = max(widths, key=lambda width: (widths[width], width), default=1)
        if usual > best[1]:
            best = (candidate, usual)
    return best


def _limit() -> None:
    """Memory and processor time of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_SECONDS)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def main() -> None:
    """The process: a name as argument, the file on stdin, the sheets as JSON on stdout."""
    _limit()
    try:
        answer: Workbook | Unusable = read(sys.stdin.buffer.read(), sys.argv[1])
    except CannotRead as error:
        answer = error.why
    except MemoryError:
        answer = Unusable("WORKBOOK_TOO_LARGE")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
