"""What must not depend on how records are sent: one by one, in one request, gathered with strangers, out of order."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import (
    DONE,
    arrive,
    came_and_left,
    count,
    leave,
    planned,
    standing_clock,
    take_back,
    visit_row,
    walk_in,
)
from support.phone import Phone, claims
from support.sign_in import sign_in
from support.world import World

from .conftest import Printed, print_code


async def test_the_months_quota_is_counted_within_one_request(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    item = await world.add_plan_item(world.elder, max_per_month=1)
    one = await world.add_visit(world.elder, plan_item=item, ordinal=1)
    two = await world.add_visit(world.elder, plan_item=item, ordinal=2)
    texts = []
    for visit in (one, two):
        texts += [arrive(phone, visit, world.elder, card.token), leave(phone, visit, world.elder, card.token)]
    answers = await phone.send(client, texts)
    assert "MONTH_QUOTA_REACHED" in answers[2]["codes"]


async def test_a_clock_that_is_a_day_wrong_does_not_hide_an_overlap(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    other = await print_code(world.couple_home)
    here, there = await planned(world), await planned(world, world.wife)
    phone.clock_error = timedelta(days=-1)
    await phone.send(client, arrive(phone, here, world.elder, card.token))
    phone.clock_error = timedelta()
    answer = await phone.send(client, arrive(phone, there, world.wife, other.token))
    assert "OVERLAP" in answer[0]["codes"]


async def test_strangers_leave_nothing_behind_when_a_pass_gathers_them_with_others(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    stranger = Phone(device_id=str(uuid4()))
    own = [phone.event("check_in", token=card.token) for _ in range(6)]
    posts = [phone.post(client, [text]) for text in own] + [stranger.post(client, [stranger.event("check_in")])]
    posts.append(phone.post(client, [phone.event("check_in", token=card.token)]))
    answers = await asyncio.gather(*posts)
    assert answers[6].status_code == 401
    assert await count("refused_event") == 0


async def test_the_receipt_of_an_annulment_says_what_the_database_says(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    weak = phone.event("check_in", visit_id=visit, short_code=card.short_code)
    undo = take_back(phone, weak)
    again = arrive(phone, visit, world.elder, card.token)
    answers = await phone.send(client, [weak, undo, again])
    row = await visit_row(visit)
    said = claims(answers[2]["receipt"])["visits"][0]
    assert (said["op_state"], said["grade"]) == (row["op_state"], row["grade"])


@pytest.mark.parametrize("at_once", [False, True])
async def test_two_walk_ins_of_a_day_are_two_visits_however_they_are_sent(
    at_once: bool, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        texts = []
        for _ in range(2):
            for text in (
                lambda: walk_in(phone, "check_in", world.elder, card.token),
                lambda: walk_in(phone, "check_out", world.elder, card.token, **DONE),
            ):
                texts.append(text())
                if not at_once:
                    await phone.send(client, texts[-1])
                hands.move(minutes=30)
            hands.move(hours=2)
        if at_once:
            await phone.send(client, texts)
    rows = await fetch("SELECT op_state FROM visit")
    assert [row["op_state"] for row in rows] == ["completed", "completed"]


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_walk_in_taken_back_and_scanned_again_is_a_visit(
    at_once: bool, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    first = walk_in(phone, "check_in", world.elder, card.token)
    texts = [
        first,
        take_back(phone, first),
        walk_in(phone, "check_in", world.elder, card.token),
        walk_in(phone, "check_out", world.elder, card.token, **DONE),
    ]
    for part in [texts] if at_once else [[text] for text in texts]:
        await phone.send(client, part)
    assert sorted(row["op_state"] for row in await fetch("SELECT op_state FROM visit")) == ["cancelled", "completed"]


async def test_who_left_the_provider_yesterday(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    await fetch("UPDATE caregiver SET employed_to = $2 WHERE id = $1", world.caregiver, clock.today())
    assert "NOT_EMPLOYED" in (await phone.send(client, arrive(phone, visit, world.elder, card.token)))[0]["codes"]


async def test_an_annulled_record_is_shown_as_annulled_in_the_phones_day(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    scan = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, [scan, take_back(phone, scan)])
    days = (await client.get("/api/v1/door/sync", headers=phone.headers)).json()["days"]
    [events] = [call["events"] for day in days for call in day["visits"]]
    assert [event["kind"] for event in events if not event.get("annulled")] in ([], ["annul"])


async def test_what_completes_the_visit_and_what_it_is_worth_do_not_depend_on_the_order_of_arrival(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    """The hold for having checked out without a check-in goes once the check-in is there."""
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in, scan_out = came_and_left(hands, phone, visit, world.elder, card.token, minutes=1)
        await phone.send(client, scan_out)
        await phone.send(client, scan_in)
    assert (await visit_row(visit))["holds"] == 0


async def test_what_a_later_record_answered_is_told_apart_in_the_evidence(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    manager = await sign_in(world, "manager")

    async def told() -> list[tuple[str, bool]]:
        seen = (await client.get(f"/api/v1/visits/{visit}", headers=manager)).json()
        return [(one["code"], one["answered"]) for one in seen["findings"] if one["severity"] == "hold"]

    visit = await planned(world)
    scan_in = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert await told() == [("NOT_CHECKED_IN", False)]
    await phone.send(client, scan_in)
    assert await told() == [("NOT_CHECKED_IN", True)]
