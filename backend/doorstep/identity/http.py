"""Routes of identity."""

from litestar.handlers import HTTPRouteHandler

handlers: list[HTTPRouteHandler] = []
