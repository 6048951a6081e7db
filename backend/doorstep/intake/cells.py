"""Cell values as offices write them, read into what they mean. Pure; nonsense raises :class:`CellFault`.

Normalised text (NFKC, no blanks) is for comparing only; what is stored keeps the office's own characters.
"""

import math
import re
import unicodedata
from datetime import date, time, timedelta
from typing import Any

from doorstep.core import money
from doorstep.core.geo import NotAPoint, Point, checked, in_china, wgs84_from_bd09, wgs84_from_gcj02
from doorstep.intake.sheets import BrokenCell, Cell, DayCell
from doorstep.intake.wire import RowCode

MAX_PRICE_FEN = 10_000_000
_EXCEL_EPOCH = date(1899, 12, 30)
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー~〜∼", "-"))
_LONG_NUMBER = re.compile(r"([0-9０-９]{3})[0-9０-９]{6,}[XxＸｘ]?")


class CellFault(Exception):
    """The cell cannot be used; `code` and `data` say why."""

    def __init__(self, code: RowCode, **data: Any) -> None:
        super().__init__(code)
        self.code, self.data = code, data


def shown(cell: Cell) -> str:
    """A cell as text for a message: what the office sees, cut; a long number may be a person's and is masked."""
    text = _LONG_NUMBER.sub(r"\1******", plain(cell) or "")
    return text if len(text) <= 40 else text[:39] + "…"


def plain(cell: Cell) -> str | None:
    """The cell's text, trimmed, blanks inside collapsed; None if nothing visible is in it."""
    if cell is None or isinstance(cell, BrokenCell):
        return None
    if isinstance(cell, DayCell):
        return cell.day.isoformat()
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        cell = int(cell) if cell == int(cell) and abs(cell) < 1e15 else round(cell, 9)
    text = _INVISIBLE.sub(" ", _UNSTORABLE.sub("", str(cell))).strip()
    return text or None


def key(cell: Cell) -> str:
    """For comparing only: NFKC, no blanks, upper case, one kind of dash and bracket."""
    text = plain(cell)
    return "" if text is None else _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES).upper()


def text(cell: Cell, *, limit: int) -> str:
    """Words to store.

    :raises CellFault: if they are longer than `limit`, or hold characters that the database or a card cannot.
    """
    words = plain(cell) or ""
    raw = cell if isinstance(cell, str) else ""
    if len(words) > limit or _UNSTORABLE.search(raw) or any(unicodedata.category(c) in ("Cs", "Co") for c in words):
        raise CellFault(RowCode.TEXT_INVALID, limit=limit)
    return words


def words_of(cell: Cell, *, conjunctions: bool = False) -> list[str]:
    """Several values in one cell, each as :func:`key`, separated by 、 , ; / | + or blanks; 无 and the like are none.

    `conjunctions`: 和 and 及 separate too, where no word holds them (和平街 does).
    """
    source = unicodedata.normalize("NFKC", plain(cell) or "")
    parts = re.split(r"[、,/;|+&\s\\]+" + ("|和|及" if conjunctions else ""), source)
    return list(dict.fromkeys(word for part in parts if (word := key(part)) not in NOTHING))


NOTHING = frozenset({"", "-", "--", "/", "\\", "无", "没有", "不详", "N/A", "NA", "NULL", "NONE", "/无"})
_YES = frozenset({"是", "有", "√", "✓", "✔", "☑", "Y", "YES", "TRUE", "T", "1", "对"})
_NO = NOTHING | {"否", "×", "✗", "✘", "☐", "□", "X", "N", "NO", "FALSE", "F", "0"}


def yes(cell: Cell) -> bool:
    """A yes-or-no cell; blank means no."""
    value = key(cell)
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(cell), allowed="是、否")


_DATE = re.compile(
    r"(?a)^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:T?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
)


def day(cell: Cell) -> date:
    """A date: a real one, text (2026-1-5, 2026年1月5日, 2026.1.5, 20260105), or an Excel serial number."""
    found = cell.day if isinstance(cell, DayCell) else _day_of(cell)
    if found is None or not 1900 <= found.year <= 2199:
        raise CellFault(RowCode.DATE_INVALID, value=shown(cell))
    return found


def _day_of(cell: Cell) -> date | None:
    value = key(cell)
    match = _DATE.match(value)
    if match:
        year, month, of_month = match[1], match[2] or match[4], match[3] or match[5]
        try:
            return date(int(year), int(month), int(of_month))
        except ValueError:
            return None
    if re.fullmatch(r"(?a)\d{4,6}(\.\d+)?", value) and not isinstance(cell, bool):
        serial = int(float(value))
        # 10,000 is in 1927: smaller numbers are years or mistakes, not the dates of a roster.
        return _EXCEL_EPOCH + timedelta(days=serial) if 10_000 <= serial <= 80_000 else None
    return None


_CLOCK = r"(凌晨|早上|上午|中午|下午|晚上)?(\d{1,2})(?:[:点时](\d{1,2})?分?)?(?::\d{2})?"
_WINDOW = re.compile(rf"(?a)^{_CLOCK}-{_CLOCK}$")


def window(cell: Cell) -> tuple[time, time]:
    """A time window: 13:30-15:30 with any dash and colon, 13点30分至15点30分, 下午1:30-3:30."""
    match = _WINDOW.match(key(cell).replace(".", ":").replace("至", "-").replace("到", "-"))
    if match:
        half_from, hour_from, minute_from, half_to, hour_to, minute_to = match.groups()
        start = _minutes(half_from, hour_from, minute_from)
        end = _minutes(half_to or half_from, hour_to, minute_to)
        if start is not None and end is not None and 0 < end - start <= 12 * 60:
            return time(start // 60, start % 60), time(end // 60, end % 60)
    raise CellFault(RowCode.WINDOW_INVALID, value=shown(cell))


def _minutes(half: str | None, hour_text: str, minute_text: str | None) -> int | None:
    hour, minute = int(hour_text), int(minute_text or 0)
    if half in ("下午", "晚上") and hour < 12:
        hour += 12
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def whole(cell: Cell, *, low: int, high: int) -> int:
    """A whole number inside bounds; 45.0, "45分钟" and "2人" count."""
    match = re.fullmatch(r"(?a)(\d{1,9})(?:\.0+)?(?:分钟?|MIN|人|名)?", key(cell))
    if not match or not low <= int(match[1]) <= high:
        raise CellFault(RowCode.NUMBER_INVALID, value=shown(cell), low=low, high=high)
    return int(match[1])


def fen(cell: Cell) -> int:
    """Yuan to whole fen, at most 100,000 yuan."""
    value = round(cell, 6) if isinstance(cell, float) and math.isfinite(cell) else key(cell)
    try:
        if isinstance(cell, bool | DayCell):
            raise money.NotMoney
        # Per visit or per month is in the header; repeating it in the cell does no harm.
        amount = money.fen_from_yuan(re.sub(r"(?<=元)/(次|月|人|人/月|人次)$", "", str(value)))
    except money.NotMoney:
        amount = -1
    if not 0 <= amount <= MAX_PRICE_FEN:
        raise CellFault(RowCode.MONEY_INVALID, value=shown(cell), high=MAX_PRICE_FEN // 100)
    return amount


def ratio_bp(cell: Cell) -> int:
    """A share in basis points: 100%, 1, 0.5, 50 (a bare number above 1 is percent)."""
    value = key(cell)
    match = re.fullmatch(r"(?a)(\d{1,3}(?:\.\d{1,6})?)(%)?", {"全额": "100%", "半额": "50%"}.get(value, value))
    points = -1.0
    if match and not isinstance(cell, bool):
        number = float(match[1])
        points = number * (100 if match[2] or number > 1 else 10_000)
    if not 0 <= points <= money.FULL_RATIO_BP or abs(points - round(points)) > 1e-6:
        raise CellFault(RowCode.RATIO_INVALID, value=shown(cell))
    return round(points)


_SYSTEMS = {
    "wgs84": ("WGS84", "WGS-84", "WGS1984", "GPS", "84", "CGCS2000", "地球坐标", "GPS坐标", "WGS84坐标系"),
    "gcj02": ("GCJ02", "GCJ-02", "火星坐标", "火星", "高德", "腾讯", "高德坐标", "腾讯坐标", "国测局", "GCJ02坐标系"),
    "bd09": ("BD09", "BD-09", "BD09LL", "百度", "百度坐标", "BD09坐标系"),
}
_SYSTEM_OF = {key(name): system for system, names in _SYSTEMS.items() for name in names}


def coord_system(cell: Cell) -> str | None:
    """wgs84, gcj02, bd09; None for a blank: it is never guessed, a wrong guess is half a kilometre."""
    value = key(cell)
    if value in NOTHING:
        return None
    if value not in _SYSTEM_OF:
        raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(cell), allowed="WGS-84、GCJ-02、BD-09")
    return _SYSTEM_OF[value]


def degrees(cell: Cell) -> float:
    """A coordinate as a number."""
    try:
        number = float(key(cell).rstrip("°NE度"))
    except ValueError as error:
        raise CellFault(RowCode.POINT_INVALID) from error
    if not math.isfinite(number):
        raise CellFault(RowCode.POINT_INVALID)
    return number


def located(lat: float, lon: float) -> Point:
    """The two numbers as a point in China, in whichever system; swapped ones are told apart from wrong ones."""
    if in_china(lon, lat) and not in_china(lat, lon):
        raise CellFault(RowCode.POINT_SWAPPED)
    try:
        return checked(lat, lon)
    except NotAPoint as error:
        raise CellFault(RowCode.POINT_INVALID) from error


def to_wgs84(point: Point, system: str) -> Point:
    """The point inside the product."""
    return {"wgs84": lambda p: p, "gcj02": wgs84_from_gcj02, "bd09": wgs84_from_bd09}[system](point)
