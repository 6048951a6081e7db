"""Text messages: signed, tried again on a schedule, dead letters that a manager sends again or puts away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import msgspec
import pytest

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.db.tables.people import Caregiver
from doorstep.db.tables.reminders import Reminder
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import gateway, sms, texts
from doorstep.settings import Settings
from support.sign_in import office_token, sign_in
from support.text_gateway import TextGateway
from support.world import World

SECRET = "s3cret 密"


@pytest.fixture
async def outside() -> AsyncIterator[TextGateway]:
    async with TextGateway(SECRET) as one:
        yield one


@pytest.fixture
def settings(settings: Settings, outside: TextGateway) -> Settings:
    return msgspec.structs.replace(settings, gateway_url=outside.url, gateway_secret=SECRET, worker_inside=False)


async def reminder(world: World, **values: Any) -> UUID:
    """A reminder that was pushed and not answered."""
    now = clock.now()
    row = Reminder(
        **{
            "kind": "next_call",
            "audience": "caregiver",
            "person": world.caregiver,
            "provider": world.provider,
            "thing": str(uuid7()),
            "occasion": now + timedelta(minutes=30),
            "topic": "t",
            "due_at": now,
            "useless_at": now + timedelta(hours=3),
            "state": "sent",
            "created_at": now,
            "changed_at": now,
            **values,
        }
    )
    await Reminder.insert(row)
    return row.id


async def enqueue(*reminders: UUID) -> None:
    async with unit_of_work():
        await sms.enqueue(SYSTEM, reminders)


async def row() -> Any:
    [one] = await fetch("SELECT * FROM gateway_message")
    return one


async def attempts() -> list[tuple[str, str, int | None]]:
    rows = await fetch("SELECT channel, outcome, status FROM reminder_attempt ORDER BY id")
    return [tuple(row) for row in rows]


async def test_it_is_signed_and_says_no_more_than_it_has_to(
    settings: Settings, outside: TextGateway, world: World
) -> None:
    at = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    id = await reminder(world, occasion=at)
    await enqueue(id)
    await enqueue(id)
    assert await sms.deliver(settings) == 1
    [came] = outside.came
    useless = came.pop("useless_at")
    assert datetime.fromisoformat(useless) > clock.now()
    assert came == {
        "id": str(id),
        "kind": "next_call",
        "to": "+8613800000001",
        "text": "到家：08:30 有一次上门，请打开到家查看。",
        "at": "2026-11-22T08:30:00+08:00",
    }
    assert (await row())["state"] == "delivered"
    assert await attempts() == [("gateway", "accepted", 204)]
    assert await sms.deliver(settings) == 0


def test_the_signature_is_what_is_promised() -> None:
    assert sms.signature("k", "1", b"{}") == "v1=" + __import__("hmac").new(b"k", b"1.{}", "sha256").hexdigest()


async def test_it_is_tried_again_on_a_schedule_and_then_it_is_dead(
    settings: Settings, outside: TextGateway, world: World
) -> None:
    await enqueue(await reminder(world, useless_at=clock.now() + timedelta(days=1)))
    now = clock.now()
    outside.status = 500
    for seconds in (10, 60, 300, 900, 3600):
        with clock.running_from(lambda now=now: now):
            assert await sms.deliver(settings) == 1
            one = await row()
            assert (one["state"], (one["next_at"] - now).total_seconds()) == ("due", seconds)
            assert await sms.deliver(settings) == 0, "not before its time"
        now += timedelta(seconds=seconds)
    assert len(set(outside.bodies)) == 0 or outside.bodies
    # The gateway refuses what was signed more than five minutes from its own time: what it gets is signed anew.
    with clock.running_from(lambda: now):
        assert await sms.deliver(settings) == 1
    one = await row()
    assert (one["state"], one["next_at"], one["attempts"]) == ("dead", None, 6)
    assert [outcome for _, outcome, _ in await attempts()] == ["failed"] * 6


async def test_a_second_try_counts(settings: Settings, outside: TextGateway, world: World) -> None:
    await enqueue(await reminder(world))
    outside.status = 503
    await sms.deliver(settings)
    outside.status = 204
    await fetch("UPDATE gateway_message SET next_at = $1", clock.now())
    await sms.deliver(settings)
    assert len(outside.came) == 1
    assert [status for _, _, status in await attempts()] == [503, 204]


@pytest.mark.parametrize("status", [302, 307, 400, 401])
async def test_what_is_no_yes_is_no(settings: Settings, outside: TextGateway, world: World, status: int) -> None:
    await enqueue(await reminder(world))
    outside.status = status
    await sms.deliver(settings)
    assert ((await row())["state"], len(outside.bodies)) == ("due", 1), "a redirect is not followed"


@pytest.mark.parametrize("state", ["acknowledged", "called", "replaced", "cancelled", "expired"])
async def test_what_nobody_needs_any_more_is_dropped(
    settings: Settings, outside: TextGateway, world: World, state: str
) -> None:
    await enqueue(await reminder(world, state=state))
    await sms.deliver(settings)
    assert ((await row())["state"], (await row())["detail"], outside.bodies) == ("dropped", state, [])


async def test_what_is_useless_is_dropped(settings: Settings, outside: TextGateway, world: World) -> None:
    await enqueue(await reminder(world, useless_at=clock.now() - timedelta(seconds=1)))
    await sms.deliver(settings)
    assert ((await row())["state"], outside.bodies) == ("dropped", [])


async def test_one_that_was_cancelled_and_is_true_again_is_sent(
    settings: Settings, outside: TextGateway, world: World
) -> None:
    id = await reminder(world, state="cancelled")
    await enqueue(id)
    await sms.deliver(settings)
    await Reminder.update({Reminder.state: "sent"}).where(Reminder.id == id)
    await enqueue(id)
    await sms.deliver(settings)
    assert len(outside.came) == 1
    await enqueue(id)
    assert await sms.deliver(settings) == 0


async def test_what_can_wait_is_not_sent_at_night(settings: Settings, outside: TextGateway, world: World) -> None:
    useless = clock.now() + timedelta(days=3)
    await enqueue(await reminder(world, kind="certificate_ending", useless_at=useless))
    night = clock.at(clock.today() + timedelta(days=1), time(2))
    with clock.running_from(lambda: night):
        await sms.deliver(settings)
    one = await row()
    assert (one["state"], one["attempts"], outside.bodies) == ("due", 0, [])
    assert one["next_at"] == night + timedelta(hours=5)
    with clock.running_from(lambda: one["next_at"]):
        await sms.deliver(settings)
    assert (await row())["attempts"] == 1, "in the morning it is tried"


@pytest.mark.parametrize("readable", [True, False])
async def test_a_landline_and_a_number_that_nobody_can_open_get_none(
    readable: bool, settings: Settings, outside: TextGateway, world: World
) -> None:
    sealed = vault.current().seal("01065551234-8", "caregiver.phone") if readable else b"\x01sealed elsewhere"
    await Caregiver.update({Caregiver.phone: sealed}).where(Caregiver.id == world.caregiver)
    await enqueue(await reminder(world))
    await sms.deliver(settings)
    one = await row()
    assert (one["state"], one["detail"], outside.bodies) == ("dead", "phone", [])
    assert await attempts() == [("gateway", "no_channel", None)]


async def test_only_caregivers_get_them(settings: Settings, outside: TextGateway, world: World) -> None:
    await enqueue(await reminder(world, audience="dispatcher", person=world.provider, kind="visit_late"))
    assert await fetch("SELECT id FROM gateway_message") == []


async def test_a_gateway_that_hangs_costs_a_round_little(
    settings: Settings, outside: TextGateway, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "LIMITS", aiohttp.ClientTimeout(total=0.5))
    outside.hangs = True
    await enqueue(*[await reminder(world) for _ in range(30)])
    assert await sms.deliver(settings) == 30
    rows = await fetch("SELECT attempts, detail, next_at FROM gateway_message")
    tried = [one for one in rows if one["attempts"]]
    assert 0 < len(tried) < sms.AT_ONCE + sms.SILENCES, "those under way when it fell silent"
    assert {one["detail"] for one in rows if not one["attempts"]} == {"rests"}
    assert all(one["next_at"] > clock.now() for one in rows)


async def test_without_a_gateway_or_its_secret_nothing_leaves(settings: Settings, world: World) -> None:
    await enqueue(await reminder(world))
    for name in ("gateway_url", "gateway_secret"):
        chosen = msgspec.structs.replace(settings, **{name: ""})
        assert not sms.is_set_up(chosen)
        assert await sms.deliver(chosen) == 0


async def test_two_workers_send_each_once(settings: Settings, outside: TextGateway, world: World) -> None:
    import asyncio

    await enqueue(*[await reminder(world) for _ in range(40)])
    while sum(await asyncio.gather(sms.deliver(settings), sms.deliver(settings))):
        pass
    assert len(outside.came) == len({one["id"] for one in outside.came}) == 40


@pytest.fixture
async def dead(settings: Settings, world: World) -> UUID:
    """A dead letter of the provider."""
    await enqueue(await reminder(world))
    await fetch("UPDATE gateway_message SET state = 'dead', next_at = NULL, attempts = 6, status = 500")
    return (await row())["id"]


async def test_a_manager_sees_the_dead_and_sends_them_again(
    settings: Settings, outside: TextGateway, client: httpx.AsyncClient, world: World, dead: UUID
) -> None:
    manager = await sign_in(world, "manager")
    [item] = (await client.get("/api/v1/gateway/dead", headers=manager)).json()["items"]
    assert (item["id"], item["caregiver"]["name"], item["attempts"], item["status"]) == (str(dead), "彭燕", 6, 500)
    assert item["useless"] is False
    assert (await client.post(f"/api/v1/gateway/{dead}/again", headers=manager)).status_code == 204
    assert (await client.get("/api/v1/gateway/dead", headers=manager)).json()["items"] == []
    await sms.deliver(settings)
    assert len(outside.came) == 1
    assert (await client.post(f"/api/v1/gateway/{dead}/again", headers=manager)).status_code == 404


async def test_a_manager_puts_one_away(client: httpx.AsyncClient, world: World, dead: UUID) -> None:
    manager = await sign_in(world, "manager")
    assert (await client.delete(f"/api/v1/gateway/{dead}", headers=manager)).status_code == 204
    assert ((await row())["state"], (await row())["detail"]) == ("dropped", "by_hand")


async def test_what_is_over_is_not_sent_again(client: httpx.AsyncClient, world: World, dead: UUID) -> None:
    manager = await sign_in(world, "manager")
    await fetch("UPDATE reminder SET state = 'acknowledged'")
    [item] = (await client.get("/api/v1/gateway/dead", headers=manager)).json()["items"]
    assert item["useless"] is True
    answer = await client.post(f"/api/v1/gateway/{dead}/again", headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (409, "REMINDER_OVER")


async def test_another_providers_are_nobodys(client: httpx.AsyncClient, world: World, dead: UUID) -> None:
    account = await world.add_account("manager")
    await fetch("UPDATE account SET provider = $1 WHERE id = $2", world.other_provider, account)
    other = {"Authorization": f"Bearer {await office_token(account)}"}
    assert (await client.get("/api/v1/gateway/dead", headers=other)).json()["items"] == []
    assert (await client.post(f"/api/v1/gateway/{dead}/again", headers=other)).status_code == 404
    assert (await client.delete(f"/api/v1/gateway/{dead}", headers=other)).status_code == 404
    admin = await sign_in(world, "admin")
    assert len((await client.get("/api/v1/gateway/dead", headers=admin)).json()["items"]) == 1


def test_numbers() -> None:
    assert texts.number("13800138000") == "+8613800138000"
    assert [texts.number(text) for text in ("01065551234", "12349", "", "1380013800", "13800138000-1")] == [None] * 5
