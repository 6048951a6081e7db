"""How sure it is that the phone was there then: time bracket, place, capture, chain, and the grade made of them.

A: live camera, current code, signature, online, inside the geofence.
B: as A but offline inside its bracket, or an old position, or a hole in the chain.
C: typed code, decoded photo, no usable place. D: entered by the office (never by a phone).
"""

from datetime import datetime, timedelta

import msgspec

from doorstep.checkins import timepiece
from doorstep.checkins.facts import Flag, Seen, Timing
from doorstep.checkins.wire import Capture, CheckPayload, Kind, Position
from doorstep.core import geo
from doorstep.core.geo import Point

SKEW = timedelta(seconds=120)
ONLINE_WITHIN = timedelta(seconds=120)
CLOCK_FAR = timedelta(hours=1)
STALE_MS = 120_000
VAGUE_M = 200.0
# What a phone's monotonic clock may run ahead: a fixed part for the way the anchor took, and 0.1 %.
_DRIFT = timedelta(seconds=2)
_DRIFT_SHARE = 0.001


def timing(
    payload: CheckPayload, received: datetime, anchor_at: datetime | None, *, anchor_bad: bool = False
) -> Timing:
    """The phone's clock is a claim; a signed anchor and the monotonic time since then are a proof from below."""
    claimed, elapsed = payload.claimed_at, payload.elapsed_ms
    if anchor_at is None:
        return _unproven(payload, received, "anchor_invalid" if anchor_bad else "no_anchor")
    earliest = min(anchor_at, received)  # another server's clock may run a little ahead of this one's
    if elapsed is not None:
        since = timedelta(milliseconds=elapsed)
        earliest = max(earliest, min(earliest + since - _DRIFT - since * _DRIFT_SHARE, received))
    at = min(max(claimed, earliest), received)
    off = max(earliest - claimed, claimed - received)
    if off > SKEW and elapsed is not None:
        at = earliest  # the clock is wrong, the monotonic one is the best there is
    width = received - earliest
    flags: list[Flag] = []
    grade = "A" if width <= ONLINE_WITHIN else "B"
    if off > SKEW:
        data: dict[str, object] = {"seconds": round(off.total_seconds()), "width_s": round(width.total_seconds())}
        flags.append(Flag("CLOCK", data | timepiece.cause(payload, earliest, received)))
        grade = "B"
        if off > CLOCK_FAR and width > ONLINE_WITHIN:
            flags[-1] = Flag("CLOCK_FAR", flags[-1].data)
    if elapsed is None and width > ONLINE_WITHIN:
        clock = payload.clock
        flags.append(Flag("TIME_UNPROVEN", {"reason": "restarted"} | ({"restarts": clock.restarts} if clock else {})))
    if width > ONLINE_WITHIN:
        flags.append(Flag("LATE_SYNC", {"minutes": round(width.total_seconds() / 60)}))
    return Timing(at, earliest, grade, tuple(flags))


def _unproven(payload: CheckPayload, received: datetime, reason: str) -> Timing:
    flags = [Flag("TIME_UNPROVEN", {"reason": reason})]
    off = payload.claimed_at - received
    if abs(off) > CLOCK_FAR:
        # Without a proof nobody can tell a wrong clock from an event of another time.
        flags.append(Flag("CLOCK_FAR", _off(off) | timepiece.cause(payload, None, received)))
    elif off > SKEW:
        flags.append(Flag("CLOCK", _off(off) | timepiece.cause(payload, None, received)))
    elif -off > ONLINE_WITHIN:
        flags.append(Flag("LATE_SYNC", {"minutes": round(-off.total_seconds() / 60)}))
    return Timing(min(payload.claimed_at, received), None, "C", tuple(flags))


def _off(off: timedelta) -> dict[str, object]:
    return {"seconds": round(off.total_seconds())}


class Place(msgspec.Struct, frozen=True):
    """Distance from the home's point in metres, if both are known."""

    point: Point | None
    distance_m: float | None
    grade: str
    flags: tuple[Flag, ...] = ()


def place(event: Seen) -> Place:
    """Where the phone was, measured against the home of the visit (or of the code)."""
    position = event.payload.position
    if position is None:
        return Place(None, None, "C", (Flag("LOCATION_MISSING", {"error": event.payload.position_error or "none"}),))
    if position.lat is None or position.lon is None:
        return Place(None, None, "C", (Flag("LOCATION_INVALID", {"reason": "missing"}),))
    try:
        point = geo.checked(position.lat, position.lon)
    except geo.NotAPoint as error:
        return Place(None, None, "C", (Flag("LOCATION_INVALID", {"reason": str(error)}),))
    if event.home is None:
        return Place(point, None, "C")
    if event.home.point is None:
        return Place(point, None, "C", (Flag("HOME_POINT_MISSING"),))
    return _measured(point, position, home=event.home.point, geofence_m=event.home.geofence_m)


def _measured(point: Point, position: Position, *, home: Point, geofence_m: int) -> Place:
    accuracy_m, age_ms = position.accuracy_m, position.age_ms
    distance = geo.distance_m(point, home)
    accuracy = accuracy_m if accuracy_m is not None and 0 <= accuracy_m < 1e6 else VAGUE_M + 1
    reach = geofence_m + min(accuracy, VAGUE_M)
    flags: list[Flag] = []
    grade = "A"
    if distance > reach:
        # Some phones in China answer in GCJ-02: take the reading that puts the caregiver nearer, and say which.
        shifted = geo.distance_m(geo.wgs84_from_gcj02(point), home)
        if shifted <= reach:
            distance = shifted
            flags.append(Flag("LOCATION_SYSTEM", {"system": "gcj02"}))
        else:
            distance = min(distance, shifted)
            flags.append(Flag("LOCATION_FAR", {"distance_m": round(distance), "accuracy_m": round(accuracy)}))
            grade = "C"
    if accuracy > VAGUE_M:
        flags.append(Flag("LOCATION_VAGUE", {"accuracy_m": round(accuracy)}))
        grade = "C"
    if not 0 <= age_ms <= STALE_MS:
        flags.append(Flag("LOCATION_STALE", {"seconds": round(age_ms / 1000)}))
        grade = max(grade, "B")
    return Place(point, distance, grade, tuple(flags))


def capture(event: Seen) -> tuple[str, tuple[Flag, ...]]:
    """Only a live camera on a current code is worth an A."""
    if event.code is None or event.code.revoked:
        return "C", ()
    if event.payload.capture is Capture.CAMERA and event.payload.token is not None:
        return "A", ()
    return "C", (Flag("CAPTURE_WEAK", {"capture": event.payload.capture or "none"}),)


def chain(event: Seen) -> tuple[str, tuple[Flag, ...]]:
    """A hole in the phone's chain lowers the grade, two records in one place hold the money."""
    if event.fork:
        return "B", (Flag("CHAIN_FORK", {"seq": event.payload.seq}),)
    if not event.predecessor_known:
        return "B", (Flag("CHAIN_GAP", {"seq": event.payload.seq}),)
    return "A", ()


def grade_of(event: Seen, where: Place) -> tuple[str, tuple[Flag, ...]]:
    """The worst of the proofs, and every reason for it. Letters order themselves."""
    taken, capture_flags = capture(event) if event.kind is not Kind.NOT_SERVED or event.code else ("C", ())
    linked, chain_flags = chain(event)
    time = event.timing
    return max(time.grade, where.grade, taken, linked), time.flags + where.flags + capture_flags + chain_flags
