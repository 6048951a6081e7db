"""A caregiver's days: in order, with everything the door needs, and the hash of the card that hangs there now."""

import json
import os
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from doorstep.core import clock, tokens
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import HouseholdCode
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.visits import door, service
from doorstep.visits.wire import DoorVisit
from support.world import World

TODAY = clock.today()
NOON = clock.day_bounds(TODAY)[0] + timedelta(hours=12)


def _as(caregiver: UUID) -> Actor:
    return Actor(role=Role.CAREGIVER, caregiver_id=caregiver)


async def _today(caregiver: UUID) -> list[DoorVisit]:
    return [call.visit for call in await service.calls_of_caregiver(_as(caregiver), TODAY, TODAY)]


async def _card(household: UUID, *, revoked: bool = False) -> str:
    token = tokens.new_token(os.urandom)
    await HouseholdCode.insert(
        HouseholdCode(
            household=household,
            token_sha256=tokens.token_sha256(token),
            short_code_fingerprint=os.urandom(32),
            issued_at=clock.now(),
            revoked_at=clock.now() if revoked else None,
        )
    )
    return token


async def test_a_day_is_in_order_and_says_what_the_door_needs(world: World) -> None:
    item = await world.add_plan_item(world.elder, service_type="bathing", content="bath_at_home")
    later = await world.add_visit(
        world.elder,
        plan_item=item,
        start=NOON + timedelta(hours=2),
        service_type="bathing",
        content="bath_at_home",
        caregivers=[world.caregiver, world.colleague],
        carers_needed=2,
        min_minutes=40,
        max_minutes=90,
    )
    meal = await world.add_visit(world.husband, start=NOON)
    await world.add_visit(world.wife, start=NOON, caregivers=[world.colleague])
    await world.add_visit(world.elder, start=NOON, op_state="cancelled")
    await world.add_visit(world.elder, start=NOON + timedelta(days=1))
    calls = await _today(world.caregiver)
    assert [call.id for call in calls] == [meal, later]
    bath = calls[1]
    birthday = date(1940, 2, 29)
    assert (bath.elder.name, bath.elder.sex, bath.elder.age) == ("龚国栋", "male", door.age_on(birthday, TODAY))
    assert (bath.household.address, bath.household.community) == ("朝外第二社区16号楼1单元404", "朝外第二社区")
    assert (bath.colleagues, bath.carers_needed, bath.min_minutes, bath.max_minutes) == (["毛桂芳"], 2, 40, 90)
    assert bath.risks == ["跌倒风险"]
    assert "water_temperature" in bath.tasks
    assert (bath.safety_procedure, bath.emergency_procedure) == ("bathing-safety@1", "emergency@1")
    assert (calls[0].safety_procedure, calls[0].risks, calls[0].colleagues) == (None, [], [])


async def test_an_order_beside_the_plan_shows_the_risks_of_the_elders_plan(world: World) -> None:
    await world.add_plan_item(world.elder)
    await world.add_visit(world.elder, start=NOON)
    [call] = await _today(world.caregiver)
    assert call.risks == ["跌倒风险"]


async def test_who_was_replaced_no_longer_sees_the_visit(world: World) -> None:
    visit = await world.add_visit(world.elder, start=clock.now() + timedelta(minutes=1))
    await service.reassign(SYSTEM, visit, [world.colleague])
    day = clock.civil_date(clock.now() + timedelta(minutes=1))
    assert await service.calls_of_caregiver(_as(world.caregiver), day, day) == []
    assert [call.visit.id for call in await service.calls_of_caregiver(_as(world.colleague), day, day)] == [visit]
    assert await service.calls_of_caregiver(SYSTEM, day, day) == []


async def test_each_call_belongs_to_its_civil_day(world: World) -> None:
    days = [TODAY + timedelta(days=n) for n in (-1, 0, 6, 7)]
    made = [await world.add_visit(world.elder, start=NOON + timedelta(days=n)) for n in (-1, 0, 6, 7)]
    await world.add_visit(world.elder, start=NOON + timedelta(days=-2))
    await world.add_visit(world.elder, start=NOON + timedelta(days=8))
    calls = await service.calls_of_caregiver(_as(world.caregiver), days[0], days[-1])
    assert [(call.day, call.visit.id) for call in calls] == list(zip(days, made, strict=True))


async def test_the_card_is_the_one_that_hangs_there_now(world: World) -> None:
    await _card(world.home, revoked=True)
    token = await _card(world.couple_home)
    for elder in (world.elder, world.husband, world.wife):
        await world.add_visit(elder, start=NOON)
    calls = await service.calls_of_caregiver(_as(world.caregiver), TODAY, TODAY)
    stored = {call.visit.elder.id: call.token_sha256 for call in calls}
    assert stored[world.husband] == stored[world.wife] == tokens.token_sha256(token), "one home, one code"
    assert stored[world.elder] is None, "a home without a card"
    assert {(call.visit.household.code_salt, call.visit.household.code_hash) for call in calls} == {(None, None)}


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(1938, 4, 1), date(2018, 4, 1), 80),
        (date(1938, 4, 2), date(2018, 4, 1), 79),
        (date(1948, 2, 29), date(2018, 2, 28), 70),
        (date(1948, 2, 29), date(2018, 2, 27), 69),
        (date(1940, 2, 29), date(2020, 2, 28), 79),
        (date(1940, 2, 29), date(2020, 2, 29), 80),
        (date(1948, 12, 31), date(2018, 1, 1), 69),
    ],
)
def test_ages_are_reached_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert door.age_on(birth, day) == age


async def test_the_days_are_one_look_up_however_long_the_caregiver_works_here(world: World, dsn: str) -> None:
    await world.add_visit(world.elder, start=NOON)
    # Two years of ten calls a day, each for two.
    await fetch(
        "WITH made AS (INSERT INTO visit (id, elder, household, provider, kind, service_type, content, service_day, "
        "ordinal, window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, "
        "settle_state, holds, created_at, changed_at) "
        "SELECT gen_random_uuid(), elder, household, provider, kind, service_type, content, service_day - g / 10 - 2, "
        "ordinal, window_start, window_end, min_minutes, max_minutes, carers_needed, 'completed', verify_state, "
        "settle_state, holds, created_at, changed_at FROM visit, generate_series(1, 8000) g RETURNING id) "
        "INSERT INTO assignment (id, visit, caregiver, assigned_at) "
        "SELECT gen_random_uuid(), made.id, c, now() FROM made, unnest($1::uuid[]) c",
        [world.caregiver, world.colleague],
    )
    db = await asyncpg.connect(dsn)
    await db.execute("ANALYZE visit, assignment")
    await db.execute(f"PREPARE day (uuid, date, date) AS {door._DAYS}")
    for kind_of_plan in ("force_custom_plan", "force_generic_plan"):
        await db.execute(f"SET plan_cache_mode = {kind_of_plan}")
        [[plan]] = await db.fetch(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
            f"EXECUTE day ('{world.caregiver}', '{TODAY - timedelta(days=1)}', '{TODAY + timedelta(days=7)}')"
        )
        [whole] = json.loads(plan)
        pages = whole["Plan"]["Shared Hit Blocks"] + whole["Plan"]["Shared Read Blocks"]
        assert (whole["Plan"]["Actual Rows"], pages < 60) == (1, True), (kind_of_plan, pages)
    await db.close()
