"""Dated facts through HTTP and service: who may say them, what is kept, what others are told."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotAllowed, NotFound
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import Household
from doorstep.db.tables.plans import PlanItem
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.plans import service
from doorstep.plans.wire import NewProviderStanding
from support.sign_in import sign_in
from support.world import World

TODAY = clock.today()


async def _plan(world: World, **item: Any) -> UUID:
    item_id = await world.add_plan_item(world.elder, **item)
    found = await PlanItem.select(PlanItem.plan).where(PlanItem.id == item_id).first()
    assert found is not None
    return found["plan"]


async def _changes(kind: str) -> list[dict[str, Any]]:
    rows = await fetch("SELECT subject, data, provider, area FROM change WHERE kind = $1 ORDER BY id", kind)
    return [{**dict(row), "data": msgspec.json.decode(row["data"])} for row in rows]


async def test_a_stay_in_hospital_is_recorded_and_told(client: httpx.AsyncClient, world: World) -> None:
    await _plan(world)
    dispatcher = await sign_in(world, "dispatcher")
    answer = await client.post(
        f"/api/v1/elders/{world.elder}/statuses",
        json={"kind": "hospital_stay", "valid_from": "2026-11-01", "valid_to": "2026-11-10", "source": "家属来电"},
        headers=dispatcher,
    )
    assert answer.status_code == 201, answer.text
    assert answer.json() | {"id": "", "recorded_at": ""} == {
        "id": "",
        "elder_id": str(world.elder),
        "kind": "hospital_stay",
        "level": None,
        "valid_from": "2026-11-01",
        "valid_to": "2026-11-10",
        "source": "家属来电",
        "recorded_at": "",
        "withdrawn": 0,
        "to_decide": [],
    }
    told = await _changes("elder.status")
    assert {one["provider"] for one in told} == {world.provider, world.other_provider}, "by plan, and by agreement"
    assert len(told) == 2
    for one in told:
        assert (one["subject"], one["area"]) == (world.elder, world.subdistrict)
        assert one["data"]["kind"] == "hospital_stay"


async def test_the_same_stay_again_corrects_its_end_and_keeps_what_was_said(
    client: httpx.AsyncClient, world: World
) -> None:
    dispatcher = await sign_in(world, "dispatcher")
    path = f"/api/v1/elders/{world.elder}/statuses"
    first = await client.post(path, json={"kind": "away", "valid_from": "2026-11-01"}, headers=dispatcher)
    second = await client.post(
        path, json={"kind": "away", "valid_from": "2026-11-01", "valid_to": "2026-11-05"}, headers=dispatcher
    )
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["valid_to"] == "2026-11-05"
    told = [one for one in await _changes("elder.status") if one["provider"] == world.provider]
    assert [one["data"].get("valid_to_before", "-") for one in told] == ["-", None]
    taken_back = await client.post(
        path, json={"kind": "away", "valid_from": "2026-11-01", "valid_to": "2026-11-01"}, headers=dispatcher
    )
    assert taken_back.status_code == 201
    assert len(await fetch("SELECT 1 FROM elder_status WHERE elder = $1", world.elder)) == 1


async def test_a_late_notice_of_death_is_recorded_with_both_times(client: httpx.AsyncClient, world: World) -> None:
    long_ago = TODAY - timedelta(days=40)
    answer = await client.post(
        f"/api/v1/elders/{world.elder}/statuses",
        json={"kind": "deceased", "valid_from": long_ago.isoformat()},
        headers=await sign_in(world, "manager"),
    )
    assert answer.status_code == 201
    [row] = await fetch("SELECT valid_from, recorded_at, recorded_by FROM elder_status WHERE elder = $1", world.elder)
    assert row["valid_from"] == long_ago
    assert clock.civil_date(row["recorded_at"]) == TODAY
    assert row["recorded_by"] is not None


_BAD_STATUSES = [
    {"kind": "asleep", "valid_from": "2026-11-01"},
    {"kind": "away", "valid_from": "2026-11-31"},
    {"kind": "away"},
    {"kind": "away", "valid_from": "2026-11-05", "valid_to": "2026-11-01"},
    {"kind": "away", "valid_from": "0001-01-01"},
    {"kind": "away", "valid_from": "2026-11-05", "valid_to": "9999-12-31"},
    {"kind": "ability", "valid_from": "2026-11-05"},
    {"kind": "ability", "valid_from": "2026-11-05", "level": "7"},
    {"kind": "away", "valid_from": "2026-11-05", "level": "mild"},
    {"kind": "deceased", "valid_from": "2026-11-05", "valid_to": "2026-11-06"},
    {"kind": "away", "valid_from": "2026-11-05", "source": "a\u0000b"},
    {"kind": "away", "valid_from": "2026-11-05", "source": "x" * 201},
    {"kind": "away", "valid_from": "2026-11-05", "extra": 1},
    [],
]


async def test_bad_statuses_are_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    for body in _BAD_STATUSES:
        answer = await client.post(f"/api/v1/elders/{world.elder}/statuses", json=body, headers=headers)
        assert answer.status_code == 400, body
        assert answer.json()["code"] in ("INPUT_INVALID", "BODY_MALFORMED")
    assert not await fetch("SELECT 1 FROM elder_status")


async def _foreign(world: World) -> tuple[UUID, UUID]:
    """An elder and a plan that only the other provider in the other subdistrict knows."""
    home = await world.add_home("安贞西里1号楼101")
    await Household.update({Household.area: world.other_subdistrict}).where(Household.id == home)
    elder = await world.add_elder("路人甲", home)
    await fetch("DELETE FROM service_agreement WHERE elder = $1 AND provider = $2", elder, world.provider)
    item = await world.add_plan_item(elder, provider=world.other_provider)
    rows = await fetch("SELECT plan FROM plan_item WHERE id = $1", item)
    return elder, rows[0]["plan"]


@pytest.mark.parametrize("role", ["dispatcher", "manager"])
async def test_nobody_speaks_about_what_is_outside_the_scope(
    client: httpx.AsyncClient, world: World, role: str
) -> None:
    elder, plan = await _foreign(world)
    headers = await sign_in(world, role)
    for path, body in (
        (f"/api/v1/elders/{elder}/statuses", {"kind": "deceased", "valid_from": "2026-11-01"}),
        (f"/api/v1/elders/{uuid7()}/statuses", {"kind": "deceased", "valid_from": "2026-11-01"}),
        (f"/api/v1/plans/{plan}/states", {"state": "ended", "valid_from": "2026-11-01"}),
        (f"/api/v1/plans/{uuid7()}/states", {"state": "ended", "valid_from": "2026-11-01"}),
    ):
        answer = await client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    assert not await fetch("SELECT 1 FROM change")


async def test_who_records_facts(client: httpx.AsyncClient, world: World) -> None:
    """A subdistrict hears of a death or a stay in hospital as soon as anybody; plans are for who dispatches."""
    statuses, states = f"/api/v1/elders/{world.elder}/statuses", f"/api/v1/plans/{uuid7()}/states"
    for role, path, status in (
        *(("auditor", path, 403) for path in (statuses, states)),
        ("officer", states, 403),
        ("officer", statuses, 400),
    ):
        headers = await sign_in(world, role)
        assert (await client.post(path, json={}, headers=headers)).status_code == status, (role, path)
        assert (await client.post(path, json={})).status_code == 401


async def test_a_plan_is_suspended_and_goes_on(client: httpx.AsyncClient, world: World) -> None:
    plan = await _plan(world)
    headers = await sign_in(world, "manager")
    since, until = TODAY + timedelta(days=2), TODAY + timedelta(days=9)
    answer = await client.post(
        f"/api/v1/plans/{plan}/states",
        json={"state": "suspended", "valid_from": str(since), "valid_to": str(until), "reason": "住院"},
        headers=headers,
    )
    assert answer.status_code == 201, answer.text
    states = answer.json()["states"]
    assert [(part["state"], part["valid_from"], part["valid_to"]) for part in states][1:] == [
        ("suspended", str(since), str(until)),
        ("active", str(until), None),
    ]
    assert len(await fetch("SELECT 1 FROM plan_state WHERE plan = $1", plan)) == 2
    [told] = await _changes("plan.state")
    assert told["data"]["state"] == "suspended"


async def test_a_shortened_suspension_is_shorter(client: httpx.AsyncClient, world: World) -> None:
    path = f"/api/v1/plans/{await _plan(world)}/states"
    dispatcher = await sign_in(world, "dispatcher")
    since = {"state": "suspended", "valid_from": str(TODAY)}
    await client.post(path, json={**since, "valid_to": str(TODAY + timedelta(days=20))}, headers=dispatcher)
    until = str(TODAY + timedelta(days=5))
    saved = await client.post(path, json={**since, "valid_to": until}, headers=dispatcher)
    parts = [(one["state"], one["valid_from"], one["valid_to"]) for one in saved.json()["states"]]
    assert parts[1:] == [("suspended", str(TODAY), until), ("active", until, None)]


async def test_a_plan_that_ended_does_not_come_back(client: httpx.AsyncClient, world: World) -> None:
    plan = await _plan(world)
    headers = await sign_in(world, "manager")
    path = f"/api/v1/plans/{plan}/states"
    assert (await client.post(path, json={"state": "ended", "valid_from": str(TODAY)}, headers=headers)).is_success
    again = await client.post(path, json={"state": "active", "valid_from": str(TODAY)}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "PLAN_STATE_IMPOSSIBLE")
    earlier = await client.post(
        path, json={"state": "ended", "valid_from": str(TODAY - timedelta(days=5))}, headers=headers
    )
    assert [part["state"] for part in earlier.json()["states"]] == ["active", "ended"]


_BAD_STATES = [
    {"state": "paused", "valid_from": "2026-11-01"},
    {"state": "active", "valid_from": "2026-11-01", "valid_to": "2026-12-01"},
    {"state": "suspended", "valid_from": "2026-11-01", "valid_to": "2026-11-01"},
    {"state": "suspended"},
    {"state": "suspended", "valid_from": "yesterday"},
]


async def test_bad_states_are_refused(client: httpx.AsyncClient, world: World) -> None:
    plan = await _plan(world)
    headers = await sign_in(world, "dispatcher")
    for body in _BAD_STATES:
        answer = await client.post(f"/api/v1/plans/{plan}/states", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID"), body


async def test_party_a_changes_the_standing_of_a_provider_and_a_provider_does_not(world: World) -> None:
    new = NewProviderStanding(status="suspended", valid_from=date(2026, 11, 1), reason="限期整改未完成")
    with pytest.raises(NotAllowed):
        await service.set_provider_standing(Actor(role=Role.MANAGER, provider_id=world.provider), world.provider, new)
    with pytest.raises(NotFound):
        await service.set_provider_standing(
            Actor(role=Role.OFFICER, area_ids=frozenset({world.other_subdistrict})), world.provider, new
        )
    [standing] = await service.set_provider_standing(SYSTEM, world.provider, new)
    assert (standing.name, standing.since, standing.until) == ("suspended", date(2026, 11, 1), None)
    again = NewProviderStanding(status="active", valid_from=date(2026, 12, 1))
    assert [part.name for part in await service.set_provider_standing(SYSTEM, world.provider, again)] == [
        "suspended",
        "active",
    ]
    assert [told["data"]["status"] for told in await _changes("provider.standing")] == ["suspended", "active"]
