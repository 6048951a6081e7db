"""A push service on loopback, as strict as the real ones: RFC 8030 and 8292 to servers, a websocket to real Firefox.

    async with PushService() as service:
        browser = service.subscribe()          # without a real browser; `service.waiting(browser.endpoint)`
        service.answers[browser.endpoint] = Refusal(429, {"Retry-After": "7"})

Firefox is pointed at it by `service.websocket` (dom.push.serverURL). Alone: `python -m support.push_service PORT`.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from typing import Any

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from support.push_browser import Browser, b64, unb64

DAY = 86_400


@dataclass(frozen=True)
class Refusal:
    """What the service answers instead of doing its work. `hangs`: it takes the request and never answers."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    hangs: bool = False


HANGS = Refusal(hangs=True)


@dataclass(frozen=True)
class Taken:
    """A message that the service has taken."""

    endpoint: str
    version: str
    body: bytes
    ttl: int
    urgency: str
    topic: str | None
    until: float
    claims: dict[str, Any]


@dataclass
class _Channel:
    """One subscription: of which user agent, for which server's key, and what waits for it."""

    id: str
    agent: str | None
    key: bytes | None
    gone: bool = False
    queue: dict[str, Taken] = field(default_factory=dict)


class PushService:
    """The service; open it with `async with`. Everything that it saw is kept for the test to look at."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._wanted, self._tls = port, tls
        self.port = 0
        self.taken: list[Taken] = []
        self.refused: list[tuple[int, str]] = []
        self.acknowledged: list[str] = []  # versions that a browser said it has
        self.answers: dict[str, Refusal] = {}  # by endpoint; "*" for all
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0
        self._channels: dict[str, _Channel] = {}  # by the token of the endpoint
        self._sockets: dict[str, web.WebSocketResponse] = {}  # by user agent
        self._closing = asyncio.Event()

    async def __aenter__(self) -> PushService:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/", self._websocket)
        app.router.add_post("/wpush/v2/{token}", self._push)
        app.router.add_delete("/m/{version}", self._delete)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._wanted, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        for socket in list(self._sockets.values()):
            await socket.close()
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """What DOORSTEP_PUSH_HOSTS has to name."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """Firefox: dom.push.serverURL."""
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}/"

    # What a test does

    def subscribe(self, key: bytes | None = None) -> Browser:
        """A browser that is none: its messages stay in the queue. `key`: only this server may send."""
        return Browser(self._endpoint(_Channel(token_hex(8), None, key)))

    def forget(self, endpoint: str) -> None:
        """The service knows nothing of it any more: 404."""
        del self._channels[_token(endpoint)]

    def unsubscribe(self, endpoint: str) -> None:
        """The browser took it back: 410."""
        self._channels[_token(endpoint)].gone = True

    def waiting(self, endpoint: str) -> list[Taken]:
        """What the browser would get when it comes online: of each topic the newest, nothing that ran out."""
        queue = self._channels[_token(endpoint)].queue
        return [message for message in queue.values() if message.until > time.time()]

    @property
    def endpoints(self) -> list[str]:
        """Of all live subscriptions."""
        return [f"{self.origin}/wpush/v2/{token}" for token, one in self._channels.items() if not one.gone]

    async def drop_connections(self) -> None:
        """Every browser loses its connection; what comes meanwhile is kept for them."""
        for socket in list(self._sockets.values()):
            await socket.close()

    def _endpoint(self, channel: _Channel) -> str:
        token = token_urlsafe(24)
        self._channels[token] = channel
        return f"{self.origin}/wpush/v2/{token}"

    # Servers

    async def _push(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, await request.read())
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, body: bytes) -> web.Response:
        endpoint = f"{self.origin}{request.path}"
        refusal = self.answers.get(endpoint) or self.answers.get("*")
        if refusal is not None and refusal.hangs:
            await self._closing.wait()
        if refusal is not None:
            return web.Response(status=refusal.status, headers=refusal.headers, text=refusal.body)
        channel = self._channels.get(request.match_info["token"])
        if channel is None or channel.gone:
            return self._refuse(404 if channel is None else 410, "no such subscription")
        status, why, claims = self._wrong(request, body, channel)
        if status:
            return self._refuse(status, why)
        ttl, topic = int(request.headers["TTL"]), request.headers.get("Topic")
        message = Taken(
            endpoint, token_urlsafe(12), body, ttl, request.headers.get("Urgency", "normal"), topic,
            time.time() + ttl, claims,
        )  # fmt: skip
        self.taken.append(message)
        for version in [version for version, old in channel.queue.items() if topic and old.topic == topic]:
            del channel.queue[version]
        if ttl > 0 or channel.agent in self._sockets:
            channel.queue[message.version] = message
        await self._deliver(channel, message)
        headers = {"Location": f"{self.origin}/m/{message.version}", "TTL": str(ttl)}
        return web.Response(status=201, headers=headers)

    def _refuse(self, status: int, why: str) -> web.Response:
        self.refused.append((status, why))
        return web.json_response({"code": status, "errno": 100, "message": why}, status=status)

    def _wrong(self, request: web.Request, body: bytes, channel: _Channel) -> tuple[int, str, dict[str, Any]]:
        """What the request breaks: status (0: nothing), why, and the claims of its token."""
        headers = request.headers
        if not headers.get("TTL", "").isdecimal():
            return 400, "TTL", {}
        if len(body) > 4096:
            return 413, "longer than 4096", {}
        if body and headers.get("Content-Encoding") != "aes128gcm":
            return 415, "Content-Encoding", {}
        topic = headers.get("Topic", "")
        if len(topic) > 32 or any(not (one.isalnum() or one in "-_") for one in topic) or not topic.isascii():
            return 400, "Topic", {}
        if headers.get("Urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return 400, "Urgency", {}
        return self._vapid(headers.get("Authorization", ""), channel)

    def _vapid(self, header: str, channel: _Channel) -> tuple[int, str, dict[str, Any]]:
        if not header:
            return (401, "no Authorization", {}) if channel.key else (0, "", {})
        scheme, _, rest = header.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
            return 401, "scheme", {}
        key = unb64(parts["k"])
        if channel.key is not None and channel.key != key:
            return 403, "another server's key", {}
        signed, _, mark = parts["t"].rpartition(".")
        raw, claims = unb64(mark), json.loads(unb64(signed.partition(".")[2]))
        if json.loads(unb64(signed.partition(".")[0])).get("alg") != "ES256" or len(raw) != 64:
            return 403, "alg", claims
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key).verify(
                encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
                signed.encode(),
                ec.ECDSA(hashes.SHA256()),
            )
        except (InvalidSignature, ValueError):
            return 403, "signature", claims
        if claims.get("aud") != self.origin:
            return 403, "aud", claims
        if not time.time() < claims.get("exp", 0) <= time.time() + DAY:
            return 403, "exp", claims
        if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
            return 403, "sub", claims
        return 0, "", claims

    async def _delete(self, request: web.Request) -> web.Response:
        for channel in self._channels.values():
            channel.queue.pop(request.match_info["version"], None)
        return web.Response(status=204)

    # Browsers

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("push-notification",))
        await socket.prepare(request)
        agent = ""
        async for frame in socket:
            if frame.type != WSMsgType.TEXT:
                continue
            said = json.loads(frame.data)
            match said.get("messageType"):
                case "hello":
                    agent = await self._hello(socket, said)
                case "register":
                    key = unb64(said["key"]) if said.get("key") else None
                    endpoint = self._endpoint(_Channel(said["channelID"], agent, key))
                    await socket.send_json(
                        {"messageType": "register", "channelID": said["channelID"], "status": 200,
                         "pushEndpoint": endpoint}
                    )  # fmt: skip
                case "unregister":
                    for channel in self._of(agent):
                        channel.gone = channel.gone or channel.id == said["channelID"]
                    await socket.send_json({**said, "status": 200})
                case "ack":
                    for update in said["updates"]:
                        self.acknowledged.append(update["version"])
                        for channel in self._of(agent):
                            channel.queue.pop(update["version"], None)
                case None:
                    await socket.send_str("{}")  # a ping
        if self._sockets.get(agent) is socket:
            del self._sockets[agent]
        return socket

    async def _hello(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> str:
        """Who it is, and everything that waited for it."""
        known = {channel.agent for channel in self._channels.values()} | set(self._sockets)
        agent = said.get("uaid") if said.get("uaid") in known else token_hex(16)
        assert agent
        self._sockets[agent] = socket
        await socket.send_json(
            {"messageType": "hello", "uaid": agent, "status": 200, "use_webpush": True, "broadcasts": {}}
        )
        for channel in self._of(agent):
            for message in list(channel.queue.values()):
                if message.until > time.time():
                    await self._deliver(channel, message)
        return agent

    def _of(self, agent: str) -> Iterator[_Channel]:
        return iter([channel for channel in self._channels.values() if channel.agent == agent and agent])

    async def _deliver(self, channel: _Channel, message: Taken) -> None:
        socket = self._sockets.get(channel.agent or "")
        if socket is None or socket.closed:
            return
        await socket.send_json(
            {"messageType": "notification", "channelID": channel.id, "version": message.version, "ttl": message.ttl,
             "data": b64(message.body), "headers": {"encoding": "aes128gcm"}}
        )  # fmt: skip


def _token(endpoint: str) -> str:
    return endpoint.rpartition("/")[2]


@contextmanager
def in_thread(*, port: int = 0) -> Iterator[PushService]:
    """The same on a loop of its own, for tests that have none: browsers, and servers in other processes."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    services: list[PushService] = []
    ended = asyncio.Event()

    async def run() -> None:
        async with PushService(port=port) as service:
            services.append(service)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert ready.wait(10), "the push service did not start"
    try:
        yield services[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


async def _alone(port: int) -> None:
    async with PushService(port=port) as service:
        print(f"push service: {service.origin}, for Firefox {service.websocket}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_alone(int(sys.argv[1]) if len(sys.argv) > 1 else 4443))
