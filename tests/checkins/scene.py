"""A situation at the door, and the list of those that the tests play."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from support.door import arrive, leave, standing_clock
from support.phone import Phone
from support.world import World

from .conftest import Printed


@dataclass
class Scene:
    """Everything that a situation may need."""

    client: httpx.AsyncClient
    world: World
    phone: Phone
    card: Printed

    async def visit(self, **values: Any) -> UUID:
        item = await self.world.add_plan_item(self.world.elder, service_type=values.get("service_type", "meal"))
        return await self.world.add_visit(self.world.elder, plan_item=item, **values)

    async def codes(self, *texts: str) -> list[str]:
        """Codes of the last event."""
        return (await self.phone.send(self.client, list(texts)))[-1]["codes"]

    async def arriving(self, visit_values: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        visit = await self.visit(**(visit_values or {}))
        token = fields.pop("token", self.card.token)
        return await self.codes(arrive(self.phone, visit, self.world.elder, token, **fields))

    async def leaving(
        self, visit_values: dict[str, Any] | None = None, minutes: float = 20, **fields: Any
    ) -> list[str]:
        with standing_clock() as hands:
            visit = await self.visit(**(visit_values or {}))
            await self.codes(arrive(self.phone, visit, self.world.elder, self.card.token))
            hands.move(minutes=minutes)
            return await self.codes(leave(self.phone, visit, self.world.elder, self.card.token, **fields))


Situation = Callable[[Scene], Awaitable[list[str]]]
SITUATIONS: list[tuple[str, Situation]] = []


def situation(code: str) -> Callable[[Situation], Situation]:
    """Registers a situation under the code that it must produce, and no other."""

    def register(play: Situation) -> Situation:
        SITUATIONS.append((code, play))
        return play

    return register
