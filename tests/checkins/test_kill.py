"""SIGKILL in the middle of 500 check-ins: what has a receipt is there after the restart, and nothing is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from doorstep.core import keys
from doorstep.db import engine
from doorstep.settings import Settings
from support.door import arrive
from support.phone import Phone, claims
from support.server import Server
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import print_code

PHONES, EACH = 10, 50


@pytest.fixture
async def loaded(settings: Settings) -> AsyncIterator[tuple[Server, list[list[str]]]]:
    """A running server, and for each phone fifty signed check-ins."""
    keys.install(settings)
    await engine.open_pool(settings.database_url, size=4)
    world = await World.create()
    card = await print_code(world.home)
    item = await world.add_plan_item(world.elder)
    days: list[list[str]] = []
    for number in range(PHONES):
        caregiver = await world.add_caregiver(f"护理员{number}")
        phone: Phone = await phone_of(caregiver, place=HOME)
        visits = [
            await world.add_visit(world.elder, plan_item=item, caregivers=[caregiver], ordinal=number * EACH + n + 1)
            for n in range(EACH)
        ]
        days.append([arrive(phone, visit, world.elder, card.token) for visit in visits])
    await engine.close_pool()
    server = Server(settings)
    server.start()
    yield server, days
    server.stop()


async def drain(server: Server, day: list[str], receipts: dict[str, str], killer: asyncio.Event | None) -> None:
    """One phone sends its events one after another; it stops at the first request without an answer."""
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:
        for text in day:
            try:
                answer = await http.post("/api/v1/checkins", json={"events": [text]})
            except httpx.HTTPError:
                return
            assert answer.status_code == 200, answer.text
            item = answer.json()["receipts"][0]
            assert item["verdict"] != "refused"
            receipts[item["event_id"]] = item["receipt"]
            if killer is not None and len(receipts) >= PHONES * EACH // 2:
                killer.set()


async def test_no_receipt_is_broken_and_nothing_is_doubled(
    loaded: tuple[Server, list[list[str]]], settings: Settings
) -> None:
    server, days = loaded
    before: dict[str, str] = {}
    killer = asyncio.Event()

    async def kill() -> None:
        await killer.wait()
        await asyncio.to_thread(server.kill)

    await asyncio.gather(kill(), *(drain(server, day, before, killer) for day in days))
    assert PHONES * EACH // 2 <= len(before) < PHONES * EACH
    await asyncio.to_thread(server.start)
    db = await asyncpg.connect(settings.database_url)
    stored = {str(row["id"]): row["receipt"] for row in await db.fetch("SELECT id, receipt FROM check_event")}
    assert before.items() <= stored.items()
    after: dict[str, str] = {}
    await asyncio.gather(*(drain(server, day, after, None) for day in days))
    everything = {claims(text)["event_id"] for day in days for text in day}
    assert after.keys() == everything
    assert before.items() <= after.items()
    assert await db.fetchval("SELECT count(*) FROM check_event") == PHONES * EACH
    assert await db.fetchval("SELECT count(*) FROM event_visit") == PHONES * EACH
    assert await db.fetchval("SELECT count(*) FROM visit WHERE op_state = 'in_progress'") == PHONES * EACH
    await db.close()
