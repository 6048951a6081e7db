"""Short words for tests at the door: events of one visit, and what the database says afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.phone import Phone

DONE = {"tasks": ["meal_handed"], "acknowledged": ["emergency@1"]}


class Hands:
    """A clock that stands until it is moved: minutes of service pass without waiting."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


@contextmanager
def standing_clock() -> Iterator[Hands]:
    """The time stands at this moment."""
    hands = Hands(clock.now())
    with clock.running_from(lambda: hands.at):
        yield hands


def arrive(phone: Phone, visit: UUID, elder: UUID, token: str | None, **fields: Any) -> str:
    """A check-in by camera."""
    return phone.event("check_in", visit_id=visit, elder_ids=[elder], token=token, **fields)


def leave(phone: Phone, visit: UUID, elder: UUID, token: str | None, **fields: Any) -> str:
    """A check-out with what has to be said in it."""
    return phone.event("check_out", visit_id=visit, elder_ids=[elder], token=token, **{**DONE, **fields})


async def visit_row(visit: UUID) -> dict[str, Any]:
    """The visit as stored."""
    return dict((await fetch("SELECT * FROM visit WHERE id = $1", visit))[0])


async def count(table: str) -> int:
    """Rows of a table."""
    return (await fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"]
