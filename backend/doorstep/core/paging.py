"""Cursors for lists: opaque to the client, keyset inside."""

import base64
import binascii
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from doorstep.core.moments import is_moment
from doorstep.core.problems import Problem

T = TypeVar("T")


class CursorInvalid(Problem):
    """The `cursor` parameter was not made by this list."""

    code = "CURSOR_INVALID"


def encode(key: Any) -> str:
    """A cursor from the sort key of the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str, shape: type[T]) -> T:
    """The sort key inside a cursor.

    :raises CursorInvalid: if the text was not made by :func:`encode` with the same shape.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        key = msgspec.json.decode(raw, type=shape)
    except (ValueError, UnicodeError, binascii.Error) as error:
        raise CursorInvalid from error
    parts = key if isinstance(key, tuple) else (key,)
    if not all(is_moment(part) for part in parts if isinstance(part, datetime)):
        raise CursorInvalid
    return key
