"""Figures: every number from visits that were really made, by group and step, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from support.door import arrive, planned, standing_clock
from support.phone import claims

from .conftest import Desk


def period(days: int = 2) -> dict[str, Any]:
    today = clock.today()
    return {"since": (today - timedelta(days=days)).isoformat(), "until": (today + timedelta(days=days)).isoformat()}


async def test_one_visit_in_every_number(desk: Desk) -> None:
    visit = await desk.held()
    body = await desk.get("/figures", **period(), by="none", step="month")
    [series] = body["series"]
    [point] = series["points"]
    assert point["since"] == clock.today().replace(day=1).isoformat()
    wanted = {
        "visits": 1,
        "completed": 1,
        "begun": 1,
        "on_time_bp": 10_000,
        "missed": 0,
        "not_served": 0,
        "rejected": 0,
    }
    assert {name: point[name] for name in wanted} == wanted
    assert sum(point["grades"].values()) == 1
    assert point["held"] == 1
    assert point["findings"] == (await fetch("SELECT count(*) AS n FROM finding WHERE visit = $1", visit))[0]["n"]
    assert point["satisfaction"] == {"n": 0, "sum": 0, "satisfied": 0}
    assert (series["id"], series["name"]) == (None, "")


async def test_late_missed_edited_and_rated_visits(desk: Desk) -> None:
    late, missed = await desk.held(), await planned(desk.world)
    await fetch("UPDATE visit SET started_at = window_end + interval '1 minute', ended_at = NULL WHERE id = $1", late)
    await fetch("UPDATE visit SET op_state = 'missed' WHERE id = $1", missed)
    await fetch(
        "INSERT INTO manual_edit (id, visit, kind, reason_code, before, after, made_by, at)"
        " VALUES ($1, $2, 'times', 'other', '{}', '{}', $3, now())",
        uuid7(), late, desk.accounts["manager"],
    )  # fmt: skip
    daughter, son = uuid7(), uuid7()
    for member in (daughter, son):
        await fetch("INSERT INTO family_member (id, name, large_type, created_at) VALUES ($1, '', true, now())", member)
    # She thinks better of it twice: what counts of each is the newest.
    for hours_ago, member, score in ((1, daughter, 2), (3, daughter, 5), (2, daughter, 1), (4, son, 5)):
        at = clock.now() - timedelta(hours=hours_ago)
        await fetch(
            "INSERT INTO feedback (id, visit, member, elder, kind, score, at) VALUES ($1, $2, $3, $4, 'rate', $5, $6)",
            uuid7(), late, member, desk.world.elder, score, at,
        )  # fmt: skip
    [series] = (await desk.get("/figures", **period(), step="month"))["series"]
    [point] = series["points"]
    assert (point["visits"], point["missed"], point["manual"]) == (2, 1, 1)
    assert point["on_time_bp"] == 0  # the missed one was not begun, so it is neither late nor on time
    assert point["satisfaction"] == {"n": 2, "sum": 7, "satisfied": 1}


async def test_held_is_what_waits_in_the_queue(desk: Desk) -> None:
    start = clock.now() - timedelta(minutes=9)
    waits: dict[str, Any] = {"op_state": "completed", "verify_state": "needs_review", "settle_state": "held"}
    times: dict[str, Any] = {"started_at": start, "ended_at": start + timedelta(minutes=5)}
    await desk.world.add_visit(desk.world.elder, start=start, grade="B", **waits, **times)
    counts = (await desk.get("/review/queue"))["counts"]
    [point] = (await desk.get("/figures", **period(), by="none", step="month"))["series"][0]["points"]
    assert (counts["must_fix"] + counts["may_acknowledge"], point["held"]) == (1, 1), "only for its grade"


@pytest.mark.parametrize(("minutes", "share"), [(-180, 0), (-1, 0), (0, 10_000), (60, 10_000), (61, 0)])
async def test_on_time_is_inside_the_window(desk: Desk, minutes: int, share: int) -> None:
    start = clock.now() - timedelta(hours=4)
    came = start + timedelta(minutes=minutes)
    times = {"started_at": came, "ended_at": came + timedelta(minutes=5), "op_state": "completed"}
    await desk.world.add_visit(desk.world.elder, start=start, minutes=60, **times)
    [point] = (await desk.get("/figures", **period(), by="none", step="month"))["series"][0]["points"]
    assert point["on_time_bp"] == share


async def test_what_is_not_accepted_is_told_of_what_was_served(desk: Desk) -> None:
    """A chart takes it off what was done: what was not done is no part of that."""
    served, missed = await desk.held(), await planned(desk.world, op_state="missed", verify_state="rejected")
    await desk.decide(served, "reject")
    [series] = (await desk.get("/figures", **period(), step="month"))["series"]
    [point] = series["points"]
    assert (point["visits"], point["completed"], point["missed"], point["rejected"]) == (2, 1, 1, 1), missed


async def test_an_entry_that_nobody_was_served_is_no_manual_one_of_the_served(desk: Desk) -> None:
    """The share of entries by hand is one of what was served, never more than the whole."""
    visits = [await planned(desk.world, op_state="missed") for _ in range(2)]
    for visit in visits:
        await desk.post(f"/review/visits/{visit}/manual", {"kind": "not_served", "reason_code": "hospital"})
    [series] = (await desk.get("/figures", **period(), step="month"))["series"]
    [point] = series["points"]
    assert (point["not_served"], point["completed"], point["manual"]) == (2, 0, 0)


async def test_findings_of_what_was_taken_back_are_not_counted(desk: Desk) -> None:
    visit = await planned(desk.world)
    with standing_clock() as hands:
        wrong = arrive(desk.phone, visit, desk.world.elder, None)
        await desk.phone.send(desk.client, wrong)
        [series] = (await desk.get("/figures", **period(), step="month"))["series"]
        assert series["points"][0]["findings"] > 0
        hands.move(minutes=1)
        taken = desk.phone.event("annul", annuls=claims(wrong)["event_id"], reason="mistake")
        await desk.phone.send(desk.client, taken)
    [series] = (await desk.get("/figures", **period(), step="month"))["series"]
    assert series["points"][0]["findings"] == 0
    assert (await desk.get("/figures/codes", **period()))["items"] == []


async def test_groups_and_steps(desk: Desk) -> None:
    world = desk.world
    for days, who in ((0, world.caregiver), (-1, world.colleague)):
        visit = await planned(world, caregivers=[who])
        day = clock.today() + timedelta(days=days)
        await fetch("UPDATE visit SET service_day = $2 WHERE id = $1", visit, day)
    by_day = (await desk.get("/figures", **period(), by="none", step="day"))["series"]
    assert [point["visits"] for point in by_day[0]["points"]] == [1, 1]
    people = (await desk.get("/figures", **period(), by="caregiver", step="month"))["series"]
    assert {series["id"] for series in people} == {str(world.caregiver), str(world.colleague)}
    [kind] = (await desk.get("/figures", **period(), by="service_type", step="month"))["series"]
    assert kind["key"] == "meal"
    [provider] = (await desk.get("/figures", **period(), by="provider", step="month"))["series"]
    assert provider["id"] == str(world.provider)


async def test_cancelled_visits_and_other_days_are_not_counted(desk: Desk) -> None:
    visit = await planned(desk.world)
    await fetch("UPDATE visit SET op_state = 'cancelled' WHERE id = $1", visit)
    today = clock.today()
    assert (await desk.get("/figures", **period()))["series"] == []
    await fetch("UPDATE visit SET op_state = 'assigned' WHERE id = $1", visit)
    ends_today = {"since": (today - timedelta(days=1)).isoformat(), "until": today.isoformat()}
    assert (await desk.get("/figures", status=200, **ends_today))["series"] == []
    assert (await desk.get("/figures/codes", **period()))["items"] == []


async def test_codes_count_visits_not_findings(desk: Desk) -> None:
    await desk.held()
    codes = {one["code"]: one["visits"] for one in (await desk.get("/figures/codes", **period()))["items"]}
    assert codes["TOKEN_MISSING"] == 1  # found at the check-in and at the check-out


async def test_a_period_has_an_end_after_its_beginning_and_is_no_longer_than_two_years(desk: Desk) -> None:
    for since, until in (("2026-01-02", "2026-01-02"), ("2026-01-02", "2026-01-01"), ("2020-01-01", "2026-01-01")):
        for path in ("/figures", "/figures/codes", "/register", "/register.xlsx"):
            answer = await desk.get(path, since=since, until=until, status=422)
            assert answer["code"] == "PERIOD_INVALID"


async def test_the_last_year_of_the_calendar_is_a_period(desk: Desk) -> None:
    for path in ("/figures", "/figures/codes", "/register", "/review/edits"):
        await desk.get(path, since="9999-01-01", until="9999-12-31")
        refused = await desk.get(path, since="9000-01-01", until="9999-12-31", status=422)
        assert refused["code"] == "PERIOD_INVALID"
