"""A gateway for text messages on loopback, as an operator would write one: it checks the signature by itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

from aiohttp import web


class TextGateway:
    """Takes what is signed with its secret. `status` and `hangs` make it fail; everything that came is kept."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.status, self.hangs = 204, False
        self.came: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self._closing = asyncio.Event()

    async def __aenter__(self) -> TextGateway:
        app = web.Application()
        app.router.add_post("/texts", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/texts"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body, at = await request.read(), request.headers["Doorstep-Timestamp"]
        version, _, mark = request.headers["Doorstep-Signature"].partition("=")
        expected = hmac.new(self._secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        if version != "v1" or not hmac.compare_digest(mark, expected) or abs(time.time() - int(at)) > 300:
            return web.Response(status=401)
        self.bodies.append(body)
        if self.hangs:
            await self._closing.wait()
        if self.status == 204:
            self.came.append(json.loads(body))
        return web.Response(status=self.status, headers={"Location": self.url} if self.status // 100 == 3 else {})
