"""One roster from its sheets to the tables: recognise, read, find doubles, write in the order of reference."""

import asyncio
import re
from collections import Counter
from datetime import date
from pathlib import PurePath

import msgspec

from doorstep.core import clock
from doorstep.core.problems import Problem
from doorstep.identity.wire import Actor
from doorstep.intake import cells, columns, rules_rows, store
from doorstep.intake.cells import CellFault, key
from doorstep.intake.columns import Note, Table
from doorstep.intake.layout import Kind
from doorstep.intake.rules import ContentTerms, Parsed, Terms
from doorstep.intake.rules_rows import area_key
from doorstep.intake.sheets import Workbook
from doorstep.intake.wire import Fault, RowCode, RowStatus
from doorstep.intake.work import Outcome, Progress, Work
from doorstep.intake.write_people import write_caregivers, write_elders
from doorstep.intake.write_places import write_areas, write_caps, write_providers
from doorstep.intake.write_plans import write_plans
from doorstep.plans import catalogue
from doorstep.visits import service as visits

_DEFAULT_DISTRICT = "朝阳区"
_DISTRICT = re.compile(r"(?:(?:.{2,3}省)?.{2,4}?市)?([\u4e00-\u9fff]{2,4}?[区县旗])")
# A year of its own, not of a date (2025年12月10日) nor of a document's number (〔2017〕37号).
_YEAR = re.compile(r"(?<![\d〔\[【])(20\d\d)(?:年(?!\d{1,2}月)|(?![\d年〕\]】]))")


class WorkbookNoSheet(Problem):
    """There are sheets, but the headers of none are known."""

    code = "WORKBOOK_NO_SHEET"


class Roster(msgspec.Struct, kw_only=True):
    """A workbook that was recognised and read, nothing looked up yet."""

    sheets: list[str]
    rows: list[Parsed]
    notes: list[tuple[str, Note]]
    terms: Terms
    district: str | None


def recognised(book: Workbook) -> tuple[list[Table], list[tuple[str, Note]]]:
    """The tables of a workbook, and what is said about the other sheets.

    :raises WorkbookNoSheet: if there is none.
    """
    tables: list[Table] = []
    notes: list[tuple[str, Note]] = []
    for sheet in book.sheets:
        table = columns.recognise(sheet)
        if table is not None and not sheet.hidden:
            tables.append(table)
        elif sheet.lines:
            code = RowCode.SHEET_HIDDEN if sheet.hidden else RowCode.SHEET_IGNORED
            notes.append((sheet.name, Note(None, Fault(code))))
    if not tables:
        names = "、".join(cells.shown(sheet.name) for sheet in book.sheets[:10])
        raise WorkbookNoSheet(names, names)
    return tables, notes


async def read(book: Workbook, *, file_name: str, shift_to: date | None, progress: Progress) -> Roster:
    """Every data row, read by its rule."""
    tables, notes = await asyncio.to_thread(recognised, book)
    year, assumed = _year(tables, file_name)
    moved = shift_to.year - year if shift_to else 0
    if assumed:
        notes.append(("", Note(None, Fault(RowCode.YEAR_ASSUMED, None, {"year": year}))))
    terms = terms_of(today=clock.today(), year=year + moved, years_moved=moved)
    # Each row is counted once when it is read and once when it is settled.
    progress.total = 2 * sum(len(table.rows) for table in tables)
    rows: list[Parsed] = []
    for table in tables:
        notes += [(table.sheet, note) for note in table.notes]
        for row in table.rows:
            rows.append(rules_rows.parse(table, row, terms))
            progress.done += 1
            if progress.done % 25 == 0:
                await asyncio.sleep(0)
    return Roster(
        sheets=list(dict.fromkeys(table.sheet for table in tables)),
        rows=rows,
        notes=notes,
        terms=terms,
        district=_district(tables),
    )


def terms_of(*, today: date, year: int, years_moved: int = 0) -> Terms:
    """The terms with the product's own catalogue and frequency words."""
    return Terms(
        today=today,
        year=year,
        years_moved=years_moved,
        recurrence_of=_recurrence,
        service_type_of=catalogue.service_type_named,
        content_of=_content,
        types={code: kind.zh for code, kind in catalogue.SERVICE_TYPES.items()},
        contents={
            code: "、".join(c.zh for c in catalogue.CONTENTS.values() if c.service_type == code and c.at_home)
            for code in catalogue.SERVICE_TYPES
        },
    )


def _recurrence(words: str) -> str | None:
    try:
        return visits.dump_recurrence(visits.parse_frequency(words))
    except visits.FrequencyUnknown:
        return None


def _content(service_type: str, words: str) -> ContentTerms | None:
    # The catalogue spells "e网" in lower case; a cell for comparing is upper case.
    code = catalogue.content_named(service_type, words) or catalogue.content_named(service_type, words.lower())
    if code is None:
        return None
    content = catalogue.CONTENTS[code]
    return ContentTerms(code, content.at_home, content.min_minutes, content.max_minutes)


def _year(tables: list[Table], file_name: str) -> tuple[int, bool]:
    """The roster's year: of the titles, else of the file's name; else of most plan items, which is said as a note."""
    for source in ([title for table in tables for title in table.titles], [PurePath(file_name).stem]):
        years = Counter(int(year) for text in source for year in _YEAR.findall(text))
        if years:
            return years.most_common(1)[0][0], False
    starts: Counter[int] = Counter()
    for table in tables:
        if table.kind is Kind.PLANS:
            for row in table.rows[:1000]:
                try:
                    starts[cells.day(row.cells.get("starts_on")).year] += 1
                except CellFault:
                    continue
    return (starts.most_common(1)[0][0] if starts else clock.today().year), True


def _district(tables: list[Table]) -> str | None:
    """The district of the title of the subdistricts: 朝阳区街道（地区）一览."""
    for table in tables:
        if table.kind is Kind.AREAS:
            for title in table.titles:
                found = _DISTRICT.match(re.sub(r"^[\d年\s]+", "", title))
                if found and found[1] not in ("地区", "街区"):
                    return found[1]
    return None


async def write(actor: Actor, roster: Roster, progress: Progress) -> Work:
    """Settles every row and writes what is accepted, inside the current unit of work."""
    outcomes = [Outcome(parsed, notices=list(parsed.notices)) for parsed in roster.rows]
    for outcome in outcomes:
        if outcome.parsed.faults:
            outcome.status = RowStatus.REFUSED
            outcome.faults = list(outcome.parsed.faults)
    progress.done = progress.total - sum(one.status is None for one in outcomes)
    _refuse_doubles(outcomes)
    work = Work(
        actor=actor,
        terms=roster.terms,
        outcomes=outcomes,
        district_name=roster.district or await _only_district(actor),
        progress=progress,
    )
    await store.lock_importing(actor)
    await write_areas(work)
    await write_providers(work)
    await write_caregivers(work)
    await write_elders(work)
    await write_plans(work)
    await write_caps(work)
    # Last, because from here on nobody else plans or assigns until this transaction ends.
    await visits.follow_elders(actor, work.moved)
    progress.done = progress.total
    return work


async def _only_district(actor: Actor) -> str:
    """The district that is there, if there is one only."""
    there = await store.districts(actor)
    return there[0]["name"] if len(there) == 1 else _DEFAULT_DISTRICT


def _refuse_doubles(outcomes: list[Outcome]) -> None:
    """Of rows that say who they are by the same number, the first counts."""
    seen: dict[tuple[str, ...], Parsed] = {}
    for outcome in outcomes:
        if outcome.status is RowStatus.REFUSED:
            continue
        first = seen.setdefault(_identity(outcome.parsed), outcome.parsed)
        if first is not outcome.parsed:
            outcome.refuse(RowCode.DUPLICATE_IN_FILE, _IDENTIFYING[first.kind], sheet=first.sheet, row=first.number)


_IDENTIFYING = {
    Kind.AREAS: "name",
    Kind.PROVIDERS: "uscc",
    Kind.CAREGIVERS: "phone",
    Kind.ELDERS: "id_number",
    Kind.PLANS: "content",
    Kind.CAPS: "service_type",
}


def _identity(parsed: Parsed) -> tuple[str, ...]:
    value = parsed.value
    match parsed.kind:
        case Kind.AREAS:
            name = area_key(value.name)
        case Kind.PLANS:
            when = (value.recurrence, str(value.window), value.starts_on.isoformat())
            return (parsed.kind, value.id_number, value.service_type, value.content, *when)
        case _:
            name = key(getattr(value, _IDENTIFYING[parsed.kind]))
    return (parsed.kind, name)
