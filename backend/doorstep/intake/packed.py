"""Looks into a zipped workbook before it is parsed: its true size, and the cells that a parser would show as blank.

Formulas without a stored result and error values come out of the parser empty; in .xlsx they are found by position.
"""

import io
import re
import zipfile
from posixpath import join, normpath
from xml.etree import ElementTree
from xml.parsers import expat

import msgspec

from doorstep.intake.sheets import MAX_COLUMNS, MAX_UNPACKED
from doorstep.intake.wire import RowCode

_CHUNK = 1 << 20
_OVERLAP = 64
_SUSPECT = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt=[\"']e[\"']")
_HELD_CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"(?: [a-z]+="[^">]{0,12}"){0,3}>')
_MAX_BROKEN = 20_000


class SheetPart(msgspec.Struct):
    """What is known of a sheet's XML."""

    dense_cells: int = 0
    broken: dict[int, dict[int, RowCode]] = {}


class PackedWorkbook(msgspec.Struct):
    """By the name of the sheet; empty for formats that are not .xlsx."""

    sheets: dict[str, SheetPart] = {}


def unpack(content: bytes) -> PackedWorkbook:
    """Unpacks every part once, in pieces.

    :raises OverflowError: if it is a bomb.
    :raises PermissionError: if parts are encrypted.
    :raises ValueError: if it is no workbook (zipfile's own errors too).
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        entries = package.infolist()
        if len(entries) > 5_000 or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            raise OverflowError
        if any(entry.flag_bits & 1 for entry in entries):
            raise PermissionError
        names = {entry.filename for entry in entries}
        if "META-INF/manifest.xml" in names and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise PermissionError
        parts = _sheet_parts(package) if "xl/workbook.xml" in names else {}
        seen = {entry.filename: _scan(package, entry) for entry in entries}
        return PackedWorkbook({sheet: seen[part] for sheet, part in parts.items() if part in seen})


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name to the path of its XML."""
    try:
        relations = _tree(package, "xl/_rels/workbook.xml.rels")
        book = _tree(package, "xl/workbook.xml")
    except (KeyError, ElementTree.ParseError) as error:
        raise ValueError("workbook.xml") from error
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    paths = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):  # the namespace differs between the two kinds of OOXML
            relation = next((value for name, value in sheet.items() if name.endswith("}id")), "")
            paths[sheet.get("name", "")] = normpath(join("/xl", targets.get(relation, ""))).lstrip("/")
    return paths


def _tree(package: zipfile.ZipFile, name: str) -> ElementTree.Element:
    data = package.read(name)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("a workbook has no DOCTYPE")
    return ElementTree.fromstring(data)  # noqa: S314 - without a DOCTYPE there are no entities to expand


def _scan(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> SheetPart:
    """Reads one part to its end (its checksum is proved with that) and looks for what needs a closer look."""
    is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
    suspect, rows, columns, tail = False, 0, 0, b""
    with package.open(entry) as part:
        while piece := part.read(_CHUNK):
            if not is_sheet:
                continue
            window = tail + piece
            if b"<!DOCTYPE" in window:
                raise ValueError("a sheet has no DOCTYPE")
            suspect = suspect or _SUSPECT.search(window) is not None
            for letters, number in _HELD_CELL.findall(window):
                rows = max(rows, int(number))
                columns = max(columns, _column(letters.decode()) + 1)
            tail = window[-_OVERLAP:]
    found = SheetPart(dense_cells=rows * columns)
    if suspect:
        found.broken = _broken_cells(package, entry)
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _broken_cells(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> dict[int, dict[int, RowCode]]:
    """Where a formula has no stored result, and where a cell holds an error value."""
    watcher = _CellWatcher()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = watcher.start
    parser.EndElementHandler = watcher.end
    parser.CharacterDataHandler = watcher.text
    try:
        with package.open(entry) as part:
            parser.ParseFile(part)
    except expat.ExpatError as error:
        raise ValueError("sheet") from error
    return watcher.broken


class _CellWatcher:
    """Follows the cells of a sheet."""

    def __init__(self) -> None:
        self.broken: dict[int, dict[int, RowCode]] = {}
        self._place: tuple[int, int] | None = None
        self._kind = ""
        self._formula = self._value = self._inside = False
        self._row = self._column = 0
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
        elif tag == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = _column(letters) if letters else self._column + 1
            self._kind = attributes.get("t", "")
            self._formula = self._value = False
        elif tag == "f":
            self._formula = True
        elif tag in ("v", "t"):
            self._inside = True

    def text(self, data: str) -> None:
        if self._inside and data.strip():
            self._value = True

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self._inside = False
        elif tag == "c" and self._column < MAX_COLUMNS and self._count < _MAX_BROKEN:
            code = None
            if self._kind == "e":
                code = RowCode.CELL_ERROR
            # A formula whose stored result is an empty text says so with t="str".
            elif self._formula and not self._value and self._kind != "str":
                code = RowCode.FORMULA_WITHOUT_VALUE
            if code:
                self._count += 1
                self.broken.setdefault(self._row, {})[self._column] = code
