"""Everyone sees the same truth: desk, phone and family in their own browsers, on two workers of one database.

Each worker has a port of its own, so that it is certain who talks to which: the phone and the family speak with one,
the desk with the other. What one of them does has to cross over.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from checkins.conftest import Printed, print_code
from doorstep import context
from doorstep.core import clock, keys
from doorstep.identity.wire import Role
from doorstep.settings import Settings
from support.engines import Chromium
from support.handset import Handset
from support.server import Server, free_port
from support.sign_in import ticket
from support.world import HOME, World

from .conftest import hire
from .screens import NARROW, PATIENCE_MS, WIDE, Shot, axe, fits, give_link, opened, sign_in


class Window(Chromium):
    """A page that is open already, for the words of a handset."""

    def __init__(self, page: Page) -> None:
        super().__init__(Path())
        self.page = page


@dataclass
class Twins:
    """Two workers on one database, a visit that is open now, the card of its home, and the ticket of its phone."""

    near: Server
    far: Server
    world: World
    visit: UUID
    card: Printed
    secret: str
    colleague_secret: str

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """What the database says."""
        db = await asyncpg.connect(self.near.settings.database_url)
        found = await db.fetch(sql, *values)
        await db.close()
        return found


@pytest.fixture
async def twins(dsn: str, tmp_path: Path) -> AsyncIterator[Twins]:
    """Both run, and a manager may sign in."""
    ports = free_port(), free_port()
    settings = Settings(database_url=dsn, data_dir=tmp_path / "data", public_url=f"http://localhost:{ports[0]}")
    keys.install(settings)
    async with context.connected(dsn, pool_size=2):
        world = await World.create()
        boss = await world.add_account("manager")
        await hire(Role.MANAGER, "周站长", "boss", provider=world.provider)
        item = await world.add_plan_item(world.elder, min_minutes=0)
        visit = await world.add_visit(world.elder, plan_item=item)
        card = await print_code(world.home)
        secrets = await ticket(world.caregiver, boss), await ticket(world.colleague, boss)
    near, far = (Server(settings, port=port) for port in ports)
    try:
        await asyncio.to_thread(near.start)
        await asyncio.to_thread(far.start)
        yield Twins(near, far, world, visit, card, *secrets)
    finally:
        near.stop()
        far.stop()


async def stop_clock(what: Locator, since: float) -> float:
    """Seconds until it is seen."""
    await expect(what).to_be_visible(timeout=PATIENCE_MS)
    return time.monotonic() - since


async def enrol(phone: Page, secret: str) -> None:
    """Binds this browser as somebody's phone."""
    await phone.goto(f"/E/{secret}")
    await phone.get_by_text("用这个链接绑定").click()
    await phone.get_by_text("是我，开始用").click()
    await expect(phone.get_by_role("link", name="今天")).to_be_visible(timeout=PATIENCE_MS)


def block(desk: Page, elder: str, state: str) -> Locator:
    """A visit on the board."""
    return desk.get_by_role("button", name=re.compile(f"{elder} .*，{state}$"))


async def test_a_check_in_shows_on_the_board_and_a_reassignment_on_the_phone(
    twins: Twins, chromium: Browser, shot: Shot
) -> None:
    there = {"latitude": HOME[0], "longitude": HOME[1], "accuracy": 12}
    held = {"viewport": NARROW, "geolocation": there, "permissions": ["geolocation"]}
    async with (
        opened(chromium, twins.far, "board", viewport=WIDE) as desk,
        opened(chromium, twins.near, "phone", **held) as phone,
        opened(chromium, twins.near, "colleague", **held) as colleague,
    ):
        await axe_of_the_stranger(phone)
        await enrol(phone, twins.secret)
        await axe(phone)
        await sign_in(desk, "/dispatch/board")
        await expect(block(desk, "龚国栋", "已派")).to_be_visible(timeout=PATIENCE_MS)
        await shot(desk, "1-board")

        # Somebody else is sent: it leaves one phone and comes to the other, and nobody touches either.
        await enrol(colleague, twins.colleague_secret)
        await expect(phone.get_by_text("龚国栋").first).to_be_visible(timeout=PATIENCE_MS)
        await block(desk, "龚国栋", "已派").click()
        await desk.get_by_role("button", name="改派").click()
        await desk.get_by_role("checkbox", name="彭燕").uncheck()
        await desk.get_by_role("checkbox", name="毛桂芳").check()
        await expect(desk.get_by_role("button", name=re.compile("保存|仍然这样安排"))).to_be_enabled(
            timeout=PATIENCE_MS
        )
        await shot(desk, "2-reassign")
        await desk.get_by_role("button", name=re.compile("保存|仍然这样安排")).click()
        saved = time.monotonic()
        learnt = await stop_clock(colleague.get_by_text("龚国栋").first, saved)
        await expect(phone.get_by_text("龚国栋")).to_have_count(0, timeout=PATIENCE_MS)
        await shot(colleague, "3-phone-with-the-visit")

        # And back, by the undo that the board offers.
        await desk.get_by_role("button", name="撤销").click()
        await expect(phone.get_by_text("龚国栋").first).to_be_visible(timeout=PATIENCE_MS)

        hands = Handset(Window(phone), f"http://localhost:{twins.near.port}")
        async with phone.expect_response(lambda one: one.url.endswith("/api/v1/checkins"), timeout=60_000) as answered:
            await hands.check_in("龚国栋", twins.card.short_code)
        assert (await answered.value).ok
        arrived = time.monotonic()
        seen = await stop_clock(block(desk, "龚国栋", "服务中"), arrived)
        await shot(desk, "4-board-inside")
        print(f"a reassignment was on the phone after {learnt:.2f} s, a check-in on the board after {seen:.2f} s")
        assert seen < 2
        await axe(desk)
        await desk.set_viewport_size(NARROW)  # pyright: ignore[reportArgumentType]
        await fits(desk)


async def axe_of_the_stranger(phone: Page) -> None:
    """The phone of nobody: the page on which it is bound."""
    await phone.goto("/door")
    await expect(phone.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    await axe(phone)


async def test_an_objection_is_in_the_queue_holds_the_visit_and_its_answer_reaches_the_family(
    twins: Twins, chromium: Browser, shot: Shot
) -> None:
    world = twins.world
    async with context.connected(twins.near.settings.database_url, pool_size=2):
        start = clock.now() - timedelta(hours=3)
        visit = await world.add_visit(
            world.elder,
            start=start,
            op_state="completed",
            verify_state="auto_verified",
            grade="A",
            started_at=start,
            ended_at=start + timedelta(minutes=25),
        )
    states = "SELECT verify_state, settle_state, holds, hold_codes FROM visit WHERE id = $1"
    async with (
        opened(chromium, twins.far, "station", viewport=WIDE) as desk,
        opened(chromium, twins.near, "family", viewport=NARROW) as family,
    ):
        await sign_in(desk, f"/office/elders/{world.elder}/family")
        link = await give_link(desk, "龚晓梅")
        await shot(desk, "1-slip")
        await desk.get_by_role("dialog").get_by_role("button", name="关闭").click()
        await desk.goto("/office/review")
        await expect(desk.get_by_text("没有待核的服务")).to_be_visible(timeout=PATIENCE_MS)
        await axe(desk)

        await family.goto("/family")
        await expect(family.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        await axe(family)
        await family.goto(link)
        await family.get_by_role("button", name="这部手机").or_(family.get_by_text("是我的手机，打开")).first.click()
        await expect(family.get_by_role("heading", name="龚国栋")).to_be_visible(timeout=PATIENCE_MS)
        assert "/F/" not in family.url
        await axe(family)
        await fits(family)
        await shot(family, "2-family")
        await family.locator(f"a[href='/family/visit/{visit}']").click()
        await family.get_by_text("不对，我有意见").click()
        await family.get_by_role("radio", name="没有人来").click()
        await family.get_by_role("textbox").fill("我妈说那天没人上门")
        await shot(family, "3-object")
        await family.get_by_role("button", name="发给驿站").click()
        await expect(family.get_by_text("前答复您")).to_be_visible(timeout=PATIENCE_MS)
        await shot(family, "4-objected")

        # Nobody touches the queue.
        item = desk.get_by_role("link", name=re.compile("龚国栋.*家属"))
        await expect(item).to_be_visible(timeout=PATIENCE_MS)
        [row] = await twins.rows(states, visit)
        assert tuple(row) == ("reopened", "held", 1, ["FAMILY_OBJECTION"])
        await shot(desk, "5-queue")
        await axe(desk)
        await item.click()
        await expect(desk.get_by_text("先答复家属")).to_be_visible(timeout=PATIENCE_MS)
        await shot(desk, "6-decide")
        await axe(desk)
        await desk.get_by_role("button", name="答复", exact=True).click()
        await desk.get_by_role("radio", name=re.compile("核实过")).check()
        await desk.get_by_role("dialog").get_by_role("textbox").fill("已上门核实，那天中午送到了，老人记起来了。")
        await desk.get_by_role("button", name="发给家属").click()
        await expect(desk.get_by_text("老人记起来了").first).to_be_visible(timeout=PATIENCE_MS)
        [row] = await twins.rows(states, visit)
        assert (row["settle_state"], row["holds"]) == ("unsettled", 0) or row["verify_state"] == "needs_review"

        await family.goto("/family")
        await family.get_by_text("驿站答复了您").click()
        await expect(family.get_by_text("老人记起来了")).to_be_visible(timeout=PATIENCE_MS)
        await shot(family, "7-answer")
        await axe(family)


async def test_a_question_reaches_the_caregiver_and_the_answer_the_queue(
    twins: Twins, chromium: Browser, shot: Shot
) -> None:
    async with context.connected(twins.near.settings.database_url, pool_size=2):
        start = clock.now() - timedelta(hours=3)
        visit = await twins.world.add_visit(
            twins.world.elder,
            start=start,
            op_state="completed",
            verify_state="needs_review",
            settle_state="held",
            grade="C",
            started_at=start,
            ended_at=start + timedelta(minutes=2),
        )
    async with (
        opened(chromium, twins.far, "asking", viewport=WIDE) as desk,
        opened(chromium, twins.near, "asked", viewport=NARROW) as phone,
    ):
        await enrol(phone, twins.secret)
        await sign_in(desk, f"/office/review/{visit}")
        await desk.get_by_role("radio", name=re.compile("问护理员")).check()
        await desk.get_by_role("combobox").select_option("when")
        await desk.get_by_role("textbox").fill("只记了两分钟，实际待了多久？")
        await desk.get_by_role("button", name="记下决定").click()

        # Nobody touches the phone.
        strip = phone.get_by_role("link", name="机构问您一件事，请回答")
        await expect(strip).to_be_visible(timeout=PATIENCE_MS)
        await shot(phone, "1-strip")
        await strip.click()
        await expect(phone.get_by_text("实际待了多久")).to_be_visible(timeout=PATIENCE_MS)
        await axe(phone)
        await fits(phone)
        await shot(phone, "2-question")
        await phone.get_by_role("button", name="回答").click()
        await phone.get_by_role("textbox").fill("送完饭陪老人说了会儿话，大概二十分钟。")
        await axe(phone)
        await shot(phone, "3-answer")
        await desk.goto("/office/review")
        await expect(desk.get_by_text("已问护理员，等回答")).to_be_visible(timeout=PATIENCE_MS)
        await phone.get_by_role("button", name="送给机构").click()
        await expect(phone.get_by_text("您答：送完饭")).to_be_visible(timeout=PATIENCE_MS)
        await shot(phone, "4-answered")
        await expect(desk.get_by_text("护理员已回答")).to_be_visible(timeout=PATIENCE_MS)

        await desk.goto(f"/office/review/{visit}")
        await desk.get_by_role("radio", name=re.compile("不认可")).check()
        await desk.get_by_role("combobox").select_option("too_short")
        await desk.get_by_role("textbox").fill("电话里老人说没有待那么久。")
        await desk.get_by_role("button", name="记下决定").click()
        await phone.get_by_role("button", name="我不同意").click(timeout=60_000)
        await phone.get_by_role("textbox").fill("邻居可以作证。")
        await phone.get_by_role("button", name="送给机构").click()
        await expect(phone.get_by_text("您说：邻居可以作证。")).to_be_visible(timeout=PATIENCE_MS)
        await expect(phone.get_by_role("button", name="我不同意")).to_have_count(0)
        [row] = await twins.rows("SELECT verify_state, hold_codes FROM visit WHERE id = $1", visit)
        assert tuple(row) == ("reopened", ["CAREGIVER_OBJECTS"])
