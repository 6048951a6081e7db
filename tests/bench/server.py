"""The product with one more route: an empty JSON echo, to know what the server itself costs."""

from typing import Any

from litestar import Litestar, post
from litestar.params import JSONBody

from doorstep.app import create_app


@post("/bench/echo", opt={"public": True}, status_code=200, include_in_schema=False, sync_to_thread=False)
def echo(data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
    """What came in."""
    return data


def create() -> Litestar:
    """The app with the echo."""
    app = create_app()
    app.register(echo)
    return app
