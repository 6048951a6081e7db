"""The product for browser tests: its time can be moved on, so that forty minutes of service need not pass.

Never part of the product: it is only what uvicorn imports when a test says so.
"""

import os
from datetime import UTC, datetime, timedelta

from litestar import Litestar, get, post
from litestar.params import JSONBody
from msgspec import Struct

from doorstep.app import create_app
from doorstep.core import clock


class Span(Struct):
    """How far the time moves on."""

    seconds: float


_ahead = timedelta(seconds=float(os.environ.get("CLOCK_AHEAD", "0")))

# Runs in the page's own realm, which not every engine lets a test reach otherwise.
_FULL = """
window.doorstepFull = { over: false }
const add = IDBObjectStore.prototype.add
IDBObjectStore.prototype.add = function (...rest) {
  if (this.name === 'outbox' && !window.doorstepFull.over) throw new DOMException('no room', 'QuotaExceededError')
  return add.apply(this, rest)
}
"""


@get("/test/full.js", opt={"public": True}, include_in_schema=False, sync_to_thread=False, media_type="text/javascript")
def full() -> str:
    """From here on the phone's storage is full, until the page says otherwise."""
    return _FULL


@post("/test/clock", opt={"public": True}, status_code=200, include_in_schema=False, sync_to_thread=False)
def move(data: JSONBody[Span]) -> dict[str, str]:
    """Moves the server's time on."""
    global _ahead
    _ahead += timedelta(seconds=data.seconds)
    return {"now": clock.now().isoformat()}


def create() -> Litestar:
    """The app with a clock that runs ahead by what was asked for."""
    clock._source = lambda: datetime.now(UTC) + _ahead
    app = create_app()
    app.register(move)
    app.register(full)
    return app
