"""Why a phone's clock is wrong: its zone, a jump since the last contact, wrong all along, or not to be told."""

from datetime import datetime, timedelta

from doorstep.checkins.wire import CheckPayload, PhoneClock

_HOME_ZONE_MIN = 480  # the whole of China
_ABOUT = timedelta(minutes=5)
_YEARS = timedelta(days=300)


def cause(payload: CheckPayload, earliest: datetime | None, received: datetime) -> dict[str, object]:
    """What to say beside a claim that lies outside its bracket; nothing for phones that do not speak of their clock.

    `zone`: the hands are right for another zone. `year`: the date is wrong by a year or so. `restart`: the app has
    started since, so the monotonic clock is no witness. `jump`: the clock was set since the last contact. `steady`: it
    was as wrong at the last contact already. `unknown`: there was no contact to compare it with.
    """
    clock = payload.clock
    if clock is None:
        return {}
    # How much the clock may be ahead of the truth, which lies inside the bracket.
    least, most = payload.claimed_at - received, payload.claimed_at - (earliest or received)
    off = least if least > timedelta() else most
    data: dict[str, object] = {"cause": _cause(clock, least, most, off, proven=earliest is not None)}
    if clock.zone_min != _HOME_ZONE_MIN:
        data["zone_min"] = clock.zone_min
    if clock.jump_ms is not None:
        data["jump_s"] = round(clock.jump_ms / 1000)
    return data | ({"restarts": clock.restarts} if clock.restarts else {})


def _cause(clock: PhoneClock, least: timedelta, most: timedelta, off: timedelta, *, proven: bool) -> str:
    # Who sets the hands right in a wrong zone moves the instant by the difference of the zones.
    shift = timedelta(minutes=_HOME_ZONE_MIN - clock.zone_min)
    if shift and least - _ABOUT <= shift <= most + _ABOUT:
        return "zone"
    if abs(off) >= _YEARS:
        return "year"
    if not proven:
        return "unknown"
    if clock.jump_ms is None:
        return "restart"
    jump = timedelta(milliseconds=clock.jump_ms)
    # Sleep moves the hands ahead of the monotonic clock, never back; only what explains the error is its cause.
    explains = (jump > timedelta()) == (off > timedelta()) and abs(jump) * 2 >= abs(off)
    return "jump" if explains else "steady"
