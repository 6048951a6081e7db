"""From the texts that phones sent to events that the rules can judge: pure parsing, no database."""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from doorstep.checkins.wire import EVENT_TYPE, MAX_EVENT_CHARACTERS, CheckPayload
from doorstep.core import anchors, jws, tokens

_decoder = msgspec.json.Decoder(CheckPayload)


class Unread(msgspec.Struct, frozen=True):
    """A text that is not a check event: why, and what it claims to be."""

    code: str
    detail: str
    event_id: UUID | None = None
    device: UUID | None = None


class Read(msgspec.Struct, frozen=True):
    """A text whose form is right; nothing is believed yet."""

    parsed: jws.Parsed
    device: UUID
    payload: CheckPayload


class _Claim(msgspec.Struct):
    event_id: UUID | None = None


def read(text: str) -> Read | Unread:
    """Takes a text apart. Never raises: whatever a phone sends has an answer."""
    if len(text) > MAX_EVENT_CHARACTERS:
        return Unread("EVENT_MALFORMED", "longer than 16384 characters")
    try:
        parsed = jws.parse(text, typ=EVENT_TYPE)
    except jws.Malformed as error:
        return Unread("EVENT_MALFORMED", str(error))
    try:
        device = UUID(parsed.header.kid)
    except ValueError:
        return Unread("NOT_AUTHENTICATED", "kid", event_id=_claimed_id(parsed.payload))
    try:
        payload = _decoder.decode(parsed.payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        return Unread("EVENT_MALFORMED", str(error)[:200], event_id=_claimed_id(parsed.payload), device=device)
    return Read(parsed, device, payload)


def _claimed_id(payload: bytes) -> UUID | None:
    try:
        return msgspec.json.decode(payload, type=_Claim).event_id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def anchor_time(payload: CheckPayload, device: UUID) -> tuple[datetime | None, bool]:
    """The proven server time inside the event's anchor, and whether one was given that cannot be believed."""
    if payload.anchor is None:
        return None, False
    try:
        return anchors.open(payload.anchor, device), False
    except jws.Malformed:
        return None, True


def token_hash(text: str | None) -> bytes | None:
    """SHA-256 of the normalised token.

    :raises tokens.TokenMalformed: if it is not one.
    """
    return None if text is None else hashlib.sha256(tokens.parse_token(text).encode()).digest()
