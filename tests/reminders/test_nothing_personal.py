"""No push, feed or text message holds a name, an address or a service; the sample district's names are all tried."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.db.tables.reminders import Reminder
from doorstep.identity.wire import SYSTEM
from doorstep.plans import catalogue
from doorstep.reminders import sms, texts, worker
from doorstep.reminders.channels import Channels
from doorstep.reminders.wire import Kind, PushPayload
from doorstep.settings import Settings
from support import rfc5545
from support.push_service import PushService
from support.sign_in import device_token
from support.text_gateway import TextGateway
from support.world import World

SECRET = "s"
ADDRESS = "朝外第二社区16号楼1单元404"


def personal() -> set[str]:
    """What must not be there: people, homes, organisations, services by code and in both languages."""
    named = {"龚国栋", "沈树森", "文玉梅", "彭燕", "毛桂芳", "赖美玲", "朝外", "安贞", ADDRESS, "16号楼", "404"}
    served = {word for one in catalogue.CONTENTS.values() for word in (one.zh, one.en, one.code, one.service_type)}
    return named | served | sample() | {"助餐", "助浴", "助洁", "助医", "bathing", "medical", "cleaning", "meal"}


def sample() -> set[str]:
    """Everything with Chinese characters in the sample roster: hundreds of names, addresses, organisations, risks."""
    book = CalamineWorkbook.from_path(str(SAMPLE))
    cells = {
        str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()[2:] for cell in row
    }
    return {cell for cell in cells if re.search(r"[\u4e00-\u9fff]{2}", cell)}


SAMPLE = Path(catalogue.__file__).parent.parent / "sample" / "roster-2026.xlsx"
PERSONAL = personal()
# The addresses of random things are no words.
_RANDOM = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{32}|\+86\d{11}|\d{4}-\d\d-\d\dT[\d:.+Z-]+"
)


def told(text: str) -> set[str]:
    """What of it is in a text."""
    plain = _RANDOM.sub("", text)
    return {word for word in PERSONAL if word in plain}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one


@pytest.fixture
async def outside() -> AsyncIterator[TextGateway]:
    async with TextGateway(SECRET) as one:
        yield one


@pytest.fixture
def settings(settings: Settings, service: PushService, outside: TextGateway) -> Settings:
    return msgspec.structs.replace(
        settings, push_hosts=service.origin, gateway_url=outside.url, gateway_secret=SECRET, worker_inside=False
    )


async def test_a_day_of_reminders_says_nothing_of_anybody(
    settings: Settings, service: PushService, outside: TextGateway, client: httpx.AsyncClient, world: World
) -> None:
    phone = {"Authorization": f"Bearer {await device_token(world.caregiver)}"}
    browser = service.subscribe()
    await client.put("/api/v1/door/push", json=browser.subscription, headers=phone)
    start = clock.now() + timedelta(minutes=20)
    visits = [
        await world.add_visit(world.elder, service_type=one.service_type, content=one.code, start=start)
        for one in catalogue.CONTENTS.values()
    ]
    for kind in get_args(Kind):
        for visit in [*visits, None]:
            await _due(world, kind, visit)
    await worker.run_once(Channels(settings))
    payloads = [browser.open(taken.body).decode() for taken in service.taken]
    assert len(payloads) > len(visits)
    for text in payloads:
        assert told(text) == set()
        assert set(msgspec.json.decode(text)) == set(PushPayload.__struct_fields__)
    async with unit_of_work():
        await sms.enqueue(SYSTEM, [row["id"] for row in await fetch("SELECT id FROM reminder WHERE state = 'sent'")])
    while await sms.deliver(settings):
        pass
    assert len(outside.came) > len(visits)
    for one in outside.came:
        assert told(str(one)) == set()
    url = (await client.post("/api/v1/door/calendar", headers=phone)).json()["url"]
    feed = await client.get(url, headers={"Authorization": ""})
    assert len(rfc5545.read(feed.content).all("VEVENT")) == len(visits)
    assert told(feed.text.replace("\r\n ", "")) == set()


async def _due(world: World, kind: str, visit: Any) -> None:
    now = clock.now()
    await Reminder.insert(
        Reminder(
            kind=kind,
            audience="caregiver",
            person=world.caregiver,
            provider=world.provider,
            visit=visit,
            thing=f"{kind}:{visit or uuid7()}:{world.caregiver}",
            occasion=now,
            topic=uuid7().hex,
            due_at=now,
            useless_at=now + timedelta(hours=1),
            next_at=now,
            state="planned",
            created_at=now,
            changed_at=now,
        )
    )


@given(st.sampled_from([*get_args(Kind), "unheard_of"]), st.datetimes(timezones=st.just(clock.CHINA)))
def test_no_text_message_says_more_than_the_time(kind: str, occasion: Any) -> None:
    text = texts.text(kind, occasion)
    assert told(text) == set()
    assert text.startswith("到家：") and len(text) <= 70, "one SMS of 70 characters"
    assert set(re.findall(r"\d\d:\d\d", text)) <= {f"{occasion:%H:%M}"}


def test_the_search_finds_what_it_looks_for() -> None:
    assert told("龚国栋 住16号楼") == {"龚国栋", "16号楼"}
    assert told('{"x":"bathing"}')
    assert len(PERSONAL) > 900
