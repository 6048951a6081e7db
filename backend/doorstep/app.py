"""create_app(settings): the only module that imports every http.py; one mapping from every failure to a problem."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.config.app import AppConfig
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.types import Message, Scope

from doorstep import __version__, context, web, working
from doorstep.checkins import http as checkins
from doorstep.core import clock, keys, problems
from doorstep.core.problems import FieldError, Problem
from doorstep.db import engine, epoch
from doorstep.families import http as families
from doorstep.households import http as households
from doorstep.identity import access
from doorstep.identity import http as identity
from doorstep.intake import http as intake
from doorstep.openapi import Renderer
from doorstep.plans import http as plans
from doorstep.reminders import http as reminders
from doorstep.review import http as review
from doorstep.settings import Settings, from_environment
from doorstep.visits import http as visits

log = logging.getLogger("doorstep")

_HTTP_CODES = {
    400: "INPUT_INVALID",
    401: "NOT_SIGNED_IN",
    403: "NOT_ALLOWED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "MEDIA_TYPE_WRONG",
    429: "TOO_MANY_REQUESTS",
}

COMPRESSION = CompressionConfig("gzip", minimum_size=4096, gzip_compress_level=2, exclude_opt_key="sent_as_it_is")
"""But not the PWA's files, which are compressed when they are built, nor live streams, which wait for nothing."""


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    with context.database(settings) as dsn:
        async with (
            context.connected(dsn, pool_size=settings.pool_size),
            checkins.running(),
            visits.running(dsn),
            intake.running(),
            working.running(settings) if settings.worker_inside else nullcontext(),
        ):
            yield


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole product as one ASGI application; `settings` come from the environment when left out."""
    chosen = settings or from_environment()
    keys.install(chosen)

    api = Router(
        path="/api/v1",
        route_handlers=[
            health,
            *identity.handlers,
            *households.handlers,
            *plans.handlers,
            *visits.handlers,
            *checkins.handlers,
            *reminders.handlers,
            *families.handlers,
            *review.handlers,
            *intake.handlers,
        ],
        guards=[access.authorise],
        dependencies={"actor": Provide(access.provide_actor)},
    )
    return Litestar(
        route_handlers=[api, *reminders.public, *web.handlers()],
        lifespan=[_lifespan],
        exception_handlers={Problem: _problem, HTTPException: _http_exception, Exception: _unexpected},
        openapi_config=OpenAPIConfig(
            title="Doorstep 到家",
            version=__version__,
            path="/api/schema",
            render_plugins=[Renderer()],
            use_handler_docstrings=True,
        ),
        on_app_init=[_settings_in_state(chosen)],
        compression_config=COMPRESSION,
        middleware=[access.recorded],
        before_send=[web.security_headers, access.renew_cookie, _tell_epoch],
        request_max_body_size=12_000_000,
        logging_config=None,
    )


@get("/health", opt={"public": True}, operation_id="health", tags=["server"], sync_to_thread=False)
def health() -> dict[str, str]:
    """Whether the server answers."""
    return {"status": "ok", "time": clock.now().isoformat()}


def _settings_in_state(settings: Settings) -> Any:
    def on_init(config: AppConfig) -> AppConfig:
        config.state.settings = settings
        return config

    return on_init


async def _tell_epoch(message: Message, scope: Scope) -> None:
    """Every answer of the API says in which epoch of the database it was given, refusals too."""
    now = epoch.known()
    if message["type"] == "http.response.start" and now is not None and scope["path"].startswith("/api/v1/"):
        MutableScopeHeaders.from_message(message)[epoch.HEADER] = str(now.id)


def _answer(content: problems.ProblemBody, headers: dict[str, Any] | None = None) -> Response[problems.ProblemBody]:
    return Response(content, status_code=content.status, media_type=problems.MEDIA_TYPE, headers=headers or {})


def _problem(_request: Request[Any, Any, Any], error: Problem) -> Response[problems.ProblemBody]:
    return _answer(error.body(), error.headers)


def _http_exception(_request: Request[Any, Any, Any], error: HTTPException) -> Response[problems.ProblemBody]:
    code = _HTTP_CODES.get(error.status_code, "INPUT_INVALID" if error.status_code < 500 else "INTERNAL")
    if isinstance(error, ValidationException):
        fields = [
            FieldError(field=str(item.get("key") or item.get("source") or "body"), message=str(item["message"]))
            for item in error.extra or []
            if isinstance(item, dict)
        ]
        return _answer(problems.body("INPUT_INVALID", detail_en=error.detail if not fields else "", errors=fields))
    if code == "INPUT_INVALID":
        code = "BODY_MALFORMED" if "JSON" in error.detail or "decode" in error.detail.lower() else code
    return _answer(problems.body(code), dict(error.headers or {}))


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[problems.ProblemBody]:
    if isinstance(error, RecursionError | UnicodeError):
        return _answer(problems.body("BODY_MALFORMED"))
    if engine.is_transient(error):
        log.warning("the database is away at %s %s: %s", request.method, request.url.path, type(error).__name__)
        return _answer(problems.body("UNAVAILABLE"), {"retry-after": "2"})
    if isinstance(error, engine.CONFLICTS):
        constraint = getattr(error, "constraint_name", None)
        log.warning("two at once at %s %s: %s", request.method, request.url.path, constraint)
        return _answer(problems.body("CONFLICT"))
    if isinstance(error, engine.NOT_TEXT) or engine.out_of_range(error):
        return _answer(problems.body("INPUT_INVALID"))
    # The path only: bodies and query strings may hold personal data.
    log.error("unexpected failure at %s %s", request.method, request.url.path, exc_info=error)
    return _answer(problems.body("INTERNAL"))
