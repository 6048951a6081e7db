"""Rosters as offices send them: another look, the same facts. After the clean file a messy one changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from litestar import Litestar

from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from intake.books import Book
from intake.conftest import Snapshot

_SYNONYMS = {
    "老年人": {
        "姓名": " 老年人\n姓名 ",
        "身份证号": "公民身份号码*",
        "电话": "联系电话：",
        "居住街乡": "现居住街乡（必填）",
        "详细地址": "家庭住址",
        "独居": "是否独居",
        "家属姓名": "紧急联系人",
        "家属电话": "紧急联系人电话",
        "困难类别": "保障类别",
        "能力等级": "失能等级",
        "服务协议签订日期": "签约日期",
    },
    "照护计划": {
        "老人身份证号": "身份证号码",
        "老人姓名": "姓　名",
        "频次": "服务频次",
        "时间段": "服务时段",
        "单价（元）": "单次价格",
        "每次不少于（分钟）": "服务时长(分钟)",
        "补贴比例": "政府补贴比例",
        "开始日期": "起始日期",
        "结束日期": "截止日期",
    },
    "护理员": {
        "姓名": "护理员姓名",
        "手机号": "联系电话",
        "所属机构": "工作单位",
        "资质证书": "持有证书",
        "证书到期": "有效期至",
    },
    "服务机构": {"统一社会信用代码": "社会信用代码", "服务类型": "签约项目", "资质到期": "资质有效期"},
    "街乡": {"街乡名称": "街道名称", "中心纬度": "纬度", "中心经度": "经度"},
    "补贴标准": {"月补贴上限（元）": "补贴标准"},
}


def messy() -> Book:
    """The sample's first forty elders, told as badly as it is still right."""
    book = Book.small(40)
    wide = str.maketrans({**{chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)}, "-": "－"})
    book.every("老年人", "身份证号", lambda v: v.lower().translate(wide))
    book.every("老年人", "电话", lambda v: float(v) if v else " ")
    book.every("老年人", "家属电话", lambda v: f"+86 {v[:3]}-{v[3:7]}-{v[7:]}")
    book.every("老年人", "性别", lambda v: f"{v}性")
    book.every("老年人", "坐标系", lambda v: {"WGS-84": "ｗｇｓ８４", "GCJ-02": "高德"}[v])
    book.every("老年人", "详细地址", lambda v: f" {v} 室")
    book.every("老年人", "居住街乡", lambda v: f"朝阳区{v}街道办事处")
    book.every("老年人", "独居", lambda v: {"是": "√", "否": None}[v])
    book.every("老年人", "失智", lambda v: {"是": "有", "否": "无"}[v])
    book.every("老年人", "残疾等级", lambda v: {"无": "/", "一级": "肢体一级", "二级": "2级", "三级": "Ⅲ级"}[v])
    book.every("老年人", "家庭养老床位建成日期", lambda v: f"{v.year}年{v.month}月{v.day}日" if v else None)
    book.every("老年人", "服务协议签订日期", lambda v: (v - date(1899, 12, 30)).days)
    book.every("照护计划", "老人姓名", lambda v: f"{v[0]} {v[1:]}")
    book.every(
        "照护计划",
        "频次",
        lambda v: {"每周一、三、五": "每周一三五", "每日": "每天", "每两周一次": "隔周一次"}.get(v, v),
    )
    book.every("照护计划", "时间段", lambda v: v.replace(":", "：").replace("-", "—"))
    book.every("照护计划", "每次不少于（分钟）", lambda v: f"{int(v)}分钟")
    book.every("照护计划", "单价（元）", lambda v: f"¥{v:.2f}")
    book.every("照护计划", "补贴比例", lambda _: 1.0)
    book.every("照护计划", "开始日期", lambda v: f"{v.year}.{v.month}.{v.day}")
    book.every("照护计划", "结束日期", lambda v: f"{v:%Y/%m/%d} 00:00:00")
    book.every("护理员", "手机号", float)
    book.every("护理员", "资质证书", lambda v: v.replace("、", " / "))
    book.every("护理员", "所属机构", lambda v: f"{v} ")
    book.every("服务机构", "服务类型", lambda v: v.replace("、", "，"))
    book.every("服务机构", "统一社会信用代码", lambda v: v.lower())
    book.every("街乡", "街乡名称", lambda v: f"{v}街道")
    for sheet, names in _SYNONYMS.items():
        book.sheets[sheet][1] = [names.get(title, title) for title in book.sheets[sheet][1]]
    _around(book)
    names = {
        "街乡": "Sheet1",
        "服务机构": "机构 (2)",
        "护理员": "人员",
        "老年人": "附件1",
        "照护计划": "Sheet5",
        "补贴标准": "表六",
    }
    book.merges = {names[name]: merges for name, merges in book.merges.items()}
    book.sheets = {names[name]: book.sheets[name] for name in reversed(list(book.sheets))}
    return book


def _around(book: Book) -> None:
    """Titles, numbering, totals, remarks, blank rows, repeated headers, a group of headers in two lines."""
    for name, rows in book.sheets.items():
        width = len(rows[0])
        rows.insert(0, ["附件：", *[None] * (width - 1)])
        rows.insert(2, [None] * width)
        header = rows[3]
        for number, row in enumerate(rows):
            row.insert(0, "序号" if number == 3 else number - 3 if number > 3 else row.pop(0))
        rows.insert(8, [None] * (width + 1))
        rows.insert(9, list(header))
        if name != "补贴标准":
            rows.append(["合计", None, len(rows), *[None] * (width - 2)])
        rows.append([None] * (width + 1))
        rows.append(["填表人：张三", None, "审核人：李四"])
        rows.append(["注：本表由街道填报，身份证号须为18位。"])
        book.merges[name].append("A1:B1")
    elders = book.sheets["老年人"]
    for number, row in enumerate(elders):
        row.append("备注" if number == 3 else "老住户" if number == 5 else None)
    group: list[Any] = [None] * len(elders[3])
    first = elders[3].index("紧急联系人")
    group[first] = "家属信息"
    elders[3][first : first + 3] = ["姓名", "电话", "与老人关系"]
    elders[9] = [None] * len(elders[3])
    elders.insert(3, group)
    letters = [chr(65 + n) if n < 26 else "A" + chr(65 + n - 26) for n in (first, first + 2)]
    book.merges["老年人"].append(f"{letters[0]}4:{letters[1]}4")


async def test_a_messy_roster_says_the_same_as_the_clean_one(
    app: Litestar, snapshot: Callable[[], Awaitable[Snapshot]]
) -> None:
    clean = await service.apply(SYSTEM, Book.small(40).xlsx(), "2026.xlsx")
    assert clean.counts.refused == 0
    before = await snapshot()
    report = await service.apply(SYSTEM, messy().xlsx(), "花名册.xlsx")
    assert [row for row in report.rows if row.status != "unchanged"] == []
    assert len(report.rows) == len(clean.rows)
    assert await snapshot() == before
    said: dict[str, list[Any]] = {}
    for note in report.notes:
        said.setdefault(note.code, []).append((note.sheet, note.row, note.column))
    assert said.pop("COLUMN_IGNORED") == [("附件1", 5, "备注")]
    # A repeated header, a total, two remarks on every sheet; the caps' total is a cap.
    assert len(said.pop("ROW_SKIPPED")) == 6 * 4 - 1 - 1
    assert said == {}


async def test_a_messy_roster_imports_from_nothing(app: Litestar) -> None:
    report = await service.apply(SYSTEM, messy().xlsx(), "花名册.xlsx")
    assert report.counts.created == len(report.rows)
    assert (await fetch("SELECT count(*) AS n FROM family_contact WHERE phone IS NOT NULL"))[0]["n"] == 40


async def test_sheets_come_as_csv_in_the_encodings_of_offices(app: Litestar) -> None:
    book = Book.small()
    for sheet, encoding, delimiter in (
        ("街乡", "gbk", ","),
        ("服务机构", "utf-8-sig", ","),
        ("护理员", "utf-16", "\t"),
        ("老年人", "gb18030", "\t"),
        ("照护计划", "utf-8", ";"),
        ("补贴标准", "gbk", ";"),
    ):
        content = book.csv(sheet, encoding=encoding, delimiter=delimiter)
        report = await service.apply(SYSTEM, content, f"2026年{sheet}.csv")
        assert report.counts.created == len(book.sheets[sheet]) - 2, (sheet, report.rows[:3])
    again = await service.apply(SYSTEM, book.xlsx(), "2026.xlsx")
    assert again.counts.unchanged == len(again.rows)


async def test_what_is_merged_downwards_counts_for_every_row(app: Litestar) -> None:
    book = Book.small()
    plans = book.sheets["照护计划"]
    for first in range(2, len(plans)):
        last = first
        while last + 1 < len(plans) and plans[last + 1][0] == plans[first][0]:
            last += 1
        if last > first and plans[first][0]:
            for row in plans[first + 1 : last + 1]:
                row[0] = row[1] = None
            book.merges["照护计划"] += [f"A{first + 1}:A{last + 1}", f"B{first + 1}:B{last + 1}"]
    assert book.merges["照护计划"]
    report = await service.apply(SYSTEM, book.xlsx(), "2026.xlsx")
    assert report.counts.created == len(report.rows)
