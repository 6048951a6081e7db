"""Subscriptions over HTTP: stored when they may be called, tested, proven by the device, ended by what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.db.tables.people import Account, Device, Session
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import gateway, push, worker
from doorstep.reminders.channels import Channels
from doorstep.reminders.ports import Outcome, Sent
from doorstep.settings import Settings
from support.push_browser import Browser, b64, unb64
from support.push_service import PushService, Refusal
from support.sign_in import device_token, office_token
from support.world import World

from .pushing import asked, put, state, stored


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


@pytest.fixture
def settings(settings: Settings, service: PushService) -> Settings:
    """The tests' push service is trusted; the worker is in the test's hands."""
    return msgspec.structs.replace(
        settings, push_hosts=f"{service.origin},push.example,*.push.example", worker_inside=False
    )


@pytest.fixture
async def phone(world: World, client: httpx.AsyncClient) -> dict[str, str]:
    """The header of the caregiver's phone."""
    return {"Authorization": f"Bearer {await device_token(world.caregiver)}"}


async def work(settings: Settings) -> None:
    """One turn of the real worker."""
    await worker.run_once(Channels(settings))


async def test_a_phone_subscribes_is_tested_and_proves_it(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    before = await state(client, phone)
    assert (len(before["key"]), unb64(before["key"])[0], before["subscription"]) == (87, 4, None)
    assert "127.0.0.1" in before["hosts_allowed"]
    browser = service.subscribe(unb64(before["key"]))
    told = await put(client, phone, browser)
    assert told["subscription"]["state"] == "untested"
    await work(settings)
    [taken] = service.taken
    payload = browser.read(taken.body)
    assert (payload["kind"], payload["visit"], taken.urgency) == ("test", None, "high")
    assert payload["topic"] == taken.topic
    assert 0 < taken.ttl <= 600
    assert (await state(client, phone))["subscription"]["state"] == "untested", "taken is not shown"
    assert (await state(client, phone))["subscription"]["accepted_at"]
    seen = {"shown": [payload["id"]], "by": "service_worker"}
    assert (await client.post("/api/v1/door/reminders/seen", json=seen, headers=phone)).status_code == 204
    now = (await state(client, phone))["subscription"]
    assert now["state"] == "working" and now["proven_at"]


async def test_an_app_that_shows_a_reminder_proves_no_push(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    await work(settings)
    seen = {"shown": [browser.read(service.taken[0].body)["id"]], "by": "app"}
    await client.post("/api/v1/door/reminders/seen", json=seen, headers=phone)
    assert (await state(client, phone))["subscription"]["state"] == "untested"


async def test_one_that_works_is_not_tested_at_every_start(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    await fetch("UPDATE push_subscription SET state = 'working', proven_at = $1", clock.now())
    assert (await put(client, phone, browser))["subscription"]["state"] == "working"
    await work(settings)
    assert len(service.taken) == 1, "the test of the first time only"
    browser.auth = b"0" * 16
    assert (await put(client, phone, browser))["subscription"]["state"] == "untested", "other keys are another browser"


async def test_a_phone_has_one(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    first, second = service.subscribe(), service.subscribe()
    await put(client, phone, first)
    await put(client, phone, second)
    assert await stored("state", "ended_reason") == [("gone", "replaced"), ("untested", None)]
    await work(settings)
    assert {taken.endpoint for taken in service.taken} == {second.endpoint}
    assert (await client.delete("/api/v1/door/push", headers=phone)).status_code == 204
    assert (await state(client, phone))["subscription"] is None


async def test_a_browser_in_other_hands_is_the_others(
    service: PushService, client: httpx.AsyncClient, world: World, phone: dict[str, str]
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    other = {"Authorization": f"Bearer {await device_token(world.colleague)}"}
    await put(client, other, browser)
    assert await stored("person", "state") == [(world.colleague, "untested")]
    assert (await state(client, phone))["subscription"] is None


async def test_what_is_stored_of_it_is_sealed(
    service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    [row] = await fetch("SELECT * FROM push_subscription")
    whole = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    token = browser.endpoint.rpartition("/")[2].encode()
    assert token not in whole and browser.auth not in whole


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"endpoint": "https://fcm.googleapis.com/fcm/send/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "http://push.example/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "https://a@push.example/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "https://push.example:444/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "https://127.0.0.1/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "https://inside.push.example/x"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": "x\0"}, 422, "PUSH_SERVICE_NOT_ALLOWED"),
        ({"endpoint": ""}, 400, "INPUT_INVALID"),
        ({"endpoint": "x" * 5000}, 400, "INPUT_INVALID"),
        ({"p256dh": b64(b"\4" + b"\1" * 64)}, 422, "PUSH_KEYS_INVALID"),
        ({"p256dh": b64(b"\2" + b"\1" * 32)}, 422, "PUSH_KEYS_INVALID"),
        ({"p256dh": "A"}, 422, "PUSH_KEYS_INVALID"),
        ({"auth": b64(b"1" * 15)}, 422, "PUSH_KEYS_INVALID"),
        ({"auth": "+/=="}, 400, "INPUT_INVALID"),
        ({"auth": None}, 400, "INPUT_INVALID"),
        ({"more": 1}, 400, "INPUT_INVALID"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    service: PushService,
    client: httpx.AsyncClient,
    phone: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["10.0.0.7"] if host.startswith("inside") else ["8.8.8.8"]

    monkeypatch.setattr(gateway, "look_up", lookup)
    body = {**service.subscribe().subscription, **change}
    answer = await client.put("/api/v1/door/push", json=body, headers=phone)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await stored("id") == []


async def test_a_name_that_cannot_be_looked_up_now_is_stored(
    client: httpx.AsyncClient, phone: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise OSError("no name server")

    monkeypatch.setattr(gateway, "look_up", lookup)
    await put(client, phone, Browser("https://push.example/x"))
    assert await stored("host") == ["push.example"]


async def _after(results: Sequence[tuple[Outcome, int | None]], **values: Any) -> dict[str, Any]:
    [id] = await stored("id")
    for outcome, status in results:
        sent = Sent(reminder_id=uuid7(), subscription_id=id, outcome=outcome, status=status, **values)
        async with unit_of_work():
            await push.record(SYSTEM, [sent])
    [row] = await fetch("SELECT * FROM push_subscription")
    return dict(row)


GONE: tuple[Outcome, int] = ("gone", 410)
FORBIDDEN: tuple[Outcome, int] = ("forbidden", 403)
TAKEN: tuple[Outcome, int] = ("accepted", 201)
LATER: tuple[Outcome, int] = ("later", 500)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([GONE], ("gone", 0, "gone")),
        ([GONE, TAKEN], ("gone", 0, "gone")),
        ([FORBIDDEN, FORBIDDEN], ("untested", 2, None)),
        ([FORBIDDEN, FORBIDDEN, TAKEN, FORBIDDEN, FORBIDDEN], ("untested", 2, None)),
        ([FORBIDDEN] * 3, ("disabled", 3, "forbidden")),
        ([LATER], ("resting", 0, None)),
        ([("timed_out", None)], ("resting", 0, None)),
        ([LATER, TAKEN], ("untested", 0, None)),
        ([("failed", 400)] * 3, ("untested", 0, None)),
        ([("too_long", 413)], ("untested", 0, None)),
    ],
)
async def test_what_answers_mean_for_it(
    service: PushService,
    client: httpx.AsyncClient,
    phone: dict[str, str],
    results: list[tuple[Outcome, int | None]],
    expected: tuple[str, int, str | None],
) -> None:
    await put(client, phone, service.subscribe())
    row = await _after(results)
    assert (row["state"], row["forbidden"], row["ended_reason"]) == expected
    assert (row["retry_at"] is not None) is (row["state"] == "resting")


async def test_it_rests_longer_each_time(
    service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    await put(client, phone, service.subscribe())
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        row = await _after([LATER])
        assert abs((row["retry_at"] - clock.now()).total_seconds() - seconds) < 5
    asked = clock.now() + timedelta(seconds=7)
    assert (await _after([("later", 429)], retry_at=asked))["retry_at"] == asked
    before = await _after([TAKEN])
    assert (before["failures"], before["retry_at"]) == (0, None)
    assert (await _after([("later", None)], detail="rests"))["state"] == "untested", "the host rests, not this browser"
    assert (await _after([("not_allowed", None)], detail="address"))["state"] == "resting"
    assert (await _after([("not_allowed", None)], detail="host"))["ended_reason"] == "host"


async def test_the_real_ways_of_failing_end_in_the_ledger(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str]
) -> None:
    browser = service.subscribe()
    await put(client, phone, browser)
    service.unsubscribe(browser.endpoint)
    await work(settings)
    assert await stored("state") == ["gone"]
    assert (await state(client, phone))["subscription"]["state"] == "gone", "the phone learns that it has to ask anew"
    [attempt] = await fetch("SELECT channel, outcome, status, subscription FROM reminder_attempt")
    assert (attempt["channel"], attempt["outcome"], attempt["status"]) == ("push", "gone", 410)
    again = service.subscribe()
    await put(client, phone, again)
    service.answers[again.endpoint] = Refusal(429, {"Retry-After": "60"})
    await work(settings)
    assert (await state(client, phone))["subscription"]["state"] == "resting"


async def test_dispatchers_and_managers_of_a_provider(
    settings: Settings, service: PushService, client: httpx.AsyncClient, world: World
) -> None:
    browsers = {}
    for role in ("dispatcher", "manager", "admin"):
        account = await world.add_account(role)
        header = {"Authorization": f"Bearer {await office_token(account)}"}
        browsers[role] = service.subscribe()
        await put(client, header, browsers[role], "/push")
        assert (await state(client, header, "/push"))["subscription"]["state"] == "untested"
        assert await asked(settings, account) == [browsers[role].endpoint]
    found = await asked(settings, world.provider)
    assert sorted(found) == sorted([browsers["dispatcher"].endpoint, browsers["manager"].endpoint])
    assert await asked(settings, world.other_provider) == []
    await Account.update({Account.disabled_at: clock.now()}).where(Account.role == "manager")
    assert await asked(settings, world.provider) == [browsers["dispatcher"].endpoint]


async def test_an_account_has_several_browsers_and_each_its_own(
    settings: Settings, service: PushService, client: httpx.AsyncClient, world: World
) -> None:
    account = await world.add_account("dispatcher")
    headers = [{"Authorization": f"Bearer {await office_token(account)}"} for _ in range(2)]
    for header in headers:
        await put(client, header, service.subscribe(), "/push")
    assert len(await asked(settings, account)) == 2
    await client.delete("/api/v1/push", headers=headers[0])
    assert (await state(client, headers[0], "/push"))["subscription"] is None
    assert (await state(client, headers[1], "/push"))["subscription"]["state"] == "untested"
    for _ in range(push.MOST + 3):
        header = {"Authorization": f"Bearer {await office_token(account)}"}
        await put(client, header, service.subscribe(), "/push")
    assert len(await asked(settings, account)) == push.MOST


async def test_whoever_signs_out_or_loses_the_phone_is_not_pushed_to(
    settings: Settings, service: PushService, client: httpx.AsyncClient, world: World, phone: dict[str, str]
) -> None:
    await put(client, phone, service.subscribe())
    assert len(await asked(settings, world.caregiver)) == 1
    await Device.update({Device.revoked_at: clock.now()}).where(Device.caregiver == world.caregiver)
    assert await asked(settings, world.caregiver) == []
    account = await world.add_account("dispatcher")
    header = {"Authorization": f"Bearer {await office_token(account)}"}
    await put(client, header, service.subscribe(), "/push")
    assert len(await asked(settings, world.provider)) == 1
    actor = await identity.actor_of(header["Authorization"][7:])
    assert actor is not None
    await identity.sign_out(actor)
    assert await asked(settings, world.provider) == []
    await Session.delete(force=True)
    assert await asked(settings, world.provider) == []


async def test_marks(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str], world: World
) -> None:
    async def mark() -> str:
        return (await push.marks(SYSTEM, [world.caregiver], settings))[world.caregiver].push

    assert await mark() == "none"
    await put(client, phone, service.subscribe())
    for expected in ("untested", "working", "resting", "disabled", "gone"):
        await fetch("UPDATE push_subscription SET state = $1", expected)
        assert await mark() == ("none" if expected == "gone" else expected)


async def test_one_that_cannot_be_opened_keeps_no_others_waiting(
    settings: Settings, service: PushService, client: httpx.AsyncClient, phone: dict[str, str], world: World
) -> None:
    """Sealed with another key, as after a database was moved without its secrets."""
    other = {"Authorization": f"Bearer {await device_token(world.colleague)}"}
    key = unb64((await state(client, phone))["key"])
    mine, theirs = service.subscribe(key), service.subscribe(key)
    await put(client, phone, mine)
    await put(client, other, theirs)
    await fetch("UPDATE push_subscription SET auth = '\\x01' WHERE person = $1", world.caregiver)
    await work(settings)
    [taken] = service.taken
    assert theirs.read(taken.body)["kind"] == "test"
