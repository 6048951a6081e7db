"""The sample roster: every row accepted, twice; the second time nothing is written; what the tables hold is right."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from doorstep.core import vault
from doorstep.core.geo import Point, distance_m
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from doorstep.intake.identities import id_number
from intake.books import SAMPLE, Book
from intake.conftest import Snapshot

ROWS = {"街乡": 43, "服务机构": 10, "护理员": 60, "老年人": 396, "照护计划": 843, "补贴标准": 5}
CONTENT = SAMPLE.read_bytes()


async def test_the_sample_imports_with_no_refused_row_and_then_changes_nothing(
    snapshot: Callable[[], Awaitable[Snapshot]],
) -> None:
    nothing = await snapshot()
    seen = await service.preview(SYSTEM, CONTENT, SAMPLE.name)
    assert await snapshot() == nothing, "a preview writes nothing"

    first = await service.apply(SYSTEM, CONTENT, SAMPLE.name)
    assert first == seen, "preview and apply say the same"
    assert [row for row in first.rows if row.status == "refused"] == []
    assert {sheet.name: sheet.created for sheet in first.sheets} == ROWS
    await _the_tables_hold_the_sample()

    before = await snapshot()
    second = await service.apply(SYSTEM, CONTENT, SAMPLE.name)
    assert second.counts.unchanged == sum(ROWS.values()), [r for r in second.rows if r.status != "unchanged"][:3]
    assert await snapshot() == before


async def _the_tables_hold_the_sample() -> None:
    book = Book()
    assert await _count("area WHERE level = 'subdistrict'") == 43
    assert await _count("household") == len({row[7] for row in book.sheets["老年人"][2:]})
    assert await _count("care_plan") == 396 == await _count("plan_state WHERE state = 'active'")
    assert await _count("plan_item") == 843
    agreements = {(row[0], row[7]) for row in book.sheets["照护计划"][2:]}
    assert await _count("service_agreement") == len(agreements)
    assert await _count("family_contact") == 396
    assert {r["service_type"]: r["cap_fen"] for r in await fetch("SELECT * FROM monthly_cap")} == {
        "medical": 20_000,
        "meal": 15_000,
        "bathing": 15_000,
        "cleaning": 10_000,
        "total": 60_000,
    }
    contract = (await fetch("SELECT * FROM cooperation_agreement LIMIT 1"))[0]
    assert (contract["valid_from"], contract["valid_to"]) == (date(2026, 1, 1), date(2027, 1, 1))
    assert contract["coverage_areas"] == [(await fetch("SELECT id FROM area WHERE name = '朝阳区'"))[0]["id"]]
    for row in book.sheets["老年人"][2:6]:
        await _is_stored(dict(zip(book.sheets["老年人"][1], row, strict=True)))


async def _is_stored(row: dict[str, Any]) -> None:
    number = id_number(row["身份证号"], today=date(2026, 11, 21))
    keys = vault.current()
    elder = (await fetch("SELECT * FROM elder WHERE id_fingerprint = $1", keys.fingerprint(number, "elder.id_number")))[
        0
    ]
    assert keys.open(bytes(elder["name"]), "elder.name") == row["姓名"]
    assert keys.open(bytes(elder["id_number"]), "elder.id_number") == number
    assert row["姓名"].encode() not in bytes(elder["name"])
    assert elder["sex"] == {"男": "male", "女": "female"}[row["性别"]]
    home = (await fetch("SELECT * FROM household WHERE id = $1", elder["household"]))[0]
    assert keys.open(bytes(home["address"]), "household.address") == row["详细地址"]
    assert (home["source_lat"], home["source_lon"]) == (row["纬度"], row["经度"])
    moved = distance_m(Point(home["lat"], home["lon"]), Point(row["纬度"], row["经度"]))
    assert 450 < moved < 650 if row["坐标系"] == "GCJ-02" else moved == 0
    kinds = {r["kind"]: r for r in await fetch("SELECT * FROM elder_status WHERE elder = $1", elder["id"])}
    assert ("fp_special_hardship" in kinds) == (row["困难类别"] == "计划生育特殊困难")
    assert "fp_hardship" in kinds or "fp_special_hardship" not in kinds, "the special kind implies the plain one"
    assert ("living_alone" in kinds) == (row["独居"] == "是")
    assert kinds["ability"]["level"] in ("intact", "mild", "moderate", "severe", "total")
    if row["家庭养老床位建成日期"]:
        assert kinds["home_care_bed"]["valid_from"] == row["家庭养老床位建成日期"]


async def test_the_dates_of_a_roster_move_to_the_year_of_a_demo(app: object) -> None:
    report = await service.apply(SYSTEM, Book.small().xlsx(), SAMPLE.name, shift_to=date(2028, 2, 29))
    assert report.counts.refused == 0
    terms = {(r["valid_from"], r["valid_to"]) for r in await fetch("SELECT valid_from, valid_to FROM plan_item")}
    assert terms == {(date(2028, 1, 1), date(2029, 1, 1))}
    assert {
        r["d"] for r in await fetch("SELECT DISTINCT extract(year FROM signed_on)::int AS d FROM service_agreement")
    } == {2027}
    again = await service.apply(SYSTEM, Book.small().xlsx(), SAMPLE.name, shift_to=date(2028, 7, 1))
    assert again.counts.unchanged == len(again.rows)


async def _count(what: str) -> int:
    return (await fetch(f"SELECT count(*) AS n FROM {what}"))[0]["n"]
