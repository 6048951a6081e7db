"""What speaks against a change: each code with an example and with what is just not it, before saving and at it."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.people import LeavePeriod
from support.desk import Desk, at, day, stands
from support.door import arrive
from support.sign_in import phone_of
from support.world import HOME, World

# 25 km/h: 5 km take 12 minutes, 15 km take 36.
NEAR, FAR = (HOME[0] + 0.045, HOME[1]), (HOME[0] + 0.135, HOME[1])


async def _visit(world: World, *, hour: int = 10, minute: int = 0, elder: UUID | None = None, **more: Any) -> UUID:
    given = {"minutes": 30, "min_minutes": 30, "caregivers": [], "start": at(3, hour, minute), **more}
    return await world.add_visit(elder or world.elder, **given)


async def _codes(desk: Desk, visit: UUID, *who: UUID) -> list[str]:
    [codes] = (await desk.foreseen({"visit_id": str(visit), "caregiver_ids": [str(one) for one in who]})).values()
    return codes


async def test_nothing_speaks_against_a_free_and_able_caregiver(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    assert await _codes(desk, await _visit(world), world.caregiver) == []


@pytest.mark.parametrize(("minute", "codes"), [(0, ["OVERLAP"]), (29, ["OVERLAP"]), (30, []), (59, [])])
async def test_overlap(client: httpx.AsyncClient, world: World, minute: int, codes: list[str]) -> None:
    """Both take half an hour and begin at the very beginning of their windows: nothing fits between."""
    desk = await Desk.open(client, world)
    first = await _visit(world, minutes=1, caregivers=[world.caregiver])
    second = await _visit(world, minute=minute, minutes=1, elder=world.husband)
    if minute == 29:  # the window is one minute long, so that half an hour ends just after it
        await fetch("UPDATE visit SET min_minutes = 31 WHERE id = $1", first)
    assert await _codes(desk, second, world.caregiver) == codes
    if codes:
        change = {"visit_id": str(second), "caregiver_ids": [str(world.caregiver)]}
        [answer] = (await desk.done("POST", "/visits/preview", changes=[change]))["visits"]
        assert answer["conflicts"] == [
            {
                "code": "OVERLAP",
                "severity": "stop",
                "caregiver_id": str(world.caregiver),
                "other_visit_id": str(first),
            }
        ]
        refused = await desk.send(second, world.caregiver, anyway=True)
        assert (refused.status_code, refused.json()["code"]) == (409, "CAREGIVER_UNSUITABLE")
    else:
        assert (await desk.send(second, world.caregiver)).status_code == 200


@pytest.mark.parametrize(("point", "codes"), [(NEAR, []), (FAR, ["TRAVEL"]), (None, [])])
async def test_travel(client: httpx.AsyncClient, world: World, point: Any, codes: list[str]) -> None:
    """Twenty minutes lie between: enough for five kilometres and for an unknown way, not for fifteen."""
    desk = await Desk.open(client, world)
    home = await world.add_home("望京西园四区411号楼", point=point)
    elder = await world.add_elder("远客", home)
    await _visit(world, minutes=1, caregivers=[world.caregiver])
    there = await _visit(world, minute=50, minutes=1, elder=elder, household=home)
    assert await _codes(desk, there, world.caregiver) == codes
    answer = await desk.send(there, world.caregiver)
    if not codes:
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICTS_TO_CONFIRM")
    assert [one["field"] for one in answer.json()["errors"]] == [f"visits.{there}.TRAVEL"]
    assert (await desk.send(there, world.caregiver, anyway=True)).status_code == 200
    [kept] = await fetch("SELECT data::jsonb->'anyway' AS anyway FROM change WHERE kind = 'visit.assigned'")
    assert kept["anyway"] == '["TRAVEL"]', "that somebody went over it is kept"


@pytest.mark.parametrize(("until", "codes"), [(2, ["QUALIFICATION_MISSING"]), (3, [])])
async def test_qualification(client: httpx.AsyncClient, world: World, until: int, codes: list[str]) -> None:
    """The last valid day counts."""
    desk = await Desk.open(client, world)
    visit = await _visit(world)
    await fetch("UPDATE qualification SET valid_until = $1 WHERE kind = 'health_certificate'", day(until))
    assert await _codes(desk, visit, world.caregiver) == codes


@pytest.mark.parametrize(
    ("first", "back", "codes"), [(3, 4, ["ON_LEAVE"]), (2, 3, []), (4, None, []), (1, None, ["ON_LEAVE"])]
)
async def test_leave(client: httpx.AsyncClient, world: World, first: int, back: int | None, codes: list[str]) -> None:
    """The first day back is no leave any more."""
    desk = await Desk.open(client, world)
    visit = await _visit(world)
    await LeavePeriod.insert(
        LeavePeriod(
            caregiver=world.caregiver,
            valid_from=day(first),
            valid_to=day(back) if back else None,
            recorded_at=clock.now(),
        )
    )
    assert await _codes(desk, visit, world.caregiver) == codes


@pytest.mark.parametrize(("last", "codes"), [(3, ["NOT_EMPLOYED"]), (4, [])])
async def test_employment(client: httpx.AsyncClient, world: World, last: int, codes: list[str]) -> None:
    desk = await Desk.open(client, world)
    visit = await _visit(world)
    await fetch("UPDATE caregiver SET employed_to = $1 WHERE id = $2", day(last), world.caregiver)
    assert await _codes(desk, visit, world.caregiver) == codes
    assert await _codes(desk, visit, world.stranger) == ["NOT_EMPLOYED"], "of another provider"


@pytest.mark.parametrize(("before", "codes"), [(1, []), (2, ["MONTH_QUOTA_REACHED"])])
async def test_month_quota(client: httpx.AsyncClient, world: World, before: int, codes: list[str]) -> None:
    """Two a month are paid: the third is not, those that were cancelled or lie in another month do not count."""
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder, max_per_month=2)
    month = clock.today().replace(day=1)
    visit = await world.add_visit(
        world.elder, plan_item=item, start=clock.at(month + timedelta(days=26), time(10)), caregivers=[]
    )
    for n in range(before):
        await world.add_visit(world.elder, plan_item=item, start=clock.at(month + timedelta(days=n + 1), time(10)))
    await world.add_visit(
        world.elder, plan_item=item, start=clock.at(month + timedelta(days=9), time(10)), op_state="cancelled"
    )
    await world.add_visit(world.elder, plan_item=item, start=clock.at(month - timedelta(days=3), time(10)))
    assert await _codes(desk, visit, world.colleague) == codes


@pytest.mark.parametrize(("since", "codes"), [(3, ["PLAN_NOT_ACTIVE"]), (4, [])])
async def test_plan_state(client: httpx.AsyncClient, world: World, since: int, codes: list[str]) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    visit = await _visit(world, plan_item=item)
    await fetch(
        "INSERT INTO plan_state (id, plan, state, valid_from, recorded_at) "
        "SELECT gen_random_uuid(), plan, 'suspended', $2, $3 FROM plan_item WHERE id = $1",
        item,
        day(since),
        clock.now(),
    )
    assert await _codes(desk, visit, world.caregiver) == codes


@pytest.mark.parametrize(
    ("kind", "since", "codes"),
    [
        ("hospital_stay", 3, ["ELDER_ABSENT_STATUS"]),
        ("away", 4, []),
        ("living_alone", 1, []),
        ("deceased", 3, ["ELDER_DECEASED"]),
        ("deceased", 4, []),
    ],
)
async def test_elder(client: httpx.AsyncClient, world: World, kind: str, since: int, codes: list[str]) -> None:
    desk = await Desk.open(client, world)
    visit = await _visit(world)
    await world.add_status(world.elder, kind, since=day(since))
    assert await _codes(desk, visit, world.caregiver) == codes
    saved = await desk.send(visit, world.caregiver, anyway=True)
    expected = (409, "ELDER_GONE") if codes == ["ELDER_DECEASED"] else (200, None)
    assert (saved.status_code, saved.json().get("code")) == expected


async def test_changes_are_weighed_together(client: httpx.AsyncClient, world: World) -> None:
    """Two visits at once for one caregiver who has neither yet; and two who swap are not in each other's way."""
    desk = await Desk.open(client, world)
    first, second = await _visit(world, minutes=1), await _visit(world, minutes=1, elder=world.husband)
    same = [{"visit_id": str(one), "caregiver_ids": [str(world.caregiver)]} for one in (first, second)]
    assert await desk.foreseen(*same) == {str(first): ["OVERLAP"], str(second): ["OVERLAP"]}
    await desk.send(first, world.caregiver)
    await desk.send(second, world.colleague)
    swapped = [
        {"visit_id": str(first), "caregiver_ids": [str(world.colleague)]},
        {"visit_id": str(second), "caregiver_ids": [str(world.caregiver)]},
    ]
    assert await desk.foreseen(*swapped) == {str(first): [], str(second): []}


async def test_another_time_is_weighed_for_those_who_go(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    visit = await _visit(world, caregivers=[world.caregiver])
    await _visit(world, hour=15, minutes=1, elder=world.husband, caregivers=[world.caregiver])
    window = {"window_start": at(3, 15).isoformat(), "window_end": at(3, 15, 1).isoformat()}
    assert await desk.foreseen({"visit_id": str(visit), "window": window}) == {str(visit): ["OVERLAP"]}
    assert (await desk.move(visit, at(3, 15), minutes=1)).json()["code"] == "CAREGIVER_UNSUITABLE"
    assert not await fetch("SELECT 1 FROM change"), "a preview changes nothing"


async def test_bad_previews_and_those_of_others(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    theirs = await _visit(world, provider=world.other_provider)
    mine = str(await _visit(world))
    window = {"window_start": at(3, 15).isoformat(), "window_end": at(3, 14).isoformat()}
    for changes, code in (
        ([], "INPUT_INVALID"),
        ([{"visit_id": mine}] * 61, "INPUT_INVALID"),
        ([{"visit_id": "x"}], "INPUT_INVALID"),
        ([{"visit_id": mine, "window": window}], "VISIT_WINDOW_INVALID"),
        ([{"visit_id": str(theirs)}], "NOT_FOUND"),
    ):
        answer = await desk.ask("POST", "/visits/preview", changes=changes)
        assert answer.json()["code"] == code, changes


async def test_who_has_come_to_the_first_of_a_series_is_weighed_for_the_others(
    client: httpx.AsyncClient, world: World
) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    today = await world.add_visit(world.elder, plan_item=item)
    tomorrow = await world.add_visit(world.elder, plan_item=item, start=clock.now() + timedelta(days=1))
    leave = {"valid_from": str(day(1)), "valid_to": str(day(9))}
    await desk.done("POST", f"/caregivers/{world.colleague}/leave", **leave)
    phone = await phone_of(world.colleague, place=HOME)
    await phone.send(client, arrive(phone, today, world.elder, None))
    answer = await desk.send(today, world.colleague, scope="series")
    assert (answer.status_code, answer.json()["code"]) == (409, "CAREGIVER_UNSUITABLE")
    assert (await stands(tomorrow))[2] == [world.caregiver]
    assert (await desk.send(today, world.colleague)).status_code == 200
