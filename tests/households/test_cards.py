"""Cards and sheets as they are printed: codes read from their pixels, Chinese from their text, nothing runs over."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from doorstep.core import tokens
from doorstep.households import card_layout, cards, fonts
from doorstep.households.card_layout import A4, CARD, Box, CardText, Code, Hotline, Rule, Text
from doorstep.households.fonts import Faces, FontMissing
from doorstep.households.wire import CardFormat, CardLayout
from support import print as printed

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
LONG = (
    "北京市朝阳区十八里店地区十八里店第四社区老君堂村委会东侧平房区甲16号院内4号楼4单元1701室（老年活动站楼上，铁门）"
)


def card(serial: int = 1, host: str = "dj.example.cn", **changes: object) -> CardText:
    values = {
        "qr_text": tokens.qr_text(f"https://{host}", tokens.new_token(os.urandom)),
        "short_code": tokens.printed_short_code(tokens.new_short_code(os.urandom)),
        "place": "朝外第二社区16号楼1单元",
        "hotlines": (Hotline("朝外照料中心", "139 2810 4482"),),
        "emergency": (Hotline("养老服务", "12349"), Hotline("急救", "120"), Hotline("报警", "110")),
        "version": 1,
        "issued": "2026-11-21",
        "serial": f"{serial}/12",
        "funder_mark": "",
        "address": "朝外第二社区16号楼1单元404",
        "family": "龚家",
    }
    return CardText(**{**values, **changes})


def drawn(texts: list[CardText], layout: CardLayout, format: CardFormat, faces: Faces) -> bytes:
    return cards.draw(texts, layout=layout, format=format, faces=faces, at=NOW)


@pytest.mark.parametrize("dpi", [300, 150, 100])
@pytest.mark.parametrize("layout", ["card", "sheet"])
def test_every_code_of_a_pdf_is_read(layout: CardLayout, dpi: int, faces: Faces) -> None:
    texts = [card(at) for at in range(1, 13)]
    content = drawn(texts, layout, "pdf", faces)
    assert printed.codes(content, dpi) == [text.qr_text for text in texts]


@pytest.mark.parametrize("dpi", [300, 150, 100])
@pytest.mark.parametrize(("layout", "count"), [("card", 1), ("sheet", 10), ("sheet", 3)])
def test_every_code_of_a_png_is_read(layout: CardLayout, count: int, dpi: int, faces: Faces) -> None:
    texts = [card(at) for at in range(1, count + 1)]
    content = drawn(texts, layout, "png", faces)
    assert printed.codes(content, dpi) == [text.qr_text for text in texts]


def test_the_sizes_are_those_of_the_paper(faces: Faces) -> None:
    millimetres = [
        round(side * 25.4 / 72, 1)
        for side in pypdfium2.PdfDocument(drawn([card()], "card", "pdf", faces))[0].get_size()
    ]
    assert millimetres == [85.6, 54.0]
    millimetres = [
        round(side * 25.4 / 72) for side in pypdfium2.PdfDocument(drawn([card()], "sheet", "pdf", faces))[0].get_size()
    ]
    assert millimetres == [210, 297]
    picture = Image.open(io.BytesIO(drawn([card()], "card", "png", faces)))
    assert picture.size == (1011, 638)
    assert round(picture.info["dpi"][0]) == 300


@pytest.mark.parametrize("host", ["a.cn", "dj.example.cn", "a" * 21 + ".cn"])
def test_the_code_has_its_size_and_its_quiet_zone(host: str, faces: Faces) -> None:
    picture = Image.open(io.BytesIO(drawn([card(host=host)], "card", "png", faces))).convert("L")
    code = next(mark for mark in card_layout.pages([card()], "card", faces)[0].marks if isinstance(mark, Code))
    assert code.side / 300 * 25.4 >= 30
    square = picture.crop((round(code.x), round(code.y), round(code.x) + code.side, round(code.y) + code.side))
    assert set(square.get_flattened_data()) == {0, 255}
    left, top, right, bottom = square.point(lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    modules = 29 if len(host) < 10 else 33
    module = (right - left) / modules
    assert module == int(module) >= 10
    assert min(left, top, code.side - right, code.side - bottom) >= 4 * module


def test_the_text_of_a_pdf_can_be_read_and_a_card_names_nobody(faces: Faces) -> None:
    mark = "彩票公益金资助—中国福利彩票和中国体育彩票"
    text = card(funder_mark=mark)
    lines = printed.words(drawn([text], "card", "pdf", faces))
    assert {"朝外第二社区16号楼1单元", text.short_code, "朝外照料中心热线", "139 2810 4482"} <= set(lines)
    assert {"12349", "养老服务", "120", "急救", "110", "报警"} <= set(lines)
    said = "".join(lines)
    assert "到家服务卡" in said
    assert mark in said
    assert "护理员请用“到家”应用扫码；此码不用于付款" in said
    assert "第 1 版 · 2026-11-21 签发" in said
    assert "404" not in said
    assert "龚" not in said


def test_the_strip_of_a_sheet_says_where_a_card_goes(faces: Faces) -> None:
    text = card()
    said = "".join(printed.words(drawn([text], "sheet", "pdf", faces)))
    assert "朝外第二社区16号楼1单元404" in said
    assert "龚家" in said
    assert f"尾号 {text.short_code[-3:]}" in said


def test_the_strips_lie_outside_of_the_cards(faces: Faces) -> None:
    for mark in card_layout.pages([card(address="住址", family="龚家"), card(address="住址")], "sheet", faces)[0].marks:
        if isinstance(mark, Text) and mark.text in ("住址", "龚家"):
            inside = (A4[0] - 2 * CARD[0]) / 2
            assert mark.x + faces.regular.width(mark.text, mark.size) <= inside or mark.x >= A4[0] - inside


wide = st.text(alphabet="朝外第二社区号楼单元W1—，（）M ", max_size=120)


@settings(max_examples=60, deadline=None)
@given(place=wide, name=wide, mark=wide, address=wide, family=wide, two=st.booleans())
def test_nothing_runs_over(
    faces: Faces, place: str, name: str, mark: str, address: str, family: str, two: bool
) -> None:
    hotlines = (Hotline(name, "010-6555 1234 转 8888"),) * (2 if two else 1)
    text = card(place=place, hotlines=hotlines, funder_mark=mark, address=address, family=family)
    for layout in ("card", "sheet"):
        page = card_layout.pages([text, text], layout, faces)[0]
        edge = 20.0
        for item in page.marks:
            if isinstance(item, Text):
                width = faces.of(bold=item.bold).width(item.text, item.size)
                start = item.x - {"left": 0, "middle": width / 2, "right": width}[item.anchor]
                box = (start, item.y - item.size, start + width, item.y)
            elif isinstance(item, Rule):
                box = (item.x, item.y, item.to_x, item.to_y)
            else:
                assert isinstance(item, Box | Code)
                box = (item.x, item.y, item.x + 1, item.y + 1)
            assert box[0] >= edge - 0.01
            assert box[1] >= edge
            assert box[2] <= page.width - edge + 0.01
            assert box[3] <= page.height - edge


def test_a_long_address_is_wrapped_with_its_numbers_whole(faces: Faces) -> None:
    lines, size = card_layout.wrapped(LONG, faces, width=519, height=102, size=42, least=24, bold=True)
    assert 24 <= size < 42
    assert "".join(lines) == LONG
    assert any("1701" in line for line in lines)
    assert not any(line.startswith(("，", "）")) for line in lines)


def test_what_is_far_too_long_ends_in_an_ellipsis(faces: Faces) -> None:
    lines, size = card_layout.wrapped("很" * 500, faces, width=519, height=102, size=42, least=24)
    assert size == 24
    assert lines[-1].endswith("…")
    assert faces.regular.width(lines[-1], size) <= 519


@pytest.mark.parametrize("name", ["翀", "燚", "喆", "璟", "㛃", "䶮", "𠮷", "𬭎", "·", "〇"])
def test_rare_characters_of_names_have_glyphs(name: str, faces: Faces) -> None:
    assert faces.missing(name) == []


@pytest.mark.parametrize("char", ["\U0003ffff", "\u0378", "\ue000", "\U000323af", "🏠"])
def test_a_character_without_a_glyph_is_named(char: str, faces: Faces) -> None:
    assert faces.missing(f"龚{char}栋") == [char]


def test_a_missing_font_says_which_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(FontMissing) as caught:
        fonts.load(tmp_path / "cache", (tmp_path,))
    assert "fonts-noto-cjk" in caught.value.detail
    assert "fonts-noto-cjk" in caught.value.detail_en


def test_the_simplified_face_is_taken_once(faces: Faces, font_cache: Path) -> None:
    made = {path: path.stat().st_mtime_ns for path in font_cache.iterdir()}
    regular, bold = fonts.find()
    assert fonts.single_face(regular, font_cache) == faces.regular.path
    assert fonts.single_face(bold, font_cache) == faces.bold.path
    assert {path: path.stat().st_mtime_ns for path in font_cache.iterdir()} == made
    assert not [path for path in made if path.suffix == ".part"]
