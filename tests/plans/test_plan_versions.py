"""New versions of a plan: from a day on, never before a verified visit, the visits ahead follow at once."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from checkins.conftest import print_code
from doorstep.db.engine import fetch
from support.desk import Desk, at, day, stands
from support.door import Hands, arrive, leave, standing_clock
from support.sign_in import phone_of
from support.world import HOME, World


def _item(world: World, **values: Any) -> dict[str, Any]:
    return {
        "provider_id": str(world.provider),
        "service_type": "meal",
        "content": "delivery",
        "frequency": "每日",
        "window_start": "11:00:00",
        "window_end": "12:30:00",
        "min_minutes": 3,
        "max_minutes": 60,
        "unit_price_fen": 1200,
        **values,
    }


def _version(first: int, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"valid_from": str(day(first)), "items": list(items), "reason": "复评后调整", **more}


async def _visits(elder: UUID) -> list[tuple[str, int, str, int]]:
    """Day, version, state and hour of what stands or stood for an elder, from tomorrow on."""
    rows = await fetch(
        "SELECT v.service_day, cp.version, v.op_state, extract(hour FROM v.window_start AT TIME ZONE 'Asia/Shanghai') "
        "AS hour FROM visit v JOIN plan_item pi ON pi.id = v.plan_item JOIN care_plan cp ON cp.id = pi.plan "
        "WHERE v.elder = $1 AND v.service_day > $2 ORDER BY v.window_start, cp.version",
        elder,
        day(0),
    )
    return [(str(row["service_day"]), row["version"], row["op_state"], int(row["hour"])) for row in rows]


async def test_a_new_version_counts_from_its_day_and_nothing_before(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=5)
    item = _item(world, window_start="17:00:00", window_end="18:00:00")
    saved = await desk.done("POST", f"/elders/{world.elder}/plans", **_version(3, item))
    assert (saved["plan"]["version"], saved["plan"]["valid_from"]) == (2, str(day(3)))
    stands = await _visits(world.elder)
    assert [(one, version, hour) for one, version, state, hour in stands if state != "cancelled"] == [
        *((str(day(n)), 1, 11) for n in (1, 2)),
        *((str(day(n)), 2, 17) for n in (3, 4, 5, 6)),
    ]
    assert [one[:2] for one in stands if one[2] == "cancelled"] == [(str(day(n)), 1) for n in (3, 4)]
    file = await desk.get(f"/elders/{world.elder}")
    [new, old] = file["plans"]
    assert [(part["state"], part["valid_from"]) for part in old["states"]][-1] == ("superseded", str(day(3)))
    assert old["states"][-2]["valid_to"] == str(day(3)), "the former ends the day before"
    assert [(part["state"], part["reason"]) for part in new["states"]] == [("active", "复评后调整")]
    assert [one["frequency"] for one in new["items"]] == ["每日"]
    [told] = await fetch("SELECT provider, data::jsonb->>'version' AS version FROM change WHERE kind = 'plan.version'")
    assert tuple(told) == (world.provider, "2")


async def test_what_goes_on_keeps_its_visits(client: httpx.AsyncClient, world: World) -> None:
    """Another price and one more service: the phone hears nothing of the meals that stay as they were."""
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=5)
    before = {row["id"] for row in await fetch("SELECT id FROM visit")}
    cleaning = _item(
        world, service_type="cleaning", content="home_cleaning", window_start="15:00:00", window_end="16:00:00"
    )
    saved = await desk.done(
        "POST", f"/elders/{world.elder}/plans", **_version(2, _item(world, unit_price_fen=1500), cleaning)
    )
    assert saved["visits"]["withdrawn"] == 0
    meals = await fetch(
        "SELECT v.id, v.service_day, pi.unit_price_fen FROM visit v JOIN plan_item pi ON pi.id = v.plan_item "
        "WHERE v.service_type = 'meal' AND v.service_day BETWEEN $1 AND $2 ORDER BY v.service_day",
        day(1),
        day(4),
    )
    assert {row["id"] for row in meals} <= before
    assert [row["unit_price_fen"] for row in meals] == [1200, 1500, 1500, 1500]
    assert await fetch("SELECT 1 FROM visit WHERE service_type = 'cleaning'")


@pytest.fixture
def noon() -> Iterator[Hands]:
    """Today's lunch may be begun."""
    with standing_clock() as hands:
        hands.at = at(0, 11, 5)
        yield hands


CHANGES = [{"unit_price_fen": 1500}, {"window_end": "12:45:00"}, {"window_start": "10:30:00", "min_minutes": 5}]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_runs_today_goes_on_under_the_version_of_today(
    client: httpx.AsyncClient, world: World, noon: Hands, change: dict[str, Any]
) -> None:
    card = await print_code(world.home)
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    phones = {one: await phone_of(one, place=HOME) for one in (world.caregiver, world.colleague)}
    await desk.done("POST", "/visits/expand", days=2)
    [today] = await fetch("SELECT id FROM visit WHERE service_day = $1", day(0))
    phone = phones[(await stands(today["id"]))[2][0]]
    await phone.send(client, arrive(phone, today["id"], world.elder, card.token))
    await desk.done("POST", f"/elders/{world.elder}/plans", **_version(0, _item(world, **change)))
    noon.move(minutes=20)
    await phone.send(client, leave(phone, today["id"], world.elder, card.token))
    rows = await fetch("SELECT op_state, hold_codes, grade FROM visit WHERE service_day = $1", day(0))
    assert [tuple(row) for row in rows] == [("completed", [], "A")], "neither a second lunch nor held money"


@pytest.mark.parametrize("change", CHANGES)
async def test_what_opened_just_now_stays(
    client: httpx.AsyncClient, world: World, noon: Hands, change: dict[str, Any]
) -> None:
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=2)
    await desk.done("POST", f"/elders/{world.elder}/plans", **_version(0, _item(world, **change)))
    rows = await fetch("SELECT op_state FROM visit WHERE service_day = $1", day(0))
    assert [row["op_state"] for row in rows] == ["assigned"]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_people_called_off_stays_off(
    client: httpx.AsyncClient, world: World, change: dict[str, Any]
) -> None:
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=5)
    [visit] = await fetch("SELECT id FROM visit WHERE service_day = $1", day(3))
    await desk.done("POST", f"/visits/{visit['id']}/cancel", reason="老人要求")
    await desk.done("POST", f"/elders/{world.elder}/plans", **_version(2, _item(world, **change)))
    rows = await fetch("SELECT op_state FROM visit WHERE service_day = $1", day(3))
    assert [row["op_state"] for row in rows] == ["cancelled"]


async def test_two_who_change_the_same_version(client: httpx.AsyncClient, world: World) -> None:
    """The second to save has not seen what the first added: nothing of it is lost in silence."""
    desk, other = await Desk.open(client, world), await Desk.open(client, world, "manager")
    path = f"/elders/{world.elder}/plans"
    seen = (await desk.done("POST", path, **_version(0, _item(world))))["plan"]["id"]
    evening = _item(world, window_start="17:00:00", window_end="18:00:00")
    await desk.done("POST", path, **_version(1, _item(world), evening, copied_from=seen))
    refused = await other.ask("POST", path, **_version(1, _item(world, unit_price_fen=1300), copied_from=seen))
    assert (refused.status_code, refused.json()["code"]) == (409, "PLAN_CHANGED_MEANWHILE")
    [plan, *_] = (await desk.get(f"/elders/{world.elder}"))["plans"]
    assert len(plan["items"]) == 2
    await other.done("POST", path, **_version(1, _item(world, unit_price_fen=1300), copied_from=plan["id"]))


async def test_of_two_meals_a_day_each_goes_on_as_itself(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    lunch = _item(world)
    dinner = _item(world, window_start="17:00:00", window_end="18:00:00")
    path = f"/elders/{world.elder}/plans"
    await desk.done("POST", path, **_version(0, lunch, dinner))
    await desk.done("POST", "/visits/expand", days=3)
    [meant] = await fetch("SELECT id FROM visit WHERE window_start = $1", at(2, 17))
    await desk.done("POST", f"/visits/{meant['id']}/cancel", reason="儿子送饭")
    early = {**lunch, "window_start": "10:30:00"}
    await desk.done("POST", path, **_version(1, early, dinner))
    rows = await fetch("SELECT op_state, window_start FROM visit WHERE service_day = $1 ORDER BY id", day(2))
    live = {row["window_start"]: row["op_state"] for row in rows}
    assert live == {at(2, 11): "cancelled", at(2, 10, 30): live[at(2, 10, 30)], at(2, 17): "cancelled"}
    assert live[at(2, 10, 30)] in ("planned", "assigned")


@pytest.mark.parametrize("state", ["verified", "auto_verified", "pending", "rejected"])
async def test_not_before_a_verified_visit(client: httpx.AsyncClient, world: World, state: str) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    await world.add_visit(world.elder, plan_item=item, start=at(-3, 11), op_state="completed", verify_state=state)
    path = f"/elders/{world.elder}/plans"
    assert (await desk.ask("POST", path, **_version(-2, _item(world)))).status_code == 201
    early = await desk.ask("POST", path, **_version(-3, _item(world)))
    if state in ("verified", "auto_verified"):
        assert (early.status_code, early.json()["code"]) == (409, "PLAN_BEFORE_VERIFIED")
        assert str(day(-3)) in early.json()["detail"]
    else:
        assert early.status_code == 201


async def test_a_provider_plans_its_own_and_what_others_do_goes_on(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    [plan] = await fetch("SELECT plan FROM plan_item WHERE id = $1", item)
    await world.add_plan_item(
        world.elder, plan=plan["plan"], provider=world.other_provider, service_type="bathing", content="bath_at_home"
    )
    await fetch("DELETE FROM plan_state WHERE plan <> $1", plan["plan"])
    await fetch("DELETE FROM care_plan WHERE id <> $1", plan["plan"])
    path = f"/elders/{world.elder}/plans"
    refused = await desk.ask("POST", path, **_version(2, _item(world, provider_id=str(world.other_provider))))
    assert refused.json()["errors"][0]["field"] == "items.0.provider_id"
    saved = await desk.done("POST", path, **_version(2, _item(world)))
    assert [one["service_type"] for one in saved["plan"]["items"]] == ["meal"], "a provider sees its own"
    whole = await (await Desk.open(client, world, "admin")).get(f"/elders/{world.elder}")
    assert {one["provider"]["name"] for one in whole["plans"][0]["items"]} == {"安贞社区养老服务驿站", "朝外照料中心"}
    told = await fetch("SELECT provider FROM change WHERE kind = 'plan.version'")
    assert {row["provider"] for row in told} == {world.provider, world.other_provider}


async def test_a_suspension_goes_on_in_the_new_version(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    [plan] = await fetch("SELECT plan FROM plan_item WHERE id = $1", item)
    stop = {"state": "suspended", "valid_from": str(day(1)), "valid_to": str(day(4))}
    await desk.done("POST", f"/plans/{plan['plan']}/states", **stop)
    saved = await desk.done("POST", f"/elders/{world.elder}/plans", **_version(2, _item(world)))
    assert [(part["state"], part["valid_from"]) for part in saved["plan"]["states"]] == [
        ("suspended", str(day(2))),
        ("active", str(day(4))),
    ]


async def test_plans_that_are_none(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    path = f"/elders/{world.elder}/plans"
    no_programme = _version(1, _item(world), programme_id=str(world.elder))
    for body, code in (
        (_version(1), "INPUT_INVALID"),
        (_version(1, _item(world, frequency="偶尔")), "FREQUENCY_UNKNOWN"),
        (_version(1, _item(world, content="dine_in")), "INPUT_INVALID"),
        (_version(1, _item(world, window_end="11:00:00")), "INPUT_INVALID"),
        (_version(1, _item(world, max_minutes=2)), "INPUT_INVALID"),
        (_version(1, _item(world, unit_price_fen=-1)), "INPUT_INVALID"),
        (_version(1, _item(world), valid_to=str(day(1))), "INPUT_INVALID"),
        (_version(1, _item(world), reason=""), "INPUT_INVALID"),
        (no_programme, "INPUT_INVALID"),
    ):
        answer = await desk.ask("POST", path, **body)
        assert answer.json()["code"] == code, body
    assert (await desk.ask("POST", f"/elders/{world.programme}/plans", **_version(1, _item(world)))).status_code == 404
    assert not await fetch("SELECT 1 FROM care_plan")


async def test_the_first_plan_of_an_elder(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    saved = await desk.done("POST", f"/elders/{world.elder}/plans", **_version(1, _item(world)))
    assert (saved["plan"]["version"], saved["visits"]) == (1, None)
    made = await desk.done("POST", "/visits/expand", days=3)
    assert made["created"] == 2
