"""The private calendar: two readers that are not ours understand it; it ends with its phone; it names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import vobject

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.people import Caregiver, Device
from doorstep.db.tables.reminders import ReminderSetting
from doorstep.db.tables.visits import Assignment
from doorstep.settings import Settings
from support import rfc5545
from support.sign_in import device_token
from support.world import World


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, worker_inside=False)


@pytest.fixture
async def phone(world: World, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The caregiver's phone."""
    client.headers["Authorization"] = f"Bearer {await device_token(world.caregiver)}"
    yield client


async def address(phone: httpx.AsyncClient) -> Any:
    answer = await phone.post("/api/v1/door/calendar")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def fetched(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """As a phone's calendar does: without a session."""
    return await client.get(url, headers={"Authorization": ""})


def at(days: int, hour: int, minute: int = 0) -> datetime:
    return clock.at(clock.today() + timedelta(days=days), time(hour, minute))


async def test_two_independent_readers_understand_it(phone: httpx.AsyncClient, world: World) -> None:
    visits: dict[str, tuple[UUID, datetime]] = {}
    for days, hour in ((0, 23), (1, 8), (3, 0), (14, 9)):
        start = at(days, hour)
        visit = await world.add_visit(world.elder, start=start, minutes=45)
        visits[f"{visit}@doorstep"] = visit, start
    answer = await fetched(phone, (await address(phone))["url"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["cache-control"]

    strict = rfc5545.read(answer.content)
    events = {event.one("UID").value: event for event in strict.all("VEVENT")}
    assert set(events) == set(visits)
    for uid, (visit, start) in visits.items():
        event = events[uid]
        assert event.one("DTSTART").params["TZID"] == "Asia/Shanghai"
        assert rfc5545.instant(strict, event.one("DTSTART")) == start
        assert rfc5545.instant(strict, event.one("DTEND")) == start + timedelta(minutes=45)
        assert event.one("SUMMARY").text == "到家：上门"
        assert event.one("URL").value == f"https://dj.example.cn/door/visit/{visit}"
        [alarm] = event.all("VALARM")
        assert (alarm.one("ACTION").value, alarm.one("TRIGGER").duration) == ("DISPLAY", -timedelta(minutes=30))
        assert event.one("STATUS").value == "CONFIRMED"
    assert strict.one("REFRESH-INTERVAL").duration == timedelta(hours=1)
    assert strict.one("REFRESH-INTERVAL").params == {"VALUE": "DURATION"}

    other = vobject.readOne(answer.text, validate=True)
    assert {event.uid.value: (event.dtstart.value, event.dtend.value) for event in other.vevent_list} == {
        uid: (start, start + timedelta(minutes=45)) for uid, (_, start) in visits.items()
    }
    assert {event.dtstart.value.utcoffset() for event in other.vevent_list} == {timedelta(hours=8)}
    assert {event.valarm.trigger.value for event in other.vevent_list} == {-timedelta(minutes=30)}


async def test_what_is_in_it(phone: httpx.AsyncClient, world: World) -> None:
    mine = await world.add_visit(world.elder, start=at(1, 9))
    called_off = await world.add_visit(world.elder, start=at(2, 9), op_state="cancelled")
    for days, who in ((-1, world.caregiver), (15, world.caregiver), (1, world.colleague)):
        await world.add_visit(world.elder, start=at(days, 9), caregivers=[who])
    elsewhere = await world.add_visit(world.elder, start=at(1, 15))
    await Assignment.update({Assignment.ended_at: clock.now()}).where(Assignment.visit == elsewhere)
    calendar = rfc5545.read((await fetched(phone, (await address(phone))["url"])).content)
    found = {event.one("UID").value: event for event in calendar.all("VEVENT")}
    assert set(found) == {f"{mine}@doorstep", f"{called_off}@doorstep"}
    gone = found[f"{called_off}@doorstep"]
    assert (gone.one("STATUS").value, gone.all("VALARM")) == ("CANCELLED", [])


async def test_the_chosen_minutes_are_the_alarm(phone: httpx.AsyncClient, world: World) -> None:
    visit = await world.add_visit(world.elder, start=at(1, 9))
    url = (await address(phone))["url"]

    async def alarm() -> timedelta:
        calendar = rfc5545.read((await fetched(phone, url)).content)
        return calendar.all("VEVENT")[0].all("VALARM")[0].one("TRIGGER").duration

    assert visit
    for subject, minutes in ((world.provider, 45), (world.caregiver, 90)):
        await ReminderSetting.insert(ReminderSetting(subject=subject, minutes_before=minutes, changed_at=clock.now()))
        assert await alarm() == -timedelta(minutes=minutes)


async def test_an_empty_one_is_one_too(phone: httpx.AsyncClient) -> None:
    answer = await fetched(phone, (await address(phone))["url"])
    assert rfc5545.read(answer.content).all("VEVENT") == []
    assert vobject.readOne(answer.text, validate=False).contents.get("vevent") is None


async def test_a_new_address_revokes_the_old(phone: httpx.AsyncClient) -> None:
    first, second = await address(phone), await address(phone)
    assert first["url"] != second["url"]
    assert (await fetched(phone, first["url"])).status_code == 404
    assert (await fetched(phone, second["url"])).status_code == 200
    assert second["webcal"] == second["url"].replace("https://", "webcal://")
    assert second["qr_svg"].startswith("<svg")
    assert (await phone.delete("/api/v1/door/calendar")).status_code == 204
    assert (await fetched(phone, second["url"])).status_code == 404


async def test_only_a_hash_is_stored_and_fetching_is_noted(phone: httpx.AsyncClient) -> None:
    url = (await address(phone))["url"]
    [row] = await fetch("SELECT * FROM calendar_feed")
    assert url.rpartition("/")[2].removesuffix(".ics") not in str(dict(row))
    assert (row["fetched"], row["fetched_at"]) == (0, None)
    await fetched(phone, url)
    head = await phone.head(url)
    assert (head.status_code, head.content) == (200, b"")
    [row] = await fetch("SELECT * FROM calendar_feed")
    assert row["fetched"] == 2 and row["fetched_at"]


async def test_it_ends_with_the_phone_and_with_the_job(phone: httpx.AsyncClient, world: World) -> None:
    url = (await address(phone))["url"]
    await Caregiver.update({Caregiver.employed_to: clock.today()}).where(Caregiver.id == world.caregiver)
    assert (await fetched(phone, url)).status_code == 404
    await Caregiver.update({Caregiver.employed_to: None}).where(Caregiver.id == world.caregiver)
    assert (await fetched(phone, url)).status_code == 200
    await Device.update({Device.revoked_at: clock.now()}).where(Device.caregiver == world.caregiver)
    assert (await fetched(phone, url)).status_code == 404
    again = {"Authorization": f"Bearer {await device_token(world.caregiver)}"}
    told = await phone.get("/api/v1/door/reminders/settings", headers=again)
    assert told.json()["calendar"] is None


@pytest.mark.parametrize("path", ["x.ics", "x", ".ics", "%00.ics", "x.ics.ics", f"{'x' * 43}.ics", "é.ics"])
async def test_anything_else_is_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/calendar/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"
