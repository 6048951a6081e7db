"""The one guard: every route names its roles (or that it is public), and the actor is read from the session."""

import logging
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.core import problems
from doorstep.core.problems import NotAllowed, NotSignedIn, Problem
from doorstep.db import audit
from doorstep.db.engine import write_down
from doorstep.identity import rules, service
from doorstep.identity.wire import FAMILY, FAMILY_COOKIE, PHONE, Actor, Role

log = logging.getLogger("doorstep.audit")

OFFICE_COOKIE = "doorstep_office"
DEVICE_COOKIE = "doorstep_device"

_RENEWED = {DEVICE_COOKIE: rules.DEVICE_LIFE, FAMILY_COOKIE: rules.FAMILY_LIFE}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What an auditor asked for, as far as it is days, ids and words of closed lists. Nothing that somebody writes freely.
KEPT_FILTERS = frozenset(
    (
        *("since", "until", "day", "by", "step", "group", "cause", "state", "op_state", "kind"),
        *("only", "status", "operation", "provider_id", "visit_id", "account", "subject"),
    )
)
# A search is an unsafe request with these in its body, beside its filters: they stay out of addresses and the trail.
WORDS = "q"
_CODE = re.compile(r"[0-9A-Za-z_:+.-]{1,64}")

_Connection = ASGIConnection[Any, Any, Any, Any]


class CrossSite(Problem):
    """A cookie came along with an unsafe request that another site may have caused."""

    code = "CROSS_SITE"


class DeviceRevoked(Problem):
    """The session was a phone's that is nobody's any more: what it carries of elders has to go, its records stay."""

    code = "DEVICE_REVOKED"


class MethodNotAllowed(Problem):
    """Nobody may call it: a handler without roles, such as the framework's own for OPTIONS."""

    code = "METHOD_NOT_ALLOWED"


async def authorise(connection: _Connection, handler: BaseRouteHandler) -> None:
    """Litestar guard of the whole app: a handler has `opt["roles"]` (a set of roles) or `opt["public"]`.

    A public handler that sets a cookie has `opt["same_site"]` too: nobody is signed in by another site's page.
    """
    if handler.opt.get("public"):
        if handler.opt.get("same_site") and _from_elsewhere(connection):
            raise CrossSite
        return
    roles: frozenset[Role] | None = handler.opt.get("roles")
    if not roles:
        raise MethodNotAllowed
    cookie = DEVICE_COOKIE if roles == PHONE else FAMILY_COOKIE if roles == FAMILY else OFFICE_COOKIE
    actor = await _actor(connection, cookie)
    if actor is None:
        token = _token(connection, cookie)
        if roles == PHONE and token and await service.is_of_revoked_phone(token):
            raise DeviceRevoked
        raise NotSignedIn
    if actor.role not in roles:
        raise NotAllowed
    connection.state.actor = actor
    if handler.opt.get("audit", True):
        reads = actor.role is Role.AUDITOR
        audit.begin(_trail(connection, handler, actor, await _asked(connection, handler) if reads else {}))


def _trail(connection: _Connection, handler: BaseRouteHandler, actor: Actor, asked: dict[str, str]) -> audit.Trail:
    ids = {name: value for name, value in connection.path_params.items() if isinstance(value, UUID)}
    changes, reads = connection.scope.get("method") not in _SAFE, actor.role is Role.AUDITOR
    data: dict[str, Any] = {name: str(value) for name, value in ids.items()}
    if asked:
        data[audit.ASKED] = asked
    return audit.Trail(
        operation=str(getattr(handler, "operation_id", None) or handler),
        role=actor.role.value,
        # What a station calls a member of a family is sealed everywhere else.
        name="" if actor.role is Role.FAMILY else actor.display_name,
        account=actor.account_id,
        person=actor.caregiver_id or actor.family_member_id,
        subject=next(iter(ids.values()), None),
        data=data,
        provider=actor.works_for,
        changes=changes,
        reads=reads,
    )


async def _asked(connection: _Connection, handler: BaseRouteHandler) -> dict[str, str]:
    """The period and the filters of a read, of those that the route knows: it checks what they hold."""
    parameters = handler.parsed_fn_signature.parameters
    given: dict[str, Any] = {name: connection.query_params.get(name) for name in parameters}
    body = parameters["data"].annotation if "data" in parameters else None
    if isinstance(connection, Request) and WORDS in getattr(body, "__struct_fields__", ()):
        try:
            given |= msgspec.to_builtins(msgspec.json.decode(await connection.body(), type=body))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return {}  # the route refuses it
    kept = {name: given.get(name) for name in sorted(KEPT_FILTERS)}
    return {name: value for name, value in kept.items() if isinstance(value, str) and _CODE.fullmatch(value)}


def recorded(app: ASGIApp) -> ASGIApp:
    """Middleware: a request's trail ends with it, and no auditor gets an answer that is not in the trail."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] < 400:
                trail = audit.current()
                if trail is not None and trail.reads and not trail.rows:
                    try:
                        await write_down(trail)
                    except Exception:
                        log.exception("the audit trail cannot be written, the answer is not given")
                        refused = True
                        await _refuse(send)
            if not refused:
                await send(message)

        with audit.room():
            await app(scope, receive, answer if scope["type"] == "http" else send)

    return run


async def _refuse(send: Send) -> None:
    content = msgspec.json.encode(problems.body("UNAVAILABLE"))
    headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


def _bearer(connection: _Connection) -> str | None:
    header = connection.headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else None


def _token(connection: _Connection, cookie: str) -> str | None:
    return _bearer(connection) or connection.cookies.get(cookie)


async def _actor(connection: _Connection, cookie: str) -> Actor | None:
    bearer = _bearer(connection)
    if bearer is not None:
        return await service.actor_of(bearer)
    token = connection.cookies.get(cookie)
    if not token:
        return None
    if connection.scope.get("method") not in _SAFE and not _same_origin(connection):
        raise CrossSite
    actor = await service.actor_of(token)
    if actor is not None and cookie in _RENEWED:
        connection.state.renewed = (cookie, token)
    return actor


def _same_origin(connection: _Connection) -> bool:
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    scheme, _, host = connection.headers.get("origin", "").lower().partition("://")
    ours = connection.app.state.settings.public_url.lower().rstrip("/")
    # A proxy in front may not pass the host on; then the public address is what the browser sees.
    return bool(host) and (host == connection.headers.get("host", "").lower() or f"{scheme}://{host}" == ours)


def _from_elsewhere(connection: _Connection) -> bool:
    says_so = "sec-fetch-site" in connection.headers or "origin" in connection.headers
    return says_so and not _same_origin(connection)


def session_cookie(connection: _Connection, name: str, token: str, life: timedelta) -> Cookie:
    """Out of reach of scripts and of other sites; Secure whenever the public address is."""
    return Cookie(
        key=name,
        value=token,
        path="/api/v1",
        max_age=int(life.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=connection.app.state.settings.secure,
    )


def ended_cookie(name: str) -> Cookie:
    """Takes the cookie away."""
    return Cookie(key=name, value="", path="/api/v1", max_age=0, httponly=True, samesite="strict")


async def renew_cookie(message: Message, scope: Scope) -> None:
    """Browsers drop a cookie after 400 days at most: each use by a phone or a family gives it the time anew."""
    renewed = scope.get("state", {}).get("renewed")
    if renewed and message["type"] == "http.response.start":
        name, token = renewed
        cookie = session_cookie(Request(scope), name, token, _RENEWED[name]) if token else ended_cookie(name)  # pyright: ignore
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor` of every handler that is not public."""
    return request.state.actor
