"""What the office reads of the events: one visit with its evidence. test_day.py has what the phone reads."""

import httpx

from support.door import arrive, leave, planned, take_back
from support.phone import Phone
from support.sign_in import sign_in
from support.world import World

from .conftest import Printed


async def test_the_office_reads_all_evidence_of_its_own_visits_only(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world, min_minutes=30)
    await phone.send(client, arrive(phone, visit, world.elder, card.token))
    undone = leave(phone, visit, world.elder, card.token)
    await phone.send(client, undone)
    await phone.send(client, take_back(phone, undone))
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
