"""The office's list of a day: order, pages, counts, search, scope; one visit; bad input."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import Household
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.visits import board, service
from support.sign_in import sign_in
from support.world import World

TODAY = clock.today()
NOON = clock.day_bounds(TODAY)[0] + timedelta(hours=12)


async def _day(world: World, count: int = 5) -> list[UUID]:
    """Visits of today, ten minutes apart, two of them at the same time."""
    starts = [NOON + timedelta(minutes=10 * min(number, count - 2)) for number in range(count)]
    return [await world.add_visit(world.elder, start=start) for start in starts]


async def _ask(client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, Any]) -> httpx.Response:
    """The list, or the search when there are words: names and addresses never stand in a URL."""
    if query.get("q"):
        return await client.post("/api/v1/visits/search", json=query, headers=headers)
    return await client.get("/api/v1/visits", params=query, headers=headers)


async def _list(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await _ask(client, headers, query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_visit_says_everything_that_the_list_shows(client: httpx.AsyncClient, world: World) -> None:
    [id] = [await world.add_visit(world.elder, start=NOON, minutes=90, holds=2, caregivers=[world.caregiver])]
    listed = await _list(client, await sign_in(world, "dispatcher"))
    late = int(clock.now() > NOON + timedelta(minutes=90))
    assert listed["day"] == TODAY.isoformat()
    assert listed["counts"] == {"assigned": 1, "held": 1, "late": late, "unknown": 0}
    assert listed["next"] is None
    [row] = listed["items"]
    assert {name: row[name] for name in row if name not in ("window_start", "window_end", "late")} == {
        "id": str(id),
        "elder": {"id": str(world.elder), "name": "龚国栋"},
        "service_type": "meal",
        "content": "delivery",
        "op_state": "assigned",
        "verify_state": "none",
        "settle_state": "unsettled",
        "grade": None,
        "caregivers": [{"id": str(world.caregiver), "name": "彭燕"}],
        "household": {
            "id": str(world.home),
            "address": "朝外第二社区16号楼1单元404",
            "community": "朝外第二社区",
        },
        "provider": {"id": str(world.provider), "name": "朝外照料中心"},
        "started_at": None,
        "ended_at": None,
        "holds": 2,
        "heard_at": None,
    }
    assert datetime.fromisoformat(row["window_start"]) == NOON


async def test_pages_follow_each_other_without_gap_or_repeat(client: httpx.AsyncClient, world: World) -> None:
    ids = await _day(world, 7)
    await world.add_visit(world.elder, start=NOON + timedelta(days=1))
    headers = await sign_in(world, "dispatcher")
    seen, cursor = [], None
    while True:
        page = await _list(client, headers, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in page["items"]]
        assert (page["counts"]["assigned"], page["counts"]["held"]) == (7, 0), "the counts are those of the whole day"
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [str(id) for id in ids]


async def test_states_and_days_filter(client: httpx.AsyncClient, world: World) -> None:
    await _day(world, 3)
    planned = await world.add_visit(world.elder, start=NOON, caregivers=[])
    tomorrow = await world.add_visit(world.elder, start=NOON + timedelta(days=1))
    headers = await sign_in(world, "manager")
    assert [row["id"] for row in (await _list(client, headers, op_state="planned"))["items"]] == [str(planned)]
    counts = (await _list(client, headers, op_state="planned"))["counts"]
    assert (counts["assigned"], counts["planned"]) == (3, 1)
    page = await _list(client, headers, day=(TODAY + timedelta(days=1)).isoformat())
    assert [row["id"] for row in page["items"]] == [str(tomorrow)]
    assert (await _list(client, headers, day="1999-01-01"))["items"] == []


async def test_search_by_name_address_community_caregiver_and_initials(client: httpx.AsyncClient, world: World) -> None:
    await fetch("UPDATE elder SET initials = 'ggd' WHERE id = $1", world.elder)
    await fetch("UPDATE elder SET initials = 'sss' WHERE id = $1", world.husband)
    await fetch("UPDATE caregiver SET initials = 'mgf' WHERE id = $1", world.colleague)
    alone = str(await world.add_visit(world.elder, start=NOON))
    couple = str(await world.add_visit(world.husband, start=NOON, caregivers=[world.colleague]))
    headers = await sign_in(world, "dispatcher")
    for words, expected in {
        "龚国": [alone],
        "沈树森": [couple],
        "１６号楼": [alone],
        "3号楼 2单元": [couple],
        "毛桂芳": [couple],
        "GGD": [alone],
        "ss": [couple],
        "mgf": [couple],
        "第二社区": [alone, couple],
        "没有这个人": [],
        "%": [],
        "_": [],
        "x' OR 1=1 --": [],
    }.items():
        page = await _list(client, headers, q=words)
        assert [row["id"] for row in page["items"]] == expected, words
        assert page["counts"].get("assigned", 0) == len(expected)


async def test_a_search_has_pages_too(client: httpx.AsyncClient, world: World) -> None:
    ids = await _day(world, 5)
    await world.add_visit(world.husband, start=NOON)
    headers = await sign_in(world, "dispatcher")
    first = await _list(client, headers, q="龚", limit=3)
    second = await _list(client, headers, q="龚", limit=3, cursor=first["next"])
    assert [row["id"] for row in first["items"] + second["items"]] == [str(id) for id in ids]
    assert second["next"] is None
    assert (await _list(client, headers, q="龚", op_state="missed"))["items"] == []


async def test_everybody_sees_their_scope_only(client: httpx.AsyncClient, world: World) -> None:
    mine = await world.add_visit(world.elder, start=NOON)
    far = await world.add_home("安贞西里1号楼101")
    await Household.update({Household.area: world.other_subdistrict}).where(Household.id == far)
    stranger = await world.add_elder("路人甲", far)
    other = {"provider": world.other_provider, "caregivers": [world.stranger], "start": NOON}
    theirs_here = await world.add_visit(world.husband, **other)
    theirs_there = await world.add_visit(stranger, household=far, **other)
    for role, expected in {
        "dispatcher": {mine},
        "manager": {mine},
        "officer": {mine, theirs_here},
        "auditor": {mine, theirs_here},
        "admin": {mine, theirs_here, theirs_there},
    }.items():
        headers = await sign_in(world, role)
        for query in ({}, {"q": "社区"}, {"q": "安贞"}):
            listed = await _list(client, headers, **query)
            assert {UUID(row["id"]) for row in listed["items"]} <= expected, (role, query)
        listed = await _list(client, headers)
        assert {UUID(row["id"]) for row in listed["items"]} == expected, role
        assert listed["counts"]["assigned"] == len(expected), role
    manager = Actor(role=Role.MANAGER, provider_id=world.provider)
    for hidden in (theirs_here, theirs_there, uuid7()):
        with pytest.raises(NotFound):
            await service.visit_row(manager, hidden)
        with pytest.raises(NotFound):
            await service.detail(manager, hidden)


async def test_bad_queries_are_refused_in_words(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    bad: tuple[dict[str, Any], ...] = (
        {"day": "yesterday"},
        {"day": "2026-02-30"},
        {"op_state": "asleep"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"cursor": "no such"},
        {"cursor": "AAAA"},
        {"cursor": "WyIyMDI2IiwieCJd"},
        {"cursor": "x" * 300},
    )
    searches = (
        {"q": "x" * 51},
        {"q": "a\u0000b"},
        {"q": "龚", "elder": "龚"},
        *({"q": "龚", **query} for query in bad),
    )
    for query in (*bad, *searches):
        answer = await _ask(client, headers, query)
        assert answer.status_code == 400, query
        assert answer.json()["code"] in ("INPUT_INVALID", "CURSOR_INVALID"), query
    for body in ({}, {"q": ""}, {"q": None}):
        answer = await client.post("/api/v1/visits/search", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID"), body
    for query in ({}, {"q": "龚"}):
        assert (await _ask(client, {}, query)).status_code == 401


async def test_one_visit_with_its_plan_and_everybody_who_was_to_go(world: World) -> None:
    item = await world.add_plan_item(world.elder, frequency="每日", min_minutes=3)
    visit = await world.add_visit(world.elder, plan_item=item, start=clock.now() + timedelta(hours=1))
    account = await world.add_account("dispatcher")
    dispatcher = Actor(role=Role.DISPATCHER, provider_id=world.provider, account_id=account)
    await service.reassign(dispatcher, visit, [world.colleague])
    seen = await service.detail(SYSTEM, visit)
    assert (seen.kind, seen.plan and seen.plan.frequency, seen.plan and seen.plan.version) == ("planned", "每日", 1)
    assert [(one.caregiver.name, one.assigned_by, one.ended_at is None) for one in seen.assignments] == [
        ("彭燕", None, False),
        ("毛桂芳", "测试dispatcher", True),
    ]
    assert [one.name for one in seen.caregivers] == ["毛桂芳"]
    adhoc = await service.detail(SYSTEM, await world.add_visit(world.elder, reason="电话预约"))
    assert (adhoc.kind, adhoc.plan, adhoc.reason) == ("adhoc", None, "电话预约")


async def test_the_list_is_read_through_an_index(world: World) -> None:
    await _day(world, 3)
    await fetch(
        "INSERT INTO visit (id, elder, household, provider, kind, service_type, content, service_day, window_start, "
        "window_end, op_state, verify_state, settle_state, created_at, changed_at) "
        "SELECT gen_random_uuid(), elder, household, provider, kind, service_type, content, service_day - n, "
        "window_start - make_interval(days => n), window_end - make_interval(days => n), 'completed', verify_state, "
        "settle_state, created_at, changed_at FROM visit, generate_series(1, 3000) n"
    )
    await fetch("ANALYZE visit")
    for actor in (
        SYSTEM,
        Actor(role=Role.MANAGER, provider_id=world.provider),
        Actor(role=Role.OFFICER, area_ids=frozenset({world.subdistrict})),
    ):
        scope = (actor.provider_id, actor.areas, TODAY)
        for sql, values in (
            (board.PAGE, (*scope, None, None, None, 50, clock.now())),
            (board.COUNTS, (*scope, clock.now())),
        ):
            plan = "\n".join(row[0] for row in await fetch("EXPLAIN " + sql, *values))
            assert "Seq Scan on visit" not in plan, plan
            assert "visit_of_day" in plan or "visit_of_provider" in plan, plan
