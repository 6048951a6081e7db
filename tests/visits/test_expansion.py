"""Plans become visits: idempotent, dated facts respected, caregivers assigned who can really go."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.plans import service as plans
from doorstep.plans.wire import NewElderStatus, NewPlanState
from doorstep.visits import service
from support.sign_in import sign_in
from support.world import World

TODAY = clock.today()


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    """It is eight o'clock, whatever the time of the run: no window of today is over."""
    with clock.running_from(lambda: clock.at(TODAY, time(8))):
        yield


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


async def _visits(elder: UUID) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT v.*, array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL) AS who "
        "FROM visit v WHERE v.elder = $1 ORDER BY v.window_start, v.ordinal",
        elder,
    )
    return [dict(row) for row in rows]


async def test_a_daily_item_becomes_one_assigned_visit_a_day(world: World) -> None:
    item = await world.add_plan_item(world.elder)
    done = await service.expand(SYSTEM, days=5)
    assert (done.created, done.existing, done.assigned, done.unassigned) == (5, 0, 5, [])
    visits = await _visits(world.elder)
    assert [visit["service_day"] for visit in visits] == [_in(offset) for offset in range(5)]
    first = visits[0]
    assert (first["plan_item"], first["household"], first["provider"]) == (item, world.home, world.provider)
    assert (first["kind"], first["op_state"], first["verify_state"]) == ("planned", "assigned", "none")
    assert (first["window_start"], first["window_end"]) == (clock.at(TODAY, time(11)), clock.at(TODAY, time(12, 30)))
    assert len({visit["who"][0] for visit in visits}) == 1, "the same caregiver comes every day"
    told = await fetch("SELECT kind, provider, area FROM change WHERE subject = $1", first["id"])
    assert [tuple(row) for row in told] == [("visit.assigned", world.provider, world.subdistrict)]


async def test_twice_changes_nothing(world: World) -> None:
    await world.add_plan_item(world.elder)
    await world.add_plan_item(world.wife, recurrence='{"kind":"times_per","period":"week","times":2}')
    await service.expand(SYSTEM, days=10)
    before = await fetch("SELECT v::text FROM visit v ORDER BY id"), await fetch("SELECT a::text FROM assignment a")
    again = await service.expand(SYSTEM, days=10)
    assert (again.created, again.assigned, again.withdrawn) == (0, 0, 0)
    assert again.existing == len(before[0])
    after = await fetch("SELECT v::text FROM visit v ORDER BY id"), await fetch("SELECT a::text FROM assignment a")
    assert after == before


async def test_dated_facts_decide_day_by_day(world: World) -> None:
    await world.add_plan_item(world.elder)
    await world.add_plan_item(world.husband)
    await world.add_plan_item(world.wife)
    await world.add_status(world.elder, "deceased", since=_in(3))
    await world.add_status(world.husband, "hospital_stay", since=_in(1), until=_in(3))
    await world.add_status(world.wife, "living_alone", since=_in(0))
    await service.expand(SYSTEM, days=5)
    assert [visit["service_day"] for visit in await _visits(world.elder)] == [_in(0), _in(1), _in(2)]
    assert [visit["service_day"] for visit in await _visits(world.husband)] == [_in(0), _in(3), _in(4)]
    assert len(await _visits(world.wife)) == 5


async def test_a_plan_that_is_not_active_and_an_item_out_of_its_time_have_no_visits(world: World) -> None:
    resting = await world.add_plan_item(world.elder)
    [row] = await fetch("SELECT plan FROM plan_item WHERE id = $1", resting)
    await plans.set_plan_state(SYSTEM, row["plan"], NewPlanState(state="suspended", valid_from=_in(1), valid_to=_in(4)))
    await world.add_plan_item(world.husband, valid_from=_in(2), valid_to=_in(4))
    await world.add_plan_item(world.wife, content="dine_in")
    await service.expand(SYSTEM, days=6)
    assert [visit["service_day"] for visit in await _visits(world.elder)] == [_in(0), _in(4), _in(5)]
    assert [visit["service_day"] for visit in await _visits(world.husband)] == [_in(2), _in(3)]
    assert await _visits(world.wife) == [], "who dines in is not visited at home"


async def test_a_late_notice_withdraws_what_lies_ahead_and_its_correction_plans_again(world: World) -> None:
    await world.add_plan_item(world.elder)
    await service.expand(SYSTEM, days=4)
    await plans.add_elder_status(SYSTEM, world.elder, NewElderStatus(kind="hospital_stay", valid_from=_in(1)))
    assert await service.sweep() == 3
    visits = await _visits(world.elder)
    assert [visit["op_state"] for visit in visits] == ["assigned", "cancelled", "cancelled", "cancelled"]
    assert {visit["reason"] for visit in visits[1:]} == {"elder_absent"}
    assert len(await fetch("SELECT 1 FROM change WHERE kind = 'visit.cancelled'")) == 3
    assert await service.sweep() == 0

    home_again = NewElderStatus(kind="hospital_stay", valid_from=_in(1), valid_to=_in(2))
    await plans.add_elder_status(SYSTEM, world.elder, home_again)
    done = await service.expand(SYSTEM, days=4)
    assert (done.created, done.existing) == (2, 1)
    live = [visit for visit in await _visits(world.elder) if visit["op_state"] != "cancelled"]
    assert [(visit["service_day"], visit["ordinal"]) for visit in live] == [(_in(0), 1), (_in(2), 2), (_in(3), 2)]


async def test_working_days_of_a_year_without_a_calendar_are_reported(world: World) -> None:
    item = await world.add_plan_item(
        world.elder, recurrence='{"kind":"working_days"}', valid_from=date(2031, 1, 1), valid_to=date(2031, 1, 4)
    )
    await fetch("UPDATE care_plan SET valid_to = '2032-01-01'")
    await world.add_plan_item(world.husband, valid_from=date(2031, 1, 1), valid_to=date(2031, 1, 4))
    await fetch("UPDATE care_plan SET valid_to = '2032-01-01'")
    done = await service.expand(SYSTEM, date(2031, 1, 2), 30)
    assert done.created == 2, "others are planned all the same"
    assert [(gap.plan_item_id, gap.date, gap.year) for gap in done.calendar_missing] == [
        (item, date(2031, 1, 2), 2031),
        (item, date(2031, 1, 3), 2031),
    ]


async def test_nobody_is_planned_into_the_past(world: World) -> None:
    await world.add_plan_item(world.elder)
    done = await service.expand(SYSTEM, _in(-10), 2)
    assert done.created == 2
    assert [visit["service_day"] for visit in await _visits(world.elder)] == [_in(0), _in(1)]


@pytest.mark.parametrize(("hour", "first"), [(10, 0), (12, 0), (13, 1)])
async def test_nothing_is_planned_whose_window_is_over(world: World, hour: int, first: int) -> None:
    """Somebody comes home from the hospital, or a roster arrives, in the afternoon: nobody has missed a lunch."""
    await world.add_plan_item(world.elder)
    with clock.running_from(lambda: clock.at(TODAY, time(hour))):
        await service.expand(SYSTEM, days=2)
        await service.sweep()
    assert [visit["service_day"] for visit in await _visits(world.elder)] == [_in(n) for n in range(first, 2)]
    assert "missed" not in {visit["op_state"] for visit in await _visits(world.elder)}


async def test_who_cannot_go_is_not_sent_and_the_reasons_are_said(world: World) -> None:
    await world.add_plan_item(world.elder)
    for caregiver in (world.caregiver, world.colleague):
        await fetch("DELETE FROM qualification WHERE caregiver = $1 AND kind = 'health_certificate'", caregiver)
    done = await service.expand(SYSTEM, days=1)
    [visit] = await _visits(world.elder)
    assert (visit["op_state"], visit["who"]) == ("planned", [])
    assert [(one.visit_id, one.reasons) for one in done.unassigned] == [(visit["id"], {"QUALIFICATION_MISSING": 2})]
    [told] = await fetch("SELECT kind FROM change WHERE subject = $1", visit["id"])
    assert told["kind"] == "visit.planned"

    newcomer = await world.add_caregiver("新来的")
    again = await service.expand(SYSTEM, days=1)
    assert (again.created, again.assigned, again.unassigned) == (0, 1, [])
    [visit] = await _visits(world.elder)
    assert (visit["op_state"], visit["who"]) == ("assigned", [newcomer])


async def test_a_couple_in_one_home_is_served_by_one_caregiver(world: World) -> None:
    await world.add_plan_item(world.husband)
    await world.add_plan_item(world.wife)
    await service.expand(SYSTEM, days=3)
    hers, his = await _visits(world.wife), await _visits(world.husband)
    assert [visit["who"] for visit in hers] == [visit["who"] for visit in his]


async def test_a_provider_expands_its_own_items_only(client: httpx.AsyncClient, world: World) -> None:
    await world.add_plan_item(world.elder)
    await world.add_plan_item(world.husband, provider=world.other_provider)
    answer = await client.post("/api/v1/visits/expand", json={"days": 3}, headers=await sign_in(world, "manager"))
    assert answer.status_code == 200
    assert answer.json() == {
        "created": 3,
        "existing": 0,
        "assigned": 3,
        "withdrawn": 0,
        "unassigned": [],
        "calendar_missing": [],
    }
    assert await _visits(world.husband) == []


async def test_bad_horizons_and_other_roles_are_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    for body in ({"days": 0}, {"days": 63}, {"days": 10**30}, {"days": None}, {"weeks": 1}, [], "7"):
        answer = await client.post("/api/v1/visits/expand", json=body, headers=headers)
        assert answer.status_code == 400, body
    for role in ("officer", "auditor"):
        answer = await client.post("/api/v1/visits/expand", json={}, headers=await sign_in(world, role))
        assert answer.status_code == 403


async def test_the_horizon_moves_on_by_itself_once_it_was_opened(world: World) -> None:
    await world.add_plan_item(world.elder)
    assert await service.keep_horizon(5) is None, "nobody has planned yet: an import may be under way"
    await service.expand(SYSTEM, days=2)
    moved = await service.keep_horizon(5)
    assert moved is not None
    assert (moved.created, moved.existing) == (3, 2)
    assert await service.keep_horizon(5) is None


async def test_a_new_version_of_the_plan_keeps_the_days_and_the_caregiver(world: World) -> None:
    biweekly = {
        "recurrence": '{"kind":"every_weeks","weeks":2}',
        "content": "home_cleaning",
        "service_type": "cleaning",
    }
    old = await world.add_plan_item(world.elder, **biweekly)
    await service.expand(SYSTEM, days=42)
    before = [(visit["service_day"], visit["who"]) for visit in await _visits(world.elder)]
    [row] = await fetch("SELECT plan FROM plan_item WHERE id = $1", old)
    new = await world.add_plan_item(world.elder, **biweekly)
    await fetch(
        "UPDATE care_plan SET valid_from = $2 WHERE id = (SELECT plan FROM plan_item WHERE id = $1)", new, _in(1)
    )
    await plans.set_plan_state(SYSTEM, row["plan"], NewPlanState(state="superseded", valid_from=_in(1)))
    await service.expand(SYSTEM, days=42)
    after = [visit for visit in await _visits(world.elder) if visit["op_state"] != "cancelled"]
    assert [(visit["service_day"], visit["who"]) for visit in after] == before
    assert {visit["plan_item"] for visit in after if visit["service_day"] > TODAY} == {new}


async def test_a_month_has_as_many_visits_as_agreed_though_the_plan_gets_a_new_version_in_it(world: World) -> None:
    since, middle = date(TODAY.year + 1, 3, 1), date(TODAY.year + 1, 3, 14)
    agreed = {"recurrence": '{"kind":"times_per","period":"month","times":6}', "valid_to": date(TODAY.year + 2, 1, 1)}
    with clock.running_from(lambda: clock.at(since, time(6))):
        old = await world.add_plan_item(world.elder, **agreed)
        await service.expand(SYSTEM, days=31)
        days = [visit["service_day"] for visit in await _visits(world.elder)]
        assert len(days) == 6
    with clock.running_from(lambda: clock.at(middle, time(6))):
        new = await world.add_plan_item(world.elder, **agreed, max_minutes=90)
        plan = {row["id"]: row["plan"] for row in await fetch("SELECT id, plan FROM plan_item")}
        await plans.set_plan_state(SYSTEM, plan[old], NewPlanState(state="superseded", valid_from=middle))
        await fetch("UPDATE care_plan SET valid_from = $2 WHERE id = $1", plan[new], middle)
        await service.expand(SYSTEM, days=18)
    live = [visit for visit in await _visits(world.elder) if visit["op_state"] != "cancelled"]
    assert [visit["service_day"] for visit in live] == days
    assert {visit["plan_item"] for visit in live if visit["service_day"] >= middle} == {new}


async def test_a_months_quota_holds_the_money_never_the_care(world: World) -> None:
    await world.add_plan_item(world.elder, max_per_month=1)
    assert (await service.expand(SYSTEM, days=5)).created == 5
