"""What the doctor says of push and of the text gateway."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from doorstep import doctor_reminders
from doorstep.core import clock, keys
from doorstep.core.ids import uuid7
from doorstep.reminders import vapid
from doorstep.settings import Settings
from support.world import World


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, worker_inside=False)


async def said(settings: Settings) -> dict[str, str]:
    """Level of each line."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        return {one.en: one.level for one in await doctor_reminders.findings(connection, settings)}
    finally:
        await connection.close()


async def wrong(settings: Settings) -> str:
    return "\n".join(line for line, level in (await said(settings)).items() if level == "wrong")


async def subscribe(
    settings: Settings, *, key_id: str, host: str = "web.push.apple.com", state: str = "working"
) -> None:
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "INSERT INTO push_subscription (id, audience, person, endpoint, endpoint_fingerprint, host, p256dh, auth,"
        " key_id, state, forbidden, failures, created_at)"
        " VALUES ($1, 'caregiver', $1, '', $2, $3, '', '', $4, $5, 0, 0, $6)",
        uuid7(), uuid7().bytes, host, key_id, state, clock.now(),
    )  # fmt: skip
    await connection.close()


async def test_a_new_installation_has_nothing_to_mend(settings: Settings, world: World) -> None:
    assert world
    assert await wrong(settings) == ""
    assert "the key of push is made when it is first needed" in await said(settings)
    vapid.make(settings)
    assert (await said(settings))["the key of push can be used"] == "good"


async def test_a_key_that_is_gone(settings: Settings, world: World) -> None:
    assert world
    await subscribe(settings, key_id=vapid.make(settings).id)
    assert await wrong(settings) == ""
    file = settings.keys_dir / vapid.FILE
    file.rename(file.with_suffix(".away"))
    assert "1 device(s) hang on it, push is off: bring" in await wrong(settings)
    file.write_bytes(b"x")
    assert "vapid.pem is not a private key in PEM" in await wrong(settings)
    file.write_bytes(keys.new_p256())
    file.chmod(0o644)
    told = await wrong(settings)
    assert "1 device(s) subscribed with another key" in told and "chmod 600" in told


async def test_whoever_is_gone_hangs_on_no_key(settings: Settings, world: World) -> None:
    assert world
    await subscribe(settings, key_id="old", state="gone")
    assert await wrong(settings) == ""


async def test_push_services(settings: Settings, world: World) -> None:
    assert world
    vapid.make(settings)
    odd = msgspec.structs.replace(settings, push_hosts="web.push.apple.com,10.0.0.1,https://a b")
    assert await wrong(odd) == "not understood in DOORSTEP_PUSH_HOSTS: 10.0.0.1, https://a b"
    none = msgspec.structs.replace(settings, push_hosts=" ")
    assert any("nothing is pushed" in line for line in await said(none))
    trial = msgspec.structs.replace(settings, push_hosts="http://127.0.0.1:4443")
    assert any("http://127.0.0.1:4443" in line for line in await said(trial))
    await subscribe(settings, key_id="k", host="fcm.googleapis.com")
    assert any("1 device(s) subscribed with a push service that is no longer" in line for line in await said(settings))


async def test_the_gateway(settings: Settings, world: World) -> None:
    vapid.make(settings)
    assert any("no gateway for text messages" in line for line in await said(settings))
    without = msgspec.structs.replace(settings, gateway_url="https://sms.example.cn/x?key=secret")
    assert "set DOORSTEP_GATEWAY_SECRET" in await wrong(without)
    whole = msgspec.structs.replace(without, gateway_secret="s")
    assert await wrong(whole) == ""
    assert not any("secret" in line for line in await said(whole)), "its address may hold one"
    plain = msgspec.structs.replace(whole, gateway_url="http://sms.example.cn/x")
    assert any("in the clear" in line for line in await said(plain))
    connection = await asyncpg.connect(settings.database_url)
    reminder, now = uuid7(), clock.now()
    await connection.execute(
        "INSERT INTO reminder (id, kind, audience, person, thing, occasion, topic, due_at, useless_at, state, step,"
        " created_at, changed_at) VALUES ($1, 'next_call', 'caregiver', $2, 'x', $3, 't', $3, $4, 'sent', 0, $3, $3)",
        reminder, world.caregiver, now, now + timedelta(hours=1),
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO gateway_message (id, reminder, state, attempts, created_at, changed_at)"
        " VALUES ($1, $2, 'dead', 6, $3, $3)",
        uuid7(), reminder, now,
    )  # fmt: skip
    await connection.close()
    assert "0 message(s) are tried again, 1 wait" in await wrong(whole)
