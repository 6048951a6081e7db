"""The words of offices for "how often", read into a recurrence: 每日, 工作日, 每周一、三、五, 每月2次 ... Pure."""

import re
import unicodedata

from doorstep.core.problems import FieldError, Problem
from doorstep.visits.recurrence import (
    Daily,
    EveryDays,
    EveryMonths,
    EveryWeeks,
    MonthlyDays,
    MonthlyWeekdays,
    Once,
    Period,
    Recurrence,
    RestDays,
    TimesPer,
    Weekly,
    WorkingDays,
)


class FrequencyUnknown(Problem):
    """The words are not understood, or could mean two things."""

    code = "FREQUENCY_UNKNOWN"

    def __init__(self, text: str) -> None:
        shown = text[:40]
        super().__init__(f"“{shown}”", f"“{shown}”", errors=[FieldError(field="frequency", message=shown)])
        self.text = text


_LONGEST = 60
_DIGITS = "零一二三四五六七八九"
_SPOKEN = re.compile(r"(?:(?P<tens>[一二三四五六七八九])?(?P<ten>十))?(?P<ones>[一二三四五六七八九])?")
_WEEKDAYS = {
    **{word: index for index, word in enumerate("一二三四五六日", start=1)},
    **{str(n): n for n in range(1, 8)},
}

# One spelling for what offices write in several ways; after NFKC and without blanks.
_SPELLINGS = (
    (
        re.compile(r"[(\[【〔][^()\[\]【】〔〕]*[)\]】〕]"),
        lambda found: "" if found[0][1:-1] in _HARMLESS else found[0],
    ),
    (re.compile(r"週|星期|礼拜|禮拜"), "周"),
    (re.compile(r"[個箇个]"), ""),
    (re.compile(r"两|俩|兩"), "二"),
    (re.compile(r"[回趟遍]"), "次"),
    (re.compile(r"[号號]"), "日"),
    (re.compile(r"周天"), "周日"),
    (re.compile(r"每?逢"), "每"),
    (re.compile(r"各"), ""),
    (re.compile(r"上门|入户|服务|提供|固定"), ""),
    (re.compile(r"[,;;、/和及与跟.。·&+]+"), "、"),
    (re.compile(r"[~～〜—–−\-至到]+"), "-"),
)
_HARMLESS = frozenset({"含周末", "含节假日", "含双休日", "包括周末", "包含周末", "全年", "全年无休", "节假日不休"})

_N = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_ONE = r"(?:一|1)"
_EVERY = r"(?:每|一|1)"
_ONCE = rf"(?:、?(?:{_ONE}次))?"
_PERIODS: dict[str, Period] = {
    "周": "week",
    "月": "month",
    "季度": "quarter",
    "季": "quarter",
    "半年": "half_year",
    "年": "year",
}
_PERIOD = "周|月|季度|季|半年|年"
_WD = r"[一二三四五六日]"
_WDN = r"[一二三四五六日1-7]"


def parse(text: str) -> Recurrence:
    """The recurrence that an office means.

    :raises FrequencyUnknown: if the words are not known, contradict themselves, or could mean two things.
    """
    words = _normalised(text) if len(text) <= _LONGEST else ""
    for pattern, build in _GRAMMAR:
        found = pattern.fullmatch(words)
        if found is not None:
            recurrence = build(found)
            if recurrence is not None:
                return recurrence
    raise FrequencyUnknown(text)


def _normalised(text: str) -> str:
    words = re.sub(r"[\s\u200b\ufeff]+", "", unicodedata.normalize("NFKC", text))
    for pattern, spelling in _SPELLINGS:
        words = pattern.sub(spelling, words)
    return words.strip("、:!-")


def _number(words: str) -> int:
    """ "12", "二", "十五", "二十三"; 0 for what is none."""
    if words.isdigit():
        return int(words)
    found = _SPOKEN.fullmatch(words)
    if found is None:
        return 0
    tens = _DIGITS.index(found["tens"]) if found["tens"] else 1
    return (10 * tens if found["ten"] else 0) + (_DIGITS.index(found["ones"]) if found["ones"] else 0)


def _weekdays(words: str) -> tuple[int, ...] | None:
    """ "一、三、五", "一三五", "周一-周五": each weekday once, in order of the week."""
    chosen: list[int] = []
    for part in words.replace("每", "").replace("周", "").split("、"):
        first, dash, last = part.partition("-")
        if dash:
            if len(first) != 1 or len(last) != 1 or _WEEKDAYS[first] >= _WEEKDAYS[last]:
                return None
            chosen += range(_WEEKDAYS[first], _WEEKDAYS[last] + 1)
        else:
            chosen += [_WEEKDAYS[letter] for letter in part]
    return tuple(sorted(chosen)) if chosen and len(set(chosen)) == len(chosen) else None


def _weekly(words: str) -> Recurrence | None:
    days = _weekdays(words)
    return Weekly(days) if days else None


def _times(period: str, words: str) -> Recurrence | None:
    times = _number(words)
    limit = {"周": 7, "月": 31, "季度": 90, "季": 90, "半年": 181, "年": 365}[period]
    return TimesPer(_PERIODS[period], times) if 1 <= times <= limit else None


def _month_days(words: str) -> Recurrence | None:
    days = sorted(_number(part) for part in words.replace("日、", "、").rstrip("日").replace("日", "、").split("、"))
    return (
        MonthlyDays(tuple(days)) if days and days[0] >= 1 and days[-1] <= 31 and len(set(days)) == len(days) else None
    )


def _month_weekdays(weeks: str, weekdays: str) -> Recurrence | None:
    days = _weekdays(weekdays)
    turns = [
        -1 if part == "最后一" else _number(part.removeprefix("第")) for part in weeks.replace("周", "").split("、")
    ]
    known = all(turn in (-1, 1, 2, 3, 4, 5) for turn in turns) and len(set(turns)) == len(turns)
    return MonthlyWeekdays(tuple(turns), days) if days and known else None  # pyright: ignore[reportArgumentType]


def _every(unit: str, words: str, *, weekday: str | None = None, day: str | None = None) -> Recurrence | None:
    """ "每N天/周/月一次": N of 1 is the plain frequency."""
    number = _number(words)
    if unit == "天":
        return Daily() if number == 1 else EveryDays(number) if 2 <= number <= 366 else None
    if unit == "周":
        if number == 1:
            return Weekly((_WEEKDAYS[weekday],)) if weekday else TimesPer("week", 1)
        return EveryWeeks(number, _WEEKDAYS[weekday] if weekday else None) if 2 <= number <= 52 else None
    on = _number(day) if day else None
    if on is not None and not 1 <= on <= 31:
        return None
    if number == 1:
        return MonthlyDays((on,)) if on else TimesPer("month", 1)
    return EveryMonths(number, on) if 2 <= number <= 12 else None


# Order matters where two readings are possible: "每周一次" is once a week, "每周一" is Monday, "每周三次" three times.
_GRAMMAR = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (
            rf"(?:每|一)?(?:天天|日日|每天每日|每[日天]|{_ONE}[日天]){_ONCE}|天天|日日|{_ONE}次、(?:每)?[日天]",
            lambda _: Daily(),
        ),
        (r"(?:每周)?(?:每)?工作日(?:每[日天])?(?:一次|1次)?", lambda _: WorkingDays()),
        (r"(?:每)?(?:法定)?(?:节假日|休息日)(?:每[日天])?(?:一次|1次)?", lambda _: RestDays()),
        (r"(?:每)?(?:周)?(?:周末|双休日)(?:每[日天]|二天)?(?:一次|1次)?", lambda _: Weekly((6, 7))),
        (r"一次性(?:一次)?|仅一次|单次|临时一次", lambda _: Once()),
        (rf"{_EVERY}?(?P<p>{_PERIOD})(?P<n>{_N})次", lambda m: _times(m["p"], m["n"])),
        (rf"(?P<n>{_N})次(?:、|每){_ONE}?(?P<p>{_PERIOD})", lambda m: _times(m["p"], m["n"])),
        (rf"{_EVERY}?(?:半月){_ONCE}", lambda _: TimesPer("month", 2)),
        (rf"{_EVERY}旬{_ONCE}", lambda _: TimesPer("month", 3)),
        (rf"每(?P<p>季度|季|半年|年){_ONCE}", lambda m: _times(m["p"], "1")),
        (rf"每?隔(?P<u>天|周|月){_ONCE}", lambda m: _every(m["u"], "2")),
        (rf"每?隔日{_ONCE}", lambda _: EveryDays(2)),
        (rf"每隔(?P<n>{_N})(?P<u>天|日){_ONCE}", lambda m: _every("天", str(_number(m["n"]) + 1))),
        (rf"每?隔一?周(?:的)?周?(?P<w>{_WD}){_ONCE}", lambda m: _every("周", "2", weekday=m["w"])),
        (rf"每?隔一?月(?:的)?(?P<d>{_N})日{_ONCE}", lambda m: _every("月", "2", day=m["d"])),
        (rf"(?:每)?双周(?:的)?周?(?P<w>{_WD})?{_ONCE}", lambda m: _every("周", "2", weekday=m["w"])),
        (rf"(?:每)?双月{_ONCE}", lambda _: EveryMonths(2)),
        (rf"(?:每)?(?P<n>{_N})(?P<u>天|周|月){_ONE}次", lambda m: _every(m["u"], m["n"])),
        (rf"(?:每)?(?P<n>{_N})日{_ONE}次", lambda m: _every("天", m["n"])),
        (rf"每(?P<n>{_N})周(?:的)?周(?P<w>{_WD}){_ONCE}", lambda m: _every("周", m["n"], weekday=m["w"])),
        (rf"每(?P<n>{_N})月(?:的)?(?P<d>{_N})日{_ONCE}", lambda m: _every("月", m["n"], day=m["d"])),
        (
            rf"(?:每月|每)(?P<t>(?:第{_N}|最后一)(?:、第?{_N}|、最后一)*)周?(?:的)?(?P<w>周{_WD}(?:、周?{_WD})*){_ONCE}",
            lambda m: _month_weekdays(m["t"], m["w"]),
        ),
        (
            rf"每月(?P<t>第{_N}周)(?:的)?(?P<w>周?{_WD}){_ONCE}",
            lambda m: _month_weekdays(m["t"], m["w"]),
        ),
        (r"每?月(?:月?底|月?末|的?最后一[天日])(?:一次|1次)?", lambda _: MonthlyDays((31,))),
        (rf"每?月(?P<d>{_N}日?(?:、{_N}日?|(?<=日){_N}日)*)(?<=日){_ONCE}", lambda m: _month_days(m["d"])),
        (rf"每?周(?P<w>{_WDN}(?:-周?{_WDN})?(?:、周?{_WDN}(?:-周?{_WDN})?)*){_ONCE}", lambda m: _weekly(m["w"])),
        (rf"每?周(?P<w>{_WD}{{2,7}}){_ONCE}|每周(?P<digits>[1-7]{{2,7}})", lambda m: _weekly(m["w"] or m["digits"])),
        (rf"每?周(?P<w>{_WD}(?:、?每?周{_WD})+){_ONCE}", lambda m: _weekly(m["w"])),
    )
)
