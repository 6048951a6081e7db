"""What the phone and the office read of the events: the day, and one visit with its evidence."""

import httpx

from doorstep.core import clock
from support.door import arrive, leave
from support.phone import Phone, claims, matches
from support.sign_in import phone_of, sign_in
from support.world import HOME, World

from .conftest import Printed, print_code


async def test_the_phone_reads_its_day_and_can_match_the_card_without_network(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await world.add_visit(world.elder, plan_item=await world.add_plan_item(world.elder))
    await world.add_visit(world.husband, caregivers=[world.colleague])
    scan = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, scan)
    answer = await client.get("/api/v1/door/day", headers=phone.headers)
    day = answer.json()
    assert (answer.status_code, day["day"]) == (200, clock.today().isoformat())
    assert day["emergency_numbers"] == ["12349", "120", "110"]
    assert [call["id"] for call in day["visits"]] == [str(visit)]
    call = day["visits"][0]
    assert (call["op_state"], call["elder"]["name"]) == ("in_progress", "龚国栋")
    assert [(event["event_id"], event["kind"]) for event in call["events"]] == [(claims(scan)["event_id"], "check_in")]
    home = call["household"]
    assert matches(card.token, home["code_salt"], home["code_hash"])
    assert not matches((await print_code(world.couple_home)).token, home["code_salt"], home["code_hash"])
    assert card.token not in answer.text


async def test_the_fresh_anchor_of_the_day_proves_the_time(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await world.add_visit(world.elder, plan_item=await world.add_plan_item(world.elder))
    phone.take_anchor((await client.get("/api/v1/door/day", headers=phone.headers)).json()["anchor"])
    assert (await phone.send(client, arrive(phone, visit, world.elder, card.token)))[0]["codes"] == []


async def test_the_office_reads_all_evidence_of_its_own_visits_only(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await world.add_visit(world.elder, plan_item=await world.add_plan_item(world.elder), min_minutes=30)
    await phone.send(client, arrive(phone, visit, world.elder, card.token))
    undone = leave(phone, visit, world.elder, card.token)
    await phone.send(client, undone)
    await phone.send(client, phone.event("annul", annuls=claims(undone)["event_id"], reason="mistake"))
    manager = await sign_in(world, "manager")
    body = (await client.get(f"/api/v1/visits/{visit}", headers=manager)).json()
    assert [event["effect"] for event in body["events"]] == ["opened", "closed", "annulled"]
    assert [event["annulled"] for event in body["events"]] == [False, True, False]
    assert body["events"][0]["distance_m"] < 1
    assert body["events"][0]["earliest_at"] <= body["events"][0]["received_at"]
    assert [(finding["code"], finding["annulled"]) for finding in body["findings"]] == [("TOO_SHORT", True)]
    assert (body["geofence_m"], body["point"], body["kind"]) == (200, True, "planned")
    foreign = await world.add_visit(world.elder, provider=world.other_provider, caregivers=[])
    assert (await client.get(f"/api/v1/visits/{foreign}", headers=manager)).status_code == 404
    assert (await client.get(f"/api/v1/visits/{visit}", headers=phone.headers)).status_code == 403
    assert "lat" not in body["events"][0]


async def test_a_phone_of_another_provider_sees_nothing_of_it(client: httpx.AsyncClient, world: World) -> None:
    await world.add_visit(world.elder)
    stranger = await phone_of(world.stranger, place=HOME)
    assert (await client.get("/api/v1/door/day", headers=stranger.headers)).json()["visits"] == []


async def test_a_walk_in_is_in_the_day_of_who_recorded_it(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    await world.add_plan_item(world.elder)
    fields = {"elder_ids": [world.elder], "token": card.token, "service_type": "meal", "content": "delivery"}
    await phone.send(client, phone.event("check_in", **fields))
    day = (await client.get("/api/v1/door/day", headers=phone.headers)).json()
    assert [(call["op_state"], len(call["events"])) for call in day["visits"]] == [("in_progress", 1)]
    colleague = await phone_of(world.colleague, place=HOME)
    assert (await client.get("/api/v1/door/day", headers=colleague.headers)).json()["visits"] == []
