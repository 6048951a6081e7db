"""The key of push: made once, never silently replaced; whoever subscribed with another is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar

from doorstep.app import create_app
from doorstep.core import keys
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import push, vapid
from doorstep.settings import Settings
from support.push_service import PushService
from support.sign_in import device_token
from support.world import World

from .pushing import asked, put, state, stored


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


@pytest.fixture
def settings(settings: Settings, service: PushService) -> Settings:
    return msgspec.structs.replace(settings, push_hosts=service.origin, worker_inside=False)


@pytest.fixture
async def phone(world: World, client: httpx.AsyncClient) -> dict[str, str]:
    """The header of the caregiver's phone."""
    return {"Authorization": f"Bearer {await device_token(world.caregiver)}"}


async def test_the_key_is_made_once(settings: Settings, client: httpx.AsyncClient, phone: dict[str, str]) -> None:
    first = (await state(client, phone))["key"]
    file = settings.keys_dir / vapid.FILE
    content = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (await state(client, phone))["key"] == first
    assert file.read_bytes() == content


async def test_a_lost_key_is_never_silently_replaced(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str], world: World
) -> None:
    await put(client, phone, service.subscribe())
    file = settings.keys_dir / vapid.FILE
    content = file.read_bytes()
    for spoilt in (None, b"", b"x", keys.new_p256().replace(b"BEGIN", b"BEGUN")):
        file.unlink(missing_ok=True)
        if spoilt is not None:
            file.write_bytes(spoilt)
        told = await state(client, phone)
        assert (told["key"], told["subscription"]["state"]) == (None, "key_changed")
        answer = await client.put("/api/v1/door/push", json=service.subscribe().subscription, headers=phone)
        assert (answer.status_code, answer.json()["code"]) == (503, "PUSH_OFF")
        assert await asked(settings, world.caregiver) == []
        assert (file.read_bytes() if file.exists() else None) == spoilt
    file.unlink()
    file.write_bytes(content)
    assert (await state(client, phone))["subscription"]["state"] == "untested", "brought back, all is as it was"
    assert len(await asked(settings, world.caregiver)) == 1


async def test_another_key_orphans_nobody_unseen(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str], world: World
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    (settings.keys_dir / vapid.FILE).write_bytes(keys.new_p256())
    assert (await state(client, phone))["subscription"]["state"] == "key_changed"
    assert (await push.marks(SYSTEM, [world.caregiver], settings))[world.caregiver].push == "key_changed"
    assert await push.new_key(SYSTEM, settings) == 1
    assert await stored("state", "ended_reason") == [("gone", "key")]
    assert (await push.marks(SYSTEM, [world.caregiver], settings))[world.caregiver].push == "key_changed"
    assert (await put(client, phone, browser))["subscription"]["state"] == "untested"
    assert len(list(settings.keys_dir.glob("vapid*.pem"))) == 2, "the old one is kept beside it"


async def test_two_servers_make_one_key(settings: Settings, app: Litestar) -> None:
    assert app
    other = create_app(settings)
    assert other
    first, second = vapid.make(settings), vapid.make(settings)
    assert first.id == second.id
