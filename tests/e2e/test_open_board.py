"""A board that stays open: what a colleague does and what time alone does reach it, and it stays as it was left."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from playwright.async_api import Locator, Page, expect

from doorstep import context
from doorstep.core import clock
from doorstep.identity.wire import Role
from support.desk import Desk, at
from support.world import World

from .conftest import Site, hire
from .screens import Shot, sign_in

FOCUSED = "document.activeElement.getAttribute('aria-label')"
SCROLLED = "document.querySelector('.lanes').scrollLeft"


def block(desk: Page, elder: str) -> Locator:
    """A visit on the board, whatever its state."""
    return desk.get_by_role("button", name=re.compile(f"{elder} .*，"))


async def test_an_open_board_follows_colleagues_and_the_time(site: Site, desk: Page, shot: Shot) -> None:
    start = at(0, 11)
    await site.move((start - clock.now()).total_seconds())
    await desk.clock.install(time=start)
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        await hire(Role.DISPATCHER, "周站长", "boss", provider=world.provider)
        await world.add_visit(world.elder, start=start, minutes=1, caregivers=[world.colleague])
        moving = await world.add_visit(world.husband, start=start, minutes=1)
        async with httpx.AsyncClient(base_url=site.url) as http:
            other = await Desk.open(http, world)
            await sign_in(desk, "/dispatch/board")
            await expect(block(desk, "沈树森")).to_be_visible()

            # A colleague moves a visit to another day while this one writes: it goes, and what is written stays.
            await block(desk, "龚国栋").click()
            await desk.get_by_role("button", name="换时间").click()
            why = desk.get_by_role("dialog").get_by_role("textbox", name="原因")
            await why.fill("家属来电")
            assert (await other.move(moving, at(2, 15))).status_code == 200
            await expect(block(desk, "沈树森")).to_have_count(0)
            await expect(why).to_have_value("家属来电")
            await expect(why).to_be_focused()
            await shot(desk, "1-moved-away")
            await desk.get_by_role("dialog").get_by_role("button", name="取消").click()

            # Nobody does anything: the time is over.
            await desk.set_viewport_size({"width": 800, "height": 900})
            await block(desk, "龚国栋").focus()
            await desk.evaluate(f"{SCROLLED} = 77")
            await site.move(timedelta(minutes=5).total_seconds())
            await desk.clock.fast_forward(60_000)
            late = desk.get_by_role("button", name=re.compile("龚国栋 .*，迟到"))
            await expect(late).to_be_visible()
            assert (await desk.evaluate(FOCUSED), await desk.evaluate(SCROLLED)) == (
                await late.get_attribute("aria-label"),
                77,
            )

            # And back: the lanes change places.
            assert (await other.move(moving, start + timedelta(minutes=30), 1)).status_code == 200
            await expect(block(desk, "沈树森")).to_be_visible()
            assert await desk.evaluate(FOCUSED) == await late.get_attribute("aria-label")
            await shot(desk, "2-late")
