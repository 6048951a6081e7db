"""Money, coordinates, time, ids, cursors, opaque secrets: the small values that everything else is made of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import atan2, cos, hypot, inf, nan, pi, sin
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core import clock, geo, ids, money, opaque, paging, text
from doorstep.core.geo import NotAPoint, Point
from doorstep.core.paging import CursorInvalid

places = st.builds(Point, st.floats(18.2, 53.5), st.floats(73.6, 134.7))


class TestMoney:
    @pytest.mark.parametrize(
        ("written", "fen"),
        [
            *[("33.33", 3333), (40, 4000), ("1,200.00", 120_000), ("¥40元", 4000), ("￥ 12.5", 1250), ("0", 0)],
            *[(0.1, 10), (19.99, 1999), (Decimal("1e2"), 10_000), ("1，200", 120_000), (" 8 元", 800)],
        ],
    )
    def test_amounts_as_offices_write_them(self, written: str | float | Decimal, fen: int) -> None:
        assert money.fen_from_yuan(written) == fen

    @pytest.mark.parametrize(
        "written",
        ["", "abc", "1.234", "-1", "NaN", "Infinity", "1e400", "100000001.00", inf, nan, "12 34", "¥", "0x10", "一百"],
    )
    def test_what_is_no_amount(self, written: str | float) -> None:
        with pytest.raises(money.NotMoney):
            money.fen_from_yuan(written)

    @given(st.integers(0, 10_000_000_000))
    def test_there_and_back(self, fen: int) -> None:
        assert money.fen_from_yuan(money.yuan(fen)) == fen

    def test_a_negative_amount_can_be_shown(self) -> None:
        assert money.yuan(-5) == "-0.05"

    @pytest.mark.parametrize(
        ("fen", "ratio", "share"), [(1, 5000, 1), (3333, 5000, 1667), (3333, 10_000, 3333), (5, 1000, 1), (4, 1000, 0)]
    )
    def test_a_share_is_rounded_half_up(self, fen: int, ratio: int, share: int) -> None:
        assert money.share_of(fen, ratio) == share

    @given(st.integers(0, 10**10), st.integers(0, 10_000))
    def test_a_share_and_the_rest_are_off_by_one_fen_at_most(self, fen: int, ratio: int) -> None:
        assert 0 <= money.share_of(fen, ratio) + money.share_of(fen, 10_000 - ratio) - fen <= 1


class TestGeo:
    def test_the_example_of_impossible_travel(self) -> None:
        metres = geo.distance_m(Point(39.9219, 116.4431), Point(39.8650, 116.3780))
        assert round(metres / 1000, 3) == 8.419
        assert round(metres / 1000 / (5 / 60), 1) == 101.0
        assert round(metres / 1000 / (20 / 60), 1) == 25.3

    @pytest.mark.parametrize(
        ("wgs84", "offset_m"), [((39.9219, 116.4431), 549.9), ((34.3619, 107.2373), 458.7)], ids=["Chaoyang", "Baoji"]
    )
    def test_the_examples_of_the_two_systems(self, wgs84: tuple[float, float], offset_m: float) -> None:
        there = geo.gcj02_from_wgs84(Point(*wgs84))
        assert round(geo.distance_m(Point(*wgs84), there), 1) == offset_m
        assert geo.distance_m(Point(*wgs84), geo.wgs84_from_gcj02(there)) < 0.01

    def test_the_home_of_the_example(self) -> None:
        gcj02 = geo.gcj02_from_wgs84(Point(39.9219, 116.4431))
        assert (round(gcj02.lat, 6), round(gcj02.lon, 6)) == (39.923268, 116.449296)
        wgs84 = geo.wgs84_from_gcj02(Point(39.923268, 116.449296))
        assert (round(wgs84.lat, 6), round(wgs84.lon, 6)) == (39.921900, 116.443100)

    @given(places)
    def test_the_inverse_is_exact_to_a_centimetre(self, point: Point) -> None:
        assert geo.distance_m(point, geo.wgs84_from_gcj02(geo.gcj02_from_wgs84(point))) < 0.01

    @given(places)
    def test_baidus_spiral_is_undone(self, point: Point) -> None:
        gcj02 = geo.gcj02_from_wgs84(point)
        turn = pi * 3000 / 180
        radius = hypot(gcj02.lon, gcj02.lat) + 0.00002 * sin(gcj02.lat * turn)
        angle = atan2(gcj02.lat, gcj02.lon) + 0.000003 * cos(gcj02.lon * turn)
        bd09 = Point(radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065)
        # The public inverse takes the turned point for the original: half a metre.
        assert geo.distance_m(geo.wgs84_from_bd09(bd09), point) < 1

    @given(places, places)
    def test_a_distance_is_symmetric_and_nothing_to_itself(self, a: Point, b: Point) -> None:
        assert geo.distance_m(a, b) == pytest.approx(geo.distance_m(b, a))
        assert geo.distance_m(a, a) == 0

    @pytest.mark.parametrize(
        ("lat", "lon", "why"),
        [
            (116.4431, 39.9219, "swapped"),
            (nan, 116.4, "finite"),
            (39.9, inf, "finite"),
            (91, 200, "range"),
            (0, 0, "outside"),
        ],
    )
    def test_what_is_no_point_of_ours(self, lat: float, lon: float, why: str) -> None:
        with pytest.raises(NotAPoint, match=why):
            geo.checked(lat, lon)

    def test_where_the_mainland_ends(self) -> None:
        towns_at_the_border = {
            "北极村": (53.49, 122.34), "抚远": (48.36, 134.3), "黑河": (50.245, 127.528), "逊克": (49.58, 128.45),
            "呼玛": (51.73, 126.65), "嘉荫": (48.89, 130.4), "满洲里": (49.59, 117.38), "室韦": (51.33, 119.9),
            "绥芬河": (44.4, 131.15), "三岔口": (44.03, 131.28), "珲春": (42.86, 130.37), "饶河": (46.8, 134.0),
            "丹东": (40.13, 124.39), "集安": (41.12, 126.19), "延吉": (42.9, 129.5), "二连浩特": (43.65, 111.98),
            "阿尔山": (47.18, 119.94), "白哈巴": (48.7, 86.8), "塔城": (46.75, 82.98), "霍尔果斯": (44.2, 80.4),
            "昭苏": (43.15, 81.13), "乌恰": (39.72, 75.25), "塔什库尔干": (37.77, 75.23), "阿合奇": (40.94, 78.45),
            "噶尔": (32.5, 80.1), "札达": (31.48, 79.8), "普兰": (30.29, 81.18), "樟木": (27.99, 85.98),
            "陈塘": (27.87, 87.41), "亚东": (27.48, 88.9), "错那": (27.99, 91.95), "察隅": (28.66, 97.47),
            "瑞丽": (24.01, 97.85), "勐腊": (21.48, 101.57), "河口": (22.53, 103.96), "东兴": (21.547, 107.97),
            "凭祥": (22.1, 106.76), "三亚": (18.25, 109.51), "文昌": (19.54, 110.8), "永兴岛": (16.83, 112.33),
            "平潭": (25.5, 119.8), "嵊泗": (30.73, 122.45), "成山": (37.38, 122.53), "深圳": (22.54, 114.06),
            "北京": (39.9, 116.4), "乌鲁木齐": (43.83, 87.62), "拉萨": (29.65, 91.1), "哈尔滨": (45.8, 126.53),
        }  # fmt: skip
        cities_elsewhere = {
            "Seoul": (37.57, 126.98), "Pyongyang": (39.03, 125.75), "Tokyo": (35.68, 139.69), "Taipei": (25.03, 121.56),
            "Ulaanbaatar": (47.92, 106.92), "Bishkek": (42.87, 74.59), "Almaty": (43.24, 76.9), "Delhi": (28.6, 77.2),
            "Kathmandu": (27.71, 85.32), "Thimphu": (27.47, 89.64), "Hanoi": (21.03, 105.85), "Dhaka": (23.8, 90.4),
            "Vientiane": (17.97, 102.6), "Islamabad": (33.69, 73.05), "Vladivostok": (43.12, 131.9), "null": (0, 0),
        }  # fmt: skip
        inside = {name for name, at in (towns_at_the_border | cities_elsewhere).items() if geo.in_mainland(*at)}
        assert inside == towns_at_the_border.keys()


class TestClock:
    def test_midnight_in_china_is_the_border_of_a_day(self) -> None:
        before = datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)
        assert clock.civil_date(before) == date(2026, 3, 31)
        assert clock.civil_date(before + timedelta(seconds=1)) == date(2026, 4, 1)

    def test_a_wall_clock_time_is_an_instant(self) -> None:
        assert clock.at(date(2026, 11, 21), time(8, 30)) == datetime(2026, 11, 21, 0, 30, tzinfo=UTC)

    @given(st.dates(date(1992, 1, 1), date(2100, 1, 1)))
    def test_a_day_has_24_hours_and_contains_its_noon(self, day: date) -> None:
        start, end = clock.day_bounds(day)
        assert end - start == timedelta(days=1)
        assert start < clock.at(day, time(12)) < end
        assert clock.civil_date(start) == day

    def test_the_source_can_be_replaced_for_a_while(self) -> None:
        then = datetime(2018, 4, 1, tzinfo=UTC)
        with clock.running_from(lambda: then):
            assert clock.now() == then
            assert clock.today() == date(2018, 4, 1)
        assert clock.now() > then
        assert clock.now().tzinfo is UTC


class TestIds:
    @pytest.fixture(autouse=True)
    def from_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ids, "_last", 0)

    def test_version_variant_and_time(self) -> None:
        then = datetime(2026, 11, 21, 12, tzinfo=UTC)
        with clock.running_from(lambda: then):
            made = ids.uuid7()
        assert (made.version, made.variant) == (7, "specified in RFC 4122")
        assert made.int >> 80 == int(then.timestamp() * 1000)

    def test_later_ones_sort_after_and_none_is_twice(self) -> None:
        start = datetime(2026, 11, 21, tzinfo=UTC)
        made = []
        for step in range(200):
            with clock.running_from(lambda step=step: start + timedelta(milliseconds=step)):
                made.append(ids.uuid7())
        assert made == sorted(made)
        assert len(set(made)) == 200

    def test_those_of_one_millisecond_sort_as_they_were_made(self) -> None:
        then = datetime(2026, 11, 21, tzinfo=UTC)
        with clock.running_from(lambda: then):
            made = [ids.uuid7() for _ in range(10_000)]  # more than the counter holds
        assert made == sorted(made)
        assert len({id.int & (1 << 62) - 1 for id in made}) == 10_000, "the rest stays random"
        assert all((id.version, id.variant) == (7, "specified in RFC 4122") for id in made)
        assert (made[-1].int >> 80) - int(then.timestamp() * 1000) <= 3

    def test_the_counter_begins_in_the_lower_half(self) -> None:
        start = datetime(2026, 11, 21, tzinfo=UTC)
        counters = []
        for step in range(100):
            with clock.running_from(lambda step=step: start + timedelta(milliseconds=step)):
                counters.append(ids.uuid7().int >> 64 & 0xFFF)
        assert max(counters) < 2048
        assert len(set(counters)) > 50

    def test_a_clock_that_is_set_back_changes_nothing(self) -> None:
        then = datetime(2026, 11, 21, tzinfo=UTC)
        made = []
        for seconds in (0, -1, -3600, 0, 1):
            with clock.running_from(lambda seconds=seconds: then + timedelta(seconds=seconds)):
                made += [ids.uuid7(), ids.uuid7()]
        assert made == sorted(made)

    def test_threads_get_their_own_each(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            made = [id for part in pool.map(lambda _: [ids.uuid7() for _ in range(2000)], range(4)) for id in part]
        assert len({id.int >> 64 for id in made}) == 8000


class TestPaging:
    @given(st.tuples(st.text(), st.integers(), st.uuids()))
    def test_there_and_back(self, key: tuple[str, int, UUID]) -> None:
        assert paging.decode(paging.encode(key), tuple[str, int, UUID]) == key

    @pytest.mark.parametrize("cursor", ["", "x", "!!!", "é", "\x00", "e30", "bnVsbA", "A" * 10_001, "W10", "////"])
    def test_what_was_not_made_by_a_list_is_a_problem(self, cursor: str) -> None:
        with pytest.raises(CursorInvalid):
            paging.decode(cursor, tuple[str, UUID])

    @given(st.text())
    def test_no_text_is_a_failure(self, cursor: str) -> None:
        try:
            paging.decode(cursor, tuple[str, UUID])
        except CursorInvalid:
            return


class TestText:
    @pytest.mark.parametrize("bad", ["a\x00b", "\x1b[0m", "x\n\x7f", "", "字" * 201, "a\x00\n"])
    def test_what_a_line_never_holds(self, bad: str) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(bad), type=text.Line)

    @pytest.mark.parametrize("good", ["龚国栋", "𠮷野家", "a\tb\nc", "x" * 200, "😀"])
    def test_what_it_may_hold(self, good: str) -> None:
        assert msgspec.json.decode(msgspec.json.encode(good), type=text.Line) == good


class TestOpaque:
    def test_secrets_are_long_and_never_twice(self) -> None:
        assert len({opaque.new_token() for _ in range(100)}) == 100
        assert all(len(opaque.new_token()) >= 43 for _ in range(10))
        assert set(opaque.new_secret(200)) <= set(opaque.CROCKFORD)

    def test_a_typed_secret_is_read_as_meant(self) -> None:
        assert opaque.as_crockford("o1-i l ab") == "0111AB"


@pytest.mark.parametrize(
    "at", ["2026-11-22T08:00:00", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "2026-11-22"]
)
def test_a_cursor_holds_a_moment_that_can_be_compared(at: str) -> None:
    id = UUID(int=1)
    with pytest.raises(CursorInvalid):
        paging.decode(paging.encode((at, id)), tuple[datetime, UUID])
    with pytest.raises(CursorInvalid):
        paging.decode(paging.encode(("2026-11-22", at, id)), tuple[date, datetime, UUID])
    key = (datetime(2026, 11, 22, 8, tzinfo=UTC), id)
    assert paging.decode(paging.encode(key), tuple[datetime, UUID]) == key
