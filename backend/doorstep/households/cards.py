"""Draws printed cards: PDF with vector text, and PNG. The only user of Pillow and fpdf2 in this feature."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import qrcode
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_Q

from doorstep.households.card_layout import DOTS_PER_INCH, Box, CardText, Code, Mark, Page, Rule, Text, pages
from doorstep.households.fonts import Faces
from doorstep.households.wire import CardFormat, CardLayout

_QUIET = 4  # modules of white around the code


def draw(cards: Sequence[CardText], *, layout: CardLayout, format: CardFormat, faces: Faces, at: datetime) -> bytes:
    """The file of these cards; a PNG holds one page. Takes seconds: call it in a thread."""
    sheets = pages(cards, layout, faces)
    return _pdf(sheets, faces, at) if format == "pdf" else _png(sheets[0], faces)


def _pdf(sheets: Sequence[Page], faces: Faces, at: datetime) -> bytes:
    pdf = FPDF(unit=72 / DOTS_PER_INCH, format=(sheets[0].width, sheets[0].height))
    pdf.set_auto_page_break(False)
    pdf.set_title("到家服务卡")
    pdf.set_lang("zh-CN")
    pdf.set_creation_date(at)
    pdf.set_image_filter("FlateDecode")  # lossless: a JPEG would blur the code
    pdf.add_font("card", "", faces.regular.path)
    pdf.add_font("card", "B", faces.bold.path)
    for sheet in sheets:
        pdf.add_page()
        for mark in sheet.marks:
            _write(pdf, mark, faces)
    return bytes(pdf.output())


def _write(pdf: FPDF, mark: Mark, faces: Faces) -> None:
    match mark:
        case Text():
            pdf.set_font("card", "B" if mark.bold else "", mark.size * pdf.k)
            pdf.set_text_color(mark.colour)
            pdf.text(_start(mark, faces), mark.y, mark.text)
        case Box():
            pdf.set_fill_color(mark.colour)
            pdf.rect(
                mark.x, mark.y, mark.width, mark.height, "F", round_corners=mark.radius > 0, corner_radius=mark.radius
            )
        case Rule():
            pdf.set_draw_color(mark.colour)
            pdf.set_line_width(mark.width)
            pdf.line(mark.x, mark.y, mark.to_x, mark.to_y)
        case Code():
            pdf.image(_code_picture(mark), mark.x, mark.y, mark.side, mark.side)


def _png(sheet: Page, faces: Faces) -> bytes:
    image = Image.new("RGB", (round(sheet.width), round(sheet.height)), "white")
    canvas = ImageDraw.Draw(image)

    @cache
    def font(bold: bool, size: float) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(faces.of(bold=bold).path), size, layout_engine=ImageFont.Layout.BASIC)

    for mark in sheet.marks:
        match mark:
            case Text():
                at = (_start(mark, faces), mark.y)
                canvas.text(at, mark.text, fill=mark.colour, font=font(mark.bold, mark.size), anchor="ls")
            case Box():
                corners = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
                canvas.rounded_rectangle(corners, mark.radius, fill=mark.colour)
            case Rule():
                canvas.line((mark.x, mark.y, mark.to_x, mark.to_y), fill=mark.colour, width=round(mark.width))
            case Code():
                image.paste(_code_picture(mark), (round(mark.x), round(mark.y)))
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return out.getvalue()


def _start(mark: Text, faces: Faces) -> float:
    if mark.anchor == "left":
        return mark.x
    width = faces.of(bold=mark.bold).width(mark.text, mark.size)
    return mark.x - width / (2 if mark.anchor == "middle" else 1)


def _code_picture(mark: Code) -> Image.Image:
    """One picture of whole pixels: rectangles in a PDF would leave hairlines between the modules."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=_QUIET)
    code.add_data(mark.text, optimize=0)  # one run in alphanumeric mode
    code.make()
    rows = code.get_matrix()
    small = Image.new("L", (len(rows), len(rows)), 255)
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    scale = mark.side // len(rows)
    picture = Image.new("L", (mark.side, mark.side), 255)
    corner = (mark.side - scale * len(rows)) // 2
    picture.paste(small.resize((scale * len(rows),) * 2, Image.Resampling.NEAREST), (corner, corner))
    return picture
