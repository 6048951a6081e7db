"""Phone and server apply one law: what the phone finds without a network the server finds too, if the plan stayed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from checkins.conftest import Printed, print_code
from doorstep import context
from doorstep.db.tables.homes import ServiceAgreement
from support.engines import Chromium
from support.handset import Handset
from support.phone import claims
from support.sign_in import ticket
from support.world import World

from .conftest import OUTPUT, Site

STEADY, CHANGED = "龚国栋", "邱美华"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Chromium]:
    browser = Chromium(tmp_path / "profile")
    await browser.start()
    yield browser
    await browser.kill()


async def stored(site: Site) -> list[dict[str, Any]]:
    db = await asyncpg.connect(site.dsn)
    rows = await db.fetch("SELECT id, jws, codes FROM check_event ORDER BY seq")
    differ = await db.fetch("SELECT event, data FROM finding WHERE code = 'JUDGED_OTHERWISE'")
    await db.close()
    data = {row["event"]: json.loads(row["data"]) for row in differ}
    return [
        {"judged": claims(row["jws"])["judged"], "codes": row["codes"], "differs": data.get(row["id"])} for row in rows
    ]


async def test_one_law(site: Site, engine: Chromium) -> None:
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        other_home = await world.add_home("朝外第三社区1号楼101")
        other = await world.add_elder(CHANGED, other_home)
        cards: dict[str, Printed] = {}
        for name, elder, home in ((STEADY, world.elder, world.home), (CHANGED, other, other_home)):
            item = await world.add_plan_item(elder)
            await world.add_visit(elder, household=home, plan_item=item, minutes=11 * 60)
            cards[name] = await print_code(home)
        secret = await ticket(world.caregiver, await world.add_account("dispatcher"))
    phone = Handset(engine, site.url)
    await phone.enrol(secret)
    await phone.see(CHANGED)
    await phone.ready_offline()

    await asyncio.to_thread(site.server.stop)
    await phone.check_in(STEADY, cards[STEADY].short_code)
    # Before any network, in the words of the list of codes.
    await phone.see("手机核对发现")
    await phone.see("不是用相机现场扫的码")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    await engine.page.screenshot(path=OUTPUT / "two-judges.png")
    await phone.check_out(STEADY, cards[STEADY].short_code)
    await phone.see("没有勾选做了什么")
    await phone.check_in(CHANGED, cards[CHANGED].short_code)
    await phone.see("手机核对发现")
    async with context.connected(site.dsn, pool_size=2):
        await ServiceAgreement.delete().where(ServiceAgreement.elder == other)

    await asyncio.to_thread(site.server.start)
    await phone.all_answered()
    came, left, elsewhere = await stored(site)
    assert came["judged"]["facts_at"] and left["judged"]["facts_at"]
    assert "CAPTURE_WEAK" in came["judged"]["codes"]
    assert "TASKS_MISSING" in left["judged"]["codes"]
    assert (came["differs"], left["differs"]) == (None, None), (came, left)
    differs = elsewhere["differs"]
    assert set(differs["server"]) - set(differs["phone"]) == {"AGREEMENT_NOT_IN_FORCE"}
    assert set(differs["phone"]) <= set(differs["server"])
