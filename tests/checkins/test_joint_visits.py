"""Visits with two caregivers: each comes and leaves alone, and their records reach the server in any order."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from doorstep.checkins import store
from doorstep.core import clock
from support.door import arrive, both_inside, leave, planned, planned_for_two, standing_clock, visit_row
from support.phone import Phone
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed, print_code


async def test_the_second_caregivers_check_out_may_overtake_her_check_in(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit, colleague = await planned_for_two(world)
        b_in = arrive(colleague, visit, world.elder, card.token)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        b_out = leave(colleague, visit, world.elder, card.token)
        await colleague.send(client, b_out)
        await colleague.send(client, b_in)
        hands.move(minutes=1)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert (await visit_row(visit))["op_state"] == "completed"


async def test_the_first_caregivers_late_records_do_not_end_the_visit_before_the_second_left(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    """A leaves at 20 minutes (no network), B at 60 minutes: the visit lasted 60."""
    with standing_clock() as hands:
        start = clock.now()
        visit, colleague, _, _ = await both_inside(client, world, phone, card.token)
        hands.move(minutes=20)
        a_out = leave(phone, visit, world.elder, card.token)
        hands.move(minutes=40)
        await colleague.send(client, leave(colleague, visit, world.elder, card.token))
        hands.move(minutes=5)
        await phone.send(client, a_out)
    row = await visit_row(visit)
    assert abs(row["ended_at"] - start - timedelta(minutes=60)) < timedelta(seconds=1)


async def test_a_joint_visit_whose_first_phone_was_without_network(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit, colleague = await planned_for_two(world)
        texts = [arrive(phone, visit, world.elder, card.token)]
        await colleague.send(client, arrive(colleague, visit, world.elder, card.token))
        hands.move(minutes=20)
        texts.append(leave(phone, visit, world.elder, card.token))
        await colleague.send(client, leave(colleague, visit, world.elder, card.token))
        hands.move(hours=1)
        answers = await phone.send(client, texts)
    assert not {"ALREADY_IN_PROGRESS", "NOT_CHECKED_IN"} & {code for answer in answers for code in answer["codes"]}
    row = await visit_row(visit)
    assert (row["op_state"], row["holds"]) == ("completed", 0), (
        "the second caregiver was missing only until she was heard"
    )


async def test_who_left_a_joint_visit_may_begin_the_next_one(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    other = await print_code(world.couple_home)
    with standing_clock() as hands:
        visit, _, _, _ = await both_inside(client, world, phone, card.token)
        there = await planned(world, world.wife)
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
        hands.move(minutes=10)
        answer = await phone.send(client, arrive(phone, there, world.wife, other.token))
    assert answer[0]["codes"] == []


async def test_who_joined_later_was_elsewhere_before(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    other = await print_code(world.couple_home)
    with standing_clock() as hands:
        colleague = await phone_of(world.colleague, place=HOME)
        there = await planned(world, world.wife, caregivers=[world.colleague])
        visit = await planned(world, carers_needed=2, caregivers=[world.caregiver, world.colleague])
        await colleague.send(client, arrive(colleague, there, world.wife, other.token))
        hands.move(minutes=5)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=5)
        await colleague.send(client, leave(colleague, there, world.wife, other.token))
        hands.move(minutes=5)
        await colleague.send(client, arrive(colleague, visit, world.elder, card.token))
        hands.move(minutes=10)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
        answer = await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    assert answer[0]["codes"] == []


async def test_two_caregivers_of_a_couple_who_name_its_visits_the_other_way_round(
    client: httpx.AsyncClient, world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await print_code(world.couple_home)
    who = [world.caregiver, world.colleague]
    his = await planned(world, world.husband, carers_needed=2, caregivers=who)
    hers = await planned(world, world.wife, carers_needed=2, caregivers=who)
    colleague = await phone_of(world.colleague, place=HOME)
    both = [world.husband, world.wife]
    meeting = asyncio.Barrier(2)
    elders_of = store.elders_of
    met: list[int] = []

    async def slow(db: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Each pass has locked its first visit before either asks for the second."""
        met.append(1)
        if len(met) <= 2:
            await asyncio.wait_for(meeting.wait(), 5)
        return await elders_of(db, ids)

    monkeypatch.setattr(store, "elders_of", slow)
    answers = await asyncio.gather(
        phone.post(client, [phone.event("check_in", visit_id=his, elder_ids=both, token=home.token)]),
        colleague.post(client, [colleague.event("check_in", visit_id=hers, elder_ids=both, token=home.token)]),
    )
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert len(met) == 3, "one of the two was ended by the database and began again"
    assert [(await visit_row(id))["op_state"] for id in (his, hers)] == ["in_progress", "in_progress"]
