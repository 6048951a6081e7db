"""Text on the wire: length limits, no NUL, no control characters, no lone surrogates (which UTF-8 decoding refuses)."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

# `(?!\n)` because `$` also matches before a final newline; the pattern is valid JavaScript too.
NO_CONTROL = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$(?!\n)"

Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
Note = Annotated[str, Meta(max_length=1000, pattern=NO_CONTROL)]
Secret = Annotated[str, Meta(min_length=1, max_length=200)]
ShortList = Annotated[list[UUID], Meta(min_length=1, max_length=200)]


def masked_phone(phone: str) -> str:
    """138****0001: enough to recognise, too little to call."""
    return phone[:3] + "*" * max(0, len(phone) - 7) + phone[-4:] if len(phone) >= 8 else "*" * len(phone)
