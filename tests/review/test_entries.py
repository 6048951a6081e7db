"""Entries by hand: what may be written, what it leaves for ever, and who decides about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.review import rules
from support.door import arrive, leave, planned, standing_clock, visit_row

from .conftest import Desk, state


def times(start: datetime, minutes: int = 20) -> dict[str, str]:
    """When somebody came and left."""
    return {"started_at": start.isoformat(), "ended_at": (start + timedelta(minutes=minutes)).isoformat()}


async def missed(desk: Desk, **values: Any) -> tuple[UUID, dict[str, Any]]:
    """A visit of this morning without a record, and what the office would write of it."""
    start = clock.now() - timedelta(hours=3)
    visit = await planned(desk.world, op_state="missed", start=start, minutes=90, **values)
    body = {"kind": "entry", "caregiver_id": str(desk.world.caregiver), "reason_code": "phone_broken"}
    return visit, {**body, **times(start + timedelta(minutes=7))}


async def test_an_entry_is_marked_and_held(desk: Desk) -> None:
    visit, body = await missed(desk)
    page = await desk.post(f"/review/visits/{visit}/manual", body, role="dispatcher")
    row = await visit_row(visit)
    assert (row["op_state"], row["grade"], row["hold_codes"]) == ("completed", "D", ["MANUAL_ENTRY"])
    assert await state(visit) == ("needs_review", "held")
    [edit] = page["edits"]
    assert (edit["made_by"], edit["reason_code"], edit["caregiver"]["name"]) == (
        "测试dispatcher",
        "phone_broken",
        "彭燕",
    )
    assert edit["before"]["op_state"] == "missed"
    assert [one["what"] for one in page["evidence"]["office"]][-1] == "edited"
    await desk.decide(visit)
    assert (await visit_row(visit))["grade"] == "D"
    [seen] = await desk.told()
    assert seen["decision"] == "accept"


async def test_nobody_decides_on_their_own_entry(desk: Desk) -> None:
    visit, body = await missed(desk)
    await desk.post(f"/review/visits/{visit}/manual", body)
    assert (await desk.decide(visit, status=403))["code"] == "OWN_WORK"
    await desk.sign_in("manager", "second")
    await desk.decide(visit, role="second")


async def test_the_planned_times_are_refused(desk: Desk) -> None:
    visit, body = await missed(desk)
    row = await visit_row(visit)
    planned_times = {"started_at": row["window_start"].isoformat(), "ended_at": row["window_end"].isoformat()}
    refused = await desk.post(f"/review/visits/{visit}/manual", {**body, **planned_times}, status=422)
    assert refused["code"] == "MANUAL_TIMES_PLANNED"
    assert await fetch("SELECT 1 FROM manual_edit") == []


async def test_what_a_phone_recorded_is_completed_not_replaced(desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await planned(desk.world)
        await desk.phone.send(desk.client, arrive(desk.phone, visit, desk.world.elder, None))
        came = (await visit_row(visit))["started_at"]
        hands.move(minutes=40)
        body = {
            "kind": "times",
            "ended_at": (came + timedelta(minutes=25)).isoformat(),
            "reason_code": "left_unrecorded",
        }
        for kind in ("entry", "not_served"):
            wrong = {**body, "kind": kind, "caregiver_id": str(desk.world.caregiver)}
            wrong["reason_code"] = "absent" if kind == "not_served" else "forgotten"
            refused = await desk.post(f"/review/visits/{visit}/manual", wrong, status=409)
            assert refused["code"] == "EDIT_IMPOSSIBLE"
        await desk.post(f"/review/visits/{visit}/manual", body)
        row = await visit_row(visit)
        assert (row["started_at"], row["ended_at"]) == (came, came + timedelta(minutes=25))
        assert sorted(row["hold_codes"]) == ["MANUAL_ENTRY", "TOKEN_MISSING"]
        # The phone's own record comes after all: it is looked at, it overrules nobody silently.
        await desk.phone.send(desk.client, leave(desk.phone, visit, desk.world.elder, None))
        row = await visit_row(visit)
        assert (row["grade"], row["ended_at"]) == ("D", came + timedelta(minutes=25))
        assert "NOT_CHECKED_IN" in row["hold_codes"]


@pytest.mark.parametrize(
    ("service_type", "content", "kind", "since", "until", "codes"),
    [
        ("meal", "delivery", "health_certificate", None, -1, ["MANUAL_ENTRY", "QUALIFICATION_MISSING"]),
        ("meal", "delivery", "health_certificate", None, 0, ["MANUAL_ENTRY"]),
        ("meal", "delivery", "health_certificate", 0, None, ["MANUAL_ENTRY"]),
        ("meal", "delivery", "health_certificate", 1, None, ["MANUAL_ENTRY", "QUALIFICATION_MISSING"]),
        ("meal", "delivery", "nurse_licence", None, -1, ["MANUAL_ENTRY"]),
        ("medical", "bed_care", "nurse_licence", None, -1, ["MANUAL_ENTRY", "QUALIFICATION_MISSING"]),
    ],
)
async def test_a_certificate_that_was_not_valid_holds_an_entry(
    desk: Desk, service_type: str, content: str, kind: str, since: int | None, until: int | None, codes: list[str]
) -> None:
    visit, body = await missed(desk, service_type=service_type, content=content)
    day = (await visit_row(visit))["service_day"]
    await fetch(
        "UPDATE qualification SET valid_from = $3, valid_until = $4 WHERE caregiver = $1 AND kind = $2",
        desk.world.caregiver,
        kind,
        None if since is None else day + timedelta(days=since),
        None if until is None else day + timedelta(days=until),
    )
    page = await desk.post(f"/review/visits/{visit}/manual", body, role="dispatcher")
    assert sorted((await visit_row(visit))["hold_codes"]) == codes
    assert sorted(one["code"] for one in page["why"]) == codes
    await desk.decide(visit)
    assert (await visit_row(visit))["holds"] == 0


@pytest.mark.parametrize(
    ("since", "until", "held"),
    [(0, 1, True), (-3, None, True), (-3, 0, False), (1, None, False)],
)
async def test_leave_on_that_day_holds_an_entry(desk: Desk, since: int, until: int | None, held: bool) -> None:
    visit, body = await missed(desk)
    day = (await visit_row(visit))["service_day"]
    await fetch(
        "INSERT INTO leave_period (id, caregiver, valid_from, valid_to, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, now())",
        desk.world.caregiver,
        day + timedelta(days=since),
        None if until is None else day + timedelta(days=until),
    )
    await desk.post(f"/review/visits/{visit}/manual", body, role="dispatcher")
    assert sorted((await visit_row(visit))["hold_codes"]) == ["MANUAL_ENTRY", *(["ON_LEAVE"] if held else [])]
    assert rules.must_fix(["ON_LEAVE"])


async def test_what_holds_already_is_not_said_twice(desk: Desk) -> None:
    visit, body = await missed(desk)
    await fetch("DELETE FROM qualification WHERE caregiver = $1", desk.world.caregiver)
    path = f"/review/visits/{visit}/manual"
    await desk.post(path, body, role="dispatcher")
    later = datetime.fromisoformat(body["ended_at"]) + timedelta(minutes=3)
    change = {"kind": "times", "reason_code": "forgotten", "ended_at": later.isoformat()}
    page = await desk.post(path, {**change, "caregiver_id": body["caregiver_id"]}, role="dispatcher")
    assert [one["code"] for one in page["why"]].count("QUALIFICATION_MISSING") == 1


async def test_nobody_served_needs_no_certificate(desk: Desk) -> None:
    visit, _ = await missed(desk)
    await fetch("DELETE FROM qualification WHERE caregiver = $1", desk.world.caregiver)
    body = {"kind": "not_served", "reason_code": "hospital", "caregiver_id": str(desk.world.caregiver)}
    await desk.post(f"/review/visits/{visit}/manual", body)
    assert (await visit_row(visit))["holds"] == 0


@pytest.mark.parametrize("other", ["started_at", "ended_at"])
async def test_a_minute_that_is_not_changed_keeps_the_phones_instant(desk: Desk, other: str) -> None:
    """A screen that shows minutes sends both; only the one that is another one changes."""
    with standing_clock() as hands:
        visit = await desk.held(hands)
        hands.move(minutes=5)
        await fetch(
            "UPDATE visit SET started_at = date_trunc('minute', started_at) + interval '17.25 s', "
            "ended_at = date_trunc('minute', ended_at) + interval '43.5 s' WHERE id = $1",
            visit,
        )
        row = await visit_row(visit)
        shown = {name: row[name].replace(second=0, microsecond=0) for name in ("started_at", "ended_at")}
        path = f"/review/visits/{visit}/manual"
        body = {"kind": "times", "reason_code": "forgotten"}
        same = {name: at.astimezone(clock.CHINA).isoformat() for name, at in shown.items()}
        refused = await desk.post(path, {**body, **same}, status=400)
        assert refused["errors"][0]["field"] == "started_at"
        moved = shown[other] - timedelta(minutes=2)
        await desk.post(path, {**body, **same, other: moved.isoformat()})
        after = await visit_row(visit)
        kept = "ended_at" if other == "started_at" else "started_at"
        assert (after[other], after[kept]) == (moved, row[kept])


async def test_changed_times_open_a_verified_visit_again(desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await desk.held(hands)
        await desk.decide(visit)
        hands.move(minutes=5)
        start = (await visit_row(visit))["started_at"] - timedelta(minutes=3)
        body = {"kind": "times", "started_at": start.isoformat(), "reason_code": "came_unrecorded"}
        await desk.post(f"/review/visits/{visit}/manual", body)
    assert await state(visit) == ("reopened", "held")


async def test_not_served_is_entered_with_a_phones_reasons(desk: Desk) -> None:
    visit, _ = await missed(desk)
    await desk.post(f"/review/visits/{visit}/manual", {"kind": "not_served", "reason_code": "hospital"})
    row = await visit_row(visit)
    assert (row["op_state"], row["reason"], row["holds"], row["verify_state"]) == ("not_served", "hospital", 0, "none")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"caregiver_id": None}, 400, "INPUT_INVALID"),
        ({"started_at": None}, 400, "INPUT_INVALID"),
        ({"reason_code": "absent"}, 400, "INPUT_INVALID"),
        ({"tasks": ["bath"]}, 400, "INPUT_INVALID"),
        ({"kind": "all"}, 400, "INPUT_INVALID"),
        ({"started_at": "2026-01-01T09:00:00"}, 400, "INPUT_INVALID"),
        ({"kind": "times", "reason_code": "forgotten"}, 409, "EDIT_IMPOSSIBLE"),
    ],
)
async def test_what_is_refused(desk: Desk, change: dict[str, Any], status: int, code: str) -> None:
    visit, body = await missed(desk)
    assert (await desk.post(f"/review/visits/{visit}/manual", {**body, **change}, status=status))["code"] == code


async def test_who_went_worked_there(desk: Desk) -> None:
    visit, body = await missed(desk)
    body["caregiver_id"] = str(desk.world.stranger)
    assert (await desk.post(f"/review/visits/{visit}/manual", body, status=400))["errors"][0]["field"] == "caregiver_id"


async def test_settled_money_is_not_touched(desk: Desk) -> None:
    visit = await desk.held()
    await fetch("UPDATE visit SET settle_state = 'paid' WHERE id = $1", visit)
    body = {"kind": "times", "ended_at": clock.now().isoformat(), "reason_code": "forgotten"}
    assert (await desk.post(f"/review/visits/{visit}/manual", body, status=409))["code"] == "EDIT_IMPOSSIBLE"


async def test_the_share_of_entries_is_shown(desk: Desk) -> None:
    visit, body = await missed(desk)
    await desk.held()
    await desk.post(f"/review/visits/{visit}/manual", body)
    day = clock.today()
    period: dict[str, Any] = {
        "since": (day - timedelta(days=2)).isoformat(),
        "until": (day + timedelta(days=2)).isoformat(),
    }
    shown = await desk.get("/review/edits", role="officer", **period)
    assert (shown["served"], shown["edited"]) == (2, 1)
    assert (shown["by_reason"], shown["by_account"]) == ({"phone_broken": 1}, {"测试manager": 1})
    assert [item["visit_id"] for item in shown["items"]] == [str(visit)]
    refused = await desk.get("/review/edits", status=422, since=period["until"], until=period["since"])
    assert refused["code"] == "PERIOD_INVALID"


START = datetime.fromisoformat("2026-04-08T01:00:00+00:00")
WINDOW = {"window_start": START, "window_end": START + timedelta(minutes=90)}


@pytest.mark.parametrize(
    ("start", "end", "possible"),
    [
        (7, 27, True),
        (0, 90, True),
        (27, 7, False),
        (7, 7, False),
        (7, 7 + 12 * 60, True),
        (7, 8 + 12 * 60, False),
        (-24 * 60, -23 * 60, True),
        (-24 * 60 - 1, -23 * 60, False),
        (24 * 60, 25 * 60 + 30, True),
        (24 * 60, 25 * 60 + 31, False),
        (48 * 60, 48 * 60 + 10, False),
    ],
)
def test_times_that_can_be(start: int, end: int, possible: bool) -> None:
    at = (START + timedelta(minutes=start), START + timedelta(minutes=end))
    assert rules.times_possible(*at, now=START + timedelta(days=9), **WINDOW) is possible
    assert not rules.times_possible(*at, now=START + timedelta(minutes=end - 1), **WINDOW)


@pytest.mark.parametrize(("start", "end", "same"), [(0, 90, True), (0.9, 90.9, True), (1, 90, False), (0, 89.9, False)])
def test_times_that_are_the_plans(start: float, end: float, same: bool) -> None:
    at = (START + timedelta(minutes=start), START + timedelta(minutes=end))
    assert rules.times_planned(*at, **WINDOW) is same
