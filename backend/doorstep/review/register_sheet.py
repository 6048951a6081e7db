"""The service register as an office prints it: title, period, a head on every page, a line to sign."""

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from doorstep.core import clock
from doorstep.plans import catalogue
from doorstep.review.wire_register import RegisterEntry

TITLE = "居家养老上门服务登记簿"
HEAD = ("序号", "日期", "到达", "离开", "分钟", "老人", "联系电话", "地点", "社区", "服务", "护理员", "等级", "备注")
SIGNED = ("制表：", "复核：", "负责人签字：", "日期：")
_WIDTHS = (6, 12, 8, 8, 7, 10, 15, 34, 16, 18, 14, 6, 12)
_CENTRED = frozenset({1, 2, 3, 4, 5, 12})
_VERIFIED = frozenset({"verified", "auto_verified"})
_FONT = "宋体"


def written(entries: Sequence[RegisterEntry], since: date, until: date, provider: str | None, now: datetime) -> bytes:
    """A workbook with one sheet, A4 across."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has a sheet")
    sheet.title = "服务登记簿"
    columns = len(HEAD)
    last = get_column_letter(columns)
    sheet.merge_cells(f"A1:{last}1")
    sheet["A1"] = TITLE
    sheet["A1"].font = Font(name=_FONT, size=18, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 32
    sheet.merge_cells(f"A2:{last}2")
    through = until - timedelta(days=1)
    sheet["A2"] = f"机构：{provider or '全部'}    期间：{_day(since)} 至 {_day(through)}    共 {len(entries)} 次"
    sheet["A2"].font = Font(name=_FONT, size=11)
    thin = Side(style="thin", color="808080")
    box = Border(left=thin, right=thin, top=thin, bottom=thin)
    plain = Font(name=_FONT, size=10)
    for number, text in enumerate(HEAD, 1):
        cell = sheet.cell(row=3, column=number, value=text)
        cell.font = Font(name=_FONT, size=10, bold=True)
        cell.fill = PatternFill("solid", fgColor="E3F1ED")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = box
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS[number - 1]
    for line, entry in enumerate(entries, 4):
        for number, value in enumerate(_line(line - 3, entry), 1):
            cell = sheet.cell(row=line, column=number, value=value)
            if isinstance(value, str):
                cell.data_type = "s"  # a name that begins with = is a name
            cell.font, cell.border = plain, box
            cell.alignment = Alignment(
                horizontal="center" if number in _CENTRED else "left", vertical="center", wrap_text=True
            )
    foot = len(entries) + 5
    sheet.cell(
        row=foot, column=1, value="制表：              复核：              负责人签字：              日期："
    ).font = plain
    sheet.cell(row=foot + 1, column=1, value=f"到家系统 {_moment(now)} 生成，备注“手工”表示有人工补录。").font = plain
    sheet.freeze_panes = "A4"
    sheet.print_title_rows = "1:3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"  # pyright: ignore[reportOptionalMemberAccess]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(number: int, entry: RegisterEntry) -> tuple[int | str | None, ...]:
    content = catalogue.CONTENTS.get(entry.content)
    service = catalogue.SERVICE_TYPES[entry.service_type].zh if entry.service_type in catalogue.SERVICE_TYPES else ""
    remarks = ["手工"] if entry.manual else []
    if entry.verify_state not in _VERIFIED:
        remarks.append("不予认可" if entry.verify_state == "rejected" else "待核")
    return (
        number,
        _day(clock.civil_date(entry.started_at)),
        _time(entry.started_at),
        _time(entry.ended_at),
        entry.minutes,
        entry.elder,
        entry.contact,
        entry.place,
        entry.community,
        f"{service} {content.zh if content else entry.content}".strip(),
        "、".join(entry.caregivers),
        entry.grade,
        "、".join(remarks),
    )


def _day(day: date) -> str:
    return f"{day.year}-{day.month:02}-{day.day:02}"


def _time(at: datetime) -> str:
    return at.astimezone(clock.CHINA).strftime("%H:%M")


def _moment(at: datetime) -> str:
    return at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
