"""The office changed a visit while the phone was away: the record is kept, and both stories are told side by side."""

from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from doorstep.core import anchors, clock
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.visits import service as visits
from support.door import Hands, arrive, count, leave, planned, standing_clock, take_back, visit_row
from support.phone import Phone, claims
from support.sign_in import office_token, phone_of, sign_in
from support.world import HOME, World

from .conftest import Printed, print_code


class Desk:
    """The dispatcher, over HTTP."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def send_others(self, visit: UUID, *caregivers: UUID) -> httpx.Response:
        body = {"caregiver_ids": [str(one) for one in caregivers]}
        return await self.client.put(f"/api/v1/visits/{visit}/caregivers", json=body, headers=self.headers)

    async def cancel(self, visit: UUID, reason: str) -> httpx.Response:
        body = {"reason": reason}
        return await self.client.post(f"/api/v1/visits/{visit}/cancel", json=body, headers=self.headers)

    async def look(self, visit: UUID) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/visits/{visit}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def desk(client: httpx.AsyncClient, world: World) -> Desk:
    return Desk(client, await sign_in(world, "dispatcher"))


def told(page: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(entry["what"], entry["by"]) for entry in page["office"]]


def data_of(page: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one["data"] for one in page["findings"] if one["code"] == code)


def near(text: str, other: Any) -> bool:
    return text[:19] == other.isoformat()[:19]


def contact(phone: Phone) -> None:
    """The phone is heard by the server, for the last time before a long day."""
    phone.take_anchor(anchors.issue(UUID(phone.device_id)))


async def away(phone: Phone, hands: Hands, visit: UUID, world: World, card: Printed) -> tuple[list[str], datetime]:
    """Two records without network: what was signed, and when the visit began."""
    hands.move(minutes=30)
    began = clock.now()
    texts = [arrive(phone, visit, world.elder, card.token)]
    hands.move(minutes=20)
    texts.append(leave(phone, visit, world.elder, card.token))
    hands.move(hours=3)
    return texts, began


async def received(client: httpx.AsyncClient, phone: Phone, texts: list[str]) -> list[dict[str, Any]]:
    """Every record is stored and has its receipt, none is refused."""
    before = await count("check_event")
    answers = await phone.send(client, texts)
    assert [answer["verdict"] for answer in answers] == ["accepted_with_findings"] * len(texts)
    assert [claims(answer["receipt"])["event_id"] for answer in answers] == [claims(text)["event_id"] for text in texts]
    assert await count("check_event") == before + len(texts)
    return answers


async def test_reassigned(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await planned(world, minutes=300)
        await phone_of(world.colleague, place=HOME)
        heard = clock.now()
        contact(phone)
        hands.move(minutes=5)
        changed = clock.now()
        assert (await desk.send_others(visit, world.colleague)).status_code == 200
        texts, began = await away(phone, hands, visit, world, card)
        answers = await received(client, phone, texts)
        page = await desk.look(visit)
        back = await desk.send_others(visit, world.caregiver)
        after = await desk.look(visit)
    assert all("NOT_ASSIGNED" in answer["codes"] for answer in answers)
    assert told(page) == [("planned", None), ("assigned", None), ("reassigned", "测试dispatcher")]
    assert page["office"][-1]["data"] == {"from": ["彭燕"], "to": ["毛桂芳"]}
    assert near(page["office"][-1]["at"], changed)
    [scan_in, _] = page["events"]
    assert near(scan_in["at"], began)
    assert near(scan_in["heard_at"], heard)
    assert scan_in["received_at"] > scan_in["at"]
    said = data_of(page, "NOT_ASSIGNED")
    assert near(said["reassigned_at"], changed)
    assert near(said["heard_at"], heard)
    assert said["heard_at"] < said["reassigned_at"], "the phone could not know"
    assert (page["op_state"], page["settle_state"]) == ("completed", "held")
    # A person decides: it can be given back to who was there, and that is told too.
    assert back.status_code == 200, back.text
    assert [one["name"] for one in after["caregivers"]] == ["彭燕"]
    assert after["office"][-1]["data"] == {"from": ["毛桂芳"], "to": ["彭燕"]}


async def test_what_has_begun_is_given_only_to_who_came(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk
) -> None:
    visit = await planned(world)
    scan = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, scan)
    refused = await desk.send_others(visit, world.colleague)
    assert (refused.status_code, refused.json()["code"]) == (409, "VISIT_CLOSED")
    both = await desk.send_others(visit, world.caregiver, world.colleague)
    assert both.json()["code"] == "VISIT_CLOSED"
    await phone.send(client, take_back(phone, scan))
    assert (await desk.send_others(visit, world.colleague)).status_code == 200


async def test_cancelled(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await planned(world, minutes=300)
        contact(phone)
        heard = clock.now()
        hands.move(minutes=5)
        cancelled = clock.now()
        assert (await desk.cancel(visit, "家属取消")).status_code == 200
        texts, began = await away(phone, hands, visit, world, card)
        answers = await received(client, phone, texts)
        assert "NO_PLANNED_VISIT" in answers[0]["codes"]
        beside = UUID(claims(answers[0]["receipt"])["visits"][0]["visit_id"])
        mine, kept = await desk.look(visit), await desk.look(beside)
        assert (await desk.send_others(beside, world.caregiver)).status_code == 409, "a walk-in was nobody's order"
    assert mine["op_state"] == "cancelled"
    assert told(mine)[-1] == ("cancelled", "测试dispatcher")
    assert mine["office"][-1]["data"] == {"reason": "家属取消"}
    assert [(one["kind"], one["visit_id"]) for one in mine["elsewhere"]] == [
        ("check_in", str(beside)), ("check_out", str(beside)),
    ]  # fmt: skip
    assert near(mine["elsewhere"][0]["at"], began)
    assert near(mine["elsewhere"][0]["heard_at"], heard)
    # The page of what was done shows why it had no plan, and the office's story of the plan.
    assert (kept["op_state"], len(kept["events"]), kept["settle_state"]) == ("completed", 2, "held")
    said = data_of(kept, "NO_PLANNED_VISIT")
    assert said["cancelled_visit"] == str(visit)
    assert near(said["cancelled_at"], cancelled)
    assert ("cancelled", str(visit)) in [(one["what"], one["visit_id"]) for one in kept["office"]]


async def test_nobody_opened_where_the_office_had_cancelled(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk
) -> None:
    """No visit takes the record: the cancelled one still tells it."""
    visit = await planned(world)
    text = phone.event("not_served", visit_id=visit, elder_ids=[world.elder], reason="no_answer")
    await desk.cancel(visit, "家属取消")
    await received(client, phone, [text])
    page = await desk.look(visit)
    assert [(one["kind"], one["visit_id"], one["codes"]) for one in page["elsewhere"]] == [
        ("not_served", None, ["NO_PLANNED_VISIT"])
    ]


async def test_moved(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await planned(world, minutes=300)
        contact(phone)
        hands.move(minutes=5)
        moved = clock.now()
        await fetch("UPDATE elder SET household = $2 WHERE id = $1", world.elder, world.couple_home)
        async with unit_of_work():
            assert await visits.follow_elders(SYSTEM, [world.elder]) == 1
        texts, _ = await away(phone, hands, visit, world, card)
        answers = await received(client, phone, texts)
        page = await desk.look(visit)
    assert "WRONG_HOUSEHOLD" in answers[0]["codes"]
    assert near(data_of(page, "WRONG_HOUSEHOLD")["moved_at"], moved)
    assert told(page)[-1] == ("moved", None)
    assert page["office"][-1]["data"] == {"from": "朝外第二社区16号楼1单元404", "to": "朝外第一社区3号楼2单元101"}
    assert (page["op_state"], len(page["events"])) == ("completed", 2)


async def test_changed(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed) -> None:
    """The plan has changed: the visit that the phone knows was withdrawn, another one stands in its place."""
    hands = Hands(clock.at(clock.today(), time(8)))
    with clock.running_from(lambda: hands.at):
        desk = Desk(client, await sign_in(world, "dispatcher"))
        contact(phone)
        item = await world.add_plan_item(world.elder)
        old = await world.add_visit(world.elder, plan_item=item, start=clock.at(clock.today(), time(11)), minutes=90)
        hands.move(minutes=30)
        await fetch("UPDATE plan_item SET valid_to = $2 WHERE id = $1", item, clock.today())
        await world.add_plan_item(world.elder, window_start=time(14), window_end=time(15, 30))
        made = await client.post("/api/v1/visits/expand", json={"days": 1}, headers=desk.headers)
        assert (made.json()["withdrawn"], made.json()["created"], made.json()["assigned"]) == (1, 1, 1), made.text
        [new] = [row["id"] for row in await fetch("SELECT id FROM visit WHERE id <> $1", old)]
        await fetch("UPDATE assignment SET caregiver = $2 WHERE visit = $1", new, world.caregiver)
        hands.move(hours=2)
        texts, _ = await away(phone, hands, old, world, card)
        answers = await received(client, phone, texts)
        before, after = await desk.look(old), await desk.look(new)
    assert all("VISIT_RENAMED" in answer["codes"] for answer in answers)
    assert told(before)[-1] == ("cancelled", "测试dispatcher")
    assert before["office"][-1]["data"] == {"reason": "plan_changed"}
    assert [(one["kind"], one["visit_id"]) for one in before["elsewhere"]] == [
        ("check_in", str(new)), ("check_out", str(new)),
    ]  # fmt: skip
    said = data_of(after, "VISIT_RENAMED")
    assert (said["named"], said["taken"]) == (str(old), str(new))
    assert said["heard_at"] < said["cancelled_at"]
    assert (after["op_state"], len(after["events"])) == ("completed", 2)
    assert {one["visit_id"] for one in after["office"]} == {str(old), str(new)}


async def test_closed(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk) -> None:
    """Somebody else was sent and has served: the first caregiver's record comes when all is over."""
    with standing_clock() as hands:
        visit = await planned(world, minutes=300)
        colleague = await phone_of(world.colleague, place=HOME)
        contact(phone)
        hands.move(minutes=5)
        changed = clock.now()
        await desk.send_others(visit, world.colleague)
        await colleague.send(client, arrive(colleague, visit, world.elder, card.token))
        hands.move(minutes=20)
        await colleague.send(client, leave(colleague, visit, world.elder, card.token))
        assert (await visit_row(visit))["verify_state"] == "auto_verified"
        texts, _ = await away(phone, hands, visit, world, card)
        answers = await received(client, phone, texts)
        page = await desk.look(visit)
        back = await desk.send_others(visit, world.caregiver, world.colleague)
    assert {"ALREADY_IN_PROGRESS", "NOT_ASSIGNED"} <= set(answers[0]["codes"])
    said = data_of(page, "ALREADY_IN_PROGRESS")
    assert (said["state"], near(said["reassigned_at"], changed)) == ("completed", True)
    assert [event["caregiver"]["name"] for event in page["events"]] == ["毛桂芳", "毛桂芳", "彭燕", "彭燕"]
    assert page["started_at"] < page["events"][2]["at"], "the colleague's visit stands"
    assert back.status_code == 200, "both were there, and the office may say so"


async def test_a_visit_that_the_server_does_not_know_is_the_nearest_one(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk
) -> None:
    visit, unknown = await planned(world), uuid4()
    [answer] = await phone.send(client, arrive(phone, unknown, world.elder, card.token))
    assert (answer["verdict"], answer["codes"]) == ("accepted", ["VISIT_RENAMED"])
    page = await desk.look(visit)
    assert data_of(page, "VISIT_RENAMED") == {"named": str(unknown), "taken": str(visit)}
    [answer] = await phone.send(client, leave(phone, unknown, world.elder, card.token))
    row = await visit_row(visit)
    assert (row["op_state"], row["verify_state"], row["holds"]) == ("completed", "auto_verified", 0)


async def test_the_two_visits_of_a_couple_are_not_renamed(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    home = await print_code(world.couple_home)
    first = await planned(world, world.husband)
    await planned(world, world.wife)
    text = phone.event("check_in", visit_id=first, elder_ids=[world.husband, world.wife], token=home.token)
    [answer] = await phone.send(client, text)
    assert (answer["codes"], len(claims(answer["receipt"])["visits"])) == ([], 2)


async def test_other_peoples_stories_stay_theirs(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    """A dispatcher of another provider reads neither visit nor story."""
    visit = await planned(world)
    account = await world.add_account("dispatcher")
    await fetch("UPDATE account SET provider = $2 WHERE id = $1", account, world.other_provider)
    headers = {"Authorization": f"Bearer {await office_token(account)}"}
    assert (await client.get(f"/api/v1/visits/{visit}", headers=headers)).status_code == 404
    assert await visits.history(SYSTEM, [visit]) != []


async def test_an_uneventful_visit_has_a_short_story(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, desk: Desk
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
        page = await desk.look(visit)
    assert (told(page), page["elsewhere"]) == ([("planned", None), ("assigned", None)], [])
    assert page["op_state"] == "completed"
