"""Rows of a roster into what they say, or into the faults that keep them out. Pure: nothing is looked up."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import msgspec

from doorstep.intake import cells, identities, words
from doorstep.intake.cells import NOTHING, CellFault, key, shown
from doorstep.intake.columns import DataRow, Table
from doorstep.intake.layout import COLUMNS, Kind
from doorstep.intake.roster import Value
from doorstep.intake.sheets import BrokenCell, Cell
from doorstep.intake.wire import Fault, RowCode

T = TypeVar("T")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading of a roster depends on besides its cells."""

    today: date
    year: int
    """Of the roster, as it will count: already moved."""
    years_moved: int = 0
    recurrence_of: Callable[[str], str | None]
    """Frequency words to the stored recurrence, None if they are not understood."""
    service_type_of: Callable[[str], str | None]
    content_of: Callable[[str, str], "ContentTerms | None"]
    """Service type and words to the content."""
    types: dict[str, str]
    """Service type to its name."""
    contents: dict[str, str]
    """Service type to the contents that may be written, for a message."""

    @property
    def type_names(self) -> str:
        """The service types, for a message."""
        return "、".join(self.types.values())

    @property
    def first_day(self) -> date:
        """The first day of the roster's year."""
        return date(self.year, 1, 1)

    def moved(self, day: date) -> date:
        """A date of the file, moved by whole years."""
        year = day.year + self.years_moved
        try:
            return day.replace(year=year)
        except ValueError:  # 29 February
            return date(year, 2, 28)


class ContentTerms(msgspec.Struct, frozen=True):
    """What the catalogue says of a content."""

    code: str
    at_home: bool
    min_minutes: int
    max_minutes: int


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A row after reading: its value, or why there is none."""

    sheet: str
    number: int
    kind: Kind
    value: Any
    """One of :data:`Value`; None if there are faults."""
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]
    summary: str
    headers: dict[str, str]
    refers_to: str = ""
    """Of a row with faults: its ID number or name, so that rows that need it can say why they are refused."""

    def fault(self, code: RowCode, field: str | None = None, **data: Any) -> Fault:
        """A fault of this row, at the column as the office wrote it."""
        return Fault(code, self.headers.get(field or "") or None, data)


class RowReader:
    """Reads the fields of one row and gathers what is wrong with them."""

    def __init__(self, table: Table, row: DataRow) -> None:
        self.table, self.row = table, row
        self.faults: list[Fault] = []
        self.notices: list[Fault] = []
        self._required = {column.field for column in COLUMNS[table.kind] if column.required}
        for field, cell in row.cells.items():
            if isinstance(cell, BrokenCell):
                self.fault(cell.code, field)

    def has(self, field: str) -> bool:
        """Whether the sheet has this column."""
        return field in self.table.headers

    def title(self, field: str) -> str:
        """The header as the office wrote it, or the usual one."""
        return self.table.headers.get(field) or next(c.title for c in COLUMNS[self.table.kind] if c.field == field)

    def cell(self, field: str) -> Cell:
        """The raw cell."""
        return self.row.cells.get(field)

    def blank(self, field: str) -> bool:
        """Nothing in it, or a word for nothing."""
        cell = self.cell(field)
        return not isinstance(cell, BrokenCell) and key(cell) in NOTHING

    def fault(self, code: RowCode, field: str | None = None, **data: Any) -> None:
        """The row is refused."""
        self.faults.append(Fault(code, self.table.headers.get(field or ""), data))

    def notice(self, code: RowCode, field: str | None = None, **data: Any) -> None:
        """The row is accepted, and this is worth knowing."""
        self.notices.append(Fault(code, self.table.headers.get(field or ""), data))

    def get(self, field: str, read: Callable[[Cell], T]) -> T | None:
        """The meaning of a cell; None if it is blank or faulty (the fault is kept)."""
        cell = self.cell(field)
        if isinstance(cell, BrokenCell):
            return None
        if self.blank(field):
            if field in self._required and self.has(field):
                self.fault(RowCode.REQUIRED_MISSING, field, column=self.table.headers[field])
            return None
        try:
            return read(cell)
        except CellFault as error:
            self.fault(error.code, field, **error.data)
            return None

    def line(self, field: str, limit: int = 60) -> str | None:
        """Words to store."""
        return self.get(field, lambda cell: cells.text(cell, limit=limit))

    def word(self, field: str, known: words.Words) -> str | None:
        """The meaning of a closed word."""
        return self.get(field, lambda cell: _meaning(cell, known))

    def several(self, field: str, known: words.Words) -> tuple[str, ...]:
        """The meanings of the closed words in one cell."""

        def read(cell: Cell) -> tuple[str, ...]:
            found = [_meaning(part, known) for part in cells.words_of(cell, conjunctions=True)]
            return tuple(dict.fromkeys(found))

        return self.get(field, read) or ()

    def day(self, field: str, terms: Terms) -> date | None:
        """A date of the file, moved."""
        return self.get(field, lambda cell: terms.moved(cells.day(cell)))

    def phone(self, field: str) -> str | None:
        """The first phone number in a cell."""
        found = self.get(field, identities.phones)
        if found and len(found) > 1:
            self.notice(RowCode.PHONE_FIRST_TAKEN, field)
        return found[0] if found else None

    def point(self, lat_field: str, lon_field: str) -> tuple[float, float] | None:
        """Latitude and longitude, as the office gave them."""
        if self.blank(lat_field) and self.blank(lon_field):
            return None
        if self.blank(lat_field) or self.blank(lon_field):
            self.fault(RowCode.POINT_INCOMPLETE, lat_field if self.blank(lat_field) else lon_field)
            return None
        lat, lon = self.get(lat_field, cells.degrees), self.get(lon_field, cells.degrees)
        if lat is None or lon is None:
            return None
        try:
            where = cells.located(lat, lon)
            return where.lat, where.lon
        except CellFault as error:
            self.fault(error.code, lat_field)
            return None

    def done(self, value: Callable[[], Value], *, summary: str, refers_to: str = "") -> Parsed:
        """The row, with its value if it has no fault."""
        missing = [Fault(RowCode.COLUMN_MISSING, title, {"column": title}) for title in self.table.missing]
        faults = tuple(missing + self.faults)
        return Parsed(
            sheet=self.table.sheet,
            number=self.row.number,
            kind=self.table.kind,
            value=None if faults else value(),
            faults=faults,
            notices=tuple(self.notices),
            summary=summary,
            headers=self.table.headers,
            refers_to=refers_to,
        )


def _meaning(cell: Cell, known: words.Words) -> str:
    found = known.get(key(cell))
    if found is None:
        raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(cell), allowed=known.allowed)
    return found


def given(value: T | None) -> T:
    """A value that is there because the row has no fault."""
    if value is None:
        raise AssertionError("read without a fault, yet missing")
    return value
