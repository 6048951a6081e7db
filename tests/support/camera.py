"""What a phone's camera sees: frames for Chromium's fake camera, made of the pixels of a real print."""

import io
import os
from pathlib import Path

from PIL import Image, ImageFilter

SIZE = (1280, 720)


def clip(card: Image.Image, frames: int = 24, empty: int = 6) -> bytes:
    """An empty corridor, then the card comes in, a little turned and out of focus. MJPEG: JPEGs one after another."""
    card = card.convert("L")
    card = card.resize((round(card.width * 560 / card.height), 560))
    out = bytearray()
    for index in range(frames):
        frame = Image.new("L", SIZE, 112)
        if index >= empty:
            turned = card.rotate(6 - index / 4, expand=True, fillcolor=112)
            frame.paste(turned, ((SIZE[0] - turned.width) // 2 + (frames - index), (SIZE[1] - turned.height) // 2))
        blurred = frame.filter(ImageFilter.GaussianBlur(max(0.4, 1.6 - (index - empty) / 8)))
        buffer = io.BytesIO()
        blurred.convert("RGB").save(buffer, "JPEG", quality=85)
        out += buffer.getvalue()
    return bytes(out)


class Camera:
    """The file that Chromium plays. Another picture may be held in front of it at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.show(Image.new("L", SIZE, 112))

    def show(self, picture: Image.Image) -> None:
        """From the next start of the camera on."""
        self._play(clip(picture))

    def row(self, pictures: list[Image.Image], frames: int = 12) -> None:
        """Several one after the other, each held still for a moment, round and round."""
        out = bytearray()
        for picture in pictures:
            frame = Image.new("L", SIZE, 112)
            square = picture.convert("L").resize((680, 680))
            frame.paste(square, ((SIZE[0] - 680) // 2, (SIZE[1] - 680) // 2))
            buffer = io.BytesIO()
            frame.convert("RGB").save(buffer, "JPEG", quality=90)
            out += buffer.getvalue() * frames
        self._play(bytes(out))

    def _play(self, content: bytes) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_bytes(content)
        os.replace(draft, self.path)
