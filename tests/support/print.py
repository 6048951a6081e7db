"""Reads a printed file as a phone and a person would: codes from its pixels, words from its text."""

import io

import pypdfium2
import zxingcpp
from PIL import Image


def pages(content: bytes, dpi: int = 300) -> list[Image.Image]:
    """The pages of a PDF or PNG as pictures; a PNG is scaled as if it were printed and photographed at `dpi`."""
    if content.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(content)
        return [page.render(scale=dpi / 72).to_pil() for page in document]  # pyright: ignore[reportArgumentType]
    picture = Image.open(io.BytesIO(content))
    return [picture.resize((picture.width * dpi // 300, picture.height * dpi // 300))]


def codes(content: bytes, dpi: int = 300) -> list[str]:
    """The texts of all codes, page by page, each page in reading order."""
    found = []
    for page in pages(content, dpi):
        seen = zxingcpp.read_barcodes(page)
        # Cards of a sheet lie more than two inches below each other.
        rows = sorted(seen, key=lambda code: (code.position.top_left.y // (2 * dpi), code.position.top_left.x))
        found += [code.text for code in rows]
    return found


def words(content: bytes) -> list[str]:
    """The text of a PDF, line by line."""
    text = "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))
    return [line.strip() for line in text.splitlines() if line.strip()]
