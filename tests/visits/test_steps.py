"""Steps of the office: sending, swapping, moving, cancelling, one visit or a series; told at once, undone in time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.visits import service
from support.desk import Desk, at, day, stands, told
from support.sign_in import phone_of, sign_in
from support.world import World

LATER = timedelta(minutes=10)


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock on."""
    real = clock._source

    def move(span: timedelta) -> None:
        monkeypatch.setattr(clock, "_source", lambda: real() + span)

    return move


async def _phone_knows(client: httpx.AsyncClient, caregiver: UUID) -> dict[str, str]:
    """The windows that a caregiver's phone gets at its next contact."""
    answer = await client.get("/api/v1/door/sync", headers=(await phone_of(caregiver)).headers)
    await fetch("DELETE FROM session WHERE device IS NOT NULL")
    await fetch("UPDATE device SET revoked_at = now() WHERE revoked_at IS NULL")
    return {call["id"]: call["window_start"] for each in answer.json()["days"] for call in each["visits"]}


async def test_sending_others_reaches_both_phones_and_is_undone(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    [before] = await fetch("SELECT changed_at FROM visit")
    done = await desk.done("PUT", f"/visits/{visit}/caregivers", caregiver_ids=[str(world.colleague)])
    assert [row["caregivers"][0]["name"] for row in done["visits"]] == ["毛桂芳"]
    [after] = await fetch("SELECT changed_at FROM visit")
    assert after["changed_at"] > before["changed_at"]
    assert str(visit) not in await _phone_knows(client, world.caregiver)
    assert str(visit) in await _phone_knows(client, world.colleague)
    [(kind, data)] = await told(visit)
    assert (kind, data["caregivers"], data["before"]) == (
        "visit.assigned",
        [str(world.colleague)],
        [str(world.caregiver)],
    )
    undone = await desk.undo(done["action_id"])
    assert undone.status_code == 200, undone.text
    assert (await stands(visit))[2] == [world.caregiver]
    assert str(visit) in await _phone_knows(client, world.caregiver)
    assert (await told(visit))[-1][1]["undone"] is True
    again = await desk.undo(done["action_id"])
    assert (again.status_code, again.json()["code"]) == (409, "UNDO_TOO_LATE")


@pytest.mark.parametrize(("passed", "status"), [(LATER - timedelta(seconds=30), 200), (LATER, 409)])
async def test_a_step_can_be_undone_for_ten_minutes(
    client: httpx.AsyncClient,
    world: World,
    pass_time: Callable[[timedelta], None],
    passed: timedelta,
    status: int,
) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    done = await desk.done("POST", f"/visits/{visit}/cancel", reason="老人要求")
    pass_time(passed)
    [step] = (await desk.get("/actions"))["items"]
    assert (step["kind"], step["count"], step["can_be_undone"]) == ("cancel", 1, status == 200)
    assert step["visits"][0]["elder"]["name"] == "龚国栋"
    assert (await desk.undo(done["action_id"])).status_code == status
    assert (await stands(visit))[0] == ("assigned" if status == 200 else "cancelled")


async def test_a_cancelled_visit_that_stands_again_keeps_both_in_its_story(
    client: httpx.AsyncClient, world: World
) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    done = await desk.done("POST", f"/visits/{visit}/cancel", reason="老人要求")
    assert str(visit) not in await _phone_knows(client, world.caregiver)
    await desk.undo(done["action_id"])
    assert await stands(visit) == ("assigned", at(2, 10), [world.caregiver])
    assert str(visit) in await _phone_knows(client, world.caregiver)
    assert [(kind, data["caregivers"]) for kind, data in await told(visit)] == [
        ("visit.cancelled", [str(world.caregiver)]),
        ("visit.restored", [str(world.caregiver)]),
    ]
    story = (await desk.get(f"/visits/{visit}"))["office"]
    assert [one["what"] for one in story if one["what"] != "assigned"] == ["cancelled", "restored"]
    assert next(one for one in story if one["what"] == "cancelled")["data"]["reason"] == "老人要求"


@pytest.mark.parametrize("what", ["somebody", "a phone"])
async def test_what_changed_since_is_not_undone(client: httpx.AsyncClient, world: World, what: str) -> None:
    desk, other = await Desk.open(client, world), await Desk.open(client, world, "manager")
    visit = await world.add_visit(world.elder, start=at(2, 10))
    done = await desk.done("PUT", f"/visits/{visit}/caregivers", caregiver_ids=[str(world.colleague)])
    if what == "somebody":  # and back again: it only looks as if nothing had happened
        await other.send(visit, world.caregiver)
        await other.send(visit, world.colleague)
    else:
        await fetch("UPDATE visit SET op_state = 'in_progress', started_at = now(), changed_at = now()")
    refused = await desk.undo(done["action_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "UNDO_TOO_LATE")
    assert (await stands(visit))[2] == [world.colleague]
    mine = next(one for one in (await desk.get("/actions"))["items"] if one["id"] == done["action_id"])
    assert mine["can_be_undone"] is False


async def test_nobody_is_sent_back_who_is_elsewhere_by_now(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10), minutes=1, min_minutes=30)
    other = await world.add_visit(world.husband, start=at(2, 10), minutes=1, min_minutes=30, caregivers=[])
    done = await desk.done("PUT", f"/visits/{visit}/caregivers", caregiver_ids=[str(world.colleague)])
    await desk.send(other, world.caregiver)
    refused = await desk.undo(done["action_id"])
    assert refused.json()["code"] == "UNDO_TOO_LATE"
    assert [one["field"] for one in refused.json()["errors"]] == ["caregiver_ids.OVERLAP"]


async def test_what_is_restored_is_where_the_elder_lives_now(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    done = await desk.done("POST", f"/visits/{visit}/cancel", reason="老人要求")
    async with unit_of_work():
        await fetch("UPDATE elder SET household = $2 WHERE id = $1", world.elder, world.couple_home)
        assert await service.follow_elders(SYSTEM, [world.elder]) == 0, "what is off goes nowhere"
    undone = await desk.undo(done["action_id"])
    assert undone.status_code == 200, undone.text
    assert [row["household"]["id"] for row in undone.json()["visits"]] == [str(world.couple_home)]
    assert [kind for kind, _ in await told(visit)] == ["visit.cancelled", "visit.restored", "visit.moved"]


async def test_after_a_death_nothing_is_restored(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    done = await desk.done("POST", f"/visits/{visit}/cancel", reason="老人要求")
    await desk.done("POST", f"/elders/{world.elder}/statuses", kind="deceased", valid_from=str(day(0)))
    refused = await desk.undo(done["action_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "UNDO_TOO_LATE")
    assert (await stands(visit))[0] == "cancelled"


@pytest.mark.parametrize("path", ["caregivers", "cancel", "preview"])
async def test_a_series_ends_not_before_it_begins(client: httpx.AsyncClient, world: World, path: str) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    series: dict[str, Any] = {"scope": "series", "until": str(day(1))}
    who = {"caregiver_ids": [str(world.colleague)]}
    method, address, body = {
        "caregivers": ("PUT", f"/visits/{visit}/caregivers", {**who, **series}),
        "cancel": ("POST", f"/visits/{visit}/cancel", {"reason": "老人要求", **series}),
        "preview": ("POST", "/visits/preview", {"changes": [{"visit_id": str(visit), **who, **series}]}),
    }[path]
    refused = await client.request(method, f"/api/v1{address}", headers=desk.headers, json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "INPUT_INVALID")
    [error] = refused.json()["errors"]
    assert (error["field"], error["message"]) == ("until", "不能早于这次服务的日期")
    assert await stands(visit) == ("assigned", at(2, 10), [world.caregiver])


async def test_two_visits_swap_their_caregivers(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    first = await world.add_visit(world.elder, start=at(2, 10))
    second = await world.add_visit(world.husband, start=at(2, 10), caregivers=[world.colleague])
    nobodys = await world.add_visit(world.wife, start=at(2, 15), caregivers=[])
    done = await desk.done("POST", f"/visits/{first}/swap", other_id=str(second))
    assert ((await stands(first))[2], (await stands(second))[2]) == ([world.colleague], [world.caregiver])
    await desk.undo(done["action_id"])
    assert ((await stands(first))[2], (await stands(second))[2]) == ([world.caregiver], [world.colleague])
    await desk.done("POST", f"/visits/{first}/swap", other_id=str(nobodys))
    assert (await stands(first))[::2] == ("planned", [])
    assert (await stands(nobodys))[::2] == ("assigned", [world.caregiver])


async def test_a_swap_that_cannot_be_leaves_both_as_they_are(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await fetch("DELETE FROM qualification WHERE caregiver = $1 AND kind = 'nurse_licence'", world.caregiver)
    meal = await world.add_visit(world.elder, start=at(2, 10))
    nursing = await world.add_visit(
        world.husband, start=at(2, 15), service_type="medical", content="round_visit", caregivers=[world.colleague]
    )
    refused = await desk.ask("POST", f"/visits/{meal}/swap", other_id=str(nursing), anyway=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "CAREGIVER_UNSUITABLE")
    assert [one["field"] for one in refused.json()["errors"]] == ["caregiver_ids.QUALIFICATION_MISSING"]
    assert ((await stands(meal))[2], (await stands(nursing))[2]) == ([world.caregiver], [world.colleague])
    begun = await world.add_visit(world.wife, op_state="in_progress", started_at=clock.now())
    assert (await desk.ask("POST", f"/visits/{meal}/swap", other_id=str(begun))).json()["code"] == "VISIT_CLOSED"


async def test_another_time_is_told_and_undone(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 10))
    await _phone_knows(client, world.caregiver)
    moved = await desk.move(visit, at(3, 15))
    assert moved.status_code == 200, moved.text
    known = await _phone_knows(client, world.caregiver)
    assert datetime.fromisoformat(known[str(visit)]) == at(3, 15)
    [(kind, data)] = await told(visit)
    assert (kind, data["caregivers"], data["day_before"], data["day"]) == (
        "visit.rescheduled",
        [str(world.caregiver)],
        str(day(2)),
        str(day(3)),
    )
    assert "家属要求" not in str(data), "words of people do not go into the stream"
    [entry] = [one for one in (await desk.get(f"/visits/{visit}"))["office"] if one["what"] == "rescheduled"]
    assert entry["data"]["reason"] == "家属要求"
    await desk.undo(moved.json()["action_id"])
    assert (await stands(visit))[1] == at(2, 10)
    [row] = await fetch("SELECT service_day, planned_day FROM visit")
    assert tuple(row) == (day(2), None)
    assert [one["service_day"] for one in await fetch("SELECT service_day FROM assignment")] == [day(2)]


async def test_a_moved_visit_keeps_the_place_that_the_plan_gave_it(client: httpx.AsyncClient, world: World) -> None:
    """Neither a second one on the plan's day, nor withdrawn where the plan asks for none."""
    desk = await Desk.open(client, world)
    weekday = day(2).isoweekday()
    item = await world.add_plan_item(world.elder, recurrence=f'{{"kind":"weekly","weekdays":[{weekday}]}}')
    await desk.done("POST", "/visits/expand", days=7)
    [row] = await fetch("SELECT id FROM visit WHERE plan_item = $1", item)
    assert (await desk.move(row["id"], at(4, 11))).status_code == 200
    again = await desk.done("POST", "/visits/expand", days=7)
    assert (again["created"], again["withdrawn"], again["existing"]) == (0, 0, 1)
    board = await desk.get(f"/board?day={day(4)}")
    assert [(one["id"], one["moved_from"]) for one in board["visits"]] == [(str(row["id"]), str(day(2)))]
    path, kind = f"/elders/{world.elder}/statuses", "hospital_stay"
    await desk.done("POST", path, kind=kind, valid_from=str(day(2)), valid_to=str(day(3)))
    assert (await stands(row["id"]))[0] == "assigned", "at home again on the day to which it was moved"
    await desk.done("POST", path, kind=kind, valid_from=str(day(4)))
    assert (await stands(row["id"]))[0] == "cancelled"


@pytest.mark.parametrize(("start", "minutes"), [(at(2, 10), 0), (at(2, 10), 721), (at(-2, 10), 60)])
async def test_times_that_are_none(client: httpx.AsyncClient, world: World, start: datetime, minutes: int) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, start=at(2, 12))
    assert (await desk.move(visit, start, minutes)).json()["code"] == "VISIT_WINDOW_INVALID"


async def test_a_visit_that_has_begun_is_not_moved(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await world.add_visit(world.elder, op_state="in_progress", started_at=clock.now())
    assert (await desk.move(visit, at(2, 10))).json()["code"] == "VISIT_CLOSED"


async def test_an_order_that_is_repeated(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    first = at(1, 9)
    body = {
        "elder_id": str(world.elder),
        "service_type": "cleaning",
        "content": "home_cleaning",
        "window_start": first.isoformat(),
        "window_end": (first + timedelta(hours=1)).isoformat(),
        "caregiver_ids": [str(world.caregiver)],
        "reason": "家属来电，连续两周",
        "source": "hotline",
        "repeat": {"weekdays": [day(1).isoweekday(), day(3).isoweekday()], "until": str(day(14))},
    }
    done = await desk.done("POST", "/visits", **body)
    days = [clock.civil_date(datetime.fromisoformat(row["window_start"])) for row in done["visits"]]
    assert days == [day(1), day(3), day(8), day(10)]
    [step] = (await desk.get("/actions"))["items"]
    assert (step["kind"], step["source"], step["count"]) == ("order_series", "hotline", 4)
    twice = await desk.ask("POST", "/visits", **body)
    assert twice.status_code == 201, "an hour holds two visits without a shortest time"
    await desk.undo(done["action_id"])
    states = await fetch("SELECT op_state, reason FROM visit WHERE id = $1", UUID(done["visits"][0]["id"]))
    assert [tuple(row) for row in states] == [("cancelled", "undone")]
    too_far = {**body, "repeat": {"weekdays": [1], "until": str(day(70))}}
    refused = await desk.ask("POST", "/visits", **too_far)
    assert refused.json()["errors"][0]["field"] == "repeat.until"


async def test_steps_of_another_provider_do_not_exist(client: httpx.AsyncClient, world: World) -> None:
    admin, desk = await Desk.open(client, world, "admin"), await Desk.open(client, world)
    theirs = await world.add_visit(
        world.husband, start=at(2, 10), provider=world.other_provider, caregivers=[world.stranger]
    )
    mine = await world.add_visit(world.elder, start=at(2, 10))
    done = await admin.done("POST", f"/visits/{theirs}/cancel", reason="老人要求")
    window = {"window_start": at(3, 9).isoformat(), "window_end": at(3, 10).isoformat(), "reason": "改期"}
    for method, path, body in (
        ("POST", f"/actions/{done['action_id']}/undo", {}),
        ("POST", f"/visits/{mine}/swap", {"other_id": str(theirs)}),
        ("POST", f"/visits/{theirs}/swap", {"other_id": str(mine)}),
        ("PUT", f"/visits/{theirs}/window", window),
    ):
        answer = await desk.ask(method, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    assert (await desk.get("/actions"))["items"] == []
    assert len((await admin.get("/actions"))["items"]) == 1


async def test_the_board_holds_the_whole_day(client: httpx.AsyncClient, world: World) -> None:
    now = clock.now()
    over = {"start": at(0, 0, 1), "minutes": 1, "op_state": "completed", "started_at": at(0, 0, 1)}
    done = await world.add_visit(world.elder, ended_at=at(0, 0, 2), **over)
    held = await world.add_visit(world.wife, ended_at=at(0, 0, 2), holds=2, **over)
    ahead = await world.add_visit(world.husband, start=at(0, 23), minutes=50, caregivers=[world.colleague])
    await world.add_visit(world.husband, start=at(1, 10))
    await world.add_visit(world.husband, start=at(0, 23), provider=world.other_provider, caregivers=[world.stranger])
    sql = "UPDATE qualification SET valid_until = $1 WHERE caregiver = $2 AND kind = 'nurse_licence'"
    await fetch(sql, day(5), world.colleague)
    await phone_of(world.caregiver)
    board = (await client.get("/api/v1/board", headers=await sign_in(world, "dispatcher"))).json()
    assert (board["day"], datetime.fromisoformat(board["now"]) >= now) == (str(day(0)), True)
    assert {one["id"]: (one["state"], one["caregiver_ids"]) for one in board["visits"]} == {
        str(done): ("completed", [str(world.caregiver)]),
        str(held): ("completed", [str(world.caregiver)]),
        str(ahead): ("assigned", [str(world.colleague)]),
    }
    assert board["counts"] == {"completed": 2, "assigned": 1, "late": 0, "held": 1}
    lanes = {one["name"]: one for one in board["caregivers"]}
    assert set(lanes) == {"彭燕", "毛桂芳"}
    assert (lanes["彭燕"]["device"] is not None, lanes["毛桂芳"]["device"]) == (True, None)
    assert lanes["毛桂芳"]["certificates_ending"] == [{"kind": "nurse_licence", "until": str(day(5))}]
    assert len(lanes["彭燕"]["phone_tail"]) == 4
    officer = (await client.get("/api/v1/board", headers=await sign_in(world, "officer"))).json()
    assert len(officer["visits"]) == 4, "party A sees every provider of its area"
    assert "赖美玲" in {one["name"] for one in officer["caregivers"]}
