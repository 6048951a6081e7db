"""Recognises what a sheet is by its headers, whatever stands above, between and below them. Pure."""

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from doorstep.intake.cells import NOTHING, key, plain
from doorstep.intake.layout import COLUMNS, NUMBERING, SHEET_NAMES, Kind
from doorstep.intake.sheets import Cell, Line, Merge, Sheet
from doorstep.intake.wire import Fault, RowCode

_SEARCHED_LINES = 30
_BRACKETS = re.compile(r"[(\[【〔〈<][^()\[\]【】〔〕〈〉<>]*[)\]】〕〉>]")
_DECORATION = re.compile(r"[*:;,.。、_\"“”'‘’★☆●]|\\N")
_GROUP_WORDS = re.compile(r"(基本)?(信息|情况|资料)$")


class DataRow(msgspec.Struct, frozen=True):
    """A row to be imported: cells by field."""

    number: int
    cells: dict[str, Cell]


class Note(msgspec.Struct, frozen=True):
    """What is worth saying about a sheet, not about a data row."""

    row: int | None
    fault: Fault


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that was recognised."""

    sheet: str
    kind: Kind
    titles: list[str]
    headers: dict[str, str]
    """Field to the header as the office wrote it."""
    missing: list[str]
    """Usual headers of required columns that are not there."""
    rows: list[DataRow]
    notes: list[Note]


class _Header(msgspec.Struct, frozen=True):
    kind: Kind
    first: int
    last: int
    columns: dict[str, int]
    texts: list[str]
    words: dict[int, str]
    """Of the columns that are used, for comparing."""


def recognise(sheet: Sheet) -> Table | None:
    """The table in a sheet, None if its headers are those of no known one."""
    header = _find_header(sheet)
    if header is None:
        return None
    above = sheet.lines[: header.first]
    below = list(_unmerged(sheet, header))
    rows, notes = _data_rows(below, header)
    return Table(
        sheet=sheet.name,
        kind=header.kind,
        titles=[text for line in above for cell in line.cells if (text := plain(cell))],
        headers={field: header.texts[index] for field, index in header.columns.items()},
        missing=[c.title for c in COLUMNS[header.kind] if c.required and c.field not in header.columns],
        rows=rows,
        notes=_column_notes(sheet, header, below) + notes,
    )


def header_key(cell: Cell) -> str:
    """A header for comparing: line breaks, blanks, full-width forms, stars and colons do not matter."""
    return _DECORATION.sub("", key(cell))


def _find_header(sheet: Sheet) -> _Header | None:
    """The line, or two lines, whose words are the columns of one kind of sheet better than any other."""
    best: tuple[float, int, bool, int] | None = None
    chosen: _Header | None = None
    lines = sheet.lines[:_SEARCHED_LINES]
    merges = [merge for merge in sheet.merges if lines and merge.first_row <= lines[-1].number]
    for index, line in enumerate(lines):
        candidates = [(index, [header_key(cell) for cell in line.cells], line)]
        if index + 1 < len(lines) and lines[index + 1].number == line.number + 1:
            candidates.append((index + 1, _stacked(merges, line, lines[index + 1]), lines[index + 1]))
        for last, words, lowest in candidates:
            for kind in Kind:
                columns = _matched(words, kind)
                needed = [column for column in COLUMNS[kind] if column.required]
                share = sum(column.field in columns for column in needed) / len(needed)
                named = any(word in sheet.name for word in SHEET_NAMES[kind])
                # One line beats two that say the same.
                score = (share, len(columns), named, index - last)
                if len(columns) >= 2 and share >= 0.5 and (best is None or score > best):
                    texts = [_shown_header(line, lowest, place) for place in range(len(words))]
                    shown = {place: header_key(texts[place]) for place in columns.values()}
                    best, chosen = score, _Header(kind, index, last, columns, texts, shown)
    return chosen


def _matched(words: list[str], kind: Kind) -> dict[str, int]:
    """Field to column index: exact names first, then names without what stands in brackets."""
    found: dict[str, int] = {}
    for names, spelled in ((_exact_names(kind), words), (_bare_names(kind), [_bare(word) for word in words])):
        ranked = sorted((names[word][1], index, names[word][0]) for index, word in enumerate(spelled) if word in names)
        for _rank, index, field in ranked:
            if field not in found and index not in found.values():
                found[field] = index
    return found


def _bare(word: str) -> str:
    return _BRACKETS.sub("", word)


@cache
def _exact_names(kind: Kind) -> dict[str, tuple[str, int]]:
    """Header to field and rank: the order of the names is the order of trust."""
    return {header_key(name): (c.field, rank) for c in COLUMNS[kind] for rank, name in enumerate(c.names)}


@cache
def _bare_names(kind: Kind) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for name, place in _exact_names(kind).items():
        found.setdefault(_bare(name), place)
    return found


def _stacked(merges: list[Merge], upper: Line, lower: Line) -> list[str]:
    """Headers of two lines: a merged group above ("家属信息") and its parts below ("姓名", "电话")."""
    width = max(len(upper.cells), len(lower.cells))
    words = []
    for column in range(width):
        group = _GROUP_WORDS.sub("", header_key(_merged_value(merges, upper, column)))
        part = header_key(_at(lower, column))
        both = group + part
        known = any(both in _exact_names(kind) for kind in Kind)
        words.append(both if known or not part else part)
    return words


def _merged_value(merges: list[Merge], line: Line, column: int) -> Cell:
    for merge in merges:
        if merge.first_row == line.number and merge.first_column <= column <= merge.last_column:
            return _at(line, merge.first_column)
    return _at(line, column)


def _at(line: Line, column: int) -> Cell:
    return line.cells[column] if column < len(line.cells) else None


def _shown_header(upper: Line, lower: Line, column: int) -> str:
    text = plain(_at(lower, column)) or plain(_at(upper, column)) or ""
    return text.replace(" ", "")


def _unmerged(sheet: Sheet, header: _Header) -> Iterator[Line]:
    """The lines below the header; what is merged downwards stands in every one of its rows."""
    first = sheet.lines[header.last].number + 1
    tall = [m for m in sheet.merges if m.last_row > m.first_row >= first and m.first_column == m.last_column]
    if not tall:
        yield from sheet.lines[header.last + 1 :]
        return
    tops = {line.number: line for line in sheet.lines}
    fills: dict[int, list[tuple[int, Cell]]] = {}
    for merge in tall:
        if merge.first_row in tops and merge.last_row - merge.first_row < 1_000:
            value = _at(tops[merge.first_row], merge.first_column)
            for number in range(merge.first_row + 1, merge.last_row + 1):
                fills.setdefault(number, []).append((merge.first_column, value))
    for line in sheet.lines[header.last + 1 :]:
        cells = list(line.cells)
        for column, value in fills.get(line.number, []):
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = value
        yield Line(line.number, cells)


def _data_rows(lines: list[Line], header: _Header) -> tuple[list[DataRow], list[Note]]:
    rows, notes = [], []
    numbering = {index for index, text in enumerate(header.texts) if header_key(text) in NUMBERING}
    for line in lines:
        cells = {field: _at(line, index) for field, index in header.columns.items()}
        filled = _filled(line, numbering)
        if not filled:
            continue
        if _is_header_again(line, header) or _is_remark(line, header, filled):
            notes.append(Note(line.number, Fault(RowCode.ROW_SKIPPED)))
        else:
            rows.append(DataRow(line.number, cells))
    if not rows:
        notes.append(Note(None, Fault(RowCode.SHEET_EMPTY)))
    return rows, notes


def _is_header_again(line: Line, header: _Header) -> bool:
    same = sum(_at(line, i) is not None and header_key(_at(line, i)) == word for i, word in header.words.items())
    return same >= 2 and same * 2 > len(header.columns)


_TOTAL = re.compile(r"^(本页|以上)?(合计|总计|小计|共计|累计|总数|合计数)(\W.*|\d.*|人.*|户.*)?$")
_REMARK = re.compile(
    r"^(注|备注|说明|填表说明|附注|备注说明|填表人|制表人|制表|填报人|填报单位|审核人|审核|负责人|单位负责人|经办人|"
    r"填表日期|填报日期|制表日期|日期|联系人|联系电话|盖章|签字|单位\(盖章\)|主管领导|报送单位)\d*(:|\(|、|,)"
)


def _filled(line: Line, numbering: set[int]) -> list[str]:
    """What stands in a row; a row that only has its number is blank."""
    words = ((index, key(cell)) for index, cell in enumerate(line.cells) if cell is not None)
    return [word or "?" for index, word in words if index not in numbering or not re.fullmatch(r"[\d.、]*", word)]


def _is_remark(line: Line, header: _Header, filled: list[str]) -> bool:
    """A total or words for people, with little of what a data row must have."""
    needed = [c.field for c in COLUMNS[header.kind] if c.required and c.field in header.columns]
    words = [key(_at(line, header.columns[field])) for field in needed]
    held = sum(word not in NOTHING and not _REMARK.match(word) for word in words)
    if held * 2 > len(needed) + 1:
        return False
    if header.kind is not Kind.CAPS and any(_TOTAL.match(word) for word in filled[:3]):
        return True
    return bool(_REMARK.match(filled[0]))


def _column_notes(sheet: Sheet, header: _Header, lines: list[Line]) -> list[Note]:
    notes = []
    number = sheet.lines[header.last].number
    used = set(header.columns.values())
    by_word = {header_key(header.texts[index]) for index in used}
    width = max([len(header.texts), *(len(line.cells) for line in lines)])
    for index in range(width):
        title = header.texts[index] if index < len(header.texts) else ""
        if index in used or header_key(title) in NUMBERING:
            continue
        if title:
            code = RowCode.COLUMN_TWICE if header_key(title) in by_word else RowCode.COLUMN_IGNORED
            notes.append(Note(number, Fault(code, title, {"column": title})))
        elif any(_at(line, index) is not None for line in lines):
            title = f"第{index + 1}列"
            notes.append(Note(number, Fault(RowCode.COLUMN_IGNORED, title, {"column": title})))
    if sheet.beyond:
        notes.append(Note(None, Fault(RowCode.CELLS_BEYOND, None, {"limit": 256})))
    return notes
