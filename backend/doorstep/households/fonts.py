"""Chinese fonts for print: finding an installed one, its simplified-Chinese face as a file of its own, widths, gaps."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTCollection, TTFont

from doorstep.core.problems import Problem

# Regular and bold of the families that hold the rare characters of names, best first. Other Chinese fonts lack them.
FAMILIES = (
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
)
FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
    Path("/Library/Fonts"),
    Path("~/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)


class FontMissing(Problem):
    """No font is installed that can print Chinese names."""

    code = "FONT_MISSING"


class Face:
    """One weight of a font: its file, what it can draw, and how wide that is."""

    def __init__(self, path: Path) -> None:
        font = TTFont(path, lazy=True)
        self.path = path
        self._unit = font["head"].unitsPerEm  # pyright: ignore[reportAttributeAccessIssue]
        metrics = font["hmtx"].metrics  # pyright: ignore[reportAttributeAccessIssue]
        self._advance = {code: metrics[name][0] for code, name in (font.getBestCmap() or {}).items()}

    def missing(self, text: str) -> set[str]:
        """The characters that it cannot draw."""
        return {char for char in text if ord(char) not in self._advance}

    def width(self, text: str, size: float) -> float:
        """The width of a line in the unit of `size`; the text has been checked by :meth:`missing`."""
        return sum(self._advance[ord(char)] for char in text) * size / self._unit


class Faces(NamedTuple):
    """The two weights that are printed with."""

    regular: Face
    bold: Face

    def missing(self, text: str) -> list[str]:
        """The characters that would come out as boxes in either weight."""
        return sorted({*self.regular.missing(text), *self.bold.missing(text)})

    def of(self, *, bold: bool) -> Face:
        """The face of a weight."""
        return self.bold if bold else self.regular


@lru_cache(maxsize=2)
def load(cache_dir: Path, folders: Sequence[Path] = FOLDERS) -> Faces:
    """The faces to print with. Slow the first time: call it in a thread.

    :raises FontMissing: if none of the families is installed.
    """
    regular, bold = (single_face(path, cache_dir) for path in find(folders))
    return Faces(Face(regular), Face(bold))


def find(folders: Iterable[Path] = FOLDERS) -> tuple[Path, Path]:
    """The files of the best family that is installed in both weights."""
    there: dict[str, Path] = {}
    for folder in folders:
        for root, _, names in os.walk(folder.expanduser()):
            for name in names:
                there.setdefault(name, Path(root, name))
    for regular, bold in FAMILIES:
        if regular in there and bold in there:
            return there[regular], there[bold]
    raise FontMissing(
        "Debian/Ubuntu：apt install fonts-noto-cjk；其他系统请安装 Noto Sans CJK SC（思源黑体）",
        "Debian/Ubuntu: apt install fonts-noto-cjk; elsewhere install Noto Sans CJK SC (Source Han Sans)",
    )


def single_face(path: Path, cache_dir: Path) -> Path:
    """The simplified-Chinese face of a collection as a file: the PDF writer always takes the first face (Japanese)."""
    if path.suffix != ".ttc":
        return path
    source = path.stat()
    target = cache_dir / f"{path.stem}-SC-{source.st_size}-{int(source.st_mtime)}.otf"
    if not target.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        with TTCollection(path, lazy=True) as collection:
            face = next((font for font in collection.fonts if _is_simplified(font)), collection.fonts[0])
            with tempfile.NamedTemporaryFile(dir=cache_dir, suffix=".part", delete=False) as draft:
                face.save(draft, reorderTables=False)
        Path(draft.name).replace(target)  # several processes may do this at once: each puts the same file there
    return target


def _is_simplified(font: TTFont) -> bool:
    name = font["name"].getDebugName(4) or ""  # pyright: ignore[reportAttributeAccessIssue]
    return " SC" in name and "Mono" not in name
