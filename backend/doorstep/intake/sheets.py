"""A workbook after reading: sheets of rows that hold something, with the row numbers of Excel. Pure data."""

from datetime import date

import msgspec

from doorstep.intake.wire import RowCode

MAX_BYTES = 10_000_000
MAX_UNPACKED = 512_000_000
MAX_SHEETS = 60
MAX_ROWS = 50_000
MAX_COLUMNS = 256
MAX_MEMORY = 2 << 30
MAX_SECONDS = 60


class DayCell(msgspec.Struct, frozen=True, tag="day"):
    """A cell that the workbook itself knows as a date."""

    day: date


class BrokenCell(msgspec.Struct, frozen=True, tag="broken"):
    """A formula without a stored result, or an error value; its row is refused."""

    code: RowCode


Cell = str | int | float | bool | DayCell | BrokenCell | None


class Line(msgspec.Struct, frozen=True):
    """A row that holds something; `number` counts from 1 as Excel does."""

    number: int
    cells: list[Cell]


class Merge(msgspec.Struct, frozen=True):
    """A merged range: row numbers from 1, columns from 0, both ends inside."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet; a CSV file has one, named as the file."""

    name: str
    lines: list[Line]
    merges: list[Merge] = []
    hidden: bool = False
    beyond: bool = False
    """Something stands to the right of the last column that is read."""


class Workbook(msgspec.Struct, frozen=True, tag="workbook"):
    """What was read of a file."""

    sheets: list[Sheet]


class Unusable(msgspec.Struct, frozen=True, tag="unusable"):
    """Why nothing could be read: a problem code, with what more can be said."""

    code: str
    detail: str = ""
    detail_en: str = ""
