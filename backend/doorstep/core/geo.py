"""Coordinates: WGS-84 inside the product, conversion from GCJ-02 and BD-09, distance in metres."""

from math import asin, atan2, cos, degrees, isfinite, pi, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8
_AXIS = 6_378_245.0  # Krasovsky 1940, the ellipsoid of GCJ-02
_ECCENTRICITY = 0.00669342162296594323


class Point(NamedTuple):
    """WGS-84 degrees."""

    lat: float
    lon: float


class NotAPoint(ValueError):
    """Latitude or longitude is missing, not finite, out of range or outside China (swapped ones are)."""


def checked(lat: float, lon: float) -> Point:
    """A point inside the box around China; anything else, swapped coordinates included, is :class:`NotAPoint`."""
    if not (isfinite(lat) and isfinite(lon)):
        raise NotAPoint("not finite")
    if in_china(lat, lon):
        return Point(lat, lon)
    if in_china(lon, lat):
        raise NotAPoint("swapped")
    raise NotAPoint("outside China" if -90 <= lat <= 90 and -180 <= lon <= 180 else "out of range")


def in_china(lat: float, lon: float) -> bool:
    """The box in which GCJ-02 is offset from WGS-84."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


# South, west, north, east. Drawn wide: a town at the border is never outside, a big city elsewhere is never inside.
_MAINLAND = (
    *((42.88, 79.4, 49.3, 96.4), (39.37, 109.6, 53.7, 135.2), (29.5, 73.4, 42.9, 124.2), (26.7, 82.9, 29.6, 97.1)),
    *((20.2, 97.0, 29.6, 122.6), (17.9, 107.9, 20.5, 111.8), (15.5, 110.5, 18.0, 113.0)),
)
_ELSEWHERE = (
    *((21.7, 119.9, 25.3, 122.7), (20.0, 101.9, 22.28, 106.6), (20.0, 104.0, 21.5, 107.9), (50.35, 109.0, 56.0, 119.0)),
    *((50.7, 127.5, 56.0, 137.0), (49.7, 128.8, 56.0, 137.0), (42.4, 131.4, 44.8, 137.0), (39.0, 125.5, 40.5, 131.0)),
    *((46.0, 109.0, 49.4, 114.0), (41.6, 73.0, 43.0, 79.4), (28.0, 73.0, 35.5, 77.5)),
    *((26.0, 80.0, 27.8, 88.1), (26.0, 89.15, 27.75, 91.6)),
)


def in_mainland(lat: float, lon: float) -> bool:
    """Whether a point may be in mainland China, in coarse boxes: it tells a wrong place, not where a border runs."""
    inside, elsewhere = (
        any(south <= lat <= north and west <= lon <= east for south, west, north, east in boxes)
        for boxes in (_MAINLAND, _ELSEWHERE)
    )
    return inside and not elsewhere


def distance_m(a: Point, b: Point) -> float:
    """Great-circle distance in metres."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


def bearing_deg(a: Point, b: Point) -> float:
    """In which direction `b` lies from `a`: degrees clockwise from north, in [0, 360)."""
    lat_a, lat_b, d_lon = radians(a.lat), radians(b.lat), radians(b.lon - a.lon)
    east, north = sin(d_lon) * cos(lat_b), cos(lat_a) * sin(lat_b) - sin(lat_a) * cos(lat_b) * cos(d_lon)
    return degrees(atan2(east, north)) % 360.0


def gcj02_from_wgs84(point: Point) -> Point:
    """The public approximation of the state's offset, exact to about a centimetre against published vectors."""
    x, y = point.lon - 105.0, point.lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    d_lat += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    d_lon += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    lat = radians(point.lat)
    magic = 1 - _ECCENTRICITY * sin(lat) ** 2
    d_lat = d_lat * 180.0 / (_AXIS * (1 - _ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    d_lon = d_lon * 180.0 / (_AXIS / sqrt(magic) * cos(lat) * pi)
    return Point(point.lat + d_lat, point.lon + d_lon)


def wgs84_from_gcj02(point: Point) -> Point:
    """The inverse, by fixed-point iteration until it is stable to a millimetre."""
    guess = point
    for _ in range(10):
        there = gcj02_from_wgs84(guess)
        step = Point(point.lat - there.lat, point.lon - there.lon)
        guess = Point(guess.lat + step.lat, guess.lon + step.lon)
        if abs(step.lat) + abs(step.lon) < 1e-8:
            break
    return guess


def wgs84_from_bd09(point: Point) -> Point:
    """Baidu's coordinates: undo its spiral, then GCJ-02."""
    x, y = point.lon - 0.0065, point.lat - 0.006
    turn = pi * 3000.0 / 180.0
    radius = sqrt(x * x + y * y) - 0.00002 * sin(y * turn)
    angle = atan2(y, x) - 0.000003 * cos(x * turn)
    return wgs84_from_gcj02(Point(radius * sin(angle), radius * cos(angle)))
