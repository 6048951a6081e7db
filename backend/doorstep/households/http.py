"""Routes of households."""

from litestar.handlers import HTTPRouteHandler

handlers: list[HTTPRouteHandler] = []
