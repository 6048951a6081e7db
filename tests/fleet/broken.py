"""Ways to break the server on purpose, to see that the fleet notices: `make fleet BREAK=idempotency`."""

from __future__ import annotations

import re
from typing import Any

from doorstep.checkins import store

WAYS = ("idempotency", "lock", "loss", "restore")
"""`restore` is broken on the phones: they do not notice that the server has gone back in time."""


def apply(way: str) -> None:
    """Breaks this process."""
    if way and way not in WAYS:
        raise ValueError(f"no such way to break the server: {way}, there are {', '.join(WAYS)}")
    if way == "idempotency":
        # A record is not known again, and gets another row: what a missing key would do.
        _no_rows("known")
        _forget_ids()
    if way == "lock":
        for name, value in vars(store).items():
            if name.isupper() and isinstance(value, str):
                setattr(store, name, re.sub(r"FOR (NO KEY )?UPDATE( OF \w+)?", "", value))
    if way == "loss":
        _lose_some()


def _no_rows(function: str) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    setattr(store, function, nothing)


def _forget_ids() -> None:
    from doorstep.checkins import reading
    from doorstep.core.ids import uuid7

    read = reading.read

    def renamed(text: str) -> Any:
        one = read(text)
        if isinstance(one, reading.Read):
            import msgspec

            payload = msgspec.structs.replace(one.payload, event_id=uuid7())
            return msgspec.structs.replace(one, payload=payload)
        return one

    reading.read = renamed


def _lose_some() -> None:
    from doorstep.checkins import writing

    write = writing.write

    async def careless(db: Any, **rows: Any) -> None:
        # A receipt is given, and nothing is written.
        if rows["events"][0]["seq"] % 5 != 0:
            await write(db, **rows)

    writing.write = careless
