"""The words of offices: what each means, and that nothing is guessed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.visits.frequency import FrequencyUnknown, parse
from doorstep.visits.recurrence import (
    Daily,
    EveryDays,
    EveryMonths,
    EveryWeeks,
    MonthlyDays,
    MonthlyWeekdays,
    Once,
    Recurrence,
    RestDays,
    TimesPer,
    Weekly,
    WorkingDays,
    dump,
    load,
)

_MEANINGS: dict[Recurrence, str] = {
    Daily(): "每日 每天 天天 每日一次 每天1次 一天一次 1次/天 每日（含周末） 每　日 每日上门服务",
    WorkingDays(): "工作日 每个工作日 工作日每天 每周工作日",
    RestDays(): "节假日 法定节假日 每个休息日",
    Weekly((6, 7)): "周末 每周末 双休日 每周六、日 周六、周日 每周六日 每逢周六、日",
    Weekly((1, 3, 5)): (
        "每周一、三、五 每周一三五 周一/周三/周五 每周一，三，五 每星期一、三、五 每周1、3、5 每周135 每週一,三,五 "
        "每周一、周三、周五 每周五、三、一 每周一.三.五 每周一、三、五上门 每礼拜一三五 每周一、三、五各一次"
    ),
    Weekly((1, 2, 3, 4, 5)): "每周一至周五 周一到周五 周一~周五 周一-五 周一—周五 每周一至五",
    Weekly((1, 2)): "每周一\n每周二 每周一二",
    Weekly((7,)): "每周日 每周天 每星期日 每星期天 每礼拜天 每周7 周日",
    Weekly((1,)): "每周一 周一 每周一一次 逢周一",
    Weekly((3,)): "每周三 每周三一次 每周3 每逢周三",
    TimesPer("week", 1): "每周一次 每周1次 一周一次 每1周1次 1次/周",
    TimesPer("week", 2): "每周2次 每周两次 每周二次 一周两次 1周2次 周2次 ２次／周",
    TimesPer("week", 3): "每周三次 每周3次 3次每周",
    TimesPer("month", 2): "每月2次 每月两次 每个月2次 月2次 2次/月 每半月一次 半个月一次 每月２次",
    TimesPer("month", 4): "每月4次 每月四次 每月4回",
    TimesPer("month", 12): "每月12次 每月十二次",
    EveryWeeks(2): "每两周一次 每二周一次 每2周1次 两周一次 隔周 隔周一次 双周 双周一次 每两个星期一次",
    EveryWeeks(2, 3): "隔周周三 每双周周三 每两周周三 隔周三 每隔一周周三",
    EveryWeeks(4): "每4周一次 每四周一次",
    MonthlyDays((15,)): "每月15日 每月15号 每月十五日 每个月15号",
    MonthlyDays((1, 15)): "每月1、15日 每月1日、15日 每月1日和15日 每月1号15号 每月15、1日",
    MonthlyDays((23,)): "每月二十三号",
    MonthlyDays((31,)): "每月底 每月最后一天 每月月底",
    MonthlyWeekdays((1,), (1,)): "每月第一个周一 每月第1个星期一",
    MonthlyWeekdays((2, 4), (5,)): "每月第2、4个周五 每月第二、四个星期五",
    MonthlyWeekdays((-1,), (5,)): "每月最后一个周五",
    MonthlyWeekdays((1,), (3,)): "每月第一周周三",
    TimesPer("quarter", 1): "每季度一次 每季一次 每季度1次 每季度",
    TimesPer("half_year", 1): "每半年一次",
    TimesPer("year", 2): "每年2次 一年两次",
    EveryDays(2): "隔日 隔天 隔天一次 每隔一天 每两天一次",
    EveryDays(3): "每3天一次 三天一次 每隔两天一次",
    EveryMonths(2): "每两个月一次 隔月 隔月一次",
    EveryMonths(2, 15): "每两个月15日 隔月15号",
    Once(): "一次性 单次 仅一次",
}


@pytest.mark.parametrize(
    ("words", "meaning"), [(words, meaning) for meaning, all_of in _MEANINGS.items() for words in all_of.split(" ")]
)
def test_what_offices_write(words: str, meaning: Recurrence) -> None:
    assert parse(words) == meaning


@pytest.mark.parametrize(
    "words",
    [
        *("", " ", "每", "周", "每周", "每月", "8月", "一、三", "一次", "不定期", "按需", "看情况", "约每月2次"),
        *(
            "每天2次",
            "每日两次",
            "每日三餐",
            "每周8次",
            "每周0次",
            "每周零次",
            "每月32日",
            "每月0次",
            "每月0日",
            "每月40次",
        ),
        *("每周一、一", "每周五至周一", "每周八", "每周1、8", "每周一、三（节假日除外）", "每月5日-10日", "每周一二次"),
        *(
            "每月第六个周一",
            "每0周一次",
            "每1000天一次",
            "每周一、三次",
            "每月初一",
            "2026-03-05",
            "None",
        ),
        *("每月2次" * 20, "每" * 10_000, "一" * 10_000, "每周" + "一、" * 5_000, "每月" + "1日" * 5_000),
    ],
)
def test_what_is_not_understood_is_refused_with_the_text(words: str) -> None:
    with pytest.raises(FrequencyUnknown) as refused:
        parse(words)
    assert (refused.value.code, refused.value.status) == ("FREQUENCY_UNKNOWN", 422)
    assert refused.value.text == words
    assert words[:40] in refused.value.detail


@given(st.text(alphabet="每周月日一二三四五六天两隔双次工作末底第个至、,/-0123456789（） \u3000", max_size=20))
def test_any_text_is_understood_or_refused_and_understood_ones_survive_storage(words: str) -> None:
    try:
        meaning = parse(words)
    except FrequencyUnknown:
        return
    assert load(dump(meaning)) == meaning


@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True), st.sampled_from(["、", ",", "，", "/", " ", "和"])
)
def test_weekdays_in_any_order_with_any_sign_between(days: list[int], sign: str) -> None:
    words = "每周" + sign.join("一二三四五六日"[day - 1] for day in days)
    assert parse(words) == Weekly(tuple(sorted(days)))


def test_a_stored_recurrence_that_is_not_one_is_an_error() -> None:
    for text in (
        '{"kind":"hourly"}',
        '{"kind":"weekly","weekdays":[8]}',
        '{"kind":"weekly","weekdays":[]}',
        "{}",
        "[]",
    ):
        with pytest.raises(msgspec.ValidationError):
            load(text)
    assert load('{"kind":"daily"}') == Daily()
