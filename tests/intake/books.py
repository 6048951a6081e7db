"""Workbooks for tests: the sample as rows that can be changed, written as .xlsx, CSV, or with parts put in by hand."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

import doorstep

SAMPLE = Path(doorstep.__file__).parent / "sample" / "roster-2026.xlsx"
Rows = list[list[Any]]


class Book:
    """The sample's sheets as lists of cells. Row 1 is the title, row 2 the header, as in Excel."""

    def __init__(self) -> None:
        book = openpyxl.load_workbook(SAMPLE)
        self.sheets: dict[str, Rows] = {
            sheet.title: [[_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            for sheet in book.worksheets
        }
        self.merges: dict[str, list[str]] = {name: [] for name in self.sheets}

    def column(self, sheet: str, header: str) -> int:
        """Index of a column."""
        return self.sheets[sheet][1].index(header)

    def put(self, sheet: str, row: int, header: str, value: Any) -> None:
        """Another value, by the row's number in Excel."""
        self.sheets[sheet][row - 1][self.column(sheet, header)] = value

    def get(self, sheet: str, row: int, header: str) -> Any:
        """The value there."""
        return self.sheets[sheet][row - 1][self.column(sheet, header)]

    def every(self, sheet: str, header: str, change: Callable[[Any], Any]) -> None:
        """Changes a whole column."""
        index = self.column(sheet, header)
        for row in self.sheets[sheet][2:]:
            row[index] = change(row[index])

    @classmethod
    def small(cls, elders: int = 6, caregivers: int = 2) -> "Book":
        """The first elders with their plan items, and the first caregivers."""
        book = cls()
        del book.sheets["老年人"][2 + elders :]
        del book.sheets["护理员"][2 + caregivers :]
        numbers = {row[book.column("老年人", "身份证号")] for row in book.sheets["老年人"][2:]}
        plans = book.sheets["照护计划"]
        plans[2:] = [row for row in plans[2:] if row[0] in numbers]
        return book

    def find(self, sheet: str, header: str, value: Any) -> int:
        """The number in Excel of the first row with this value."""
        index = self.column(sheet, header)
        return next(number for number, row in enumerate(self.sheets[sheet], 1) if row[index] == value)

    def xlsx(self, *, only: list[str] | None = None) -> bytes:
        """The workbook as Excel would save it."""
        book = openpyxl.Workbook()
        del book[book.sheetnames[0]]
        for name, rows in self.sheets.items():
            if only is None or name in only:
                sheet = book.create_sheet(name)
                for row in rows:
                    sheet.append(row)
                for merge in self.merges[name]:
                    sheet.merge_cells(merge)
        return saved(book)

    def csv(self, sheet: str, *, encoding: str = "utf-8", delimiter: str = ",", title: bool = True) -> bytes:
        """One sheet as text."""
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(self.sheets[sheet][0 if title else 1 :])
        return text.getvalue().encode(encoding)


def _plain(cell: Any) -> Any:
    return cell.date() if isinstance(cell, datetime) else cell


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A zipped workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename == part else data)
    return out.getvalue()


def protected() -> bytes:
    """What Excel writes for a workbook with a password: an OLE container with EncryptionInfo and EncryptedPackage.

    [MS-CFB] by hand, version 3, sectors of 512 bytes: 0 is the FAT, 1 the directory, then the two streams.
    """
    free, end, fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sizes = {"EncryptionInfo": 4096, "EncryptedPackage": 8192}  # from 4096 bytes on a stream has sectors of its own

    def chain(first: int, count: int) -> list[int]:
        return [*range(first + 1, first + count), end]

    table = [fat, end, *chain(2, 8), *chain(10, 16)]
    table += [free] * (128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += b"".join(n.to_bytes(2, "little") for n in (0x3E, 3, 0xFFFE, 9, 6)) + bytes(6)
    numbers = [0, 1, 1, 0, 4096, end, 0, end, 0]  # FAT sectors, first directory sector, no mini stream, no more FAT
    header += b"".join(n.to_bytes(4, "little") for n in numbers)
    header += (0).to_bytes(4, "little") + free.to_bytes(4, "little") * 108

    def entry(name: str, kind: int, *, child: int = free, left: int = free, start: int = end, size: int = 0) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        data = text.ljust(64, b"\0") + len(text).to_bytes(2, "little") + bytes([kind, 1])
        data += b"".join(n.to_bytes(4, "little") for n in (left, free, child)) + bytes(36)
        return data + start.to_bytes(4, "little") + size.to_bytes(8, "little")

    directory = entry("Root Entry", 5, child=2)
    directory += entry("EncryptionInfo", 2, start=2, size=sizes["EncryptionInfo"])
    directory += entry("EncryptedPackage", 2, left=1, start=10, size=sizes["EncryptedPackage"])
    directory = directory.ljust(512, b"\0")
    sectors = b"".join(n.to_bytes(4, "little") for n in table) + directory
    info = (b"\x04\x00\x04\x00\x40\x00\x00\x00<encryption/>").ljust(sizes["EncryptionInfo"], b"\0")
    return header + sectors + info + bytes(sizes["EncryptedPackage"])
