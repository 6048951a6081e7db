"""Files of every kind: what is read, what is refused and why, and that nothing eats memory or time."""

import io
import os
import zipfile
from datetime import date

import openpyxl
import pytest

from doorstep.core.problems import Problem
from doorstep.intake import reader, workbook
from doorstep.intake.sheets import BrokenCell, DayCell, Line, Merge, Sheet
from intake.books import SAMPLE, patched, protected, saved

_SHEET = "xl/worksheets/sheet1.xml"


def _book(*rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return book


def _only(content: bytes, name: str = "a.xlsx") -> Sheet:
    (sheet,) = reader.read(content, name).sheets
    return sheet


async def test_the_sample_is_read_in_a_process_of_its_own() -> None:
    book = await workbook.read(SAMPLE.read_bytes(), SAMPLE.name)
    assert [(sheet.name, len(sheet.lines)) for sheet in book.sheets][:3] == [
        ("街乡", 45),
        ("服务机构", 12),
        ("护理员", 62),
    ]


async def test_the_process_gets_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_ROOT_KEY", "secret")
    assert not [name for name in workbook._environment() if name.startswith("DOORSTEP_")]


def test_rows_and_columns_have_the_numbers_of_excel() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["C5"], sheet["D7"], sheet["C9"] = "x", 0, date(2026, 1, 5)
    sheet.merge_cells("C5:E5")
    assert _only(saved(book)) == Sheet(
        name="Sheet",
        lines=[
            Line(5, [None, None, "x"]),
            Line(7, [None, None, None, 0.0]),
            Line(9, [None, None, DayCell(date(2026, 1, 5))]),
        ],
        merges=[Merge(5, 2, 5, 4)],
    )


def test_a_formula_is_its_stored_result_and_without_one_a_broken_cell() -> None:
    content = saved(_book(["a", "b"], ["=1+1", "x"], ["=1/0", "y"], ["z"]))
    content = patched(content, _SHEET, lambda xml: xml.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))
    lines = _only(content).lines
    assert lines[1].cells == [2.0, "x"]
    assert lines[2].cells == [BrokenCell("FORMULA_WITHOUT_VALUE"), "y"]  # pyright: ignore[reportArgumentType]
    assert lines[3].cells == ["z"]


def test_an_error_value_is_a_broken_cell_not_a_blank() -> None:
    book = _book(["a"], ["#N/A"])
    book.worksheets[0]["A2"].data_type = "e"
    assert _only(saved(book)).lines[1].cells == [BrokenCell("CELL_ERROR")]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_tables(encoding: str, delimiter: str) -> None:
    text = delimiter.join(["姓名", "地址"]) + "\r\n\r\n" + delimiter.join(["张三", '"一号楼\n二门"']) + "\r\n"
    assert _only(text.encode(encoding), "名册.csv").lines == [
        Line(1, ["姓名", "地址"]),
        Line(3, ["张三", "一号楼\n二门"]),
    ]


def test_a_text_table_under_a_workbooks_name_is_read() -> None:
    assert _only("姓名\t电话\n张三\t1\n".encode("gbk"), "名册.xls").lines[1].cells == ["张三", "1"]


def _ods() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        package.writestr(
            "content.xml",
            '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
            'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
            '<office:spreadsheet><table:table table:name="老年人"><table:table-row><table:table-cell '
            'office:value-type="string"><text:p>姓名</text:p></table:table-cell></table:table-row>'
            '<table:table-row table:number-rows-repeated="1048575"><table:table-cell '
            'table:number-columns-repeated="1024"/></table:table-row></table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return out.getvalue()


async def test_an_open_document_with_a_million_repeated_rows() -> None:
    (sheet,) = (await workbook.read(_ods(), "a.ods")).sheets
    assert (sheet.name, sheet.lines) == ("老年人", [Line(1, ["姓名"])])


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name.replace("__", "/"), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.xlsx"),
        (b"not a workbook", "a.xlsx"),
        (b"<html><table><tr><td>1</td></tr></table>", "a.xls"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a.xlsx"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.xlsx"),
        (b"PK\x03\x04 cut off", "a.xlsx"),
        (SAMPLE.read_bytes()[:20_000], "a.xlsx"),
        (_zip(word__document=b"<w/>"), "a.xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048), "a.xls"),
        (os.urandom(4096), "a.csv"),
        (b'{"a": 1}', "a.json"),
        (b"a,b\n1,\0\n", "a.csv"),
        (patched(saved(_book(["a"])), _SHEET, lambda xml: xml[: len(xml) // 2]), "a.xlsx"),
        (
            patched(saved(_book(["a"])), "xl/workbook.xml", lambda xml: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml),
            "a.xlsx",
        ),
    ],
)
async def test_what_is_not_a_workbook(content: bytes, name: str) -> None:
    with pytest.raises(Problem) as caught:
        await workbook.read(content, name)
    assert caught.value.code == "WORKBOOK_UNREADABLE"


async def test_a_workbook_with_a_password() -> None:
    with pytest.raises(Problem) as caught:
        await workbook.read(protected(), "a.xlsx")
    assert caught.value.code == "WORKBOOK_PROTECTED"


def _million(row: str) -> bytes:
    rows = "".join(row.format(n=n) for n in range(3, 1_048_576)).encode()
    return patched(
        saved(_book(["姓名"], ["张三"])), _SHEET, lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")
    )


def _far(column: int, value: object) -> bytes:
    book = _book(list(range(23)), list(range(23)))
    book.worksheets[0].cell(1_048_576, column).value = value  # pyright: ignore[reportAttributeAccessIssue]
    return saved(book)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (_million('<row r="{n}"/>'), 2),
        (_million('<row r="{n}" s="1"><c r="A{n}" s="1"/></row>'), 2),
        (_far(1, " "), 2),
        (_far(1, "注"), 3),
        (_far(16_384, "x"), 2),
        (b"a,b\n1,2\n" + b",\n" * 1_000_000 + b"3,4\n", 3),
    ],
    ids=["empty", "formatted", "blank far below", "note far below", "farthest corner", "text"],
)
async def test_a_million_empty_rows(content: bytes, lines: int) -> None:
    """Within what the reading process allows itself of memory and time; beyond either the file would be refused."""
    (sheet,) = (await workbook.read(content, "a.xlsx")).sheets
    assert len(sheet.lines) == lines


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"<workbook/>")
        with package.open(_SHEET, "w") as part:
            for _ in range(600):
                part.write(bytes(1_000_000))
    return out.getvalue()


def _lying_bomb() -> bytes:
    """The sizes in the directory are small, what comes out is not."""
    content = bytearray(_bomb())
    entry = content.rfind(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_bomb(), "WORKBOOK_TOO_LARGE"),
        (_lying_bomb(), "WORKBOOK_UNREADABLE"),
        (bytes(10_000_001), "WORKBOOK_TOO_LARGE"),
    ],
    ids=["bomb", "lying bomb", "bytes"],
)
async def test_bombs(content: bytes, code: str) -> None:
    with pytest.raises(Problem) as caught:
        await workbook.read(content, "a.xlsx")
    assert caught.value.code == code


async def test_too_many_rows_and_sheets() -> None:
    rows = b"".join(b"%d,2\n" % n for n in range(50_001))
    with pytest.raises(Problem) as caught:
        await workbook.read(rows, "a.csv")
    assert (caught.value.code, caught.value.detail_en) == ("WORKBOOK_TOO_LARGE", "at most 50000 rows")
    book = openpyxl.Workbook()
    for _ in range(60):
        book.create_sheet()
    with pytest.raises(Problem) as caught:
        await workbook.read(saved(book), "a.xlsx")
    assert caught.value.code == "WORKBOOK_TOO_LARGE"


async def test_a_hidden_sheet_is_known_as_hidden() -> None:
    book = _book(["a"])
    book.create_sheet("旧").sheet_state = "hidden"
    assert [sheet.hidden for sheet in (await workbook.read(saved(book), "a.xlsx")).sheets] == [False, True]
