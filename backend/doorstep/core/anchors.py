"""Signed server times for phones: a phone that comes back with one cannot have been offline since before it."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated
from uuid import UUID

import msgspec

from doorstep.core import clock, jws, vault

_TYP = "anchor+jws"


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: when, and for which phone."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    device: UUID


_decoder = msgspec.json.Decoder(Anchor)


def issue(device_id: UUID) -> str:
    """The current server time, for this phone only."""
    return jws.mac(Anchor(at=clock.now(), device=device_id), typ=_TYP, key=_key(vault.current()))


def open(text: str, device_id: UUID) -> datetime:
    """The server time inside an anchor.

    :raises jws.Malformed: if this server did not make it for this phone.
    """
    anchor = jws.open_mac(text, typ=_TYP, key=_key(vault.current()), decode=_decode)
    if anchor.device != device_id:
        raise jws.Malformed("another phone's anchor")
    return anchor.at


def _decode(payload: bytes) -> Anchor:
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise jws.Malformed("anchor") from error


@lru_cache(maxsize=2)
def _key(of: vault.Vault) -> bytes:
    return of.derive("anchor")
