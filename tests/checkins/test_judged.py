"""The phone's verdict and its clock travel in the signed event; both stand beside the server's, for the office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from doorstep.checkins.rules import LAW
from doorstep.core import clock
from support.door import arrive, planned, visit_row
from support.phone import Phone, claims, rfc3339
from support.sign_in import sign_in
from support.world import World

from .conftest import Printed, print_code

CLOCK = {"zone_min": 480, "jump_ms": 600_000, "restarts": 0}


def said(*codes: str, **other: Any) -> dict[str, Any]:
    return {"codes": list(codes), "rules": LAW, "facts_at": rfc3339(clock.now()), **other}


async def seen(client: httpx.AsyncClient, world: World, visit: object) -> dict[str, Any]:
    manager = await sign_in(world, "manager")
    return (await client.get(f"/api/v1/visits/{visit}", headers=manager)).json()


async def test_the_office_sees_both_verdicts(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    [answer] = await phone.send(
        client, arrive(phone, visit, world.elder, card.token, judged=said("OVERLAP", "TOO_LONG"))
    )
    assert (answer["verdict"], answer["codes"]) == ("accepted", ["JUDGED_OTHERWISE"])
    shown = await seen(client, world, visit)
    [event], [finding] = shown["events"], shown["findings"]
    assert event["judged"]["codes"] == ["OVERLAP", "TOO_LONG"]
    assert (finding["code"], finding["severity"]) == ("JUDGED_OTHERWISE", "info")
    assert finding["data"] == {"phone": ["OVERLAP", "TOO_LONG"], "server": []}
    # It holds nothing: the server's word counts.
    assert (await visit_row(visit))["holds"] == 0


async def test_it_is_said_once_for_a_couple(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    home = await print_code(world.couple_home)
    both = [world.husband, world.wife]
    visits = [await planned(world, one) for one in both]
    event = phone.event("check_in", visit_id=visits[0], elder_ids=both, token=home.token, judged=said("OVERLAP"))
    [answer] = await phone.send(client, event)
    assert answer["codes"] == ["JUDGED_OTHERWISE"]
    found = [finding for visit in visits for finding in (await seen(client, world, visit))["findings"]]
    assert len(found) == 1


async def test_both_of_one_mind(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed) -> None:
    visit = await planned(world)
    judged = said("LOCATION_MISSING")
    text = arrive(phone, visit, world.elder, card.token, position=None, position_error="denied", judged=judged)
    [answer] = await phone.send(client, text)
    assert answer["codes"] == ["LOCATION_MISSING"]


async def test_a_phone_of_before_says_neither(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    text = arrive(phone, visit, world.elder, card.token)
    assert "judged" not in claims(text)
    [answer] = await phone.send(client, text)
    assert answer["codes"] == []
    [event] = (await seen(client, world, visit))["events"]
    assert (event["judged"], event["clock"]) == (None, None)


async def test_why_the_clock_is_wrong_is_on_the_evidence_page(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    phone.clock_error = timedelta(minutes=10)
    [answer] = await phone.send(client, arrive(phone, visit, world.elder, card.token, clock=CLOCK, judged=said()))
    assert answer["codes"] == ["CLOCK"]  # that it is ahead, a phone cannot know
    shown = await seen(client, world, visit)
    assert shown["events"][0]["clock"] == CLOCK
    [finding] = shown["findings"]
    assert (finding["data"]["cause"], finding["data"]["jump_s"]) == ("jump", 600)


@pytest.mark.parametrize(
    "fields",
    [
        {"judged": {"codes": ["no code"], "rules": LAW}},
        {"judged": {"codes": ["A"] * 41, "rules": LAW}},
        {"judged": {"codes": []}},
        {"judged": {"codes": [], "rules": LAW, "grade": "A"}},
        {"judged": {"codes": [], "rules": LAW, "facts_at": "2026-04-08T01:02:03"}},
        {"clock": {}},
        {"clock": {"zone_min": 1441}},
        {"clock": {"zone_min": 480, "restarts": -1}},
        {"clock": {"zone_min": 480, "jump_ms": 1.5}},
    ],
    ids=str,
)
async def test_what_is_no_verdict(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, fields: dict[str, Any]
) -> None:
    visit = await world.add_visit(world.elder)
    [answer] = await phone.send(client, arrive(phone, visit, world.elder, card.token, **fields))
    assert answer["codes"] == ["EVENT_MALFORMED"]
