"""What the tests of push stand on: the reader of RFC 8291, the tests' own push service; and how long a service asks."""

from __future__ import annotations

import email.utils
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.reminders import push_answers, vapid
from doorstep.reminders.gateway import Sender
from doorstep.settings import Settings
from support.push_browser import Browser, b64, unb64
from support.push_service import PushService

from .pushing import HOUR, message, send


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


def test_an_example_of_the_rfc_is_read() -> None:
    """RFC 8291, appendix A: the reader of these tests is right by more than our own word."""
    browser = Browser("https://push.example/x")
    private = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser._key = ec.derive_private_key(private, ec.SECP256R1())
    browser.p256dh = unb64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    browser.auth = unb64("BTBZMqHH6r4Tts7J_aSIgg")
    body = unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.open(body) == b"When I grow up, I want to be a watermelon"


def test_how_long_a_service_asks_to_wait() -> None:
    now = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

    def waits(header: str | None) -> float | None:
        at = push_answers.asked_to_wait(header, now)
        return None if at is None else (at - now).total_seconds()

    assert [waits(text) for text in ("7", " 120 ", "0", "99999", "9" * 40)] == [7, 120, 0, HOUR, HOUR]
    assert waits(email.utils.format_datetime(now + timedelta(seconds=90), usegmt=True)) == 90
    assert waits(email.utils.format_datetime(now - timedelta(days=1), usegmt=True)) == 0
    assert [waits(text) for text in (None, "", "soon", "-5", "Sun, 99 Nov 2026")] == [None] * 5
    assert [push_answers.pause(n).total_seconds() for n in (1, 2, 3, 5, 6, 9, 10**6)] == [
        30,
        60,
        120,
        480,
        900,
        900,
        900,
    ]


async def test_the_service_speaks_to_browsers(tmp_path: Path, service: PushService) -> None:
    """Hello, register, a message while away, acknowledgement, unregister: what Firefox says."""
    settings = Settings(data_dir=tmp_path, push_hosts=service.origin, public_url="https://dj.example.cn")
    key = vapid.make(settings)
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(service.websocket, protocols=("push-notification",)) as socket:
            await socket.send_json({"messageType": "hello", "uaid": "", "use_webpush": True})
            agent = (await socket.receive_json())["uaid"]
            await socket.send_json({"messageType": "register", "channelID": "c", "key": b64(unb64(key.public))})
            browser = Browser((await socket.receive_json())["pushEndpoint"])
        async with Sender(settings) as sender:
            [sent] = await send(sender, message(settings, browser, b"while away"))
            assert sent.outcome == "accepted"
            async with http.ws_connect(service.websocket, protocols=("push-notification",)) as socket:
                assert socket.protocol == "push-notification"
                await socket.send_json({"messageType": "hello", "uaid": agent})
                assert (await socket.receive_json())["uaid"] == agent
                told = await socket.receive_json()
                assert (told["messageType"], browser.open(unb64(told["data"]))) == ("notification", b"while away")
                update = {"channelID": "c", "version": told["version"], "code": 100}
                await socket.send_json({"messageType": "ack", "updates": [update]})
                await socket.send_json({"messageType": "unregister", "channelID": "c"})
                assert (await socket.receive_json())["status"] == 200
            assert (service.acknowledged, service.waiting(browser.endpoint)) == ([told["version"]], [])
            [sent] = await send(sender, message(settings, browser))
            assert (sent.outcome, sent.status) == ("gone", 410)
