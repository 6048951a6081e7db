"""Messages leave encrypted and signed; each way of failing does what it should, and none holds up the others."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from doorstep.core import clock
from doorstep.reminders import gateway, vapid
from doorstep.reminders.gateway import Sender
from doorstep.reminders.ports import Sent
from doorstep.settings import Settings
from support.push_browser import Browser, unb64
from support.push_service import HANGS, PushService, Refusal
from support.until import until

from .pushing import HOUR, message, send


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


@pytest.fixture
async def other() -> AsyncIterator[PushService]:
    """A second push service, on another origin."""
    async with PushService() as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path, service: PushService, other: PushService) -> Settings:
    """Both are trusted; the key is made."""
    chosen = Settings(
        data_dir=tmp_path, push_hosts=f"{service.origin},{other.origin},push.example,*.push.example",
        public_url="https://dj.example.cn",
    )  # fmt: skip
    vapid.make(chosen)
    return chosen


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[Sender]:
    async with Sender(settings) as one:
        yield one


async def test_the_browser_alone_reads_it(settings: Settings, service: PushService, sender: Sender) -> None:
    mine, another = service.subscribe(), service.subscribe()
    text = '{"v":1,"at":"08:30","说":"到家"}'.encode()
    [sent] = await send(sender, message(settings, mine, text))
    assert (sent.outcome, sent.status) == ("accepted", 201)
    [taken] = service.taken
    assert mine.open(taken.body) == text
    with pytest.raises(InvalidTag):
        another.open(taken.body)
    with pytest.raises(InvalidTag):
        mine.open(taken.body[:-1] + bytes([taken.body[-1] ^ 1]))


async def test_the_same_words_never_look_the_same(settings: Settings, service: PushService, sender: Sender) -> None:
    browser = service.subscribe()
    await send(sender, message(settings, browser), message(settings, browser, topic="b" * 32))
    first, second = (taken.body for taken in service.taken)
    assert first[:16] != second[:16] and first[21:86] != second[21:86]


async def test_what_the_service_is_told(settings: Settings, service: PushService, sender: Sender) -> None:
    key = vapid.read(settings)
    assert key is not None
    browser = service.subscribe(unb64(key.public))
    [sent] = await send(sender, message(settings, browser, ttl_s=90, urgent=False, topic="x" * 32))
    assert sent.outcome == "accepted", service.refused
    [taken] = service.taken
    assert (taken.ttl, taken.urgency, taken.topic) == (90, "normal", "x" * 32)
    assert taken.claims["aud"] == service.origin
    assert taken.claims["sub"] == "https://dj.example.cn"
    assert 5 * HOUR < taken.claims["exp"] - time.time() <= 6 * HOUR


async def test_a_newer_one_takes_the_place_of_the_older(
    settings: Settings, service: PushService, sender: Sender
) -> None:
    browser = service.subscribe()
    for text in (b"1", b"2"):
        await send(sender, message(settings, browser, text))
    await send(sender, message(settings, browser, b"3", topic="b" * 32))
    assert [browser.open(one.body) for one in service.waiting(browser.endpoint)] == [b"2", b"3"]


async def test_a_token_is_signed_once_for_an_origin_and_renewed(
    settings: Settings, service: PushService, other: PushService, sender: Sender
) -> None:
    mine, theirs = service.subscribe(), other.subscribe()
    start = datetime.now(UTC)
    for after in (0, 2, 4):
        now = start + timedelta(hours=after)
        with clock.running_from(lambda now=now: now):
            await send(sender, message(settings, mine, topic=f"{after}" * 32))
    await send(sender, message(settings, theirs))
    expiries = [taken.claims["exp"] for taken in service.taken]
    assert expiries[0] == expiries[1] < expiries[2]
    assert [taken.claims["aud"] for taken in other.taken] == [other.origin]


@pytest.mark.parametrize(
    ("refusal", "outcome", "detail"),
    [
        (Refusal(404), "gone", None),
        (Refusal(410), "gone", None),
        (Refusal(403, body='{"reason":"BadJwtToken"}'), "forbidden", "BadJwtToken"),
        (Refusal(413), "too_long", None),
        (Refusal(400, body="<p>" + "x" * 5000), "failed", None),
        (Refusal(401, body='{"errno":109,"message":"张三"}'), "failed", "109"),
        (Refusal(307, {"Location": "http://127.0.0.1:1/"}), "failed", "redirect"),
        (Refusal(500), "later", None),
        (Refusal(429), "later", None),
        (Refusal(202), "accepted", None),
    ],
)
async def test_what_an_answer_means(
    settings: Settings, service: PushService, sender: Sender, refusal: Refusal, outcome: str, detail: str | None
) -> None:
    browser, fine = service.subscribe(), service.subscribe()
    service.answers[browser.endpoint] = refusal
    sent, beside = await send(sender, message(settings, browser), message(settings, fine))
    assert (sent.outcome, sent.status, sent.detail) == (outcome, refusal.status, detail)
    assert beside.outcome == "accepted"
    assert (sent.retry_at is not None) is (outcome == "later")


async def test_a_redirect_is_not_followed(
    settings: Settings, service: PushService, other: PushService, sender: Sender
) -> None:
    browser, aim = service.subscribe(), other.subscribe()
    service.answers[browser.endpoint] = Refusal(308, {"Location": aim.endpoint})
    await send(sender, message(settings, browser))
    assert other.asked == 0


async def test_a_service_that_asks_to_wait_is_left_alone_for_so_long(
    settings: Settings, service: PushService, sender: Sender
) -> None:
    browser = service.subscribe()
    service.answers[browser.endpoint] = Refusal(429, {"Retry-After": "120"})
    [sent] = await send(sender, message(settings, browser))
    assert sent.retry_at is not None and abs((sent.retry_at - clock.now()).total_seconds() - 120) < 5
    service.answers[browser.endpoint] = Refusal(503)
    [sent] = await send(sender, message(settings, browser, failures=2))
    assert sent.retry_at is not None and abs((sent.retry_at - clock.now()).total_seconds() - 120) < 5


def short(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    monkeypatch.setattr(gateway, "LIMITS", aiohttp.ClientTimeout(total=seconds, connect=seconds))


async def test_a_hanging_service_holds_up_nobody(
    settings: Settings, service: PushService, other: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch, 3)
    service.answers["*"] = HANGS
    stuck = [message(settings, service.subscribe()) for _ in range(200)]
    fine = [message(settings, other.subscribe()) for _ in range(100)]
    answered: list[Sent] = []
    async with Sender(settings) as sender:
        async for sent in sender.send([*stuck, *fine]):
            answered.append(sent)
    ids = {one.reminder_id for one in fine}
    first = answered[:100]
    assert {sent.reminder_id for sent in first} == ids, "those that are answered come first"
    assert {sent.outcome for sent in first} == {"accepted"}
    rest = answered[100:]
    assert {sent.outcome for sent in rest} == {"timed_out", "later"}
    assert all(sent.retry_at and sent.retry_at > clock.now() - timedelta(seconds=5) for sent in rest)
    assert service.most_at_once <= gateway.FIRST, "one that never answered gets little of our patience"
    assert service.asked <= 2 * gateway.FIRST, "after five silences it rests"
    assert [sent.detail for sent in rest if sent.outcome == "later"] == ["rests"] * (200 - service.asked)


async def test_a_host_that_rested_is_tried_with_one(
    settings: Settings, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch, 1)
    monkeypatch.setattr(gateway, "REST", 0.2)
    service.answers["*"] = HANGS
    async with Sender(settings) as sender:
        await send(sender, *[message(settings, service.subscribe()) for _ in range(20)])
        asked = service.asked
        before = asyncio.get_running_loop().time()

        async def rested() -> bool:
            return asyncio.get_running_loop().time() > before + 0.3

        await until(rested)
        sent = await send(sender, *[message(settings, service.subscribe()) for _ in range(20)])
        assert service.asked == asked + 1
        assert sorted(one.outcome for one in sent) == ["later"] * 19 + ["timed_out"]
        service.answers.clear()
        before = asyncio.get_running_loop().time()
        await until(rested)
        sent = await send(sender, *[message(settings, service.subscribe()) for _ in range(100)])
        assert {one.outcome for one in sent} == {"accepted"}
        assert gateway.FIRST < service.most_at_once <= gateway.PER_HOST, "and bears more with each answer"


async def test_a_service_that_is_away_is_tried_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{taken.getsockname()[1]}"
        chosen = msgspec.structs.replace(settings, push_hosts=origin)
        async with Sender(chosen) as sender:
            sent = await send(sender, *[message(chosen, Browser(f"{origin}/x")) for _ in range(12)])
    assert {one.outcome for one in sent} == {"later"} and all(one.retry_at for one in sent)


async def resolves(*addresses: str) -> list[str]:
    return list(addresses)


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["169.254.169.254"], ["8.8.8.8", "192.168.1.1"]]
)
async def test_a_name_that_leads_inside_is_refused_when_sent(settings: Settings, addresses: Sequence[str]) -> None:
    async with Sender(settings, lookup=lambda host, port: resolves(*addresses)) as sender:
        [sent] = await send(sender, message(settings, Browser("https://push.example/x")))
    assert (sent.outcome, sent.status, sent.detail) == ("not_allowed", None, "address")
    endpoint = gateway.endpoints.checked("https://push.example/x", settings.push_hosts)
    assert endpoint and await gateway.leads_inside(endpoint, lambda host, port: resolves(*addresses))


async def test_a_name_that_changes_is_looked_at_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    looked: list[str] = []

    async def changing(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["192.0.1.1"] if len(looked) == 1 else ["127.0.0.1"]

    endpoint = gateway.endpoints.checked("https://a.push.example/x", settings.push_hosts)
    assert endpoint and not await gateway.leads_inside(endpoint, changing), "fine when it was stored"
    async with Sender(settings, lookup=changing) as sender:
        [sent] = await send(sender, message(settings, Browser(endpoint.url)))
    assert sent.outcome == "not_allowed"
    assert looked == ["a.push.example"] * 2


async def test_a_trusted_origin_vouches_for_its_own_port_only(settings: Settings, service: PushService) -> None:
    chosen = msgspec.structs.replace(settings, push_hosts=f"http://localhost:{service.port},localhost.example")
    async with Sender(chosen, lookup=lambda host, port: resolves("127.0.0.1")) as sender:
        trusted = Browser(f"http://localhost:{service.port}{service.subscribe().endpoint.removeprefix(service.origin)}")
        named = Browser("https://localhost.example/x")
        first, second = await send(sender, message(chosen, trusted), message(chosen, named))
    # The service takes its audience for 127.0.0.1, which is a refusal, but an answer.
    assert (first.outcome, second.outcome) == ("forbidden", "not_allowed")


@pytest.mark.parametrize(
    "endpoint",
    ["https://evil.example/x", "http://push.example/x", "https://u:p@push.example/x", "https://push.example:8443/x"],
)
async def test_what_may_not_be_called_is_not(settings: Settings, sender: Sender, endpoint: str) -> None:
    [sent] = await send(sender, message(settings, Browser(endpoint)))
    assert (sent.outcome, sent.detail) == ("not_allowed", "host")


async def test_what_is_too_long_is_not_sent(settings: Settings, service: PushService, sender: Sender) -> None:
    browser = service.subscribe()
    fits, too_long = await send(
        sender, message(settings, browser, b"x" * 3993), message(settings, browser, b"x" * 3994, topic="b" * 32)
    )
    assert (fits.outcome, too_long.outcome, too_long.status) == ("accepted", "too_long", None)
    assert len(service.taken[0].body) == gateway.LONGEST


async def test_one_that_cannot_be_encrypted_spoils_no_other(
    settings: Settings, service: PushService, sender: Sender
) -> None:
    broken = service.subscribe()
    broken.p256dh = b"\4" + b"\1" * 64
    bad, good = await send(sender, message(settings, broken), message(settings, service.subscribe()))
    assert (bad.outcome, good.outcome) == ("failed", "accepted")


async def test_made_for_another_key_is_not_sent(settings: Settings, service: PushService, sender: Sender) -> None:
    one = message(settings, service.subscribe())
    vapid.replace(settings)
    [sent] = await send(sender, one)
    assert (sent.outcome, service.asked) == ("no_channel", 0)


async def test_whoever_stops_listening_leaves_nothing_under_way(
    settings: Settings, service: PushService, sender: Sender
) -> None:
    service.answers["*"] = HANGS
    quick = service.subscribe()
    call = sender.send([message(settings, service.subscribe()) for _ in range(30)])

    async def first() -> Sent:
        return await anext(call)

    waiting = asyncio.create_task(first())

    async def under_way() -> bool:
        return service.at_once == gateway.FIRST

    await until(under_way)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    service.answers.clear()
    [sent] = await send(sender, message(settings, quick))
    assert sent.outcome == "accepted"


@pytest.mark.parametrize(
    ("values", "contact"),
    [
        ({"public_url": "https://DJ.example.cn:8443"}, "https://dj.example.cn"),
        ({"public_url": "http://localhost:8000"}, "mailto:push@localhost"),
        ({"push_contact": "mailto:it@example.cn"}, "mailto:it@example.cn"),
    ],
)
async def test_whom_a_service_may_write_to(
    settings: Settings, service: PushService, values: dict[str, str], contact: str
) -> None:
    chosen = msgspec.structs.replace(settings, **values)
    async with Sender(chosen) as sender:
        await send(sender, message(chosen, service.subscribe()))
    assert service.taken[0].claims["sub"] == contact
