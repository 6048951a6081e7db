"""The audit trail: every change by anybody is a row of its own transaction, every read by an auditor one before it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from architecture.test_access_matrix import PUBLIC, TABLE, Operation, _token, call, operations
from doorstep.core import clock
from doorstep.db import audit
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity import access
from support.door import planned, visit_row
from support.sign_in import sign_in
from support.world import PASSWORD, World

from .conftest import Desk

UNRECORDED = {"report_phone"}
"""Unsafe routes of somebody known that leave no row, each with its reason at the route."""


async def rows(**where: Any) -> list[dict[str, Any]]:
    """The trail so far, in order."""
    found = [dict(row) for row in await fetch("SELECT * FROM audit ORDER BY id")]
    return [row for row in found if all(row[name] == value for name, value in where.items())]


@pytest.mark.parametrize("role", ["caregiver", "dispatcher", "manager", "officer", "auditor", "admin"])
async def test_every_unsafe_route_runs_under_a_trail(
    app: Litestar, world: World, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the next test: whatever such a route writes, it writes in a unit of work, which ends with the row."""
    begun: list[audit.Trail] = []
    monkeypatch.setattr(audit, "begin", begun.append)
    account = await world.add_account(role) if role != "caregiver" else None
    missing = []
    for operation in operations(app):
        row = TABLE.get(operation.name, PUBLIC)
        if operation.method == "GET" or row == PUBLIC or role not in row:
            continue
        begun.clear()
        await call(app, operation, await _token(role, account, world))
        told = [(one.operation, one.role, one.changes) for one in begun]
        if (told == [(operation.name, role, True)]) is (operation.name in UNRECORDED):
            missing.append((operation.name, told))
    assert missing == []


async def test_a_unit_of_work_ends_with_its_row_or_not_at_all(world: World) -> None:
    account = await world.add_account("manager")
    with audit.room():
        audit.begin(audit.Trail(operation="decide_visit", role="manager", account=account))
        async with unit_of_work():
            await fetch("UPDATE account SET display_name = 'x' WHERE id = $1", account)
            assert await rows() == []
        assert [row["operation"] for row in await rows()] == ["decide_visit"]
        with pytest.raises(RuntimeError):
            async with unit_of_work():
                raise RuntimeError
    async with unit_of_work():
        await fetch("UPDATE account SET display_name = 'y' WHERE id = $1", account)
    assert len(await rows()) == 1


async def test_who_changed_what_and_where(desk: Desk) -> None:
    visit = await desk.held()
    await desk.decide(visit)
    [row] = await rows(operation="decide_visit")
    assert (row["account"], row["role"], row["name"]) == (desk.accounts["manager"], "manager", "测试manager")
    assert (row["subject"], row["provider"], row["area"]) == (visit, desk.world.provider, desk.world.subdistrict)
    assert "电话" not in row["data"]


async def test_what_is_made_is_named_too(desk: Desk) -> None:
    start = "2026-12-24T01:00:00Z"
    body = {"elder_id": str(desk.world.elder), "service_type": "meal", "content": "delivery", "reason": "家属来电"}
    window = {"window_start": start, "window_end": "2026-12-24T02:00:00Z", "caregiver_ids": [str(desk.world.caregiver)]}
    await desk.post("/visits", {**body, **window}, role="dispatcher")
    [row] = await rows(operation="order_visit")
    assert (await visit_row(row["subject"]))["elder"] == desk.world.elder


async def test_a_caregivers_word_is_the_persons(desk: Desk) -> None:
    decision = await desk.decide(await desk.held(), "reject")
    await desk.say(decision["id"], "我去了")
    [row] = await rows(operation="answer_decision")
    assert (row["account"], row["person"], row["role"]) == (None, desk.world.caregiver, "caregiver")


async def test_signing_in_is_told_and_failing_is_not(desk: Desk) -> None:
    from doorstep.core import passwords

    hashed = await passwords.hashed(PASSWORD)
    account = await desk.world.add_account("auditor", login="shenji", password_hash=hashed)
    for password, status in (("wrong wrong wrong", 401), (PASSWORD, 200)):
        body = {"login": "shenji", "password": password}
        answer = await desk.client.post("/api/v1/sessions", json=body)
        assert answer.status_code in (status, 201), answer.text
    assert [row["account"] for row in await rows(operation="sign_in")] == [account]


async def test_every_read_of_an_auditor_leaves_a_row(app: Litestar, world: World) -> None:
    account = await world.add_account("auditor")
    visit = await planned(world)
    for operation in operations(app):
        row = TABLE.get(operation.name, PUBLIC)
        if row == PUBLIC or "auditor" not in row or operation.name in ("sign_out", "live"):
            continue
        before = len(await rows())
        status = await call(app, _of(operation, visit), await _token("auditor", account, world))
        left = [(one["operation"], one["account"]) for one in (await rows())[before:]]
        assert left == ([(operation.name, account)] if status < 400 else []), f"{operation.name}: {status}"


def _of(operation: Operation, visit: UUID) -> Operation:
    """The route with a visit that is there."""
    return Operation(operation.method, operation.path.replace("{visit_id}", str(visit)), operation.handler)


async def test_searching_is_reading(desk: Desk) -> None:
    await desk.post("/visits/search", {"q": "龚"}, role="manager", status=200)
    assert await rows() == []
    await desk.post("/visits/search", {"q": "龚"}, role="auditor", status=200)
    [row] = await rows()
    assert (row["operation"], row["role"]) == ("search_visits", "auditor")
    assert "龚" not in row["data"]


async def test_what_an_auditor_asked_for_stays_without_any_words(desk: Desk) -> None:
    period = {"since": "2026-11-01", "until": "2026-11-08"}
    provider = str(desk.world.provider)
    for path, operation, asked in (
        ("/figures", "figures", {**period, "by": "caregiver", "step": "day"}),
        ("/register", "register", {**period, "provider_id": provider}),
        ("/review/queue", "review_queue", {"group": "must_fix", "cause": "OFF_SITE"}),
        ("/visits", "visits_of_a_day", {"day": "2026-11-02", "op_state": "held"}),
        ("/elders", "elders", {}),
    ):
        more = {"limit": 5} if path != "/figures" else {}
        await desk.get(path, role="auditor", **asked, **more, q="gongguodong", state="gongguodong")
        [row] = await rows(operation=operation)
        assert json.loads(row["data"]) == ({"asked": asked} if asked else {})
        [item] = (await desk.get("/audit", role="admin", operation=operation))["items"]
        assert (item["asked"], item["ids"]) == (asked, {})
    await desk.get("/audit", role="auditor", since="2026-11-01T00:00:00+08:00", operation="figures")
    [row] = await rows(operation="audit_trail")
    assert json.loads(row["data"])["asked"] == {"operation": "figures", "since": "2026-11-01T00:00:00+08:00"}


async def test_a_change_keeps_no_filters(desk: Desk) -> None:
    visit = await desk.held()
    await desk.get(f"/review/visits/{visit}", role="auditor", since="2026-11-01")
    start = clock.now() - timedelta(days=1)
    times = {"started_at": start, "ended_at": start + timedelta(minutes=20), "op_state": "completed"}
    await desk.world.add_visit(desk.world.elder, start=start, **times, verify_state="auto_verified", grade="A")
    drawn = {"since": str(clock.today() - timedelta(days=2)), "until": str(clock.today()), "size": 1}
    await desk.post("/review/samples", drawn, role="auditor")
    assert [json.loads(row["data"]) for row in await rows(role="auditor")] == [{"visit_id": str(visit)}, {}]


@pytest.mark.parametrize("words", ["gongguodong", "龚国栋", "OFF_SITE"])
async def test_a_search_keeps_its_filters_and_never_its_words(desk: Desk, words: str) -> None:
    provider = str(desk.world.provider)
    for path, operation, asked in (
        ("/review/queue/search", "search_review_queue", {"cause": "OFF_SITE", "group": "must_fix"}),
        ("/review/queue/search", "search_review_queue", {"provider_id": provider}),
        ("/visits/search", "search_visits", {"day": "2026-11-02", "op_state": "held"}),
        ("/households/search", "search_households", {"only": "without_card"}),
        ("/elders/search", "search_elders", {}),
    ):
        await desk.post(path, {"q": words, "limit": 5, **asked}, role="auditor", status=200)
        row = (await rows(operation=operation))[-1]
        assert json.loads(row["data"]) == ({"asked": asked} if asked else {})


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 5000, b'{"q":"\xff"}', b'{"q":"a","day":7}', b"null"], ids=repr)
async def test_a_search_that_is_none_is_refused_as_ever(desk: Desk, client: httpx.AsyncClient, body: bytes) -> None:
    headers = {**await sign_in(desk.world, "auditor"), "Content-Type": "application/json"}
    answer = await client.post("/api/v1/visits/search", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert not await rows(operation="search_visits")


NOT_KEPT = {"cursor", "before", "limit", "sheet"}
"""Places in a list, and words out of a file."""


async def test_every_filter_of_an_auditors_read_is_kept_and_none_can_hold_words(app: Litestar) -> None:
    """A filter that is new is either kept, and then days, an id or a word of a closed list, or named as not kept."""
    whole = app.openapi_schema.to_schema()
    spec, schemas = whole["paths"], whole["components"]["schemas"]
    names = {operation.name for operation in operations(app) if "auditor" in TABLE.get(operation.name, PUBLIC)}
    for path in spec.values():
        search = path.get("post")
        if search is not None and search["operationId"] in names and search["operationId"].startswith("search_"):
            [body] = search["requestBody"]["content"].values()
            fields = {*schemas[body["schema"]["$ref"].rpartition("/")[2]]["properties"]}
            assert access.WORDS in fields - access.KEPT_FILTERS, search["operationId"]
            assert fields - access.KEPT_FILTERS <= {access.WORDS, *NOT_KEPT}, search["operationId"]
        one = path.get("get")
        if one is None or one["operationId"] not in names:
            continue
        for parameter in one.get("parameters", []):
            if parameter["in"] != "query":
                continue
            where = f"{one['operationId']}: {parameter['name']}"
            assert (parameter["name"] in access.KEPT_FILTERS) is (parameter["name"] not in NOT_KEPT), where
            said = json.dumps(parameter["schema"])
            closed = ('"enum"', '"format"', '"pattern"', '"$ref"')
            assert parameter["name"] in NOT_KEPT or any(word in said for word in closed), where


async def test_no_answer_without_its_row(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise asyncpg.PostgresConnectionError

    monkeypatch.setattr(audit, "write", broken)
    answer = await desk.get("/review/queue", role="auditor", status=503)
    assert answer["code"] == "UNAVAILABLE"
    await desk.get("/review/queue", role="manager")


async def test_what_is_refused_is_not_told(desk: Desk) -> None:
    await desk.get(f"/review/visits/{UUID(int=1)}", role="auditor", status=404)
    assert await rows() == []


async def test_the_trail_is_read_in_ones_scope(desk: Desk) -> None:
    visit = await desk.held()
    await desk.decide(visit)
    await desk.get(f"/review/visits/{visit}", role="auditor")
    await fetch(
        "INSERT INTO audit (at, role, name, operation, data, provider) VALUES (now(), 'manager', 'z', 'enter_visit', "
        "'{}', $1)",
        desk.world.other_provider,
    )
    mine = await desk.get("/audit", role="manager", operation="decide_visit")
    [item] = mine["items"]
    assert (item["name"], item["subject"], item["ids"]) == ("测试manager", str(visit), {"visit_id": str(visit)})
    assert (await desk.get("/audit", role="manager", operation="enter_visit"))["items"] == []
    assert len((await desk.get("/audit", role="admin", operation="enter_visit"))["items"]) == 1
    seen = await desk.get("/audit", role="officer", subject=str(visit))
    assert [one["operation"] for one in seen["items"]] == ["review_visit", "decide_visit"]
    read = await desk.get("/audit", role="auditor", account=str(desk.accounts["auditor"]))
    assert [one["operation"] for one in read["items"]] == ["review_visit"]
    first = await desk.get("/audit", role="admin", limit=1)
    second = await desk.get("/audit", role="admin", limit=1, cursor=first["next"])
    assert first["items"][0]["id"] > second["items"][0]["id"]
    await desk.get("/audit", role="dispatcher", status=403)


async def test_an_officer_reads_nothing_about_things_of_another_area(desk: Desk) -> None:
    world = desk.world
    places = ((world.subdistrict, None), (world.other_subdistrict, None), (None, None))
    for area, account in (*places, *((area, desk.accounts["officer"]) for area, _ in places)):
        await fetch(
            "INSERT INTO audit (at, role, name, operation, data, provider, area, account, subject) "
            "VALUES (now(), 'manager', 'z', 'enter_visit', '{}', $1, $2, $3, $4)",
            *(world.provider, area, account, area),
        )
    seen = await desk.get("/audit", role="officer", operation="enter_visit")
    assert [one["subject"] for one in seen["items"]] == [None, str(world.subdistrict), None, str(world.subdistrict)]
    assert len((await desk.get("/audit", role="manager", operation="enter_visit"))["items"]) == 6


@pytest.mark.parametrize("at", ["2026-11-22T08:00:00", "2026-11-22", "0001-01-01T00:00:00+08:00"])
@pytest.mark.parametrize("name", ["since", "until"])
async def test_a_moment_has_an_offset(desk: Desk, name: str, at: str) -> None:
    given: dict[str, Any] = {name: at}
    refused = await desk.get("/audit", **given, status=400)
    assert refused["code"] == "INPUT_INVALID"
    given[name] = "2026-11-22T08:00:00+08:00"
    await desk.get("/audit", **given)


async def test_nobody_rewrites_it(desk: Desk) -> None:
    await desk.decide(await desk.held())
    for statement in ("UPDATE audit SET name = 'x'", "DELETE FROM audit"):
        with pytest.raises(asyncpg.PostgresError):
            await fetch(statement)
