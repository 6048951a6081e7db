"""Routes of intake."""

from litestar.handlers import HTTPRouteHandler

handlers: list[HTTPRouteHandler] = []
