"""What a phone says of itself reaches the office's list of caregivers, and nobody else's list."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import standing_clock
from support.phone import Phone, rfc3339
from support.sign_in import phone_of, sign_in
from support.world import World

STATUS = "/api/v1/door/status"


def said(**values: Any) -> dict[str, Any]:
    return {
        "waiting": 0, "oldest_waiting_at": None, "persisted": True, "standalone": False, "app_version": "1.2", **values,
    }  # fmt: skip


async def tell(client: httpx.AsyncClient, phone: Phone, **values: Any) -> httpx.Response:
    return await client.post(STATUS, json=said(**values), headers={"Authorization": f"Bearer {phone.token}"})


async def shown(client: httpx.AsyncClient, world: World, caregiver: UUID) -> dict[str, Any]:
    items = (await client.get("/api/v1/caregivers", headers=await sign_in(world, "dispatcher"))).json()["items"]
    return {item["id"]: item for item in items}[str(caregiver)]


async def test_the_office_sees_what_the_phone_said(client: httpx.AsyncClient, world: World) -> None:
    with standing_clock() as hands:
        phone = await phone_of(world.caregiver)
        before = (await shown(client, world, world.caregiver))["device"]
        assert [before[name] for name in ("reported_at", "waiting", "persisted", "standalone")] == [None] * 4
        hands.move(hours=2)
        oldest = rfc3339(clock.now() - timedelta(hours=30))
        answer = await tell(client, phone, waiting=3, oldest_waiting_at=oldest)
        assert (answer.status_code, answer.content) == (204, b"")
        device = (await shown(client, world, world.caregiver))["device"]
        now = rfc3339(clock.now())[:19]
    assert {name: device[name] for name in ("waiting", "persisted", "standalone", "app_version")} == {
        "waiting": 3, "persisted": True, "standalone": False, "app_version": "1.2",
    }  # fmt: skip
    assert device["oldest_waiting_at"][:19] == oldest[:19]
    assert device["reported_at"][:19] == device["last_seen_at"][:19] == now


async def test_the_last_word_counts_and_a_future_is_not_believed(client: httpx.AsyncClient, world: World) -> None:
    with standing_clock():
        phone = await phone_of(world.caregiver)
        await tell(client, phone, waiting=2, oldest_waiting_at="2199-01-01T00:00:00Z", persisted=None)
        device = (await shown(client, world, world.caregiver))["device"]
        assert device["oldest_waiting_at"] == device["reported_at"]
        assert device["persisted"] is None
        await tell(client, phone, waiting=0, oldest_waiting_at="2020-01-01T00:00:00Z", persisted=False)
    device = (await shown(client, world, world.caregiver))["device"]
    assert (device["waiting"], device["oldest_waiting_at"], device["persisted"]) == (0, None, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"waiting": -1},
        {"waiting": 1_000_001},
        {"waiting": None},
        {"app_version": ""},
        {"app_version": "1\x00"},
        {"oldest_waiting_at": "yesterday"},
        {"oldest_waiting_at": "2026-01-01T00:00:00"},
        {"persisted": "yes"},
        {"device_id": "mine"},
    ],
)
async def test_anything_else_is_refused(client: httpx.AsyncClient, world: World, wrong: dict[str, Any]) -> None:
    phone = await phone_of(world.caregiver)
    assert (await tell(client, phone, **wrong)).status_code == 400
    assert (await fetch("SELECT reported_at FROM device"))[0]["reported_at"] is None


async def test_a_revoked_phone_says_nothing_more(client: httpx.AsyncClient, world: World) -> None:
    phone = await phone_of(world.caregiver)
    await fetch("UPDATE device SET revoked_at = now()")
    assert (await tell(client, phone, waiting=9)).status_code == 401
    assert (await fetch("SELECT waiting FROM device"))[0]["waiting"] is None


async def test_what_there_is_to_do_today(client: httpx.AsyncClient, world: World) -> None:
    today = clock.today()
    for hour in (9, 14):
        await world.add_visit(world.elder, start=clock.at(today, time(hour)))
    await world.add_visit(world.elder, start=clock.at(today, time(7)), op_state="cancelled")
    await world.add_visit(world.elder, start=clock.at(today + timedelta(days=1), time(8)))
    gone = await world.add_visit(world.elder, start=clock.at(today, time(6)))
    await fetch("UPDATE assignment SET ended_at = now() WHERE visit = $1", gone)
    mine, other = [await shown(client, world, who) for who in (world.caregiver, world.colleague)]
    assert mine["visits_today"] == 2
    assert mine["first_visit_at"][:16] == rfc3339(clock.at(today, time(9)))[:16]
    assert (other["visits_today"], other["first_visit_at"]) == (0, None)
