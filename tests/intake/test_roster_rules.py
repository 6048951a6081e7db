"""Rows into what they say: the statuses of elders, limits, and that no cell whatever breaks the reading of its row."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from doorstep.core import clock
from doorstep.intake import importing, rules_rows
from doorstep.intake.columns import DataRow, Table
from doorstep.intake.importing import terms_of
from doorstep.intake.layout import COLUMNS, Kind
from doorstep.intake.rules import Parsed
from doorstep.intake.sheets import BrokenCell, DayCell
from doorstep.intake.wire import RowCode

TERMS = terms_of(today=date(2026, 6, 15), year=2026)
ELDER = {
    "name": "阎振华",
    "id_number": "110100194808030042",
    "area": "东坝",
    "address": "东坝第三社区19号楼3单元604",
    "agreement_signed_on": "2025-12-10",
}
ITEM = {
    "id_number": "110100194808030042",
    "service_type": "助洁",
    "content": "家庭保洁",
    "frequency": "每两周一次",
    "window": "13:30-15:30",
    "provider": "管庄照料中心",
    "price": 40,
    "ratio": 1,
    "starts_on": "2026-1-1",
    "ends_on": "2026-12-31",
}


def _parse(kind: Kind, cells: dict[str, Any], **more: Any) -> Parsed:
    given_cells = {**cells, **more}
    titles = {column.field: column.title for column in COLUMNS[kind]}
    table = Table(
        sheet="s", kind=kind, titles=[], headers={f: titles[f] for f in given_cells}, missing=[], rows=[], notes=[]
    )
    return rules_rows.parse(table, DataRow(3, given_cells), TERMS)


def _statuses(**cells: Any) -> dict[str, str | None]:
    parsed = _parse(Kind.ELDERS, ELDER, **cells)
    assert parsed.faults == ()
    return {status.kind: status.level for status in parsed.value.statuses}


@pytest.mark.parametrize(
    ("cells", "statuses"),
    [
        ({"hardship": "低保"}, {"minimum_allowance": None}),
        ({"hardship": "低收入、计生困难"}, {"low_income": None, "fp_hardship": None}),
        ({"hardship": "计划生育特殊困难"}, {"fp_special_hardship": None, "fp_hardship": None}),
        ({"hardship": "特困供养"}, {"special_support": None}),
        ({"hardship": "无"}, {}),
        ({"ability": "重度失能"}, {"ability": "severe"}),
        ({"ability": "2级"}, {"ability": "moderate"}),
        ({"disability": "肢体二级"}, {"disability": "2"}),
        ({"disability": "Ⅳ级"}, {"disability": "4"}),
        ({"disability": "无"}, {}),
        (
            {"dementia": "是", "living_alone": "√", "welfare_institution": "有"},
            dict.fromkeys(("dementia", "living_alone", "welfare_institution")),
        ),
        ({"honours": "市级劳动模范，因公致残"}, {"model_worker": None, "disabled_on_duty": None}),
        ({"home_care_bed": DayCell(date(2026, 7, 12))}, {"home_care_bed": None}),
    ],
)
def test_statuses(cells: dict[str, Any], statuses: dict[str, str | None]) -> None:
    assert _statuses(**cells) == statuses


def test_a_column_that_is_not_there_says_nothing_about_a_status() -> None:
    assert _parse(Kind.ELDERS, ELDER).value.governed == frozenset()
    assert _parse(Kind.ELDERS, ELDER, dementia="否", ability="").value.governed == {"dementia"}


def test_birth_and_sex_come_from_the_number_and_must_agree() -> None:
    parsed = _parse(Kind.ELDERS, ELDER, sex="女", birth_date="1948年8月3日")
    assert (parsed.faults, parsed.value.birth_date, parsed.value.sex) == ((), date(1948, 8, 3), "female")
    codes = [fault.code for fault in _parse(Kind.ELDERS, ELDER, sex="男", birth_date="1948-8-4").faults]
    assert codes == ["SEX_MISMATCH", "BIRTH_DATE_MISMATCH"]


def test_the_region_of_the_number_is_not_where_somebody_lives() -> None:
    assert _parse(Kind.ELDERS, ELDER, hukou="海淀区").value.hukou == "海淀区"
    assert _parse(Kind.ELDERS, ELDER).value.hukou is None


def test_coordinates_without_their_system_are_kept_and_not_used() -> None:
    parsed = _parse(Kind.ELDERS, ELDER, lat=39.9, lon=116.4, coord_system=None)
    assert (parsed.value.point, parsed.value.coord_system) == ((39.9, 116.4), None)
    assert [notice.code for notice in parsed.notices] == ["COORD_SYSTEM_MISSING"]


def test_a_young_person_is_told_and_accepted() -> None:
    digits = "11010019670616001"
    parsed = _parse(Kind.ELDERS, {**ELDER, "id_number": digits + ric.calc_check_digit(digits + "0")})
    assert ([notice.code for notice in parsed.notices], parsed.faults) == (["UNDER_60"], ())
    digits = "11010019660615001"  # sixty today
    parsed = _parse(Kind.ELDERS, {**ELDER, "id_number": digits + ric.calc_check_digit(digits + "0")})
    assert (parsed.notices, parsed.faults) == ((), ())


def test_minutes_and_carers_have_sensible_defaults() -> None:
    item = _parse(Kind.PLANS, ITEM).value
    assert (item.min_minutes, item.carers) == (45, 1)
    item = _parse(Kind.PLANS, ITEM, min_minutes="300分钟", carers="2人").value
    assert (item.min_minutes, item.carers) == (300, 2)
    assert item.max_minutes >= item.min_minutes


def test_risks_are_separated_by_what_separates_not_by_a_comma() -> None:
    assert _parse(Kind.PLANS, ITEM, risks="听力差，请大声").value.risks == ("听力差，请大声",)
    assert _parse(Kind.PLANS, ITEM, risks="跌倒风险、低血糖；无").value.risks == ("跌倒风险", "低血糖")


def test_a_provider_may_cover_named_subdistricts() -> None:
    cells = {
        "name": "某中心",
        "uscc": "91110000600037341L",
        "legal_kind": "企业",
        "area": "朝外",
        "service_types": "助餐和助洁",
        "coverage": "朝外、和平街",
        "site_kind": "便利店",
        "licence_until": "长期",
    }
    parsed = _parse(Kind.PROVIDERS, cells)
    assert (parsed.value.service_types, parsed.value.coverage) == (("meal", "cleaning"), ("朝外", "和平街"))
    assert (parsed.value.site_kind, parsed.value.licence_until) == ("other", None)
    assert [notice.code for notice in parsed.notices] == ["SITE_KIND_OTHER"]


@pytest.mark.parametrize(
    "name", ["朝外", "朝外街道", "朝外街道办事处", "朝阳区朝外街道", "北京市朝阳区朝外街道办事处", " 朝 外 "]
)
def test_a_subdistrict_has_one_name(name: str) -> None:
    assert rules_rows.area_key(name, "朝阳区") == "朝外"


@pytest.mark.parametrize(
    ("titles", "name", "year"),
    [
        (["2026年“四进”服务机构名录"], "a.xlsx", (2026, False)),
        (["依据朝民发〔2017〕37号", "填表日期：2025年12月10日", "2026年度名册"], "a.xlsx", (2026, False)),
        (["“四进”服务对象台账"], "roster-2026.xlsx", (2026, False)),
        (["依据朝民发〔2017〕37号"], "花名册（2027年）.xlsx", (2027, False)),
        ([], "20260105.xlsx", (clock.today().year, True)),
    ],
)
def test_the_year_of_a_roster(titles: list[str], name: str, year: tuple[int, bool]) -> None:
    table = Table(sheet="s", kind=Kind.ELDERS, titles=titles, headers={}, missing=[], rows=[], notes=[])
    assert importing._year([table], name) == year


def test_a_broken_cell_refuses_its_row_at_its_column() -> None:
    parsed = _parse(Kind.ELDERS, ELDER, phone=BrokenCell(RowCode.FORMULA_WITHOUT_VALUE))
    assert [(fault.code, fault.column) for fault in parsed.faults] == [("FORMULA_WITHOUT_VALUE", "电话")]


_cells = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.builds(DayCell, st.dates()),
    st.just(BrokenCell(RowCode.CELL_ERROR)),
    st.sampled_from(
        ["每日", "13:30-15:30", "助餐", "送餐", "低保", "男", "是", "无", "110100194808030042", "2026-1-1", "合计"]
    ),
)


@given(st.sampled_from(list(Kind)), st.data())
def test_no_cells_break_a_row(kind: Kind, data: st.DataObject) -> None:
    cells = {column.field: data.draw(_cells, column.field) for column in COLUMNS[kind]}
    parsed = _parse(kind, cells)
    assert (parsed.value is None) == bool(parsed.faults)
