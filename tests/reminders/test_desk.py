"""What people see and do over HTTP: due list, desk, ledger, calls, settings, channels; and nobody another's."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.people import Account
from support.channels import ledger
from support.door import Hands as Clock
from support.sign_in import device_token, office_token, sign_in
from support.world import World

Turn = Callable[[], Awaitable[list[str]]]
Headers = dict[str, str]


@pytest.fixture
async def phone(world: World) -> Headers:
    return {"Authorization": f"Bearer {await device_token(world.caregiver)}"}


@pytest.fixture
async def desk(world: World) -> Headers:
    return await sign_in(world, "dispatcher")


@pytest.fixture
async def other_desk(world: World) -> Headers:
    """A dispatcher of the other provider."""
    id = uuid7()
    await Account.insert(
        Account(
            id=id,
            role="dispatcher",
            display_name="外单位",
            login="elsewhere",
            password_hash="!",
            provider=world.other_provider,
            created_at=clock.now(),
        )
    )
    return {"Authorization": f"Bearer {await office_token(id)}"}


@pytest.fixture
async def silent_call(world: World, turn: Turn, time: Clock) -> UUID:
    """The next call of a caregiver who answered on no channel; a dispatcher is to telephone."""
    await world.add_visit(world.elder, start=clock.now() + timedelta(minutes=30), minutes=60)
    await turn()
    time.move(minutes=5)
    await turn()
    [row] = await ledger(kind="next_call")
    assert row["step"] == 3
    return row["id"]


async def get(client: httpx.AsyncClient, path: str, headers: Headers, **params: str) -> Any:
    answer = await client.get(f"/api/v1{path}", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_phone_sees_what_is_due_until_it_is_acknowledged(
    client: httpx.AsyncClient, world: World, phone: Headers, silent_call: UUID
) -> None:
    [item] = (await get(client, "/door/reminders", phone))["items"]
    assert (item["id"], item["kind"], item["state"], item["shown_at"]) == (str(silent_call), "next_call", "sent", None)
    assert item["at"] is not None
    other = {"Authorization": f"Bearer {await device_token(world.colleague)}"}
    assert (await get(client, "/door/reminders", other))["items"] == []
    seen = {"shown": [str(silent_call)], "acknowledged": [str(silent_call), str(uuid7())], "by": "app"}
    # Another's word about it is passed over, without saying that there is such a thing.
    assert (await client.post("/api/v1/door/reminders/seen", json=seen, headers=other)).status_code == 204
    assert len((await get(client, "/door/reminders", phone))["items"]) == 1
    for _ in range(2):
        assert (await client.post("/api/v1/door/reminders/seen", json=seen, headers=phone)).status_code == 204
    assert (await get(client, "/door/reminders", phone))["items"] == []
    [row] = await ledger(id=silent_call)
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "app")
    told = await fetch("SELECT kind FROM change WHERE subject = $1 AND kind = 'reminder.acknowledged'", silent_call)
    assert len(told) == 1


async def test_a_word_that_comes_after_the_end_is_kept_and_changes_nothing(
    client: httpx.AsyncClient, phone: Headers, silent_call: UUID, turn: Turn, time: Clock
) -> None:
    time.move(minutes=60)
    await turn()
    await client.post("/api/v1/door/reminders/seen", json={"acknowledged": [str(silent_call)]}, headers=phone)
    [row] = await ledger(id=silent_call)
    assert (row["state"], row["acknowledged_at"]) == ("expired", time.at)


@pytest.mark.parametrize(
    "body",
    [
        {"shown": ["x"]},
        {"by": "somebody"},
        {"shown": [str(uuid7())] * 201},
        {"unknown": 1},
        {"acknowledged": None},
        [],
    ],
)
async def test_bad_words_of_a_phone_are_refused(client: httpx.AsyncClient, phone: Headers, body: Any) -> None:
    answer = await client.post("/api/v1/door/reminders/seen", json=body, headers=phone)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


async def test_the_call_list_has_a_number_and_what_came_of_it(
    client: httpx.AsyncClient, world: World, desk: Headers, silent_call: UUID
) -> None:
    [item] = (await get(client, "/calls", desk))["items"]
    assert (item["reminder_id"], item["caregiver"]["name"]) == (str(silent_call), "彭燕")
    assert item["phone"] == "+8613800000001"
    body = {"outcome": "no_answer", "note": "响了很久"}
    assert (await client.post(f"/api/v1/calls/{silent_call}", json=body, headers=desk)).status_code == 204
    [item] = (await get(client, "/calls", desk))["items"]
    assert [(note["outcome"], note["note"], note["by"]) for note in item["notes"]] == [
        ("no_answer", "响了很久", "测试dispatcher")
    ]
    await client.post(f"/api/v1/calls/{silent_call}", json={"outcome": "reached"}, headers=desk)
    assert (await get(client, "/calls", desk))["items"] == []
    assert (await get(client, "/reminders/desk", desk))["items"] == []
    [row] = await ledger(id=silent_call)
    assert (row["state"], row["acknowledged_by"]) == ("called", "call")
    answer = await client.post(f"/api/v1/calls/{silent_call}", json={"outcome": "reached"}, headers=desk)
    assert answer.status_code == 404
    [line] = [one for one in (await get(client, "/reminders", desk))["items"] if one["id"] == str(silent_call)]
    assert [(one["channel"], one["outcome"]) for one in line["attempts"]] == [
        ("push", "no_channel"),
        ("call", "failed"),
        ("call", "accepted"),
    ]


async def test_the_desk_acknowledges_for_all_who_sit_there(
    client: httpx.AsyncClient, world: World, desk: Headers, silent_call: UUID
) -> None:
    [item] = (await get(client, "/reminders/desk", desk))["items"]
    assert (item["kind"], item["caregiver"]["name"]) == ("caregiver_unreached", "彭燕")
    for _ in range(2):
        answer = await client.post(f"/api/v1/reminders/{item['id']}/acknowledge", headers=desk)
        assert answer.status_code == 204
    manager = await sign_in(world, "manager")
    assert (await get(client, "/reminders/desk", manager))["items"] == []
    assert (await client.post(f"/api/v1/reminders/{silent_call}/acknowledge", headers=desk)).status_code == 404


async def test_another_provider_sees_and_does_nothing_of_it(
    client: httpx.AsyncClient, world: World, desk: Headers, other_desk: Headers, silent_call: UUID
) -> None:
    [item] = (await get(client, "/reminders/desk", desk))["items"]
    for path in ("/calls", "/reminders/desk", "/reminders"):
        assert (await get(client, path, other_desk))["items"] == [], path
    ids = [one["caregiver_id"] for one in (await get(client, "/caregivers/channels", other_desk))["items"]]
    assert ids == [str(world.stranger)]
    for method, path, body in (
        ("POST", f"/calls/{silent_call}", {"outcome": "reached"}),
        ("POST", f"/reminders/{item['id']}/acknowledge", None),
        ("GET", f"/caregivers/{world.caregiver}/channels", None),
    ):
        answer = await client.request(method, f"/api/v1{path}", json=body, headers=other_desk)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    assert {one["state"] for one in await ledger() if one["sent_at"]} == {"sent"}


async def test_the_ledger_goes_by_pages_and_by_visit_and_state(
    client: httpx.AsyncClient, world: World, desk: Headers, turn: Turn, time: Clock
) -> None:
    for hour in range(1, 15):
        last = await world.add_visit(world.elder, start=clock.now() + timedelta(hours=hour), minutes=30)
    await turn()
    first = await get(client, "/reminders", desk)
    second = await get(client, "/reminders", desk, cursor=first["next"])
    items = first["items"] + second["items"]
    assert (len(first["items"]), len(items), second["next"]) == (50, 14 * 4, None)
    assert [one["due_at"] for one in items] == sorted((one["due_at"] for one in items), reverse=True)
    assert len((await get(client, "/reminders", desk, visit_id=str(last)))["items"]) == 4
    assert (await get(client, "/reminders", desk, state="acknowledged"))["items"] == []
    assert items[0]["person"] in ({"id": str(world.provider), "name": "朝外照料中心"}, items[0]["person"])
    for params in ({"cursor": "x"}, {"state": "gone"}, {"visit_id": "1"}):
        answer = await client.get("/api/v1/reminders", params=params, headers=desk)
        assert answer.status_code == 400, params


async def test_a_caregiver_s_minutes_move_what_waits(
    client: httpx.AsyncClient, world: World, phone: Headers, turn: Turn, time: Clock
) -> None:
    start = clock.now() + timedelta(hours=3)
    await world.add_visit(world.elder, start=start, caregivers=[world.caregiver, world.colleague], carers_needed=2)
    await turn()
    answer = await client.put("/api/v1/door/reminders/settings", json={"minutes_before": 90}, headers=phone)
    assert answer.json() == {
        "minutes_before": 90,
        "usual_minutes_before": 30,
        "quiet_from": "21:00",
        "quiet_until": "07:00",
        "calendar": None,
    }
    due = {row["person"]: row["due_at"] for row in await ledger(kind="next_call")}
    assert due[world.caregiver] == start - timedelta(minutes=90)
    manager = await sign_in(world, "manager")
    body = {"minutes_before": 45, "quiet_from": "20:00", "quiet_until": "08:00"}
    answer = await client.put("/api/v1/reminders/settings", json=body, headers=manager)
    assert answer.status_code == 200, answer.text
    due = {row["person"]: row["due_at"] for row in await ledger(kind="next_call")}
    assert due[world.caregiver] == start - timedelta(minutes=90), "who has chosen keeps that"
    assert due[world.colleague] == start - timedelta(minutes=45)
    await client.put("/api/v1/door/reminders/settings", json={"minutes_before": None}, headers=phone)
    settings = await get(client, "/door/reminders/settings", phone)
    assert (settings["minutes_before"], settings["usual_minutes_before"]) == (None, 45)
    assert (settings["quiet_from"], settings["quiet_until"]) == ("20:00", "08:00")
    assert {row["due_at"] for row in await ledger(kind="next_call")} == {start - timedelta(minutes=45)}


@pytest.mark.parametrize("minutes", [4, 181, "soon", 5.5])
async def test_minutes_out_of_reason_are_refused(client: httpx.AsyncClient, phone: Headers, minutes: Any) -> None:
    answer = await client.put("/api/v1/door/reminders/settings", json={"minutes_before": minutes}, headers=phone)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


async def test_settings_of_a_provider_are_its_manager_s(client: httpx.AsyncClient, world: World, desk: Headers) -> None:
    assert (await client.get("/api/v1/reminders/settings", headers=desk)).status_code == 403
    manager, admin = await sign_in(world, "manager"), await sign_in(world, "admin")
    path = f"/api/v1/reminders/settings?provider_id={world.other_provider}"
    assert (await client.get(path, headers=manager)).status_code == 404
    assert (await client.put(path, json={"minutes_before": 20}, headers=manager)).status_code == 404
    assert (await client.put(path, json={"minutes_before": 20}, headers=admin)).json()["minutes_before"] == 20
    unnamed = await client.get("/api/v1/reminders/settings", headers=admin)
    assert (unnamed.status_code, unnamed.json()["errors"][0]["field"]) == (400, "provider_id")
    for body in ({"quiet_from": "21:00"}, {"quiet_from": "25:00"}, {"quiet_from": "21:00Z", "quiet_until": "07:00Z"}):
        assert (await client.put("/api/v1/reminders/settings", json=body, headers=manager)).status_code == 400, body


async def test_by_what_a_caregiver_can_be_reached(
    client: httpx.AsyncClient, world: World, phone: Headers, desk: Headers, silent_call: UUID, time: Clock
) -> None:
    one = await get(client, f"/caregivers/{world.caregiver}/channels", desk)
    assert one == {
        "caregiver_id": str(world.caregiver),
        "push": "none",
        "proven_at": None,
        "calendar_fetched_at": None,
        "gateway": False,
        "last_acknowledged_at": None,
    }
    await client.post("/api/v1/door/reminders/seen", json={"acknowledged": [str(silent_call)]}, headers=phone)
    one = await get(client, f"/caregivers/{world.caregiver}/channels", desk)
    assert one["last_acknowledged_at"] is not None
    many = (await get(client, "/caregivers/channels", desk))["items"]
    assert {item["caregiver_id"] for item in many} == {str(world.caregiver), str(world.colleague)}
