"""Where everything goes on a card and on a sheet of ten: marks in dots of 1/300 inch that any canvas can paint."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from doorstep.households.fonts import Faces
from doorstep.households.wire import CardLayout

DOTS_PER_INCH = 300
CARD = (1011.0, 638.0)  # CR80, 85.6 x 54 mm
A4 = (2480.315, 3507.874)
PER_SHEET = 10
CODE = 410  # 34.7 mm with its quiet zone: at version 4 a module is 10 dots, 0.85 mm

_INK, _SOFT, _LINE, _GREEN, _WHITE = "#13201d", "#47554f", "#9fb0aa", "#0b6e5d", "#ffffff"
_STUB = 170.0  # beside each card, for whoever carries it there
_LEFT = (A4[0] - 2 * CARD[0]) / 2
_TOP = (A4[1] - 5 * CARD[1]) / 2
_CUT = "先横向裁开，边条随卡送到老人家；核对住址、挂好卡后剪下边条并粉碎。"
# What stays together on a line: a number with what it counts, and closing marks with what they close.
_WORD = re.compile(r"(?:[0-9A-Za-z-]+(?:号楼|号院|单元|[号楼门层座室户])?|.)[，。、；：）》”]*")


class Hotline(msgspec.Struct, frozen=True):
    """Whom the family calls."""

    name: str
    number: str


class CardText(msgspec.Struct, frozen=True, kw_only=True):
    """What one card says. `place` is on the card; `address` and `family` are only on the strip that is cut off."""

    qr_text: str
    short_code: str
    place: str
    hotlines: tuple[Hotline, ...]
    emergency: tuple[Hotline, ...]
    version: int
    issued: str
    serial: str
    funder_mark: str
    address: str
    family: str


class Text(msgspec.Struct, frozen=True):
    """One line; `y` is its baseline, `x` its left end, or its right end or middle by `anchor`."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    colour: str = _INK
    anchor: Literal["left", "middle", "right"] = "left"


class Box(msgspec.Struct, frozen=True):
    """A filled rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    radius: float = 0


class Rule(msgspec.Struct, frozen=True):
    """A thin straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str = _LINE
    width: float = 2


class Code(msgspec.Struct, frozen=True):
    """A QR code in the middle of a square, its quiet zone included."""

    x: float
    y: float
    side: int
    text: str


Mark = Text | Box | Rule | Code


class Page(msgspec.Struct, frozen=True):
    """One page of a file."""

    width: float
    height: float
    marks: list[Mark]


def texts(card: CardText) -> str:
    """Everything that varies and is printed: what has to be checked against the font."""
    lines = (*card.hotlines, *card.emergency)
    return "".join(
        [card.place, card.address, card.family, card.funder_mark, *(line.name + line.number for line in lines)]
    )


def pages(cards: Sequence[CardText], layout: CardLayout, faces: Faces) -> list[Page]:
    """A page for each card, or sheets of ten."""
    if layout == "card":
        return [Page(*CARD, _card(card, faces, 0, 0)) for card in cards]
    groups = [cards[start : start + PER_SHEET] for start in range(0, len(cards), PER_SHEET)]
    return [Page(*A4, _sheet(group, faces, f"第 {at}/{len(groups)} 页")) for at, group in enumerate(groups, 1)]


def page_count(cards: int, layout: CardLayout) -> int:
    """How many pages there will be."""
    return cards if layout == "card" else -(-cards // PER_SHEET)


def wrapped(
    text: str, faces: Faces, *, width: float, height: float, size: float, least: float, bold: bool = False
) -> tuple[list[str], float]:
    """The lines of a text in a box, as large as fits, and their size. Too long at `least`: it ends in an ellipsis."""
    face = faces.of(bold=bold)
    while True:
        lines = _lines(text, width, lambda part: face.width(part, size))  # noqa: B023
        room = max(1, int(height / (size * 1.25)))
        if len(lines) <= room:
            return lines, size
        if size <= least:
            break
        size = max(least, size - 1)
    last = lines[room - 1]
    while last and face.width(last + "…", size) > width:
        last = last[:-1]
    return [*lines[: room - 1], last + "…"], size


def _lines(text: str, width: float, measure) -> list[str]:
    lines = [""]
    for word in _WORD.findall(text):
        pieces = [word] if measure(word) <= width else list(word)
        for piece in pieces:
            if lines[-1] and measure(lines[-1] + piece) > width:
                lines.append(piece.lstrip())
            else:
                lines[-1] += piece
    return lines


def _block(
    text: str, faces: Faces, x: float, y: float, width: float, height: float, size: float, least: float, *,
    bold: bool = False, centred: bool = False,
) -> list[Mark]:  # fmt: skip
    """A wrapped text from the top of its box, or in the middle of its height."""
    lines, size = wrapped(text, faces, width=width, height=height, size=size, least=least, bold=bold)
    y += (height - len(lines) * size * 1.25) / 2 if centred else 0
    return [Text(x, y + size * (0.95 + 1.25 * row), line, size, bold) for row, line in enumerate(lines)]


def _line(
    text: str, faces: Faces, x: float, y: float, width: float, size: float, *,
    bold: bool = False, colour: str = _INK, anchor: Literal["left", "middle", "right"] = "left",
) -> Text:  # fmt: skip
    """One line on a baseline, made smaller until it fits."""
    full = faces.of(bold=bold).width(text, size)
    return Text(x, y, text, size if full <= width else size * width / full, bold, colour, anchor)


def _card(card: CardText, faces: Faces, x: float, y: float) -> list[Mark]:
    left, right, end = x + 60, x + 456, x + CARD[0] - 36
    wide = end - right
    marks: list[Mark] = [
        Box(x + 24, y + 24, CARD[0] - 48, 92, _GREEN, 18),
        Text(left - 4, y + 88, "到家服务卡", 52, True, _WHITE),
        Text(end - 16, y + 81, "挂在屋内 · 勿拍照外传", 27, False, _WHITE, "right"),
        Code(left - 40, y + 124, CODE, card.qr_text),
        *_block(card.place, faces, right, y + 126, wide, 102, 42, 24, bold=True, centred=True),
        Rule(right, y + 236, end, y + 236),
        Text(right, y + 268, "扫不了码时，输入数字码", 25, False, _SOFT),
        Text(right, y + 334, card.short_code, 70, True),
        Rule(right, y + 354, end, y + 354),
        *_hotlines(card.hotlines, faces, right, y + 354, wide),
        Rule(right, y + 454, end, y + 454),
        *_emergency(card.emergency, faces, right, y + 454, wide),
        Text(left, y + 573, "护理员请用“到家”应用扫码；此码不用于付款", 29, True),
    ]
    small = f"第 {card.version} 版 · {card.issued} 签发 · 序号 {card.serial}"
    marks.append(Text(left, y + 611, small, 23, False, _SOFT))
    if card.funder_mark:
        room = end - left - faces.regular.width(small, 23) - 24
        marks.append(_line(card.funder_mark, faces, end, y + 611, room, 23, colour=_SOFT, anchor="right"))
    return marks


def _hotlines(lines: Sequence[Hotline], faces: Faces, x: float, y: float, width: float) -> list[Mark]:
    if not lines:
        return [Text(x, y + 60, "机构热线：", 30, False, _SOFT)]  # room to write one by hand
    if len(lines) == 1:
        name = _line(f"{lines[0].name}热线", faces, x, y + 34, width, 25, colour=_SOFT)
        return [name, _line(lines[0].number, faces, x, y + 86, width, 52, bold=True)]
    marks: list[Mark] = []
    for line, base in zip(lines[:2], (y + 41, y + 86), strict=True):
        number = _line(line.number, faces, x + width, base, width * 0.6, 36, bold=True, anchor="right")
        room = width - faces.bold.width(number.text, number.size) - 20
        marks += [_line(line.name, faces, x, base, room, 25, colour=_SOFT), number]
    return marks


def _emergency(lines: Sequence[Hotline], faces: Faces, x: float, y: float, width: float) -> list[Mark]:
    marks: list[Mark] = []
    step = width / max(1, len(lines))
    for at, line in enumerate(lines):
        middle = x + step * (at + 0.5)
        marks.append(_line(line.number, faces, middle, y + 44, step - 16, 44, bold=True, anchor="middle"))
        marks.append(_line(line.name, faces, middle, y + 72, step - 16, 23, colour=_SOFT, anchor="middle"))
    return marks


def _sheet(cards: Sequence[CardText], faces: Faces, page: str) -> list[Mark]:
    rows = -(-len(cards) // 2)
    bottom = _TOP + rows * CARD[1]
    marks: list[Mark] = [
        Text(_LEFT, _TOP - 42, f"到家服务卡　{cards[0].issued} 签发　{page}", 30, False, _SOFT),
        Text(A4[0] - _LEFT, _TOP - 42, "请按实际大小（100%）打印，不要“适应页面”", 30, False, _SOFT, "right"),
        Text(
            _LEFT,
            A4[1] - _TOP + 68,
            "先横向裁开，边条随卡送到老人家；核对住址、挂好卡后剪下边条并粉碎。",
            30,
            False,
            _SOFT,
        ),
        *(Rule(_LEFT + column * CARD[0], _TOP, _LEFT + column * CARD[0], bottom) for column in range(3)),
        *(Rule(_LEFT - _STUB, y, A4[0] - _LEFT + _STUB, y) for y in (_TOP + row * CARD[1] for row in range(rows + 1))),
    ]
    for at, card in enumerate(cards):
        row, column = divmod(at, 2)
        x, y = _LEFT + column * CARD[0], _TOP + row * CARD[1]
        marks += _card(card, faces, x, y)
        marks += _stub(card, faces, x + CARD[0] + 16 if column else x - _STUB, y)
    return marks


def _stub(card: CardText, faces: Faces, x: float, y: float) -> list[Mark]:
    width = _STUB - 16
    return [
        _line(card.serial, faces, x, y + 56, width, 36, bold=True),
        *_block(card.address, faces, x, y + 76, width, 360, 30, 18),
        *_block(card.family, faces, x, y + 450, width, 76, 30, 18, bold=True),
        _line(f"尾号 {card.short_code[-3:]}", faces, x, y + 566, width, 30),
        _line("核对后剪下", faces, x, y + 606, width, 24, colour=_SOFT),
    ]
