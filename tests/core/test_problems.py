"""Nothing is ever a bare failure: every refusal is a class with its code, every bad input has an answer."""

import json
import logging
import pkgutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.response import Stream
from litestar.routes import HTTPRoute

import doorstep
from doorstep.core import problems
from doorstep.core.problems import Problem
from doorstep.db.engine import fetch
from doorstep.identity import service
from support.sign_in import device_token, family_token, sign_in
from support.world import World


def endless(handler: Any) -> bool:
    """A live stream: it ends when the one who listens goes."""
    return handler.parsed_fn_signature.return_type.annotation is Stream


def subclasses(of: type[Problem]) -> Iterator[type[Problem]]:
    for child in of.__subclasses__():
        yield child
        yield from subclasses(child)


def all_problems() -> list[type[Problem]]:
    for module in pkgutil.walk_packages(doorstep.__path__, "doorstep."):
        import_module(module.name)
    return sorted((kind for kind in subclasses(Problem) if kind.__module__.startswith("doorstep.")), key=str)


def test_every_refusal_is_in_the_closed_list_and_says_what_it_means() -> None:
    for kind in all_problems():
        assert "code" in vars(kind), f"{kind} has no code of its own"
        assert kind.code in problems.codes().problems, kind
        assert kind.__doc__, kind


def test_no_two_refusals_share_a_code() -> None:
    codes = [kind.code for kind in all_problems()]
    assert sorted(codes) == sorted(set(codes))


def is_problem(answer: httpx.Response) -> bool:
    """Whether it is problem+json with everything that a client may count on."""
    if answer.headers["content-type"] != problems.MEDIA_TYPE:
        return False
    body = answer.json()
    text = problems.codes().problems[body["code"]]
    return (body["type"], body["title"], body["title_en"], body["status"]) == (
        f"/problems/{body['code']}", text.zh, text.en, answer.status_code
    )  # fmt: skip


DEEP = b"[" * 20_000 + b"]" * 20_000
JSON: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "deep": DEEP,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "unknown fields": b'{"no_such_field":1}',
    "not UTF-8": b'{"login":"\xff\xfe"}',
    "13 MB": b'"' + b"x" * 13_000_000 + b'"',
}
VALUES: dict[str, Any] = {
    "NUL": "a\x00b",
    "control": "\x1b[2J",
    "long": "x" * 100_000,
    "empty": "",
    "a big number": 10**30,
    "negative": -1,
    "NULL": None,
    "a list": [[]],
    "uuid": str(uuid4()),
    "uuids": [str(uuid4())],
    "a time": "2026-11-21T08:00:00Z",
    "no such day": "2026-02-30",
}


def bodies(fields: list[str]) -> Iterator[tuple[str, bytes]]:
    """Bad bodies of every kind, and each bad value in all fields of the request at once."""
    yield from JSON.items()
    for name, value in VALUES.items():
        yield name, json.dumps(dict.fromkeys(fields, value)).encode()
    lone = ",".join(f'"{field}":"\\ud800"' for field in fields)
    yield "lone surrogate", b"{" + lone.encode() + b"}"


def fields_of(handler: Any) -> list[str]:
    annotation = handler.parsed_fn_signature.parameters.get("data")
    kind = annotation.annotation if annotation else None
    return list(getattr(kind, "__struct_encode_fields__", []))


def routes(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1/"):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS"}:
                    yield str(method), route.path_format, handler


async def credentials(world: World, handler: Any) -> dict[str, str]:
    roles = {str(role) for role in handler.opt.get("roles", ())}
    if "caregiver" in roles:
        return {"authorization": f"Bearer {await device_token(world.caregiver)}"}
    if "family" in roles:
        return {"authorization": f"Bearer {await family_token(world.elder)}"}
    return await sign_in(world, "admin" if "admin" in roles else sorted(roles)[0]) if roles else {}


def filled(path: str, value: str) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


async def test_no_bad_body_of_any_route_is_a_failure(app: Litestar, client: httpx.AsyncClient, world: World) -> None:
    wrong = []
    for method, path, handler in routes(app):
        if method not in ("POST", "PUT", "PATCH"):
            continue
        known = await credentials(world, handler)
        url = filled(path, str(world.home))
        for name, body in bodies(fields_of(handler)):
            for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
                answer = await client.request(method, url, content=body, headers={**known, "content-type": kind})
                fine = answer.status_code < 300 or (answer.status_code < 500 and is_problem(answer))
                if not fine or (name in JSON and name != "null" and answer.status_code < 300 and fields_of(handler)):
                    wrong.append((method, path, name, kind, answer.status_code, answer.text[:200]))
    assert wrong == []


PARAMETERS = ["", "x", "\x00", "-1", "1e9", str(10**30), "NaN", "2026-02-30", "0001-01-01", "9999-12-31", "龚", "%"]
PARAMETERS += ["' OR 1=1 --", str(uuid4()), "e30", "a" * 5000]


async def test_no_bad_parameter_of_any_route_is_a_failure(
    app: Litestar, client: httpx.AsyncClient, world: World
) -> None:
    wrong = []
    for method, path, handler in routes(app):
        if method != "GET" or endless(handler):
            continue
        known = await credentials(world, handler)
        names = [name for name in handler.parsed_fn_signature.parameters if name not in ("request", "actor")]
        for value in PARAMETERS:
            asked = [(filled(path, str(uuid4())), {name: value}) for name in names]
            if value and "\x00" not in value:
                asked.append((filled(path, value[:99]), {}))
            for url, query in asked:
                answer = await client.get(url, params=query, headers=known)
                if answer.status_code >= 500 or (answer.status_code >= 400 and not is_problem(answer)):
                    wrong.append((path, query, answer.status_code, answer.text[:200]))
    assert wrong == []


async def test_a_method_that_is_not_there_is_a_problem(app: Litestar, client: httpx.AsyncClient) -> None:
    for method, path in (("DELETE", "/api/v1/health"), ("PUT", "/api/v1/sessions"), ("POST", "/api/v1/keys")):
        answer = await client.request(method, path)
        assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
        assert is_problem(answer)


async def test_a_validation_error_names_the_field(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sessions", json={"login": "a", "password": 5.5, "totp": None})
    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == "INPUT_INVALID"
    assert "password" in json.dumps(body["errors"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("13800000001"), "INTERNAL"),
        (KeyError("13800000001"), "INTERNAL"),
        (asyncpg.ConnectionDoesNotExistError("13800000001"), "UNAVAILABLE"),
        (asyncpg.TooManyConnectionsError("13800000001"), "UNAVAILABLE"),
        (asyncpg.DeadlockDetectedError("13800000001"), "UNAVAILABLE"),
        (ConnectionRefusedError("13800000001"), "UNAVAILABLE"),
        (asyncpg.InterfaceError("13800000001"), "UNAVAILABLE"),
        (asyncpg.UnsupportedServerFeatureError("13800000001"), "INTERNAL"),
        (asyncpg.ClientConfigurationError("13800000001"), "INTERNAL"),
        (asyncpg.UniqueViolationError("13800000001"), "CONFLICT"),
        (RecursionError("13800000001"), "BODY_MALFORMED"),
    ],
)
async def test_what_nobody_foresaw_is_a_problem_that_tells_nothing(
    client: httpx.AsyncClient, monkeypatch: Any, caplog: pytest.LogCaptureFixture, error: Exception, code: str
) -> None:
    async def fails(_token: str) -> None:
        raise error

    monkeypatch.setattr(service, "actor_of", fails)
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")
    answer = await client.get("/api/v1/me?phone=13900000002", headers={"authorization": "Bearer x"})
    assert answer.json()["code"] == code
    assert is_problem(answer)
    assert "13800000001" not in answer.text
    assert ("retry-after" in answer.headers) is (code == "UNAVAILABLE")
    assert "13900000002" not in caplog.text
    if code == "INTERNAL":
        assert "unexpected failure at GET /api/v1/me" in caplog.text


async def _failing(client: httpx.AsyncClient, monkeypatch: Any, sql: str, value: Any) -> httpx.Response:
    """A route in which the database is asked this."""

    async def fails(_token: str) -> None:
        await fetch(sql, value)

    monkeypatch.setattr(service, "actor_of", fails)
    return await client.get("/api/v1/me", headers={"authorization": "Bearer x"})


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT $1::int", 2**40),
        ("SELECT $1::bigint", 2**70),
        ("SELECT $1::timestamptz", datetime.min.replace(tzinfo=timezone(timedelta(hours=8)))),
        ("SELECT $1::bigint::int", 2**40),
        ("SELECT $1::int * interval '100000000 years'", 2**30),
    ],
)
async def test_a_value_out_of_range_is_bad_input(
    client: httpx.AsyncClient, monkeypatch: Any, sql: str, value: Any
) -> None:
    answer = await _failing(client, monkeypatch, sql, value)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID"), "a phone would try it for ever"


@pytest.mark.parametrize(("sql", "value"), [("SELECT $1::int", "one"), ("SELECT 1 / $1::int", 0)])
async def test_a_fault_of_ours_is_no_fault_of_the_input(
    client: httpx.AsyncClient, monkeypatch: Any, sql: str, value: Any
) -> None:
    answer = await _failing(client, monkeypatch, sql, value)
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
