"""What a cell means: the examples of the field (ID numbers, credit codes, phones, points) and what offices write."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from doorstep.core.geo import Point, distance_m, gcj02_from_wgs84
from doorstep.intake import cells, identities
from doorstep.intake.cells import CellFault
from doorstep.intake.sheets import DayCell

TODAY = date(2026, 11, 21)
NEW_YEAR = date(2026, 1, 5)


def _with_check_digit(digits: str) -> str:
    return digits + ric.calc_check_digit(digits + "0")


@pytest.mark.parametrize(
    "cell",
    [
        DayCell(NEW_YEAR),
        "2026-1-5",
        "2026-01-05",
        "2026年1月5日",
        "2026年01月05日",
        "2026.1.5",
        "2026/1/5",
        "２０２６－１－５",
        " 2026 年 1 月 5 日 ",
        "2026-01-05 00:00:00",
        "20260105",
        20260105,
        46027,
        46027.0,
        46027.5,
        "46027",
    ],
)
def test_dates(cell: Any) -> None:
    assert cells.day(cell) == NEW_YEAR


@pytest.mark.parametrize(
    "cell", ["2026-2-30", "2026年13月1日", "1/5/2026", "26.1.5", "2026年1月", "年底", 2026, 12, True, 1e17, "2026-1"]
)
def test_no_dates(cell: Any) -> None:
    with pytest.raises(CellFault) as caught:
        cells.day(cell)
    assert caught.value.code == "DATE_INVALID"


@given(st.dates(date(1928, 1, 1), date(2118, 1, 1)))
def test_every_way_of_writing_a_date_is_the_same_date(day: date) -> None:
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    ways = (DayCell(day), day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y.%m.%d}", serial)
    assert {cells.day(way) for way in ways} == {day}


@pytest.mark.parametrize(
    "text",
    [
        *("13:30-15:30", "13：30－15：30", "13:30—15:30", "13:30–15:30", "13:30~15:30", "13:30～15:30", "13:30至15:30"),
        *("13:30 到 15:30", "13点30分-15点30分", "13点30-15点30", "13:30:00-15:30:00", "13.30-15.30", "下午1:30-3:30"),
        *("１３：３０－１５：３０", "下午1点30分至下午3点30分"),
    ],
)
def test_windows(text: str) -> None:
    assert cells.window(text) == (time(13, 30), time(15, 30))


@pytest.mark.parametrize("text", ["15:30-13:30", "13:30", "上午", "25:00-26:00", "08:00-20:01", "9-9", "13:70-15:00"])
def test_no_windows(text: str) -> None:
    with pytest.raises(CellFault):
        cells.window(text)


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (40, 4000),
        (40.0, 4000),
        ("40元", 4000),
        ("¥33.33", 3333),
        ("1,200.00", 120000),
        (33.3 * 1.1, 3663),
        ("４０", 4000),
        ("40元/次", 4000),
        (0.1 + 0.2, 30),
        (33.333, None),
        (-1, None),
        ("面议", None),
        (1000000000.0, None),
        (True, None),
    ],
)
def test_money(cell: Any, fen: int | None) -> None:
    assert _or_none(cells.fen, cell) == fen


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("100%", 10000),
        (1, 10000),
        (1.0, 10000),
        (0.5, 5000),
        ("50％", 5000),
        (50, 5000),
        (100, 10000),
        ("33.33%", 3333),
        ("全额", 10000),
        (0, 0),
        (101, None),
        ("一半", None),
        (0.333333, None),
        (-0.5, None),
    ],
)
def test_ratios(cell: Any, points: int | None) -> None:
    assert _or_none(cells.ratio_bp, cell) == points


@pytest.mark.parametrize(
    ("cell", "truth"),
    [
        ("是", True),
        ("有", True),
        ("√", True),
        (True, True),
        (1, True),
        ("否", False),
        ("无", False),
        (None, False),
        (0, False),
        ("×", False),
        ("也许", None),
    ],
)
def test_yes_and_no(cell: Any, truth: bool | None) -> None:
    assert _or_none(cells.yes, cell) is truth


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("11010519491231002x", "11010519491231002X"),
        (" １１０１０５ 19491231 002x ", "11010519491231002X"),
        ("'110100193804010015", "110100193804010015"),
        ("110100193803310024", "110100193803310024"),
        ("110100195801010035", "110100195801010035"),
        ("110100194002290056", "110100194002290056"),
        ("110100194506150065", "110100194506150065"),
    ],
)
def test_id_numbers_of_the_domain(cell: str, number: str) -> None:
    assert identities.id_number(cell, today=TODAY) == number


def test_birth_date_and_sex_are_inside_the_number() -> None:
    assert identities.born_and_sex("11010519491231002X") == (date(1949, 12, 31), "female")
    assert identities.born_and_sex("110100194002290056") == (date(1940, 2, 29), "male")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("110105194912310021", "ID_NUMBER_CHECK_DIGIT"),
        ("11010519491231002", "ID_NUMBER_INVALID"),
        ("110105491231002", "ID_NUMBER_INVALID"),
        ("不详", "ID_NUMBER_INVALID"),
        (1.1010519491231e17, "ID_NUMBER_AS_NUMBER"),
        ("1.10105E+17", "ID_NUMBER_AS_NUMBER"),
        (_with_check_digit("11010519491331002"), "ID_NUMBER_DATE"),
        ("11010520991231002X", "ID_NUMBER_CHECK_DIGIT"),
        (_with_check_digit("11010520991231002"), "ID_NUMBER_DATE"),
        (_with_check_digit("11010518801231002"), "ID_NUMBER_DATE"),
    ],
)
def test_no_id_numbers(cell: Any, code: str) -> None:
    with pytest.raises(CellFault) as caught:
        identities.id_number(cell, today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "code", ["91110000600037341L", "521101055000000156", "91110105MA0000015F", "121101054000000263"]
)
def test_credit_codes_of_the_domain(code: str) -> None:
    assert identities.credit_code(f" {code.lower()} ") == code
    with pytest.raises(CellFault):
        identities.credit_code(code[:-1] + ("0" if code[-1] != "0" else "1"))


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (13800000000.0, ["13800000000"]),
        (13800000000, ["13800000000"]),
        ("+86 138-0000-0000", ["13800000000"]),
        ("86 13800000000", ["13800000000"]),
        ("１３８００００００００", ["13800000000"]),
        ("010-65001234", ["01065001234"]),
        ("(010)6500 1234", ["01065001234"]),
        ("65001234", ["01065001234"]),
        ("+86 10 6500 1234", ["01065001234"]),
        ("010-65001234转801", ["01065001234-801"]),
        ("13800000000、13900000000", ["13800000000", "13900000000"]),
        ("13800000000 13900000000", ["13800000000", "13900000000"]),
    ],
)
def test_phones(cell: Any, found: list[str]) -> None:
    assert identities.phones(cell) == found


@pytest.mark.parametrize(
    "cell", ["12345", "12349", "110", "120", "12800000000", "1380000000", "138000000000", "电话", "01012"]
)
def test_no_phones_of_a_person(cell: Any) -> None:
    with pytest.raises(CellFault) as caught:
        identities.phones(cell)
    assert caught.value.code == "PHONE_INVALID"


def test_a_point_of_a_chinese_map_is_where_the_phone_at_the_door_stands() -> None:
    door = Point(39.921900, 116.443100)
    on_the_map = cells.located(39.923268, 116.449296)
    assert distance_m(on_the_map, door) == pytest.approx(549.9, abs=0.1)
    assert distance_m(cells.to_wgs84(on_the_map, "gcj02"), door) < 1
    assert cells.to_wgs84(on_the_map, "wgs84") == on_the_map


@given(st.floats(20, 50), st.floats(80, 130))
def test_conversion_undoes_the_offset(lat: float, lon: float) -> None:
    there = Point(lat, lon)
    assert distance_m(cells.to_wgs84(gcj02_from_wgs84(there), "gcj02"), there) < 0.01


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        (116.4431, 39.9219, "POINT_SWAPPED"),
        (0, 0, "POINT_INVALID"),
        (399.2, 116.4, "POINT_INVALID"),
        (48.8, 2.3, "POINT_INVALID"),
    ],
)
def test_points_that_cannot_be(lat: float, lon: float, code: str) -> None:
    with pytest.raises(CellFault) as caught:
        cells.located(lat, lon)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cell", "system"),
    [
        ("WGS-84", "wgs84"),
        ("wgs84", "wgs84"),
        ("GCJ－02", "gcj02"),
        ("高德", "gcj02"),
        ("百度", "bd09"),
        ("BD-09", "bd09"),
        ("", None),
        (None, None),
    ],
)
def test_coordinate_systems(cell: Any, system: str | None) -> None:
    assert cells.coord_system(cell) == system


def test_a_long_number_is_masked_in_a_message() -> None:
    assert "002X" not in cells.shown("11010519491231002X")
    assert cells.shown("每逢初一") == "每逢初一"


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.booleans()))
def test_no_cell_breaks_a_reader(cell: Any) -> None:
    for read in (
        cells.day,
        cells.window,
        cells.fen,
        cells.ratio_bp,
        cells.yes,
        identities.phones,
        identities.credit_code,
    ):
        _or_none(read, cell)
    _or_none(lambda c: identities.id_number(c, today=TODAY), cell)
    _or_none(lambda c: cells.whole(c, low=0, high=9), cell)
    _or_none(lambda c: cells.text(c, limit=50), cell)
    _or_none(cells.degrees, cell)
    cells.words_of(cell)
    cells.shown(cell)


def _or_none(read: Any, cell: Any) -> Any:
    try:
        return read(cell)
    except CellFault:
        return None
