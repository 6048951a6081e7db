"""The texts printed on a household's card: the token inside the QR code and the short code that can be typed."""

import base64
import hashlib
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from stdnum import luhn

from doorstep.core.opaque import CROCKFORD, digest
from doorstep.core.problems import Problem

Entropy = Callable[[int], bytes]
"""`os.urandom`, or what a test puts in its place."""

VERSION = "1"
TOKEN_BITS = 128
MAX_QR_CHARACTERS = 62
"""What fits QR version 4 at level Q with some air: larger codes have smaller modules, which old phones cannot read."""

_LENGTH = 26  # ceil(128 / 5)
_TOKEN = re.compile(rf"{VERSION}[{CROCKFORD}]{{{_LENGTH}}}")
# Only ASCII: str.upper() would make letters of ours out of foreign ones (ſ becomes S, ı becomes I).
_UPPER = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_READ_AS = {ord("I"): "1", ord("L"): "1", ord("O"): "0"}
_QR = re.compile(r"https?://[^/?#\s]+(?:/[^?#\s]*)?/Q/([^/?#\s]*)/?(?:[?#]\S*)?", re.IGNORECASE | re.ASCII)
_QR_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")

_HALF_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
# What people type between groups: blanks (also the ideographic one) and every dash an input method offers.
_BETWEEN_GROUPS = dict.fromkeys(map(ord, " \t\u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"))


class TokenMalformed(Problem):
    """Not the text of a household token or short code, whatever the database holds."""

    code = "TOKEN_MALFORMED"


class PublicUrlUnusable(Problem):
    """`DOORSTEP_PUBLIC_URL` cannot be printed in a small QR code."""

    code = "PUBLIC_URL_UNUSABLE"


def new_token(entropy: Entropy) -> str:
    """A version digit and 128 bits of `entropy` (such as `os.urandom`) in 26 Crockford characters."""
    value = int.from_bytes(entropy(TOKEN_BITS // 8), "big")
    return VERSION + "".join(CROCKFORD[value >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def parse_token(text: str) -> str:
    """The one spelling of a token: upper case, I and L read as 1, O as 0.

    :raises TokenMalformed: for anything else that is not 27 characters of version 1.
    """
    token = text.translate(_UPPER).translate(_READ_AS)
    if not _TOKEN.fullmatch(token):
        raise TokenMalformed
    return token


def token_of_qr(text: str) -> str:
    """The token in what a QR code says, whatever its host: a change of domain must not kill printed cards.

    :raises TokenMalformed: if it is not the text of one of our cards.
    """
    found = _QR.fullmatch(text.strip())
    if found is None:
        raise TokenMalformed
    return parse_token(found[1])


def qr_text(public_url: str, token: str) -> str:
    """`HTTPS://<HOST>/Q/<TOKEN>`, upper case so that QR's alphanumeric mode can hold it.

    :raises PublicUrlUnusable: if the public address is not a bare host, or too long for a small code.
    """
    try:
        parts = urlsplit(public_url)
    except ValueError as error:  # such as a bracket that is not closed
        raise _unusable(public_url, "不是网址", "it is not an address") from error
    host = parts.netloc.upper()
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in host:
        raise _unusable(public_url, "须为 https://域名", "it must be https://host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _unusable(public_url, "域名后面不能有路径", "nothing may follow the host")
    text = f"{parts.scheme.upper()}://{host}/Q/{token}"
    if not _QR_ALPHANUMERIC.fullmatch(text):
        raise _unusable(
            public_url, "域名只能用字母、数字、点和横线", "the host may hold letters, digits, dots and dashes only"
        )
    if len(text) > MAX_QR_CHARACTERS:
        room = MAX_QR_CHARACTERS - len(text) + len(host)
        raise _unusable(public_url, f"域名最长 {room} 个字符", f"the host may have {room} characters at most")
    return text


def _unusable(public_url: str, zh: str, en: str) -> PublicUrlUnusable:
    return PublicUrlUnusable(f"DOORSTEP_PUBLIC_URL={public_url}：{zh}", f"DOORSTEP_PUBLIC_URL={public_url}: {en}")


def token_sha256(token: str) -> bytes:
    """All that is stored of a token."""
    return digest(token)


def salted_hash(salt: bytes, sha256: bytes) -> str:
    """What a phone gets instead of the token, to match a scan without network: base64url SHA-256 of salt and hash."""
    return base64.urlsafe_b64encode(hashlib.sha256(salt + sha256).digest()).rstrip(b"=").decode()


def new_short_code(entropy: Entropy) -> str:
    """Eight random digits and their Luhn check digit."""
    while (number := int.from_bytes(entropy(4), "big")) >= 42 * 10**8:
        pass  # the rest of the 32-bit range would make small numbers likelier
    eight = f"{number % 10**8:08d}"
    return eight + luhn.calc_check_digit(eight)


def parse_short_code(text: str) -> str:
    """The nine digits of a typed short code; blanks, dashes and full-width digits are accepted.

    :raises TokenMalformed: if there are not nine digits, or the last one does not check the others.
    """
    digits = text.translate(_BETWEEN_GROUPS).translate(_HALF_WIDTH)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 9 and luhn.is_valid(digits)):
        raise TokenMalformed
    return digits


def printed_short_code(digits: str) -> str:
    """`123-456-789`."""
    return "-".join((digits[:3], digits[3:6], digits[6:]))
