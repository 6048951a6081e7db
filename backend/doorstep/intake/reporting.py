"""The outcome of an import in words: rows, notes, counts. The texts are those of schemas/codes.json."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from doorstep.core.problems import ProblemBody, body, codes
from doorstep.intake.columns import Note
from doorstep.intake.wire import (
    Fault,
    ImportCounts,
    ImportReport,
    ImportRunView,
    Remark,
    RowReport,
    RowStatus,
    SheetCounts,
    SheetNote,
)
from doorstep.intake.work import Outcome


def remark(fault: Fault) -> Remark:
    """A fault or a notice with its texts filled in."""
    text = codes().rows[fault.code]
    return Remark(
        code=fault.code.value,
        message=text.zh.format(**fault.data),
        message_en=text.en.format(**fault.data),
        column=fault.column,
    )


def report(
    *, file: str, sha256: str, sheets: list[str], outcomes: Iterable[Outcome], notes: Iterable[tuple[str, Note]]
) -> ImportReport:
    """The whole report, its rows in the order of the file."""
    place = {name: index for index, name in enumerate(sheets)}
    rows = sorted((row_report(one) for one in outcomes), key=lambda row: (place[row.sheet], row.row))
    counts = ImportCounts()
    by_sheet = {name: SheetCounts(name=name) for name in sheets}
    for row in rows:
        for counted in (counts, by_sheet[row.sheet]):
            setattr(counted, row.status.value, getattr(counted, row.status.value) + 1)
    return ImportReport(
        file=file,
        sha256=sha256,
        rows=rows,
        notes=[_note(sheet, note) for sheet, note in notes],
        counts=counts,
        sheets=list(by_sheet.values()),
    )


def row_report(outcome: Outcome) -> RowReport:
    """One row: the first fault decides, or the first notice is told; the others follow."""
    refused = outcome.status is RowStatus.REFUSED
    remarks = [remark(fault) for fault in (outcome.faults if refused else outcome.notices)]
    first = remarks[0] if remarks else None
    return RowReport(
        sheet=outcome.parsed.sheet,
        row=outcome.parsed.number,
        status=outcome.status or RowStatus.UNCHANGED,
        column=first.column if first else None,
        code=first.code if first else None,
        message=first.message if first else None,
        message_en=first.message_en if first else None,
        summary=outcome.parsed.summary,
        others=remarks[1:],
    )


def _note(sheet: str, note: Note) -> SheetNote:
    said = remark(note.fault)
    return SheetNote(
        sheet=sheet,
        row=note.row,
        column=said.column,
        code=said.code,
        message=said.message,
        message_en=said.message_en,
    )


def run_view(row: Mapping[str, Any]) -> ImportRunView:
    """A stored run on the wire."""
    counts = msgspec.json.decode(row["counts"], type=ImportCounts) if row["counts"] else ImportCounts()
    problem = msgspec.json.decode(row["problem_body"], type=ProblemBody) if row["problem_body"] else None
    if problem is None and row["problem"]:
        problem = body(row["problem"])
    return ImportRunView(
        id=row["id"],
        file_name=row["file_name"],
        state=row["state"],
        done=row["done"],
        total=row["total"],
        counts=counts,
        sheets=msgspec.json.decode(row["sheets"], type=list[SheetCounts]) if row["sheets"] else [],
        notes=msgspec.json.decode(row["notes"], type=list[SheetNote]) if row["notes"] else [],
        problem=problem,
        created_at=row["created_at"],
    )
