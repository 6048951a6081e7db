"""What goes over the wire about imports: a run, its rows, the report; the closed list of what a row is told."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from doorstep.core.problems import ProblemBody


class RowCode(StrEnum):
    """Why a row was refused, then what is worth knowing about an accepted one. Texts: `rows` in schemas/codes.json."""

    COLUMN_MISSING = "COLUMN_MISSING"
    REQUIRED_MISSING = "REQUIRED_MISSING"
    TEXT_INVALID = "TEXT_INVALID"
    VALUE_UNKNOWN = "VALUE_UNKNOWN"
    NUMBER_INVALID = "NUMBER_INVALID"
    MONEY_INVALID = "MONEY_INVALID"
    RATIO_INVALID = "RATIO_INVALID"
    DATE_INVALID = "DATE_INVALID"
    DATES_REVERSED = "DATES_REVERSED"
    WINDOW_INVALID = "WINDOW_INVALID"
    FREQUENCY_UNKNOWN = "FREQUENCY_UNKNOWN"
    ID_NUMBER_INVALID = "ID_NUMBER_INVALID"
    ID_NUMBER_AS_NUMBER = "ID_NUMBER_AS_NUMBER"
    ID_NUMBER_CHECK_DIGIT = "ID_NUMBER_CHECK_DIGIT"
    ID_NUMBER_DATE = "ID_NUMBER_DATE"
    SEX_MISMATCH = "SEX_MISMATCH"
    BIRTH_DATE_MISMATCH = "BIRTH_DATE_MISMATCH"
    PHONE_INVALID = "PHONE_INVALID"
    USCC_INVALID = "USCC_INVALID"
    POINT_INCOMPLETE = "POINT_INCOMPLETE"
    POINT_SWAPPED = "POINT_SWAPPED"
    POINT_INVALID = "POINT_INVALID"
    AREA_UNKNOWN = "AREA_UNKNOWN"
    PROVIDER_UNKNOWN = "PROVIDER_UNKNOWN"
    PROVIDER_REFUSED = "PROVIDER_REFUSED"
    ELDER_UNKNOWN = "ELDER_UNKNOWN"
    ELDER_REFUSED = "ELDER_REFUSED"
    NAME_MISMATCH = "NAME_MISMATCH"
    NAME_TAKEN = "NAME_TAKEN"
    CONTENT_NOT_OF_TYPE = "CONTENT_NOT_OF_TYPE"
    CONTENT_NOT_AT_HOME = "CONTENT_NOT_AT_HOME"
    TYPE_NOT_CONTRACTED = "TYPE_NOT_CONTRACTED"
    DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    FORMULA_WITHOUT_VALUE = "FORMULA_WITHOUT_VALUE"
    CELL_ERROR = "CELL_ERROR"

    COLUMN_IGNORED = "COLUMN_IGNORED"
    COLUMN_TWICE = "COLUMN_TWICE"
    SHEET_IGNORED = "SHEET_IGNORED"
    SHEET_HIDDEN = "SHEET_HIDDEN"
    SHEET_EMPTY = "SHEET_EMPTY"
    CELLS_BEYOND = "CELLS_BEYOND"
    ROW_SKIPPED = "ROW_SKIPPED"
    YEAR_ASSUMED = "YEAR_ASSUMED"
    TOTAL_DIFFERS = "TOTAL_DIFFERS"
    POINT_CONFLICT = "POINT_CONFLICT"
    HOME_KEPT = "HOME_KEPT"
    COORD_SYSTEM_MISSING = "COORD_SYSTEM_MISSING"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    PHONE_FIRST_TAKEN = "PHONE_FIRST_TAKEN"
    AGREEMENT_DATE_MISSING = "AGREEMENT_DATE_MISSING"
    UNDER_60 = "UNDER_60"
    SITE_KIND_OTHER = "SITE_KIND_OTHER"


class Fault(msgspec.Struct, frozen=True):
    """One thing to say about a place: the column as the office wrote it, a code, and what fills its text.

    `data` never holds a sealed value: an ID number goes in masked, names, phones and addresses not at all.
    """

    code: RowCode
    column: str | None = None
    data: dict[str, Any] = {}


class RowStatus(StrEnum):
    """How a data row ended."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Remark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fault or a notice in words, in both languages."""

    code: str
    message: str
    message_en: str
    column: str | None = None


class RowReport(msgspec.Struct, frozen=True, kw_only=True):
    """One data row: `code` says why it was refused, or what is worth knowing; `others` are further remarks."""

    sheet: str
    row: int
    status: RowStatus
    column: str | None = None
    code: str | None = None
    message: str | None = None
    message_en: str | None = None
    summary: str = ""
    others: list[Remark] = []


class SheetNote(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth knowing and belongs to no data row: a column that is not used, a total that was skipped."""

    sheet: str
    row: int | None
    column: str | None
    code: str
    message: str
    message_en: str


class ImportCounts(msgspec.Struct, kw_only=True):
    """How many rows ended how."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


class SheetCounts(ImportCounts, kw_only=True):
    """The same for one sheet."""

    name: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole outcome, the same for the screen, for `--report` and for the download."""

    file: str
    sha256: str
    rows: list[RowReport]
    notes: list[SheetNote]
    counts: ImportCounts
    sheets: list[SheetCounts]


RunState = Literal["reading", "previewed", "applying", "applied", "failed"]


class ImportRunView(msgspec.Struct, frozen=True, kw_only=True):
    """One workbook on its way in."""

    id: UUID
    file_name: str
    state: RunState
    done: int
    total: int
    counts: ImportCounts
    sheets: list[SheetCounts]
    notes: list[SheetNote]
    problem: ProblemBody | None
    created_at: datetime


class ImportRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Recent runs, the newest first."""

    items: list[ImportRunView]


class ImportRows(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rows in the order of the file."""

    items: list[RowReport]
    next: str | None
