"""A series: the visits of one plan item and of what takes its place, or of one order that is repeated."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.db.engine import fetch
from doorstep.visits.series import Member, Planned, line, members
from support.desk import Desk, day, stands
from support.world import World

SINCE = date(2026, 11, 2)
LUNCH, DINNER, NEW, OTHER = (UUID(int=n) for n in range(1, 5))


def _item(id: UUID, hour: int, first: int = 0, last: int = 100) -> Planned:
    return Planned(id, hour * 60, SINCE + timedelta(days=first), SINCE + timedelta(days=last))


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], []),
        ([_item(DINNER, 17)], []),
        ([_item(DINNER, 11)], []),
        ([_item(NEW, 12, 50)], [NEW]),
        ([_item(NEW, 17, 50)], [NEW]),
        ([_item(DINNER, 17, 0, 50), _item(NEW, 12, 50), _item(OTHER, 17, 50)], [NEW]),
        ([_item(DINNER, 17, 0, 50), _item(OTHER, 17, 50)], []),
        ([_item(NEW, 12, 50), _item(OTHER, 15, 50)], [NEW]),
        ([_item(NEW, 12, 50, 60), _item(OTHER, 13, 60)], [NEW, OTHER]),
        ([_item(DINNER, 17), _item(NEW, 17, 50)], []),
        ([_item(NEW, 11, -50, 0)], []),
        ([_item(NEW, 11, 50, 50), _item(OTHER, 13, 50)], [OTHER]),
    ],
    ids=[
        "alone", "beside it", "beside it at the same time", "moved by an hour", "moved to the evening", "both go on",
        "only dinner goes on", "another one is new", "again and again", "dinner of another plan goes on",
        "what was before", "a version that never was in force",
    ],
)  # fmt: skip
def test_what_takes_the_place_of_an_item(items: list[Planned], expected: list[UUID]) -> None:
    assert line(LUNCH, [_item(LUNCH, 11, 0, 50 if any(one.since > SINCE for one in items) else 100), *items]) == [
        LUNCH,
        *expected,
    ]


async def _week(world: World, desk: Desk) -> list[UUID]:
    """Lunch and dinner of the same content, every day: two series."""
    lunch = await world.add_plan_item(world.elder)
    [plan] = await fetch("SELECT plan FROM plan_item WHERE id = $1", lunch)
    await world.add_plan_item(
        world.elder,
        plan=plan["plan"],
        window_start=time(17),
        window_end=time(18),
    )
    await desk.done("POST", "/visits/expand", days=5)
    rows = await fetch(
        "SELECT id FROM visit WHERE plan_item = $1 AND service_day > $2 ORDER BY service_day", lunch, day(0)
    )
    return [row["id"] for row in rows]


async def test_a_series_is_one_meal_and_not_the_other(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    lunches = await _week(world, desk)
    new = await world.add_caregiver("接手的")
    done = await desk.done(
        "PUT", f"/visits/{lunches[1]}/caregivers", caregiver_ids=[str(new)], scope="series", until=str(day(3))
    )
    assert [row["id"] for row in done["visits"]] == [str(one) for one in lunches[1:3]]
    assert [(await stands(one))[2] == [new] for one in lunches] == [False, True, True, False]
    assert len(await fetch("SELECT 1 FROM assignment WHERE caregiver = $1", new)) == 2
    await desk.undo(done["action_id"])
    assert not await fetch("SELECT 1 FROM assignment WHERE caregiver = $1 AND ended_at IS NULL", new)


async def test_a_series_reaches_as_far_as_it_is_said_and_stays_cancelled(
    client: httpx.AsyncClient, world: World
) -> None:
    """Beyond what is planned: the plan is carried out first, so that nothing comes back the next day."""
    desk = await Desk.open(client, world)
    lunches = await _week(world, desk)
    done = await desk.done("POST", f"/visits/{lunches[0]}/cancel", reason="回老家", scope="series", until=str(day(12)))
    assert len(done["visits"]) == 12
    again = await desk.done("POST", "/visits/expand", days=15)
    lunch = await fetch(
        "SELECT op_state, service_day FROM visit WHERE plan_item = (SELECT plan_item FROM visit WHERE id = $1) "
        "AND service_day > $2 ORDER BY service_day",
        lunches[0],
        day(0),
    )
    assert [row["op_state"] == "cancelled" for row in lunch] == [True] * 12 + [False] * 2
    assert again["withdrawn"] == 0


async def test_a_series_goes_on_across_a_new_version_of_the_plan(client: httpx.AsyncClient, world: World) -> None:
    """Lunch moves from eleven to twelve in three days: it is the same series still."""
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=6)
    new = {
        "provider_id": str(world.provider),
        "service_type": "meal",
        "content": "delivery",
        "frequency": "每日",
        "window_start": "12:00:00",
        "window_end": "13:00:00",
        "unit_price_fen": 1200,
    }
    await desk.done("POST", f"/elders/{world.elder}/plans", valid_from=str(day(3)), items=[new], reason="改为十二点")
    [first] = await fetch("SELECT id FROM visit WHERE plan_item = $1 AND service_day = $2", item, day(1))
    nobody_else = await world.add_caregiver("接手的")
    done = await desk.done("PUT", f"/visits/{first['id']}/caregivers", caregiver_ids=[str(nobody_else)], scope="series")
    assert [row["window_start"][11:16] for row in done["visits"]] == ["03:00"] * 2 + ["04:00"] * 4


async def test_lunch_of_weekdays_is_not_the_dinner_of_weekends(client: httpx.AsyncClient, world: World) -> None:
    """On no day is there both, and yet they are two things, in this version of the plan and in the next one."""
    desk = await Desk.open(client, world)
    tomorrow, after = day(1).isoweekday(), day(2).isoweekday()
    lunch = await world.add_plan_item(world.elder, recurrence=f'{{"kind":"weekly","weekdays":[{tomorrow}]}}')
    [plan] = await fetch("SELECT plan FROM plan_item WHERE id = $1", lunch)
    dinner: dict[str, Any] = {"plan": plan["plan"], "window_start": time(17), "window_end": time(18)}
    await world.add_plan_item(world.elder, recurrence=f'{{"kind":"weekly","weekdays":[{after}]}}', **dinner)
    await desk.done("POST", "/visits/expand", days=14)
    item = {
        "provider_id": str(world.provider),
        "service_type": "meal",
        "content": "delivery",
        "unit_price_fen": 1300,
    }
    meals = [
        {**item, "frequency": f"每周{'一二三四五六日'[on - 1]}", "window_start": start, "window_end": end}
        for on, start, end in ((tomorrow, "12:00:00", "13:00:00"), (after, "17:00:00", "18:00:00"))
    ]
    await desk.done("POST", f"/elders/{world.elder}/plans", valid_from=str(day(5)), items=meals, reason="调整")
    [first] = await fetch("SELECT id FROM visit WHERE plan_item = $1 AND service_day = $2", lunch, day(1))
    await desk.done("POST", f"/visits/{first['id']}/cancel", reason="白天不在家", scope="series", until=str(day(13)))
    rows = await fetch(
        "SELECT service_day, op_state FROM visit WHERE service_day > $1 AND (op_state <> 'cancelled' OR reason = $2) "
        "ORDER BY service_day",
        *(day(0), "白天不在家"),
    )
    assert [(row["service_day"], row["op_state"]) for row in rows] == [
        (day(1), "cancelled"),
        (day(2), "assigned"),
        (day(8), "cancelled"),
        (day(9), "assigned"),
    ]


def test_of_orders_the_one_that_is_nearest_in_time_each_day() -> None:
    def order(id: int, on: int, hour: int) -> Member:
        return Member(UUID(int=id), SINCE + timedelta(days=on), hour * 60, None)

    first, dinner = order(1, 0, 11), order(2, 0, 17)
    later = [order(3, 1, 13), order(4, 1, 10), order(5, 1, 17), order(6, 2, 18), order(7, 3, 13)]
    assert [id.int for id in members(first, [first, dinner, *later])] == [1, 4, 7]
    assert [id.int for id in members(dinner, [first, dinner, *later])] == [2, 5, 6]
