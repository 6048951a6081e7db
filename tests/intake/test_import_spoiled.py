"""Rosters with faults: exactly the faulty rows are refused, each with its column, reason and words in two languages."""

import re
from datetime import date
from typing import Any

from litestar import Litestar

from doorstep.core.problems import codes
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from doorstep.intake.wire import ImportReport, RowCode, RowStatus
from intake.books import SAMPLE, Book

_FAULTS: list[tuple[str, int, str, Any, str]] = [
    ("老年人", 60, "身份证号", "110105194912310021", "ID_NUMBER_CHECK_DIGIT"),
    ("老年人", 61, "身份证号", 110105194912310021.0, "ID_NUMBER_AS_NUMBER"),
    ("老年人", 62, "性别", "不男不女", "VALUE_UNKNOWN"),
    ("老年人", 63, "姓名", "", "REQUIRED_MISSING"),
    ("老年人", 64, "居住街乡", "月球", "AREA_UNKNOWN"),
    ("老年人", 66, "坐标系", "北京54", "VALUE_UNKNOWN"),
    ("老年人", 67, "困难类别", "很困难", "VALUE_UNKNOWN"),
    ("老年人", 68, "电话", "12349", "PHONE_INVALID"),
    ("老年人", 69, "纬度", None, "POINT_INCOMPLETE"),
    ("老年人", 70, "家庭养老床位建成日期", "2026-02-30", "DATE_INVALID"),
    ("老年人", 71, "姓名", "王" * 41, "TEXT_INVALID"),
    ("护理员", 10, "手机号", "1380000000", "PHONE_INVALID"),
    ("护理员", 11, "所属机构", "没有这家", "PROVIDER_UNKNOWN"),
    ("护理员", 12, "资质证书", "驾驶证", "VALUE_UNKNOWN"),
    ("护理员", 13, "证书到期", None, "REQUIRED_MISSING"),
    ("街乡", 44, "类型", "国家", "VALUE_UNKNOWN"),
    ("补贴标准", 4, "月补贴上限（元）", "若干", "MONEY_INVALID"),
    ("照护计划", 10, "频次", "看情况", "FREQUENCY_UNKNOWN"),
    ("照护计划", 11, "时间段", "15:30-13:30", "WINDOW_INVALID"),
    ("照护计划", 12, "单价（元）", 33.333, "MONEY_INVALID"),
    ("照护计划", 13, "补贴比例", "120%", "RATIO_INVALID"),
    ("照护计划", 14, "结束日期", date(2025, 12, 31), "DATES_REVERSED"),
    ("照护计划", 15, "老人姓名", "别人", "NAME_MISMATCH"),
    ("照护计划", 16, "老人身份证号", "11010519491231002X", "ELDER_UNKNOWN"),
    ("照护计划", 17, "服务类型", "助行", "VALUE_UNKNOWN"),
    ("照护计划", 18, "每次不少于（分钟）", 0, "NUMBER_INVALID"),
    ("照护计划", 19, "服务机构", "没有这家", "PROVIDER_UNKNOWN"),
]


async def test_a_spoiled_roster_refuses_exactly_its_faults(app: Litestar) -> None:
    book = Book.small(80, caregivers=20)
    await service.apply(SYSTEM, book.xlsx(), SAMPLE.name)
    expected = {(sheet, row): (column, code) for sheet, row, column, _, code in _FAULTS}
    for sheet, row, column, value, _ in _FAULTS:
        book.put(sheet, row, column, value)
    sex = book.get("老年人", 59, "性别")
    book.put("老年人", 59, "性别", "女" if sex == "男" else "男")
    expected["老年人", 59] = ("性别", "SEX_MISMATCH")
    lat, lon = book.get("老年人", 58, "纬度"), book.get("老年人", 58, "经度")
    book.put("老年人", 58, "纬度", lon)
    book.put("老年人", 58, "经度", lat)
    expected["老年人", 58] = ("纬度", "POINT_SWAPPED")
    book.sheets["老年人"].append(list(book.sheets["老年人"][20]))
    expected["老年人", len(book.sheets["老年人"])] = ("身份证号", "DUPLICATE_IN_FILE")
    book.sheets["照护计划"].append(list(book.sheets["照护计划"][40]))
    expected["照护计划", len(book.sheets["照护计划"])] = ("服务内容", "DUPLICATE_IN_FILE")
    meal = book.find("照护计划", "服务内容", "送餐")
    book.put("照护计划", meal, "服务内容", "洗衣")
    expected["照护计划", meal] = ("服务内容", "CONTENT_NOT_OF_TYPE")
    dine = next(n for n, row in enumerate(book.sheets["照护计划"], 1) if n > meal and row[3] == "送餐" and n > 30)
    book.put("照护计划", dine, "服务内容", "就餐")
    expected["照护计划", dine] = ("服务内容", "CONTENT_NOT_AT_HOME")
    bath = next(n for n, row in enumerate(book.sheets["照护计划"], 1) if row[2] == "助浴" and n > dine)
    book.put("照护计划", bath, "服务机构", "望京餐饮服务公司")
    expected["照护计划", bath] = ("服务机构", "TYPE_NOT_CONTRACTED")
    book.put("服务机构", 12, "统一社会信用代码", "52110105MJ1100860X")
    expected["服务机构", 12] = ("统一社会信用代码", "USCC_INVALID")

    report = await service.apply(SYSTEM, book.xlsx(), SAMPLE.name)
    refused = {(row.sheet, row.row): (row.column, row.code) for row in report.rows if row.status is RowStatus.REFUSED}
    assert refused == expected
    assert len({code for _, code in refused.values()}) >= 12
    assert report.counts.unchanged == len(report.rows) - len(expected), "all the rest counts"
    for row in report.rows:
        assert (row.message is None) == (row.message_en is None) == (row.code is None)
    _nothing_sealed_is_told(report, book)


def _nothing_sealed_is_told(report: ImportReport, book: Book) -> None:
    said = " ".join(
        f"{row.message} {row.message_en} {row.summary} {[r.message for r in row.others]}" for row in report.rows
    )
    for row in book.sheets["老年人"][2:]:
        name, number, phone, address = str(row[0]), str(row[2]), str(row[3] or "-" * 20), str(row[7])
        assert number not in said
        assert phone not in said
        assert address not in said
        assert len(name) < 2 or not re.search(rf"(?<![一-鿿]){re.escape(name)}(?![一-鿿])", said) or name in CAREGIVERS
    for row in book.sheets["护理员"][2:]:
        assert str(row[1]) not in said


CAREGIVERS = {str(row[0]) for row in Book().sheets["护理员"][2:]} | {
    str(row[6]) for row in Book().sheets["服务机构"][2:]
}


async def test_rows_that_refer_to_a_refused_row_say_so(app: Litestar) -> None:
    book = Book.small()
    elder, name = book.get("老年人", 3, "身份证号"), book.get("照护计划", 4, "服务机构")
    book.put("老年人", 3, "性别", "女" if book.get("老年人", 3, "性别") == "男" else "男")
    book.put("服务机构", book.find("服务机构", "机构名称", "安贞社区养老服务驿站"), "统一社会信用代码", "1")
    report = await service.apply(SYSTEM, book.xlsx(), SAMPLE.name)
    codes_of = {(row.sheet, row.row): row.code for row in report.rows if row.status is RowStatus.REFUSED}
    plans = {n: row for n, row in enumerate(book.sheets["照护计划"], 1) if n > 2}
    expected = {("老年人", 3): "SEX_MISMATCH", ("服务机构", 4): "USCC_INVALID", ("护理员", 4): "PROVIDER_REFUSED"}
    expected |= {("照护计划", n): "PROVIDER_REFUSED" for n, r in plans.items() if r[7] == "安贞社区养老服务驿站"}
    expected |= {("照护计划", n): "ELDER_REFUSED" for n, r in plans.items() if r[0] == elder}
    assert name
    assert codes_of == expected


async def test_a_sheet_without_a_column_that_it_needs_is_refused_as_a_whole(app: Litestar) -> None:
    book = Book.small()
    index = book.column("老年人", "身份证号")
    for row in book.sheets["老年人"]:
        del row[index]
    report = await service.apply(SYSTEM, book.xlsx(only=["街乡", "老年人"]), SAMPLE.name)
    elders = [row for row in report.rows if row.sheet == "老年人"]
    assert {(row.status, row.code, row.column) for row in elders} == {(RowStatus.REFUSED, "COLUMN_MISSING", "身份证号")}
    assert len(elders) == 6
    assert report.counts.created == 43


async def test_several_faults_of_a_row_are_all_listed_and_the_first_decides(app: Litestar) -> None:
    book = Book.small()
    book.put("老年人", 3, "电话", "110")
    book.put("老年人", 3, "残疾等级", "九级")
    report = await service.preview(SYSTEM, book.xlsx(), SAMPLE.name)
    row = next(row for row in report.rows if (row.sheet, row.row) == ("老年人", 3))
    assert (row.column, row.code) == ("电话", "PHONE_INVALID")
    assert [(other.column, other.code) for other in row.others] == [("残疾等级", "VALUE_UNKNOWN")]
    assert (await fetch("SELECT count(*) AS n FROM elder"))[0]["n"] == 0


async def test_two_points_of_one_address_are_told_and_the_first_counts(app: Litestar) -> None:
    book = Book.small()
    couple = next(n for n in range(3, 8) if book.get("老年人", n, "详细地址") != book.get("老年人", n + 1, "详细地址"))
    book.put("老年人", couple + 1, "详细地址", book.get("老年人", couple, "详细地址"))
    book.put("老年人", couple + 1, "居住街乡", book.get("老年人", couple, "居住街乡"))
    for _ in range(2):
        report = await service.apply(SYSTEM, book.xlsx(), SAMPLE.name)
        told = [(row.row, row.code) for row in report.rows if row.code]
        assert told == [(couple + 1, "POINT_CONFLICT")]
        assert report.counts.refused == report.counts.updated == 0


def test_every_row_code_has_its_texts_and_every_text_its_code() -> None:
    assert {code.value for code in RowCode} == set(codes().rows)
    for text in codes().rows.values():
        assert re.findall(r"{(\w+)}", text.zh) != [] or "{" not in text.zh
        assert set(re.findall(r"{(\w+)}", text.zh)) == set(re.findall(r"{(\w+)}", text.en))
