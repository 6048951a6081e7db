"""The queue: what waits for a person, oldest first, by cause, each in their own scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from doorstep.checkins import service as checkins
from doorstep.core import clock
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import Actor, Role
from support.door import arrive, leave, planned, standing_clock
from support.phone import claims
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Desk


async def put(world: World, codes: list[str], *, ago: int = 0, **values: Any) -> UUID:
    """A served visit that is held for these codes."""
    start = clock.now() - timedelta(days=ago, hours=2)
    states = {"op_state": "completed", "verify_state": "needs_review", "settle_state": "held", "grade": "B"}
    times = {"started_at": start, "ended_at": start + timedelta(minutes=20), "start": start}
    return await world.add_visit(world.elder, holds=len(codes), hold_codes=codes, **{**states, **times, **values})


def ids(queue: dict[str, Any]) -> list[str]:
    """The visits of a page."""
    return [item["visit"]["id"] for item in queue["items"]]


async def test_what_waits_and_why(desk: Desk) -> None:
    visit = await desk.held()
    queue = await desk.get("/review/queue")
    [item] = queue["items"]
    assert item["visit"]["id"] == str(visit)
    assert item["visit"]["elder"]["name"] == "龚国栋"
    assert [one["name"] for one in item["visit"]["caregivers"]] == ["彭燕"]
    assert (item["codes"], item["must_fix"], item["asked"], item["objection"]) == (["TOKEN_MISSING"], False, None, None)
    assert queue["counts"] == {"must_fix": 0, "may_acknowledge": 1, "by_code": {"TOKEN_MISSING": 1}}
    await desk.decide(visit)
    assert ids(await desk.get("/review/queue")) == []


async def test_groups_causes_and_counts(desk: Desk) -> None:
    world = desk.world
    must = await put(world, ["OVERLAP", "TOO_SHORT"], ago=3)
    may = await put(world, ["TOO_SHORT"], ago=2)
    grade = await put(world, [], ago=1)
    await put(world, [], op_state="completed", verify_state="auto_verified", settle_state="unsettled", grade="A")
    opened = await put(world, ["FAMILY_OBJECTION"], ago=4, verify_state="reopened", settle_state="paid")
    whole = await desk.get("/review/queue")
    assert ids(whole) == [str(opened), str(must), str(may), str(grade)]
    assert (whole["counts"]["must_fix"], whole["counts"]["may_acknowledge"]) == (2, 2)
    assert whole["counts"]["by_code"] == {"OVERLAP": 1, "TOO_SHORT": 2, "GRADE": 1, "FAMILY_OBJECTION": 1}
    assert ids(await desk.get("/review/queue", group="must_fix")) == [str(opened), str(must)]
    assert ids(await desk.get("/review/queue", group="may_acknowledge")) == [str(may), str(grade)]
    assert ids(await desk.get("/review/queue", cause="TOO_SHORT")) == [str(must), str(may)]
    assert ids(await desk.get("/review/queue", cause="GRADE")) == [str(grade)]


async def test_pages(desk: Desk) -> None:
    made = [str(await put(desk.world, ["TOO_SHORT"], ago=ago)) for ago in (5, 4, 3)]
    first = await desk.get("/review/queue", limit=2)
    assert ids(first) == made[:2]
    last = await desk.get("/review/queue", limit=2, cursor=first["next"])
    assert (ids(last), last["next"]) == (made[2:], None)
    await desk.get("/review/queue", cursor="nonsense", status=400)


async def test_each_sees_their_own(desk: Desk) -> None:
    world = desk.world
    mine = await put(world, ["TOO_SHORT"], ago=2)
    theirs = await put(world, ["TOO_SHORT"], ago=1, provider=world.other_provider, caregivers=[world.stranger])
    far = await world.add_home("安贞里一区2号楼", point=None)
    await fetch("UPDATE household SET area = $2 WHERE id = $1", far, world.other_subdistrict)
    away = await put(world, ["TOO_SHORT"], household=far)
    for role, seen in (
        ("manager", [mine, away]),
        ("dispatcher", [mine, away]),
        ("officer", [mine, theirs]),
        ("auditor", [mine, theirs]),
        ("admin", [mine, theirs, away]),
    ):
        queue = await desk.get("/review/queue", role=role)
        assert ids(queue) == [str(one) for one in seen], role
        assert queue["counts"]["may_acknowledge"] == len(seen), role
        for visit in (mine, theirs, away):
            await desk.get(f"/review/visits/{visit}", role=role, status=200 if visit in seen else 404)
    assert ids(await desk.get("/review/queue", role="admin", provider_id=str(world.other_provider))) == [str(theirs)]


async def test_names_are_searched(desk: Desk) -> None:
    visit = await put(desk.world, ["TOO_SHORT"])
    for words, found in (("国栋", [str(visit)]), ("彭", [str(visit)]), ("文玉梅", []), ("赖", [])):
        assert ids(await desk.post("/review/queue/search", {"q": words}, status=200)) == found, words


async def test_who_came_is_named_and_found_and_so_is_who_was_to_come(desk: Desk) -> None:
    """A colleague comes; the office writes that a colleague came; only sent; taken back: each by what is known best."""
    world = desk.world
    colleague = await phone_of(world.colleague, place=HOME)
    came = await planned(world)
    with standing_clock() as hands:
        await colleague.send(desk.client, arrive(colleague, came, world.elder, None))
        hands.move(minutes=20)
        await colleague.send(desk.client, leave(colleague, came, world.elder, None))
    start = clock.now() - timedelta(hours=3)
    entered = await planned(world, op_state="missed", start=start, minutes=90)
    times = {"started_at": start + timedelta(minutes=7), "ended_at": start + timedelta(minutes=27)}
    body = {"kind": "entry", "caregiver_id": str(world.colleague), "reason_code": "phone_broken"}
    await desk.post(f"/review/visits/{entered}/manual", body | {name: at.isoformat() for name, at in times.items()})
    sent = await put(world, ["FAMILY_OBJECTION"], ago=2)
    taken = await put(world, ["FAMILY_OBJECTION"], ago=1)
    by_colleague, by_both = {str(came), str(entered)}, {str(came), str(entered), str(sent), str(taken)}
    await fetch("UPDATE assignment SET ended_at = now() WHERE visit = $1", taken)
    named = {item["visit"]["id"]: item["visit"]["caregivers"] for item in (await desk.get("/review/queue"))["items"]}
    assert {visit: [one["name"] for one in who] for visit, who in named.items()} == {
        **{visit: ["毛桂芳"] for visit in by_colleague},
        str(sent): ["彭燕"],
        str(taken): [],
    }
    assert {who[0]["id"] for visit, who in named.items() if visit in by_colleague} == {str(world.colleague)}
    for words, found in (("毛桂", by_colleague), ("彭", by_both - {str(taken)}), ("国栋", by_both), ("赖", set())):
        assert set(ids(await desk.post("/review/queue/search", {"q": words}, status=200))) == found, words


async def test_a_record_that_was_taken_back_names_nobody_and_finds_nothing(desk: Desk) -> None:
    world = desk.world
    colleague = await phone_of(world.colleague, place=HOME)
    visit = await planned(world)
    with standing_clock() as hands:
        wrong = arrive(colleague, visit, world.elder, None)
        await colleague.send(desk.client, wrong)
        hands.move(minutes=1)
        await colleague.send(desk.client, colleague.event("annul", annuls=claims(wrong)["event_id"], reason="mistake"))
    await fetch("UPDATE visit SET settle_state = 'held' WHERE id = $1", visit)
    [item] = (await desk.get("/review/queue"))["items"]
    assert [one["name"] for one in item["visit"]["caregivers"]] == ["彭燕"]
    assert ids(await desk.post("/review/queue/search", {"q": "毛"}, status=200)) == []


async def test_what_is_found_has_pages_too(desk: Desk) -> None:
    made = [str(await put(desk.world, ["TOO_SHORT"], ago=ago)) for ago in (5, 4, 3)]
    first = await desk.post("/review/queue/search", {"q": "彭", "limit": 2}, status=200)
    last = await desk.post("/review/queue/search", {"q": "彭", "limit": 2, "cursor": first["next"]}, status=200)
    assert (ids(first), ids(last), last["next"]) == (made[:2], made[2:], None)


async def test_a_familys_objection_stands_in_the_queue_with_its_day(desk: Desk) -> None:
    visit = await planned(desk.world, op_state="missed")
    async with unit_of_work():
        await checkins.place_hold(Actor(role=Role.FAMILY), visit, "FAMILY_OBJECTION", uuid4())
    [item] = (await desk.get("/review/queue"))["items"]
    assert (item["visit"]["id"], item["codes"], item["must_fix"]) == (str(visit), ["FAMILY_OBJECTION"], True)


@pytest.mark.parametrize("params", [{"group": "all"}, {"cause": "too short"}, {"limit": 101}, {"provider_id": "1"}])
async def test_bad_filters(desk: Desk, params: dict[str, Any]) -> None:
    assert (await desk.get("/review/queue", status=400, **params))["code"] == "INPUT_INVALID"
