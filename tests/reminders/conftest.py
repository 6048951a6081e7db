"""Words of the tests of reminders: somebody in the office, and one turn of the worker."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from doorstep.core import clock
from doorstep.reminders import planning
from doorstep.reminders.sending import Outbox
from support.channels import Hands
from support.door import Hands as Clock
from support.door import standing_clock
from support.sign_in import sign_in
from support.world import World


@pytest.fixture
def hands() -> Hands:
    """Channels in the test's hands."""
    return Hands()


@pytest.fixture
def turn(hands: Hands) -> Callable[[], Awaitable[list[str]]]:
    """Plans and sends what is due now; answers the kinds that were pushed."""
    outbox = Outbox(hands)

    async def once() -> list[str]:
        await planning.catch_up()
        await outbox.drain()
        return hands.kinds()

    return once


@pytest.fixture
async def started(world: World, turn: Callable[[], Awaitable[list[str]]]) -> World:
    """The small district, whose ledger has begun: from here on changes are followed."""
    await turn()
    return world


@pytest.fixture
async def office(world: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A dispatcher of the provider."""
    client.headers.update(await sign_in(world, "dispatcher"))
    return client


@pytest.fixture
def time() -> Iterator[Clock]:
    """It is ten in the morning, and stays so until it is moved."""
    with standing_clock() as moved:
        moved.at = clock.day_bounds(clock.today())[0] + timedelta(hours=10)
        yield moved


def order(world: World, **values: Any) -> dict[str, Any]:
    """A visit beside the plan."""
    return {
        "elder_id": str(world.elder),
        "service_type": "medical",
        "content": "round_visit",
        "caregiver_ids": [str(world.caregiver)],
        "reason": "家属来电",
        **values,
    }
