"""What a dispatcher does by hand: orders, candidates, sending others, cancelling; the guard of every one."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.people import LeavePeriod
from support.sign_in import sign_in
from support.world import World

TODAY = clock.today()
SOON = clock.now().replace(microsecond=0) + timedelta(hours=2)


def _order(world: World, **values: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "elder_id": str(world.elder),
        "service_type": "medical",
        "content": "round_visit",
        "window_start": SOON.isoformat(),
        "window_end": (SOON + timedelta(hours=1)).isoformat(),
        "caregiver_ids": [str(world.caregiver)],
        "reason": "家属来电，老人不舒服",
    }
    return {**given, **values}


async def test_an_order_beside_the_plan_is_assigned_at_once(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post("/api/v1/visits", json=_order(world), headers=await sign_in(world, "dispatcher"))
    assert answer.status_code == 201, answer.text
    [row] = answer.json()["visits"]
    assert (row["op_state"], [one["name"] for one in row["caregivers"]]) == ("assigned", ["彭燕"])
    assert row["provider"]["id"] == str(world.provider)
    [stored] = await fetch("SELECT * FROM visit WHERE id = $1", UUID(row["id"]))
    assert (stored["kind"], stored["plan_item"], stored["reason"]) == ("adhoc", None, "家属来电，老人不舒服")
    assert stored["service_day"] == clock.civil_date(SOON)
    assert stored["created_by"] is not None
    assert (stored["min_minutes"], stored["max_minutes"]) == (15, 120)
    [told] = await fetch("SELECT kind, provider, area FROM change WHERE subject = $1", stored["id"])
    assert tuple(told) == ("visit.assigned", world.provider, world.subdistrict)


async def test_an_order_without_a_caregiver_waits_for_one(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    answer = await client.post("/api/v1/visits", json=_order(world, caregiver_ids=[]), headers=headers)
    [row] = answer.json()["visits"]
    assert (answer.status_code, row["op_state"]) == (201, "planned")
    sent = await client.put(
        f"/api/v1/visits/{row['id']}/caregivers",
        json={"caregiver_ids": [str(world.colleague)]},
        headers=headers,
    )
    assert (sent.status_code, sent.json()["visits"][0]["op_state"]) == (200, "assigned")


async def test_an_admin_without_a_provider_orders_from_the_chosen_caregivers_one(
    client: httpx.AsyncClient, world: World
) -> None:
    headers = await sign_in(world, "admin")
    theirs = await client.post(
        "/api/v1/visits", json=_order(world, caregiver_ids=[str(world.stranger)]), headers=headers
    )
    assert theirs.json()["visits"][0]["provider"]["id"] == str(world.other_provider)
    nobody = await client.post("/api/v1/visits", json=_order(world, caregiver_ids=[]), headers=headers)
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (400, "caregiver_ids")
    await world.add_plan_item(world.elder, service_type="medical", content="round_visit")
    by_plan = await client.post("/api/v1/visits", json=_order(world, caregiver_ids=[]), headers=headers)
    assert by_plan.json()["visits"][0]["provider"]["id"] == str(world.provider)


async def test_bad_orders_are_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    start = SOON.isoformat()
    for change, code in (
        ({"window_end": start}, "VISIT_WINDOW_INVALID"),
        ({"window_end": (SOON - timedelta(minutes=1)).isoformat()}, "VISIT_WINDOW_INVALID"),
        ({"window_end": (SOON + timedelta(hours=12, seconds=1)).isoformat()}, "VISIT_WINDOW_INVALID"),
        (
            {"window_start": "1999-01-01T08:00:00+08:00", "window_end": "1999-01-01T09:00:00+08:00"},
            "VISIT_WINDOW_INVALID",
        ),
        (
            {"window_start": "9999-12-31T22:00:00Z", "window_end": "9999-12-31T23:00:00Z"},
            "VISIT_WINDOW_INVALID",
        ),
        ({"window_start": "2026-11-22T08:00:00"}, "INPUT_INVALID"),
        ({"window_start": "tomorrow"}, "INPUT_INVALID"),
        ({"service_type": "gardening"}, "INPUT_INVALID"),
        ({"content": "haircut"}, "INPUT_INVALID"),
        ({"service_type": "meal", "content": "dine_in"}, "INPUT_INVALID"),
        ({"content": "x'; DROP TABLE visit"}, "INPUT_INVALID"),
        ({"reason": ""}, "INPUT_INVALID"),
        ({"reason": "x" * 201}, "INPUT_INVALID"),
        ({"reason": "a\u0000"}, "INPUT_INVALID"),
        ({"elder_id": "1"}, "INPUT_INVALID"),
        ({"caregiver_ids": [str(uuid7())] * 5}, "INPUT_INVALID"),
        ({"caregiver_ids": [str(uuid7())]}, "CAREGIVER_UNSUITABLE"),
        ({"caregiver_ids": [str(world.stranger)]}, "CAREGIVER_UNSUITABLE"),
        ({"elder_id": str(uuid7())}, "NOT_FOUND"),
        ({"extra": 1}, "INPUT_INVALID"),
    ):
        answer = await client.post("/api/v1/visits", json=_order(world, **change), headers=headers)
        assert answer.json()["code"] == code, (change, answer.text)
    assert not await fetch("SELECT 1 FROM visit")
    assert not await fetch("SELECT 1 FROM change")


async def test_nobody_is_sent_to_an_elder_who_died(client: httpx.AsyncClient, world: World) -> None:
    await world.add_status(world.elder, "deceased", since=TODAY)
    answer = await client.post("/api/v1/visits", json=_order(world), headers=await sign_in(world, "dispatcher"))
    assert (answer.status_code, answer.json()["code"]) == (409, "ELDER_GONE")


async def test_candidates_say_what_speaks_against_each(client: httpx.AsyncClient, world: World) -> None:
    item = await world.add_plan_item(world.elder, service_type="bathing", content="bath_at_home")
    usual, absent, busy = await world.add_caregiver("常来的"), world.colleague, world.caregiver
    unqualified = await world.add_caregiver("没证的")
    await world.add_visit(
        world.elder,
        plan_item=item,
        start=SOON - timedelta(days=7),
        service_type="bathing",
        content="bath_at_home",
        caregivers=[usual],
        op_state="completed",
    )
    visit = await world.add_visit(
        world.elder,
        plan_item=item,
        start=SOON,
        service_type="bathing",
        content="bath_at_home",
        caregivers=[],
        min_minutes=60,
        minutes=30,
    )
    await world.add_visit(world.husband, start=SOON, minutes=30, min_minutes=60, caregivers=[busy])
    await fetch("DELETE FROM qualification WHERE caregiver = $1 AND kind <> 'health_certificate'", unqualified)
    day = clock.civil_date(SOON)
    await LeavePeriod.insert(
        LeavePeriod(caregiver=absent, valid_from=day, valid_to=day + timedelta(days=1), recorded_at=clock.now())
    )
    headers = await sign_in(world, "dispatcher")
    answer = await client.get(f"/api/v1/visits/{visit}/candidates", headers=headers)
    found = {row["name"]: row["obstacles"] for row in answer.json()["items"]}
    assert found == {
        "常来的": [],
        "彭燕": ["OVERLAP"],
        "毛桂芳": ["ON_LEAVE"],
        "没证的": ["QUALIFICATION_MISSING"],
    }
    assert answer.json()["items"][0]["name"] == "常来的"
    for who, code in ((busy, "OVERLAP"), (absent, "ON_LEAVE"), (unqualified, "QUALIFICATION_MISSING")):
        refused = await client.put(
            f"/api/v1/visits/{visit}/caregivers", json={"caregiver_ids": [str(who)]}, headers=headers
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "CAREGIVER_UNSUITABLE")
        [error] = refused.json()["errors"]
        assert (error["field"], bool(error["message"]), bool(error["message_en"])) == (
            f"caregiver_ids.{code}",
            True,
            True,
        )
    sent = await client.put(f"/api/v1/visits/{visit}/caregivers", json={"caregiver_ids": [str(usual)]}, headers=headers)
    assert sent.status_code == 200


async def test_sending_another_keeps_what_was_before(client: httpx.AsyncClient, world: World) -> None:
    visit = await world.add_visit(world.elder, start=SOON, caregivers=[world.caregiver])
    headers = await sign_in(world, "dispatcher")
    path = f"/api/v1/visits/{visit}/caregivers"
    both = [str(world.colleague), str(world.caregiver)]
    answer = await client.put(path, json={"caregiver_ids": [str(world.colleague)]}, headers=headers)
    assert [one["name"] for one in answer.json()["visits"][0]["caregivers"]] == ["毛桂芳"]
    again = await client.put(path, json={"caregiver_ids": [str(world.colleague)] * 2}, headers=headers)
    assert again.json()["visits"][0]["caregivers"] == answer.json()["visits"][0]["caregivers"]
    await client.put(path, json={"caregiver_ids": both}, headers=headers)
    rows = await fetch(
        "SELECT caregiver, ended_at, ended_by FROM assignment WHERE visit = $1 ORDER BY assigned_at", visit
    )
    assert [(row["caregiver"], row["ended_at"] is None) for row in rows] == [
        (world.caregiver, False),
        (world.colleague, True),
        (world.caregiver, True),
    ]
    assert rows[0]["ended_by"] is not None
    assert len(await fetch("SELECT 1 FROM change WHERE kind = 'visit.assigned'")) == 2, "a repetition is no change"


@pytest.mark.parametrize("op_state", ["in_progress", "completed", "missed", "not_served", "unclosed", "cancelled"])
async def test_a_visit_that_began_or_is_over_stays_as_it_is(
    client: httpx.AsyncClient, world: World, op_state: str
) -> None:
    visit = await world.add_visit(world.elder, start=SOON, op_state=op_state)
    headers = await sign_in(world, "dispatcher")
    sent = await client.put(
        f"/api/v1/visits/{visit}/caregivers", json={"caregiver_ids": [str(world.colleague)]}, headers=headers
    )
    assert (sent.status_code, sent.json()["code"]) == (409, "VISIT_CLOSED")
    gone = await client.post(f"/api/v1/visits/{visit}/cancel", json={"reason": "老人要求"}, headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (409, "VISIT_NOT_OPEN")


async def test_a_cancelled_visit_keeps_its_reason_and_is_not_planned_again(
    client: httpx.AsyncClient, world: World
) -> None:
    await world.add_plan_item(world.elder)
    with clock.running_from(lambda: clock.at(TODAY, time(8))):
        headers = await sign_in(world, "dispatcher")
        await client.post("/api/v1/visits/expand", json={"days": 1}, headers=headers)
        [row] = (await client.get("/api/v1/visits", headers=headers)).json()["items"]
        path = f"/api/v1/visits/{row['id']}/cancel"
        answer = await client.post(path, json={"reason": "老人今天不吃"}, headers=headers)
        assert (answer.status_code, answer.json()["visits"][0]["op_state"]) == (200, "cancelled")
        again = await client.post("/api/v1/visits/expand", json={"days": 1}, headers=headers)
        assert again.json()["created"] == 0
    [told] = await fetch("SELECT data FROM change WHERE kind = 'visit.cancelled'")
    assert set(json.loads(told["data"])) == {"by", "day", "caregivers", "action"}, (
        "words of people do not go into the stream"
    )


async def test_visits_of_others_do_not_exist(client: httpx.AsyncClient, world: World) -> None:
    theirs = await world.add_visit(
        world.husband, start=SOON, provider=world.other_provider, caregivers=[world.stranger]
    )
    headers = await sign_in(world, "manager")
    for visit in (theirs, uuid7()):
        for method, path, body in (
            ("GET", f"/api/v1/visits/{visit}/candidates", None),
            ("PUT", f"/api/v1/visits/{visit}/caregivers", {"caregiver_ids": [str(world.caregiver)]}),
            ("POST", f"/api/v1/visits/{visit}/cancel", {"reason": "不去了"}),
        ):
            answer = await client.request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path


async def test_bad_bodies_and_roles_are_refused(client: httpx.AsyncClient, world: World) -> None:
    visit = await world.add_visit(world.elder, start=SOON)
    headers, officer = await sign_in(world, "dispatcher"), await sign_in(world, "officer")
    put = f"/api/v1/visits/{visit}/caregivers"
    for body in ({}, {"caregiver_ids": []}, {"caregiver_ids": ["x"]}, {"caregiver_ids": None}, {"caregiver_ids": [1]}):
        assert (await client.put(put, json=body, headers=headers)).json()["code"] == "INPUT_INVALID"
    for body in ({}, {"reason": ""}, {"reason": None}):
        cancelled = await client.post(f"/api/v1/visits/{visit}/cancel", json=body, headers=headers)
        assert cancelled.json()["code"] == "INPUT_INVALID"
    for method, path in (
        ("POST", "/api/v1/visits"),
        ("GET", f"/api/v1/visits/{visit}/candidates"),
        ("PUT", put),
        ("POST", f"/api/v1/visits/{visit}/cancel"),
    ):
        assert (await client.request(method, path, json={}, headers=officer)).status_code == 403
        assert (await client.request(method, path, json={})).status_code == 401


async def test_an_instant_is_kept_whatever_its_offset(client: httpx.AsyncClient, world: World) -> None:
    local = SOON.astimezone(clock.CHINA)
    order = _order(world, window_start=local.isoformat(), window_end=(local + timedelta(hours=1)).isoformat())
    answer = await client.post("/api/v1/visits", json=order, headers=await sign_in(world, "dispatcher"))
    [row] = answer.json()["visits"]
    assert datetime.fromisoformat(row["window_start"]) == SOON
