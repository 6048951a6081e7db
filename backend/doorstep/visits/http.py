"""Routes of visits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.handlers import HTTPRouteHandler

handlers: list[HTTPRouteHandler] = []


@asynccontextmanager
async def running(*_: object) -> AsyncIterator[None]:
    """What lives as long as the server."""
    yield
