"""Who may import what: a provider its own rows, a subdistrict its own area, two at once one after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.households.scope import READING_TAIL
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.intake import service
from doorstep.intake.wire import ImportReport, RowStatus
from intake.books import Book
from intake.conftest import Snapshot

OWN = "安贞社区养老服务驿站"


@pytest.fixture
async def book(app: Litestar) -> Book:
    """A small roster that is in."""
    book = Book.small()
    assert (await service.apply(SYSTEM, book.xlsx(), "2026.xlsx")).counts.refused == 0
    return book


async def _id(sql: str) -> UUID:
    return (await fetch(sql))[0]["id"]


async def _manager() -> Actor:
    return Actor(role=Role.MANAGER, provider_id=await _id(f"SELECT id FROM provider WHERE name = '{OWN}'"))


def _refused(report: ImportReport) -> set[tuple[str, int]]:
    refused = [row for row in report.rows if row.status is RowStatus.REFUSED]
    assert {row.code for row in refused} <= {"OUT_OF_SCOPE"}
    return {(row.sheet, row.row) for row in refused}


def _rows(book: Book, sheet: str) -> dict[int, list[object]]:
    return {n: row for n, row in enumerate(book.sheets[sheet], 1) if n > 2}


async def test_a_provider_imports_only_what_is_its_own(book: Book) -> None:
    report = await service.preview(await _manager(), book.xlsx(), "2026.xlsx")
    mine = {row[0] for row in book.sheets["照护计划"][2:] if row[7] == OWN}
    assert mine
    assert _refused(report) == {
        *(("街乡", n) for n in _rows(book, "街乡")),
        *(("补贴标准", n) for n in _rows(book, "补贴标准")),
        *(("服务机构", n) for n, row in _rows(book, "服务机构").items() if row[0] != OWN),
        *(("护理员", n) for n, row in _rows(book, "护理员").items() if row[2] != OWN),
        *(("老年人", n) for n, row in _rows(book, "老年人").items() if row[2] not in mine),
        *(("照护计划", n) for n, row in _rows(book, "照护计划").items() if row[7] != OWN),
    }
    assert report.counts.unchanged == len(report.rows) - report.counts.refused


@pytest.mark.parametrize(("days_ago", "renews"), [(1, True), (READING_TAIL.days - 1, True), (READING_TAIL.days, False)])
async def test_a_roster_renews_what_ended_lately_and_nothing_older(book: Book, days_ago: int, renews: bool) -> None:
    ended = clock.today() - timedelta(days=days_ago)
    await fetch("UPDATE service_agreement SET valid_from = LEAST(valid_from, $1::date - 1), valid_to = $1", ended)
    await fetch("UPDATE plan_item SET valid_from = LEAST(valid_from, $1::date - 1), valid_to = $1", ended)
    await fetch("UPDATE care_plan SET valid_from = LEAST(valid_from, $1::date - 1), valid_to = $1", ended)
    mine = {row[0] for row in book.sheets["照护计划"][2:] if row[7] == OWN}
    refused = _refused(await service.preview(await _manager(), book.xlsx(), "2026.xlsx"))
    for n, row in _rows(book, "老年人").items():
        assert (("老年人", n) in refused) == (row[2] not in mine or not renews)


async def test_a_provider_does_not_write_its_own_contract_nor_take_over_a_caregiver(book: Book) -> None:
    row = book.find("服务机构", "机构名称", OWN)
    book.put("服务机构", row, "服务类型", "助医、助餐、助洁、助浴")
    stranger = next(n for n, r in _rows(book, "护理员").items() if r[2] != OWN)
    book.put("护理员", stranger, "所属机构", OWN)
    report = await service.apply(await _manager(), book.xlsx(), "2026.xlsx")
    assert {("服务机构", row), ("护理员", stranger)} <= _refused(report)
    assert report.counts.created == report.counts.updated == 0


async def test_a_provider_changes_its_items_and_leaves_the_others_in_the_plan(book: Book) -> None:
    shared = next(row[0] for row in book.sheets["照护计划"][2:] if row[7] == OWN)
    row = next(n for n, r in _rows(book, "照护计划").items() if r[0] == shared and r[7] == OWN)
    book.put("照护计划", row, "频次", "每周六")
    before = len([r for r in book.sheets["照护计划"] if r[0] == shared])
    report = await service.apply(await _manager(), book.xlsx(), "2026.xlsx")
    assert [(r.sheet, r.row) for r in report.rows if r.status is RowStatus.UPDATED] == [("照护计划", row)]
    items = await fetch("SELECT i.id FROM plan_item i JOIN care_plan p ON p.id = i.plan WHERE p.version = 2")
    assert len(items) == before


def _foreign(book: Book, *, shared: bool) -> int:
    """A row of another provider for a type that the manager's is contracted for; of an elder of both, or not."""
    plans = _rows(book, "照护计划")
    mine = {row[0] for row in plans.values() if row[7] == OWN}
    types = {row[2] for row in plans.values() if row[7] == OWN}
    return next(n for n, r in plans.items() if r[7] != OWN and r[2] in types and (r[0] in mine) == shared)


async def _items(version: int) -> set[tuple[UUID, UUID, str]]:
    sql = """
    SELECT p.elder, i.provider, i.content FROM plan_item i JOIN care_plan p ON p.id = i.plan WHERE p.elder = ANY (
      SELECT elder FROM care_plan WHERE version = 2) AND p.version = $1
    """
    return {(row["elder"], row["provider"], row["content"]) for row in await fetch(sql, version)}


@pytest.mark.parametrize("named", [True, False], ids=["named", "wrongly named"])
@pytest.mark.parametrize("sheets", [["照护计划"], ["老年人", "照护计划"]], ids=["plan alone", "with the elder"])
async def test_a_provider_does_not_take_over_an_elder(
    book: Book, sheets: list[str], named: bool, snapshot: Callable[[], Awaitable[Snapshot]]
) -> None:
    row = _foreign(book, shared=False)
    book.put("照护计划", row, "服务机构", OWN)
    number, name, *rest = book.sheets["照护计划"][row - 1]
    book.sheets["照护计划"][2:] = [[number, name if named else "某某某", *rest]]
    book.sheets["老年人"][2:] = [row for row in book.sheets["老年人"][2:] if row[2] == number]
    before = await snapshot()
    report = await service.apply(await _manager(), book.xlsx(only=sheets), "2026.xlsx")
    assert _refused(report) == {(sheet, 3) for sheet in sheets}
    assert not [one.others for one in report.rows if one.others], "nothing tells whether the name was right"
    assert await snapshot() == before


async def test_of_two_providers_each_keeps_its_item_of_the_same_content(book: Book) -> None:
    row = _foreign(book, shared=True)
    other = book.get("照护计划", row, "服务机构")
    book.put("照护计划", row, "服务机构", OWN)
    book.sheets["照护计划"][2:] = [book.sheets["照护计划"][row - 1]]
    own, theirs = [await _id(f"SELECT id FROM provider WHERE name = '{name}'") for name in (OWN, other)]
    [told] = (await service.apply(await _manager(), book.xlsx(only=["照护计划"]), "2026.xlsx")).rows
    assert told.status is RowStatus.CREATED
    before, after = await _items(1), await _items(2)
    [(elder, provider, content)] = after - before
    assert provider == own
    assert (elder, theirs, content) in before <= after
    [told] = (await service.apply(await _manager(), book.xlsx(only=["照护计划"]), "2026.xlsx")).rows
    assert told.status is RowStatus.UNCHANGED


async def test_an_office_gives_an_item_to_another_provider(book: Book) -> None:
    row = _foreign(book, shared=False)
    other = book.get("照护计划", row, "服务机构")
    book.put("照护计划", row, "服务机构", OWN)
    own, theirs = [await _id(f"SELECT id FROM provider WHERE name = '{name}'") for name in (OWN, other)]
    counts = (await service.apply(SYSTEM, book.xlsx(), "2026.xlsx")).counts
    assert (counts.updated, counts.created, counts.refused) == (1, 0, 0)
    [gone], [come] = await _items(1) - await _items(2), await _items(2) - await _items(1)
    assert (gone[1], come[1]) == (theirs, own)
    assert (gone[0], gone[2]) == (come[0], come[2])


def _new_here(book: Book) -> Book:
    """The sheets of an elder whom nobody knows yet and this provider serves."""
    whole = Book()
    known = {row[2] for row in book.sheets["老年人"][2:]}
    number = next(row[0] for row in whole.sheets["照护计划"][2:] if row[7] == OWN and row[0] not in known)
    for sheet, column, keep in (("老年人", 2, number), ("照护计划", 0, number)):
        whole.sheets[sheet][2:] = [row for row in whole.sheets[sheet][2:] if row[column] == keep]
    whole.sheets["照护计划"][2:] = [row for row in whole.sheets["照护计划"][2:] if row[7] == OWN]
    return whole


async def test_a_provider_brings_an_elder_who_is_new(book: Book) -> None:
    report = await service.apply(await _manager(), _new_here(book).xlsx(only=["老年人", "照护计划"]), "2026.xlsx")
    assert {row.status for row in report.rows} == {RowStatus.CREATED}


@pytest.mark.parametrize("own", [False, True], ids=["home of others", "home of its own"])
async def test_a_provider_does_not_move_the_home_of_an_elder_whom_another_serves(book: Book, own: bool) -> None:
    mine = {row[0] for row in book.sheets["照护计划"][2:] if row[7] == OWN}
    there = next(n for n, row in _rows(book, "老年人").items() if (row[2] in mine) == own)
    come = _new_here(book)
    for header in ("居住街乡", "详细地址", "坐标系"):
        come.put("老年人", 3, header, book.get("老年人", there, header))
    come.put("老年人", 3, "纬度", 39.95)
    come.put("老年人", 3, "社区", "别处社区")
    homes = "SELECT id, source_lat, community FROM household ORDER BY id"
    before = await fetch(homes)
    for _ in range(2):  # Living there by its own word, in the second turn, it may not either.
        report = await service.apply(await _manager(), come.xlsx(only=["老年人", "照护计划"]), "2026.xlsx")
        assert report.counts.refused == 0
        told = [row.code for row in report.rows if row.sheet == "老年人"]
        assert told == ([None] if own else ["HOME_KEPT"])
        changed = [dict(new) for new, old in zip(await fetch(homes), before, strict=True) if new != old]
        assert [(one["source_lat"], one["community"]) for one in changed] == ([(39.95, "别处社区")] if own else [])


async def test_a_subdistrict_imports_its_own_area(book: Book) -> None:
    area = str(book.get("老年人", 3, "居住街乡"))
    officer = Actor(role=Role.OFFICER, area_ids=frozenset({await _id(f"SELECT id FROM area WHERE name = '{area}'")}))
    report = await service.preview(officer, book.xlsx(), "2026.xlsx")
    there = {row[2] for row in book.sheets["老年人"][2:] if row[5] == area}
    refused = _refused(report)
    assert ("街乡", book.find("街乡", "街乡名称", area)) not in refused
    for n, row in _rows(book, "老年人").items():
        assert (("老年人", n) in refused) == (row[5] != area)
    for n, row in _rows(book, "照护计划").items():
        assert (("照护计划", n) in refused) == (row[0] not in there)
    assert {("补贴标准", n) for n in _rows(book, "补贴标准")} <= refused


async def test_two_imports_at_once_neither_wait_for_ever_nor_double(app: Litestar) -> None:
    content = Book.small().xlsx()
    reports = await asyncio.wait_for(
        asyncio.gather(*(service.apply(SYSTEM, content, "2026.xlsx") for _ in range(3))), timeout=120
    )
    assert sorted(report.counts.created for report in reports) == [0, 0, len(reports[0].rows)]
    assert (await fetch("SELECT count(*) AS n FROM elder"))[0]["n"] == 6
