"""The product for the fleet: its time is what each request says, and it dies where it is told to.

Never part of the product: it is only what uvicorn imports when the fleet says so. Time never goes back, so a server
that was killed and started again goes on from the next request's moment.
"""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

from litestar import Litestar, post
from litestar.types import ASGIApp, Receive, Scope, Send

from doorstep.app import create_app
from doorstep.core import clock
from doorstep.db import engine
from doorstep.visits import worker
from fleet import broken

NOW, DIE = "fleet-now", "fleet-die"
DEATHS = ("received", "written", "committed")
"""Before anything is done; when everything is written and not committed; when it is committed and not answered."""

START = datetime.fromisoformat("2026-03-02T00:00:00+08:00")
"""A Monday. The fleet's first day."""


class _State:
    now = START
    dies_at: str | None = None


def _die(where: str) -> None:
    if _State.dies_at == where:
        os.kill(os.getpid(), signal.SIGKILL)


class FleetServer:
    """The app behind a clock that the driver owns."""

    def __init__(self, app: Litestar) -> None:
        self._app: ASGIApp = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes time and death from the request's headers."""
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            if NOW in headers:
                _State.now = max(_State.now, datetime.fromisoformat(headers[NOW]))
            if DIE in headers:
                _State.dies_at = headers[DIE]
            _die("received")

        async def answer(message: Any) -> None:
            _die("committed")
            await send(message)

        await self._app(scope, receive, answer)


class _DyingTransaction(engine.ReturningTransaction):
    async def commit(self) -> None:
        _die("written")
        await super().commit()


@post("/test/sweep", opt={"public": True}, status_code=200, include_in_schema=False)
async def sweep() -> dict[str, int]:
    """What the server does by itself every minute, when the driver's clock says so."""
    return {"moved": await worker.run_once()}


def create() -> FleetServer:
    """What uvicorn imports."""
    clock._source = lambda: _State.now
    worker.EVERY = 1e9
    engine.DB.__class__.transaction = lambda self, allow_nested=False: _DyingTransaction(  # type: ignore[method-assign]
        engine=self, allow_nested=allow_nested
    )
    broken.apply(os.environ.get("FLEET_BREAK", ""))
    app = create_app()
    app.register(sweep)
    return FleetServer(app)
