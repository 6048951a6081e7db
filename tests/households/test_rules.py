"""What a card may show, who is found by a search, which points are a home's, when guessing stops."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.households import rules
from doorstep.households.rules import PointInvalid

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("东坝第三社区19号楼3单元604", "东坝第三社区19号楼3单元"),
        ("东坝第三社区19号楼3单元604室", "东坝第三社区19号楼3单元"),
        ("东坝第三社区19号楼3单元6层604", "东坝第三社区19号楼3单元6层"),
        ("东坝第三社区 19号楼 3-604", "东坝第三社区 19号楼"),
        ("东坝第三社区19号楼B座1201（密码门）", "东坝第三社区19号楼B座"),
        ("八里庄北里110楼3门12号", "东坝第三社区 八里庄北里110楼3门"),
        ("东坝第三社区7号楼２０１", "东坝第三社区7号楼"),
        ("东坝第三社区7号楼301东户", "东坝第三社区7号楼"),
        ("东坝第三社区7号楼三零一室", "东坝第三社区7号楼"),
        ("北湖渠村甲32号", "东坝第三社区 北湖渠村"),
        ("东坝第三社区5号院2号楼", "东坝第三社区5号院2号楼"),
        ("望京花园东区", "东坝第三社区 望京花园东区"),
        ("  东坝第三社区\n19号楼 \t604 ", "东坝第三社区 19号楼"),
        ("604", "东坝第三社区"),
        ("北京市朝阳区东坝第三社区7号楼604", "北京市朝阳区东坝第三社区7号楼"),
        ("\ufeff东坝第三\u200b社区19号楼604\u200e", "东坝第三社区19号楼"),
    ],
)
def test_a_card_shows_the_entrance_and_not_the_flat(address: str, place: str) -> None:
    assert rules.place_on_card(address, "东坝第三社区") == place


@given(st.integers(1, 40), st.integers(1, 9), st.integers(101, 3209))
def test_the_flat_of_a_roster_address_is_never_on_a_card(building: int, entrance: int, flat: int) -> None:
    place = rules.place_on_card(f"东坝第三社区{building}号楼{entrance}单元{flat}", "东坝第三社区")
    assert place == f"东坝第三社区{building}号楼{entrance}单元"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["龚国栋"], "龚家"),
        (["沈树森", "文玉梅"], "沈、文家"),
        (["沈树森", "沈玉梅"], "沈家"),
        (["欧阳海", "司马"], "欧阳、司家"),
        (["𠮷田 明"], "𠮷家"),
        ([], ""),
    ],
)
def test_the_strip_says_surnames_only(names: list[str], said: str) -> None:
    assert rules.family(names) == said


@pytest.mark.parametrize(
    ("phone", "printed"),
    [
        ("13928104482", "139 2810 4482"),
        ("+86 139-2810-4482", "139 2810 4482"),
        ("010-65551234", "010-65551234"),
        ("010-6555 1234 转 8", "010-6555 1234 转 8"),
    ],
)
def test_a_mobile_number_is_grouped(phone: str, printed: str) -> None:
    assert rules.grouped_phone(phone) == printed


def test_emergency_numbers_have_names() -> None:
    assert rules.emergency_numbers("12349, 120,110,999") == [("养老服务", "12349"), ("急救", "120"), ("报警", "110")]
    assert rules.emergency_numbers("5550") == [("紧急电话", "5550")]
    assert rules.emergency_numbers("") == []


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("16号楼", True),
        ("１６号楼", True),
        ("朝外 第二", True),
        ("国栋", True),
        ("ggd", True),
        ("GG", True),
        ("gd", False),
        ("17号楼", False),
        ("沈", False),
    ],
)
def test_a_search_looks_at_address_name_and_initials(query: str, hit: bool) -> None:
    home = {
        "address": "朝外第二社区16号楼1单元404",
        "community": "朝外第二社区",
        "names": ["龚国栋"],
        "initials": ["ggd"],
    }
    assert rules.found(query, **home) is hit


@pytest.mark.parametrize(
    ("lat", "lon", "accuracy", "says"),
    [
        (116.4431, 39.9219, 20, "swapped: the latitude should be 39.9219, the longitude 116.443"),
        (80.0, 40.0, 20, "swapped"),
        (139.0, 39.9219, 20, "not in mainland China"),
        (39.9219, 1164431, 20, "not in mainland China"),
        (float("nan"), 116.4, 20, "must be numbers"),
        (39.9, float("inf"), 20, "must be numbers"),
        (51.5, -0.12, 20, "(latitude 51.5, longitude -0.12) is not in mainland China"),
        (0.0, 0.0, 20, "not in mainland China"),
        (37.57, 126.98, 20, "not in mainland China"),
        (39.9219, 116.4431, 201, "within 200 m"),
        (39.9219, 116.4431, 0, "within 200 m"),
        (39.9219, 116.4431, -5, "within 200 m"),
        (39.9219, 116.4431, float("nan"), "within 200 m"),
    ],
)
def test_what_is_not_the_point_of_a_home(lat: float, lon: float, accuracy: float, says: str) -> None:
    with pytest.raises(PointInvalid) as caught:
        rules.checked_point(lat, lon, accuracy)
    assert says in caught.value.detail_en
    words = {"swapped": "写反了", "mainland": "不在中国大陆", "numbers": "必须是数字", "within": "以内"}
    assert any(en in says and zh in caught.value.detail for en, zh in words.items())


@pytest.mark.parametrize(
    ("ages", "wait"),
    [
        ([], None),
        ([0] * 9, None),
        ([0] * 10, 60),
        ([59] * 10, 1),
        ([60] * 10, None),
        ([61] * 20, None),
        ([50, *[10] * 9], 10),
        ([70, *[10] * 9], None),
    ],
)
def test_ten_wrong_codes_in_an_hour(ages: list[int], wait: int | None) -> None:
    wrong = [NOON - timedelta(minutes=age) for age in ages]
    assert rules.wait_before_next_code(wrong, NOON) == (None if wait is None else timedelta(minutes=wait))


@given(st.lists(st.integers(0, 7200), max_size=60))
def test_never_more_than_ten_wrong_codes_in_any_hour(seconds: list[int]) -> None:
    accepted: list[datetime] = []
    for at in sorted(NOON + timedelta(seconds=second) for second in seconds):
        if rules.wait_before_next_code(accepted, at) is None:
            accepted.append(at)
    for first in accepted:
        assert sum(first <= at < first + timedelta(hours=1) for at in accepted) <= 10
