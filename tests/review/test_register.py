"""The service register: a row for each served visit, on screen and as the sheet that is printed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.review import register, register_sheet
from support.door import arrive, leave, planned, standing_clock
from support.phone import Phone, claims
from support.sign_in import phone_of
from support.world import HOME

from .conftest import API, Desk


def period() -> dict[str, Any]:
    today = clock.today()
    return {"since": today.isoformat(), "until": (today + timedelta(days=1)).isoformat()}


def around() -> dict[str, Any]:
    """Today and yesterday: a visit of three hours ago may have been yesterday's."""
    return {**period(), "since": (clock.today() - timedelta(days=1)).isoformat()}


NUMBERS = ("visits", "completed")


async def give_phone(desk: Desk, number: str) -> None:
    sealed = vault.current().seal(number, "elder.phone")
    await fetch("UPDATE elder SET phone = $2 WHERE id = $1", desk.world.elder, sealed)


async def test_a_row_has_time_place_elder_and_contact(desk: Desk) -> None:
    await give_phone(desk, "13800000001")
    visit = await desk.held()
    await planned(desk.world)  # not served: no row
    body = await desk.get("/register", **period())
    [row] = body["items"]
    stored = (await fetch("SELECT * FROM visit WHERE id = $1", visit))[0]
    assert body["total"] == 1
    assert (row["visit_id"], row["minutes"], row["contact"], row["manual"]) == (str(visit), 20, "13800000001", False)
    assert row["started_at"].startswith(stored["started_at"].strftime("%Y-%m-%dT%H:%M"))
    assert row["elder"]
    assert row["place"]
    assert row["caregivers"]


@pytest.mark.parametrize(
    ("role", "shown"), [("manager", "13800000001"), ("auditor", "138****0001"), ("dispatcher", "138****0001")]
)
async def test_who_reads_telephone_numbers(desk: Desk, role: str, shown: str) -> None:
    await desk.sign_in(role)
    await give_phone(desk, "13800000001")
    await desk.held()
    [row] = (await desk.get("/register", role=role, **period()))["items"]
    assert row["contact"] == shown


async def test_pages_follow_each_other(desk: Desk) -> None:
    visits = [await planned(desk.world) for _ in range(3)]
    for number, visit in enumerate(visits):
        served = "UPDATE visit SET op_state = 'completed', started_at = $2, ended_at = $2 WHERE id = $1"
        await fetch(served, visit, clock.now() + timedelta(minutes=number // 2))
    first = await desk.get("/register", **period(), limit=2)
    second = await desk.get("/register", **period(), limit=2, cursor=first["next"])
    assert (first["total"], second["next"]) == (3, None)
    assert {row["visit_id"] for row in first["items"] + second["items"]} == {str(one) for one in visits}


async def test_the_sheet_says_the_same_and_marks_what_was_entered_by_hand(desk: Desk) -> None:
    visit = await desk.held()
    await fetch(
        "INSERT INTO manual_edit (id, visit, kind, reason_code, before, after, made_by, at)"
        " VALUES ($1, $2, 'times', 'other', '{}', '{}', $3, now())",
        uuid7(), visit, desk.accounts["manager"],
    )  # fmt: skip
    answer = await desk.client.get(f"{API}/register.xlsx", params=period(), headers=desk.headers["manager"])
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert sheet["A1"].value == register_sheet.TITLE
    assert [cell.value for cell in sheet[3]] == list(register_sheet.HEAD)
    line = [cell.value for cell in sheet[4]]
    assert line[0] == 1
    assert line[4] == 20
    assert "手工" in str(line[12])
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$3")


async def test_a_name_that_looks_like_a_formula_is_a_name(desk: Desk) -> None:
    sealed = vault.current().seal("=1+1", "elder.name")
    await fetch("UPDATE elder SET name = $2 WHERE id = $1", desk.world.elder, sealed)
    await desk.held()
    answer = await desk.client.get(f"{API}/register.xlsx", params=period(), headers=desk.headers["manager"])
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert (sheet["F4"].value, sheet["F4"].data_type) == ("=1+1", "s")


async def test_what_does_not_fit_a_sheet_is_said_with_its_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "MOST", 0)
    await desk.held()
    answer = await desk.get("/register.xlsx", **period(), status=422)
    assert answer["code"] == "REGISTER_TOO_LONG"
    assert "1" in answer["detail"]


async def test_nobody_reads_another_providers_register(desk: Desk) -> None:
    visit = await desk.held()
    await fetch("UPDATE visit SET provider = $2 WHERE id = $1", visit, desk.world.other_provider)
    for provider in ({}, {"provider_id": str(desk.world.other_provider)}):
        body = await desk.get("/register", status=200, **period(), **provider)
        assert (body["total"], body["items"]) == (0, [])
        assert (await desk.get("/figures", **period()))["series"] == []


async def serve(desk: Desk, phone: Phone, visit: UUID) -> None:
    """This phone's records of the visit, twenty minutes apart."""
    with standing_clock() as hands:
        await phone.send(desk.client, arrive(phone, visit, desk.world.elder, None))
        hands.move(minutes=20)
        await phone.send(desk.client, leave(phone, visit, desk.world.elder, None))


async def test_who_came_is_named_not_who_was_to_come(desk: Desk) -> None:
    """A colleague comes; the office writes that a colleague came; nobody was assigned: lists and figures say who."""
    world, since = desk.world, clock.now() - timedelta(hours=3)
    colleague = await phone_of(world.colleague, place=HOME)
    swapped = await planned(world)
    await serve(desk, colleague, swapped)
    entered = await planned(world, op_state="missed", start=since, minutes=90)
    body = {
        "kind": "entry",
        "caregiver_id": str(world.colleague),
        "reason_code": "phone_broken",
        "started_at": (since + timedelta(minutes=7)).isoformat(),
        "ended_at": (since + timedelta(minutes=27)).isoformat(),
    }
    await desk.post(f"/review/visits/{entered}/manual", body)
    await planned(world)  # only assigned: nobody else is known
    rows = (await desk.get("/register", **around()))["items"]
    assert {row["visit_id"]: row["caregivers"] for row in rows} == {
        str(swapped): ["毛桂芳"],
        str(entered): ["毛桂芳"],
    }
    series = (await desk.get("/figures", **around(), by="caregiver", step="month"))["series"]
    numbers = {one["name"]: [sum(point[name] for point in one["points"]) for name in NUMBERS] for one in series}
    assert numbers == {"毛桂芳": [2, 2], "彭燕": [1, 0]}


async def test_what_was_taken_back_names_nobody_and_no_assignment_is_needed(desk: Desk) -> None:
    world = desk.world
    colleague = await phone_of(world.colleague, place=HOME)
    visit = await planned(world, carers_needed=2, caregivers=[])
    with standing_clock() as hands:
        wrong = arrive(colleague, visit, world.elder, None)
        await colleague.send(desk.client, wrong)
        hands.move(minutes=1)
        taken = claims(wrong)["event_id"]
        await colleague.send(desk.client, colleague.event("annul", annuls=taken, reason="mistake"))
    await serve(desk, desk.phone, visit)
    assert [row["caregivers"] for row in (await desk.get("/register", **around()))["items"]] == [["彭燕"]]
    series = (await desk.get("/figures", **around(), by="caregiver", step="month"))["series"]
    assert [one["name"] for one in series] == ["彭燕"]


@pytest.mark.parametrize(("state", "remark"), [("rejected", "不予认可"), ("reopened", "待核"), ("verified", "")])
async def test_the_sheet_says_what_was_decided(desk: Desk, state: str, remark: str) -> None:
    visit = await desk.held()
    await fetch("UPDATE visit SET verify_state = $2 WHERE id = $1", visit, state)
    answer = await desk.client.get(f"{API}/register.xlsx", params=period(), headers=desk.headers["manager"])
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert (sheet["M4"].value or "") == remark
