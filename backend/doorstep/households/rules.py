"""Decisions about homes and their cards without any I/O: what a card may show, who is found, when guessing stops."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite

from doorstep.core import geo
from doorstep.core.problems import Problem

MAX_WRONG_CODES = 10
WRONG_CODES_WITHIN = timedelta(hours=1)
MAX_ACCURACY_M = 200.0
"""As wide as the usual geofence: a vaguer point would not tell a home from the next street."""

# The number of the flat: figures (with a side or a letter), or Chinese figures if the word for room says so.
_FLAT = re.compile(
    r"(?:[0-9０-９A-Za-zＡ-Ｚ甲乙丙丁#＃\-－–—]+[东西南北中]?|[〇零一二三四五六七八九十百]+(?=室|户|号|房))(?:室|户|号|房)?$"
)
_ASIDE = re.compile(r"[（(][^（()）]*[）)]\s*$")
_TWO_CHARACTER_SURNAMES = frozenset(
    (
        "欧阳", "上官", "司马", "司徒", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐",
        "宇文", "长孙", "东方", "南宫", "端木", "轩辕", "百里", "呼延", "闻人", "澹台", "独孤",
    )
)  # fmt: skip
_EMERGENCY = {"110": "报警", "119": "火警", "120": "急救", "999": "急救", "12345": "政务服务", "12349": "养老服务"}


class PointInvalid(Problem):
    """Not a place in mainland China, or too vague for a home."""

    code = "POINT_INVALID"


def place_on_card(address: str, community: str | None) -> str:
    """Building and entrance without the flat: enough to hang the right card, too little to find who lives there."""
    text = one_line(address)
    text = _ASIDE.sub("", text)
    text = _FLAT.sub("", text).rstrip(" ,，、·-－")
    place = one_line(community or "")
    if not text:
        return place
    return text if place in text else f"{place} {text}"


def family(names: Iterable[str]) -> str:
    """The surnames of a home, each once: what the strip beside a card says at the door."""
    surnames = dict.fromkeys(_surname(one_line(name)) for name in names)
    return "、".join(surnames) + "家" if surnames else ""


def _surname(name: str) -> str:
    return name[:2] if name[:2] in _TWO_CHARACTER_SURNAMES and len(name) > 2 else name[:1]


def one_line(text: str) -> str:
    """Without line ends, doubled blanks, and the invisible characters that come along with pasted text."""
    return " ".join("".join(char for char in text if unicodedata.category(char) != "Cf").split())


def grouped_phone(phone: str) -> str:
    """A mobile number as people read it out: 139 2810 4482. Anything else stays as the office wrote it."""
    digits = phone.removeprefix("+86").replace(" ", "").replace("-", "")
    mobile = len(digits) == 11 and digits.isascii() and digits.isdigit() and digits[0] == "1"
    return f"{digits[:3]} {digits[3:7]} {digits[7:]}" if mobile else one_line(phone)


def emergency_numbers(setting: str) -> list[tuple[str, str]]:
    """Name and number of at most three emergency numbers."""
    numbers = [number.strip() for number in setting.split(",") if number.strip()]
    return [(_EMERGENCY.get(number, "紧急电话"), number) for number in numbers[:3]]


def search_text(text: str) -> str:
    """How texts are compared in a search: full-width as half-width, any case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def found(query: str, *, address: str, community: str, names: Sequence[str], initials: Sequence[str]) -> bool:
    """Whether a home answers a search for a part of its address, an elder's name, or the initials of one."""
    wanted = search_text(query)
    if any(search_text(initial).startswith(wanted) for initial in initials):
        return True
    return any(wanted in search_text(text) for text in (address, community, *names))


def checked_point(lat: float, lon: float, accuracy_m: float) -> geo.Point:
    """A point that can be a home's.

    :raises PointInvalid: naming what is wrong with it.
    """
    if not (isfinite(lat) and isfinite(lon)):
        raise PointInvalid("纬度和经度必须是数字", "latitude and longitude must be numbers")
    if not geo.in_mainland(lat, lon):
        if geo.in_mainland(lon, lat):
            raise PointInvalid(
                f"纬度和经度写反了：纬度应为 {lon:g}，经度应为 {lat:g}",
                f"latitude and longitude are swapped: the latitude should be {lon:g}, the longitude {lat:g}",
            )
        raise PointInvalid(
            f"这个点（纬度 {lat:g}，经度 {lon:g}）不在中国大陆，请在老人家里用手机重新定位",
            f"this point (latitude {lat:g}, longitude {lon:g}) is not in mainland China: "
            "set it again with a phone in the home",
        )
    if not (isfinite(accuracy_m) and 0 < accuracy_m <= MAX_ACCURACY_M):
        raise PointInvalid(
            f"定位精度须在 {MAX_ACCURACY_M:.0f} 米以内，请到窗边或门口再试",
            f"the accuracy must be within {MAX_ACCURACY_M:.0f} m, try again at a window or the door",
        )
    return geo.Point(lat, lon)


def recent_wrong_codes(wrong_at: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those that still count."""
    return sorted(at for at in wrong_at if at > now - WRONG_CODES_WITHIN)


def wait_before_next_code(wrong_at: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long a phone that gave too many wrong codes has to wait; None: not at all."""
    recent = recent_wrong_codes(wrong_at, now)
    return recent[-MAX_WRONG_CODES] + WRONG_CODES_WITHIN - now if len(recent) >= MAX_WRONG_CODES else None
