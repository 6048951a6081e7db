"""Pure decisions of identity: lives of sessions, when sign-in is locked, which one-time code counts, keys, masks."""

import hmac
from datetime import datetime, timedelta

from pyotp.totp import TOTP

from doorstep.core import jws
from doorstep.identity.wire import PhoneKey, Role

OFFICE_LIFE = timedelta(hours=12)
DEVICE_LIFE = timedelta(days=400)
"""The longest that browsers keep a cookie; it slides with every use."""
FAMILY_LIFE = DEVICE_LIFE
TICKET_LIFE = timedelta(minutes=10)
ANSWER_AGAIN = timedelta(hours=1)
"""How long a phone whose answer was lost may ask for it again with the same key."""
SEEN_AFTER = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=1)
"""Failed sign-ins older than this count no more."""
KEPT_AFTER_END = timedelta(days=30)
"""How long the rows of ended sessions and of enrolments that nobody used are kept."""
PASSWORD_LENGTH = 10

_FREE_FAILURES = 5
_FIRST_DELAY, _LONGEST_DELAY = 30, 900
_STEP_SECONDS = 30


def lock_after(failures: int) -> timedelta | None:
    """How long sign-in is closed after so many failures in a row: 30 s after the fifth, doubling up to 15 minutes."""
    if failures < _FREE_FAILURES:
        return None
    doublings = min(failures - _FREE_FAILURES, 10)
    return timedelta(seconds=min(_FIRST_DELAY * 2**doublings, _LONGEST_DELAY))


def totp_step(secret: str, code: str | None, at: datetime) -> int | None:
    """The time step whose code this is, one step of clock difference allowed; None when it is none."""
    given, codes = "".join((code or "").split()).encode(), TOTP(secret)
    now = int(at.timestamp())
    for step in (now // _STEP_SECONDS + offset for offset in (0, -1, 1)):
        if hmac.compare_digest(given, codes.at(step * _STEP_SECONDS).encode()):
            return step
    return None


def normal_login(text: str) -> str:
    """Logins are compared without case and outer blanks."""
    return text.strip().casefold()


def scope_fits(role: Role, *, has_provider: bool, has_area: bool) -> bool:
    """Which scope a role needs: a provider's people their provider, party A its area, an auditor one or none."""
    if role in (Role.DISPATCHER, Role.MANAGER):
        return has_provider and not has_area
    if role == Role.OFFICER:
        return has_area and not has_provider
    if role == Role.AUDITOR:
        return not (has_provider and has_area)
    return not has_provider and not has_area


def point_of(key: PhoneKey) -> bytes | None:
    """The uncompressed point of a JWK, or None if it is not a point of P-256."""
    try:
        x, y = jws.unb64(key.x), jws.unb64(key.y)
        point = b"\x04" + x + y
        jws.public_key(point)
    except ValueError:
        return None
    return point
