"""A later file against an earlier one: what changed is updated and dated, what is gone stays, versions never change."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from doorstep.intake.wire import ImportReport, RowStatus
from doorstep.visits import service as visits
from intake.books import Book
from intake.conftest import Snapshot

TODAY, TOMORROW = date(2026, 6, 15), date(2026, 6, 16)


@pytest.fixture
async def book(app: Litestar) -> AsyncIterator[Book]:
    """A small roster that is in, on a day in June."""
    with clock.running_from(lambda: datetime(2026, 6, 15, 4, tzinfo=UTC)):
        book = Book.small()
        assert (await _import(book)).counts.refused == 0
        yield book


async def _import(book: Book) -> ImportReport:
    return await service.apply(SYSTEM, book.xlsx(), "2026.xlsx")


async def _changed(book: Book) -> list[tuple[str, int, RowStatus]]:
    """Imports; the rows that were not unchanged. Then once more, when all must be unchanged."""
    report = await _import(book)
    again = await _import(book)
    assert again.counts.unchanged == len(again.rows), [row for row in again.rows if row.status != "unchanged"][:3]
    return [(row.sheet, row.row, row.status) for row in report.rows if row.status is not RowStatus.UNCHANGED]


async def _one(sql: str, *values: Any) -> Any:
    (row,) = await fetch(sql, *values)
    return row


def _elder(book: Book, row: int) -> bytes:
    return vault.current().fingerprint(book.get("老年人", row, "身份证号"), "elder.id_number")


async def test_removed_rows_are_not_deleted(book: Book, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
    before = await snapshot()
    for sheet in book.sheets:
        del book.sheets[sheet][4:]
    book.sheets["照护计划"][2:] = book.sheets["照护计划"][2:3]
    assert await _changed(book) == []
    assert await snapshot() == before


async def test_an_elder_with_another_phone_and_other_statuses(book: Book) -> None:
    row = next(n for n in range(3, 9) if book.get("老年人", n, "困难类别") == "低保")
    book.put("老年人", row, "电话", "13900000001")
    book.put("老年人", row, "困难类别", "失独")
    book.put("老年人", row, "失智", "是")
    assert await _changed(book) == [("老年人", row, RowStatus.UPDATED)]
    elder = await _one("SELECT * FROM elder WHERE id_fingerprint = $1", _elder(book, row))
    assert vault.current().open(bytes(elder["phone"]), "elder.phone") == "13900000001"
    statuses = {
        r["kind"]: (r["valid_from"], r["valid_to"])
        for r in await fetch("SELECT * FROM elder_status WHERE elder = $1", elder["id"])
    }
    assert statuses["minimum_allowance"] == (date(2026, 1, 1), TODAY)
    assert statuses["fp_special_hardship"] == statuses["fp_hardship"] == statuses["dementia"] == (TODAY, None)
    book.put("老年人", row, "失智", "否")
    await _changed(book)
    book.put("老年人", row, "失智", "是")
    await _changed(book)
    again = await fetch("SELECT * FROM elder_status WHERE elder = $1 AND kind = 'dementia'", elder["id"])
    assert [(r["valid_from"], r["valid_to"]) for r in again] == [(TODAY, None)], "on, off and on again on one day"


async def test_a_blank_cell_takes_nothing_away(book: Book, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
    before = await snapshot()
    for header in ("电话", "户籍", "社区", "家属姓名", "家属电话", "与老人关系", "能力等级", "纬度", "经度", "坐标系"):
        book.every("老年人", header, lambda _: None)
    assert await _changed(book) == []
    assert await snapshot() == before


async def test_a_status_that_a_person_recorded_stays(book: Book) -> None:
    row = next(n for n in range(3, 9) if book.get("老年人", n, "入住机构") == "否")
    elder = await _one("SELECT * FROM elder WHERE id_fingerprint = $1", _elder(book, row))
    async with unit_of_work():
        await fetch(
            "INSERT INTO elder_status (id, elder, kind, valid_from, source, recorded_at) "
            "VALUES (gen_random_uuid(), $1, 'welfare_institution', $2, 'call', now())",
            elder["id"],
            TODAY,
        )
    assert await _changed(book) == []


async def test_a_changed_item_makes_a_new_version_from_tomorrow(book: Book) -> None:
    number = next(
        row[0] for row in book.sheets["照护计划"][2:] if sum(r[0] == row[0] for r in book.sheets["照护计划"]) > 1
    )
    row = book.find("照护计划", "老人身份证号", number)
    book.put("照护计划", row, "单价（元）", 45)
    assert await _changed(book) == [("照护计划", row, RowStatus.UPDATED)]
    fingerprint = vault.current().fingerprint(number, "elder.id_number")
    plans = await fetch(
        "SELECT p.* FROM care_plan p JOIN elder e ON e.id = p.elder WHERE e.id_fingerprint = $1 ORDER BY version",
        fingerprint,
    )
    assert [(p["version"], p["valid_from"], p["valid_to"]) for p in plans] == [
        (1, date(2026, 1, 1), date(2027, 1, 1)),
        (2, TOMORROW, date(2027, 1, 1)),
    ]
    states = await fetch(
        "SELECT p.version, s.state, s.valid_from FROM plan_state s JOIN care_plan p ON p.id = s.plan "
        "WHERE p.id = ANY($1) ORDER BY p.version, s.recorded_at, s.id",
        [plan["id"] for plan in plans],
    )
    assert [tuple(state) for state in states] == [
        (1, "active", date(2026, 1, 1)),
        (1, "superseded", TOMORROW),
        (2, "active", TOMORROW),
    ]
    prices = [
        sorted(r["unit_price_fen"] for r in await fetch("SELECT * FROM plan_item WHERE plan = $1", plan["id"]))
        for plan in plans
    ]
    assert len(prices[0]) == len(prices[1]) and 4500 not in prices[0] and 4500 in prices[1]
    assert (await _one("SELECT count(*) AS n FROM care_plan"))["n"] == 6 + 1, "nobody else's plan"


async def _meals(elder: bytes) -> list[Any]:
    return await fetch(
        "SELECT v.id, v.service_day AS day, v.op_state FROM visit v JOIN elder e ON e.id = v.elder "
        "WHERE e.id_fingerprint = $1 AND v.service_type = 'meal' AND v.service_day > $2 ORDER BY v.window_start, v.id",
        elder,
        TODAY,
    )


@pytest.mark.parametrize(("header", "value"), [("单价（元）", 45), ("时间段", "10:30-12:30")], ids=["price", "times"])
async def test_what_people_called_off_stays_off_and_what_is_as_it_was_keeps_its_visits(
    book: Book, header: str, value: Any
) -> None:
    row = book.find("照护计划", "频次", "每日")
    elder = vault.current().fingerprint(book.get("照护计划", row, "老人身份证号"), "elder.id_number")
    await visits.expand(SYSTEM, days=6)
    before = await _meals(elder)
    off = before[2]
    await fetch("UPDATE visit SET op_state = 'cancelled', reason = '老人要求' WHERE id = $1", off["id"])
    book.put("照护计划", row, header, value)
    assert await _changed(book) == [("照护计划", row, RowStatus.UPDATED)]
    await visits.expand(SYSTEM, days=6)
    after = await _meals(elder)
    assert [(one["id"], one["op_state"]) for one in after if one["day"] == off["day"]] == [(off["id"], "cancelled")]
    kept = [one["id"] for one in after if one["op_state"] != "cancelled"]
    ahead = [one["id"] for one in before if one["id"] != off["id"]]
    assert (len(kept), set(kept) & set(ahead)) == (4, set(ahead) if header == "单价（元）" else set())


async def test_an_item_that_the_file_no_longer_names_goes_on_in_the_new_version(book: Book) -> None:
    plans = book.sheets["照护计划"]
    number = next(row[0] for row in plans[2:] if sum(r[0] == row[0] for r in plans) > 1)
    mine = [row for row in plans[2:] if row[0] == number]
    plans.remove(mine[0])
    new = list(mine[1])
    new[book.column("照护计划", "服务类型")], new[book.column("照护计划", "服务内容")] = "助洁", "洗衣"
    new[book.column("照护计划", "服务机构")] = "朝外照料中心"
    new[book.column("照护计划", "开始日期")] = date(2026, 9, 1)
    plans.append(new)
    assert await _changed(book) == [("照护计划", len(plans), RowStatus.CREATED)]
    fingerprint = vault.current().fingerprint(number, "elder.id_number")
    plan = await _one(
        "SELECT p.id, p.valid_from FROM care_plan p JOIN elder e ON e.id = p.elder "
        "WHERE e.id_fingerprint = $1 AND p.version = 2",
        fingerprint,
    )
    assert plan["valid_from"] == date(2026, 9, 1)
    assert len(await fetch("SELECT 1 FROM plan_item WHERE plan = $1", plan["id"])) == len(mine) + 1


async def test_a_suspended_plan_stays_suspended_in_its_new_version(book: Book) -> None:
    row = 3
    number = book.get("照护计划", row, "老人身份证号")
    fingerprint = vault.current().fingerprint(number, "elder.id_number")
    plan = await _one(
        "SELECT p.id FROM care_plan p JOIN elder e ON e.id = p.elder WHERE e.id_fingerprint = $1", fingerprint
    )
    async with unit_of_work():
        await fetch(
            "INSERT INTO plan_state (id, plan, state, valid_from, reason, recorded_at) "
            "VALUES (gen_random_uuid(), $1, 'suspended', $2, 'hospital', $3)",
            plan["id"],
            date(2026, 6, 10),
            clock.now(),
        )
    book.put("照护计划", row, "单价（元）", 45)
    await _changed(book)
    states = await fetch(
        "SELECT s.* FROM plan_state s JOIN care_plan p ON p.id = s.plan JOIN elder e ON e.id = p.elder "
        "WHERE e.id_fingerprint = $1 AND p.version = 2 ORDER BY s.recorded_at, s.id",
        fingerprint,
    )
    assert [(s["state"], s["valid_from"], s["reason"]) for s in states] == [
        ("active", TOMORROW, None),
        ("suspended", TOMORROW, "hospital"),
    ]


async def test_next_years_roster_supersedes_on_new_years_day(book: Book) -> None:
    for header in ("开始日期", "结束日期"):
        book.every("照护计划", header, lambda v: v.replace(year=2027))
    book.every("老年人", "服务协议签订日期", lambda v: v.replace(year=2026))
    book.sheets["服务机构"][0][0] = "2027年“四进”服务机构名录"
    with clock.running_from(lambda: datetime(2026, 12, 20, 4, tzinfo=UTC)):
        report = await service.apply(SYSTEM, book.xlsx(), "2027.xlsx")
        assert report.counts.refused == 0
        again = await service.apply(SYSTEM, book.xlsx(), "2027.xlsx")
        assert again.counts.unchanged == len(again.rows)
    assert {r["d"] for r in await fetch("SELECT valid_from AS d FROM care_plan WHERE version = 2")} == {
        date(2027, 1, 1)
    }
    assert {r["d"] for r in await fetch("SELECT valid_from AS d FROM plan_state WHERE state = 'superseded'")} == {
        date(2027, 1, 1)
    }
    assert {
        (r["a"], r["b"]) for r in await fetch("SELECT valid_from AS a, valid_to AS b FROM cooperation_agreement")
    } == {
        (date(2026, 1, 1), date(2027, 1, 1)),
        (date(2027, 1, 1), date(2028, 1, 1)),
    }
    signed = await fetch(
        "SELECT DISTINCT elder, provider, extract(year FROM signed_on)::int AS y FROM service_agreement"
    )
    assert {r["y"] for r in signed} == {2025, 2026}


async def test_a_provider_contracted_for_less_from_today(book: Book) -> None:
    row = book.find("服务机构", "机构名称", "朝外照料中心")
    book.put("服务机构", row, "服务类型", "助医、助餐、助洁")
    plans = [n for n, r in enumerate(book.sheets["照护计划"], 1) if r[7] == "朝外照料中心" and r[2] == "助浴"]
    assert await _changed(book) == [("服务机构", row, RowStatus.UPDATED)]
    terms = await fetch(
        "SELECT a.* FROM cooperation_agreement a JOIN provider p ON p.id = a.provider "
        "WHERE p.name = '朝外照料中心' ORDER BY a.recorded_at, a.valid_from"
    )
    assert [(t["valid_from"], t["valid_to"], len(t["service_types"])) for t in terms] == [
        (date(2026, 1, 1), TODAY, 4),
        (TODAY, date(2027, 1, 1), 3),
    ]
    assert plans, "items that the old agreement covered for a while stay as they are"


async def test_a_caregiver_with_renewed_and_lost_certificates(book: Book) -> None:
    row = book.find("护理员", "姓名", "彭燕")
    book.put("护理员", row, "资质证书", "健康证、护士执业证")
    book.put("护理员", row, "证书到期", date(2029, 1, 31))
    book.put("护理员", row, "所属机构", "管庄照料中心")
    assert await _changed(book) == [("护理员", row, RowStatus.UPDATED)]
    held = await fetch(
        "SELECT q.kind, q.valid_until FROM qualification q JOIN caregiver c ON c.id = q.caregiver WHERE c.name = '彭燕'"
    )
    assert {r["kind"]: r["valid_until"] for r in held} == {
        "health_certificate": date(2029, 1, 31),
        "nurse_licence": date(2029, 1, 31),
        "care_worker_certificate": date(2026, 6, 14),
    }


async def test_a_changed_cap_counts_from_the_next_month(book: Book) -> None:
    row = book.find("补贴标准", "服务类型", "助餐")
    book.put("补贴标准", row, "月补贴上限（元）", 180)
    report = await service.preview(SYSTEM, book.xlsx(), "2026.xlsx")
    total = next(r for r in report.rows if r.summary == "合计")
    assert (total.status, total.code) == (RowStatus.UNCHANGED, "TOTAL_DIFFERS")
    assert await _changed(book) == [("补贴标准", row, RowStatus.UPDATED)]
    caps = await fetch("SELECT * FROM monthly_cap WHERE service_type = 'meal' ORDER BY valid_from")
    assert [(c["valid_from"], c["cap_fen"]) for c in caps] == [(date(2026, 1, 1), 15_000), (date(2026, 7, 1), 18_000)]


async def test_a_home_moves_with_the_file_but_not_once_it_was_set_on_the_spot(book: Book) -> None:
    row = next(n for n in range(3, 9) if book.get("老年人", n, "坐标系") == "WGS-84")
    book.put("老年人", row, "纬度", 39.95)
    assert (("老年人", row, RowStatus.UPDATED)) in await _changed(book)
    home = "SELECT h.* FROM household h JOIN elder e ON e.household = h.id WHERE e.id_fingerprint = $1"
    assert (await _one(home, _elder(book, row)))["lat"] == 39.95
    async with unit_of_work():
        await fetch("UPDATE household SET lat = 39.9, point_set_at = now() WHERE source_lat = 39.95")
    book.put("老年人", row, "纬度", 39.96)
    await _changed(book)
    stored = await _one(home, _elder(book, row))
    assert (stored["lat"], stored["source_lat"]) == (39.9, 39.96)


async def test_an_elder_who_moves_lives_in_another_home(book: Book) -> None:
    old = await _one("SELECT household FROM elder WHERE id_fingerprint = $1", _elder(book, 3))
    book.put("老年人", 3, "详细地址", "东坝第九社区1号楼1单元101")
    assert await _changed(book) == [("老年人", 3, RowStatus.UPDATED)]
    new = await _one("SELECT household FROM elder WHERE id_fingerprint = $1", _elder(book, 3))
    assert new["household"] != old["household"]
    assert (await _one("SELECT count(*) AS n FROM household WHERE id = $1", old["household"]))["n"] == 1


async def test_visits_ahead_go_where_the_elder_moves(book: Book) -> None:
    elder = await _one("SELECT id, household FROM elder WHERE id_fingerprint = $1", _elder(book, 3))
    provider = await _one("SELECT id FROM provider LIMIT 1")
    noon = clock.now()
    wanted = {
        "planned": (timedelta(days=1), True),
        "assigned": (timedelta(minutes=-30), True),  # its hour has come, nobody has
        "in_progress": (timedelta(minutes=-30), False),
        "completed": (timedelta(hours=-3), False),
        "missed": (timedelta(hours=-3), False),
        "cancelled": (timedelta(days=2), False),
    }
    ids = {}
    for state, (start, _) in wanted.items():
        ids[state] = uuid7()
        await fetch(
            "INSERT INTO visit (id, elder, household, provider, kind, service_type, content, service_day, ordinal, "
            "window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, "
            "holds, created_at, changed_at) VALUES ($1, $2, $3, $4, 'adhoc', 'meal', 'delivery', $5, 1, $6, $7, 0, 60, "
            "1, $8, 'none', 'unsettled', 0, $6, $6)",
            *(ids[state], elder["id"], elder["household"], provider["id"], clock.civil_date(noon + start)),
            *(noon + start, noon + start + timedelta(hours=1), state),
        )
    book.put("老年人", 3, "详细地址", "东坝第九社区1号楼1单元101")
    await _changed(book)
    new = await _one("SELECT household FROM elder WHERE id = $1", elder["id"])
    rows = await fetch("SELECT op_state, household FROM visit WHERE elder = $1", elder["id"])
    assert {row["op_state"]: row["household"] == new["household"] for row in rows} == {
        state: follows for state, (_, follows) in wanted.items()
    }
    told = await fetch("SELECT subject, data FROM change WHERE kind = 'visit.moved'")
    assert {row["subject"] for row in told} == {ids["planned"], ids["assigned"]}
    assert len(told) == 2, "told once, the second import moved nobody"
    assert json.loads(told[0]["data"]) == {"household": str(new["household"]), "before": str(elder["household"])}

    area = await _one("SELECT area FROM household WHERE id = $1", new["household"])
    book.put("老年人", 3, "居住街乡", "三里屯")
    await _changed(book)
    both = await fetch(
        "SELECT area FROM change WHERE kind = 'visit.moved' AND data->>'before' = $1", str(new["household"])
    )
    assert len({row["area"] for row in both}) == 2
    assert area["area"] in {row["area"] for row in both}, "the area that a visit leaves hears of it"
