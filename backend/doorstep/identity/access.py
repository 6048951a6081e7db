"""The one guard: every route names its roles (or that it is public), and the actor is read from the session."""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.handlers.base import BaseRouteHandler

from doorstep.core.problems import NotAllowed, NotSignedIn, Problem
from doorstep.identity import service
from doorstep.identity.wire import PHONE, Actor, Role

OFFICE_COOKIE = "doorstep_office"
DEVICE_COOKIE = "doorstep_device"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Problem):
    """A cookie came along with an unsafe request that another site may have caused."""

    code = "CROSS_SITE"


async def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar guard of the whole app: a handler has `opt["roles"]` (a set of roles) or `opt["public"]`."""
    if handler.opt.get("public"):
        return
    roles: frozenset[Role] = handler.opt["roles"]
    token = _token(connection, DEVICE_COOKIE if roles == PHONE else OFFICE_COOKIE)
    actor = await service.actor_of(token) if token else None
    if actor is None:
        raise NotSignedIn
    if actor.role not in roles:
        raise NotAllowed
    connection.state.actor = actor


def _token(connection: ASGIConnection[Any, Any, Any, Any], cookie: str) -> str | None:
    header = connection.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    token = connection.cookies.get(cookie)
    if token and connection.scope.get("method") not in _SAFE and not _same_origin(connection):
        raise CrossSite
    return token


def _same_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin", "")
    return origin.partition("://")[2] == connection.headers.get("host", "-")


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor` of every handler that is not public."""
    return request.state.actor
