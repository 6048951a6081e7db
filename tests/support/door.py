"""Short words for tests at the door: visits, the events of one, and what the database says afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.phone import Kind, Phone, claims
from support.sign_in import phone_of
from support.world import HOME, World

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


async def planned(world: World, elder: UUID | None = None, **values: Any) -> UUID:
    """A visit by a plan of its own; of the single elder if nobody is named."""
    elder = elder or world.elder
    return await world.add_visit(elder, plan_item=await world.add_plan_item(elder), **values)


async def planned_for_two(world: World) -> tuple[UUID, Phone]:
    """A visit that needs both caregivers, and the second one's phone."""
    visit = await planned(world, carers_needed=2, caregivers=[world.caregiver, world.colleague])
    return visit, await phone_of(world.colleague, place=HOME)


async def both_inside(
    client: httpx.AsyncClient, world: World, phone: Phone, token: str
) -> tuple[UUID, Phone, str, str]:
    """A visit that both caregivers have begun, the second one's phone, and the check-in of each."""
    visit, colleague = await planned_for_two(world)
    first, second = arrive(phone, visit, world.elder, token), arrive(colleague, visit, world.elder, token)
    await phone.send(client, first)
    await colleague.send(client, second)
    return visit, colleague, first, second


def arrive(phone: Phone, visit: UUID, elder: UUID, token: str | None, **fields: Any) -> str:
    """A check-in by camera."""
    return phone.event("check_in", visit_id=visit, elder_ids=[elder], token=token, **fields)


def leave(phone: Phone, visit: UUID, elder: UUID, token: str | None, **fields: Any) -> str:
    """A check-out with what has to be said in it."""
    return phone.event("check_out", visit_id=visit, elder_ids=[elder], token=token, **{**DONE, **fields})


def came_and_left(
    hands: Hands, phone: Phone, visit: UUID, elder: UUID, token: str | None, *, minutes: float = 20
) -> list[str]:
    """Both records of a service of some minutes, not sent yet."""
    came = arrive(phone, visit, elder, token)
    hands.move(minutes=minutes)
    return [came, leave(phone, visit, elder, token)]


def walk_in(phone: Phone, kind: Kind, elder: UUID, token: str | None, **fields: Any) -> str:
    """A record of a meal that nobody planned."""
    what = {"elder_ids": [elder], "token": token, "service_type": "meal", "content": "delivery"}
    return phone.event(kind, **what, **fields)


def take_back(phone: Phone, text: str, **fields: Any) -> str:
    """The annulment of a record."""
    return phone.event("annul", **{"annuls": claims(text)["event_id"], "reason": "mistake", **fields})


async def visit_row(visit: UUID) -> dict[str, Any]:
    """The visit as stored."""
    return dict((await fetch("SELECT * FROM visit WHERE id = $1", visit))[0])


async def count(table: str) -> int:
    """Rows of a table."""
    return (await fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"]
