"""The week travels: without any network the phone shows today and the days ahead, and offers no check-in for these."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from checkins.conftest import print_code
from doorstep import context
from doorstep.core import clock
from support.sign_in import ticket
from support.world import World

from .conftest import Site

NOON = clock.day_bounds(clock.today())[0] + timedelta(hours=12)
READY = "(async () => { await navigator.serviceWorker.ready; return true })()"


@pytest.fixture
async def secret(site: Site) -> str:
    """Today one call, tomorrow a bath for two, then nothing, and meals to the end of the week."""
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        await print_code(world.home)
        item = await world.add_plan_item(world.elder)
        bath: dict[str, Any] = {"service_type": "bathing", "content": "bath_at_home"}
        bathing = await world.add_plan_item(world.husband, **bath)
        for offset in (0, 3, 4, 5, 6, 7):
            await world.add_visit(world.elder, plan_item=item, start=NOON + timedelta(days=offset))
        await world.add_visit(
            world.husband,
            plan_item=bathing,
            start=NOON + timedelta(days=1),
            caregivers=[world.caregiver, world.colleague],
            carers_needed=2,
            **bath,
        )
        return await ticket(world.caregiver, await world.add_account("dispatcher"))


async def test_the_days_ahead_are_there_without_a_network(
    site: Site, handset: BrowserContext, secret: str, shot: Callable[[Page, str], Awaitable[None]]
) -> None:
    phone = await handset.new_page()
    await phone.goto(f"/E/{secret}")
    await phone.get_by_role("button", name="绑定").first.click()
    await phone.get_by_text("是我，开始用").click()
    await expect(phone.get_by_text("龚国栋")).to_be_visible()
    await phone.evaluate(READY)
    await shot(phone, "1-today")

    await asyncio.to_thread(site.server.stop)
    await phone.close()
    phone = await handset.new_page()
    await phone.goto("/door")
    await expect(phone.get_by_text("龚国栋")).to_be_visible()
    await expect(phone.get_by_text("没连上网，显示的是")).to_be_visible()
    days = phone.get_by_role("group", name="今天和后面几天").get_by_role("button")
    await expect(days).to_have_count(8)
    for box in [await chip.bounding_box() for chip in await days.all()]:
        assert box is not None and box["height"] >= 48 and box["width"] >= 48
    await days.nth(1).click()
    await expect(phone.get_by_text("沈树森")).to_be_visible()
    await expect(phone.get_by_text("毛桂芳")).to_be_visible()
    await expect(phone.get_by_text("龚国栋")).to_have_count(0)
    await expect(phone.get_by_text("沈树森").locator("xpath=ancestor::a")).to_have_count(0)
    await shot(phone, "2-tomorrow-offline")
    await days.nth(2).click()
    await expect(phone.get_by_text("这天没有安排")).to_be_visible()
    await days.last.click()
    await expect(phone.get_by_text("龚国栋")).to_be_visible()
    await shot(phone, "3-last-day-offline")
    small = "[...document.querySelectorAll('.door *')].filter(e => e.childNodes.length && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.outerHTML.slice(0, 80))"  # noqa: E501
    assert await phone.evaluate(small) == []
    assert await phone.evaluate("document.documentElement.scrollWidth") == 360
    await days.first.click()
    await phone.get_by_text("龚国栋").click()
    await expect(phone.get_by_role("button", name="到了，扫码签到")).to_be_visible()
