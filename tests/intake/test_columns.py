"""Sheets are known by their headers, wherever these stand and however they are written."""

from typing import Any

import pytest

from doorstep.intake import columns
from doorstep.intake.layout import COLUMNS, Kind
from doorstep.intake.sheets import Line, Merge, Sheet

ELDER = ["姓名", "身份证号", "居住街乡", "详细地址"]
DATA = ["阎振华", "110100194808030042", "东坝", "东坝第三社区19号楼3单元604"]


def _sheet(*rows: list[Any], name: str = "Sheet1", merges: list[Merge] | None = None) -> Sheet:
    lines = [Line(number, row) for number, row in enumerate(rows, 1) if row]
    return Sheet(name=name, lines=lines, merges=merges or [])


def _table(*rows: list[Any], **more: Any) -> columns.Table:
    table = columns.recognise(_sheet(*rows, **more))
    assert table is not None
    return table


@pytest.mark.parametrize("kind", list(Kind))
def test_every_name_of_a_column_is_that_column(kind: Kind) -> None:
    usual = [column.title for column in COLUMNS[kind]]
    for place, column in enumerate(COLUMNS[kind]):
        for name in column.names:
            header = [*usual[:place], name, *usual[place + 1 :]]
            table = _table(header, ["x"] * len(header))
            assert (table.kind, table.headers[column.field]) == (kind, name.replace(" ", ""))
            assert table.missing == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_name_means_one_column_of_its_sheet(kind: Kind) -> None:
    names = [columns.header_key(name) for column in COLUMNS[kind] for name in column.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "header",
    [
        ["姓 名", "身份证\n号码", "居住街乡（必填）", "*详细地址："],
        ["　姓名　", "身份证号", "街道", "家庭住址"],
        ["老年人姓名", "公民身份号码", "所属街道", "现住址"],
    ],
)
def test_headers_are_read_past_blanks_breaks_and_decoration(header: list[str]) -> None:
    table = _table(["附件1"], [], ["某街道老年人名册", None, None, "2026年1月"], header, DATA)
    assert (table.kind, table.missing) == (Kind.ELDERS, [])
    assert table.titles == ["附件1", "某街道老年人名册", "2026年1月"]
    assert [(row.number, row.cells["name"]) for row in table.rows] == [(5, "阎振华")]


def test_headers_count_more_than_the_name_of_the_sheet() -> None:
    assert _table(ELDER, DATA, name="护理员").kind is Kind.ELDERS


def test_two_lines_of_headers_are_one() -> None:
    table = _table(
        ["基本信息", None, "居住街乡", "详细地址", "家属信息", None, None],
        ["姓名", "身份证号", None, None, "姓名", "电话", "与老人关系"],
        [*DATA, "蔡红梅", "18666870140", "侄女"],
        merges=[Merge(1, 0, 1, 1), Merge(1, 4, 1, 6), Merge(1, 2, 2, 2), Merge(1, 3, 2, 3)],
    )
    (row,) = table.rows
    assert row.number == 3
    assert {field: row.cells[field] for field in ("name", "address", "family_name", "family_phone")} == {
        "name": "阎振华",
        "address": DATA[3],
        "family_name": "蔡红梅",
        "family_phone": "18666870140",
    }


def test_a_missing_column_is_named_and_an_unknown_one_is_told() -> None:
    table = _table(["姓名", "居住街乡", "详细地址", "血型", "姓名", None], ["甲", "东坝", "一号楼", "A", "甲", "?"])
    assert (table.kind, table.missing) == (Kind.ELDERS, ["身份证号"])
    assert [(note.fault.code, note.fault.column) for note in table.notes] == [
        ("COLUMN_IGNORED", "血型"),
        ("COLUMN_TWICE", "姓名"),
        ("COLUMN_IGNORED", "第6列"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        ["合计", None, "1人"],
        [None, "总计：1"],
        ["小计", "1"],
        ["注：以上数据截至1月。"],
        ["填表人：张三", "审核人：李四", "2026年1月5日"],
        ["备注1：无"],
        ELDER,
    ],
)
def test_totals_remarks_and_repeated_headers_are_skipped_and_told(row: list[Any]) -> None:
    table = _table(ELDER, DATA, [], row)
    assert len(table.rows) == 1
    assert [(note.row, note.fault.code) for note in table.notes] == [(4, "ROW_SKIPPED")]


@pytest.mark.parametrize("row", [["王小计", *DATA[1:]], ["合计", *DATA[1:]], ["甲"], [None, None, None, "某处"]])
def test_what_may_be_a_person_is_never_skipped(row: list[Any]) -> None:
    assert len(_table(ELDER, DATA, row).rows) == 2


def test_rows_that_only_have_a_number_are_blank() -> None:
    header = ["序号", *ELDER]
    table = _table(header, [1, *DATA], [2.0], ["3"], ["合计", None, "1"])
    assert [row.number for row in table.rows] == [2]
    assert [note.row for note in table.notes] == [5]


@pytest.mark.parametrize(
    "rows",
    [[], [["填表说明"], ["一、请如实填写"]], [["街乡", "人数"], ["东坝", 12]], [["a", "b", "c"]], [["姓名"], ["甲"]]],
)
def test_other_sheets_are_not_recognised(rows: list[list[Any]]) -> None:
    assert columns.recognise(_sheet(*rows)) is None
