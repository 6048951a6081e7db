"""The office's lists, each empty, full and failing, wide and on a phone; what lies beyond the first page."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, Route, expect

from doorstep import context
from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.identity.wire import Role
from support.world import World

from .conftest import Site, hire
from .screens import NARROW, WIDE, Shot, look, sign_in

SAYS = "那天中午我妈打电话说一直没有人来，到下午两点才有人敲门，饭已经凉了，我想知道是怎么回事。"
CODES = ["OVERLAP", "TOO_SHORT", "NOT_ASSIGNED", "TOKEN_MISSING"]
AGAIN, MORE = "再试一次", "显示更多"


class Screen(NamedTuple):
    """Where a list is, what it reads, and its words when there is nothing."""

    path: str
    reads: str
    nothing: str


SCREENS = {
    "queue": Screen("/office/review", r"/api/v1/review/queue(\?|$|/)", "没有待核的服务"),
    "feedback": Screen("/office/feedback", r"/api/v1/feedback(\?|$)", "没有等答复的"),
    "samples": Screen("/office/samples", r"/api/v1/review/samples(\?|$)", "还没有抽查过"),
    "register": Screen("/office/register", r"/api/v1/register(\?|$)", "这段时间没有服务"),
    "figures": Screen("/office/figures", r"/api/v1/figures(\?|$)", "这段时间没有服务"),
    "audit": Screen("/office/audit", r"/api/v1/audit(\?|$)", "没有记录"),
}


@pytest.fixture
async def world(site: Site) -> World:
    """Two homes, and a manager who may sign in."""
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        await hire(Role.MANAGER, "站长老秦", "boss", provider=world.provider)
    return world


async def served(site: Site, world: World, number: int, **values: Any) -> list[UUID]:
    """So many visits of today and before."""
    made = []
    async with context.connected(site.dsn, pool_size=2):
        for ago in range(number):
            start = clock.now() - timedelta(hours=3, minutes=ago)
            row: dict[str, Any] = {"op_state": "completed", "verify_state": "auto_verified", "grade": "A"}
            row |= {"start": start, "started_at": start, "ended_at": start + timedelta(minutes=25)}
            made.append(await world.add_visit(world.elder, **(row | values)))
    return made


async def fill(site: Site, world: World) -> None:
    """What waits for all reasons, what families said of it, and what was rejected."""
    held = await served(site, world, 5, verify_state="needs_review", settle_state="held", grade="C", hold_codes=CODES)
    await served(site, world, 3, verify_state="rejected")
    seal, member = vault.current().seal, uuid7()
    db = await asyncpg.connect(site.dsn)
    name = seal("欧阳建国的大女儿", "family_member.name")
    await db.execute("INSERT INTO family_member (id, name, created_at) VALUES ($1, $2, now())", member, name)
    for number, visit in enumerate(held):
        kind = ("object", "ask")[number % 2]
        await db.execute(
            "INSERT INTO feedback (id, visit, member, elder, kind, reason, text, at, answer_due_on)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8)",
            uuid7(), visit, member, world.elder, kind, "nobody_came" if kind == "object" else None,
            seal(SAYS, "feedback.text"), clock.today() + timedelta(days=number - 2),
        )  # fmt: skip
    await db.close()


async def broken(route: Route) -> None:
    """The server fails."""
    await route.fulfill(status=500, json={"status": 500, "code": "INTERNAL", "title": "服务器出错了"})


async def away(route: Route) -> None:
    """The server is not there."""
    await route.abort()


async def test_each_list_empty_failing_and_full(site: Site, world: World, desk: Page, shot: Shot) -> None:
    await sign_in(desk, "/office/review")
    await nothing_there(desk, shot)
    await not_to_be_read(desk, shot)
    await fill(site, world)
    await much_there(desk, shot)


async def nothing_there(desk: Page, shot: Shot) -> None:
    """Every list says so, and of what there is nothing."""
    for name, screen in SCREENS.items():
        await desk.goto(screen.path)
        if name == "audit":  # The sign-in itself is there.
            await desk.get_by_label("从哪天起").fill((clock.today() + timedelta(days=2)).isoformat())
        await expect(desk.get_by_text(screen.nothing)).to_be_visible()
        await look(desk, shot, name)
    # Nothing that fits is not nothing at all.
    await desk.goto("/office/review")
    await desk.get_by_role("button", name="必须查清").click()
    await expect(desk.get_by_text("没有符合条件的")).to_be_visible()
    await expect(desk.get_by_text("都核完了")).to_have_count(0)
    await desk.goto("/office/feedback")
    for chip, nothing in (("已答复", "还没有答复过的"), ("全部", "家属还没有来信")):
        await desk.get_by_role("button", name=chip).click()
        await expect(desk.get_by_text(nothing)).to_be_visible()


async def not_to_be_read(desk: Page, shot: Shot) -> None:
    """Every list says that it could not be read, whoever's fault it is, and reads again when it is told to."""
    for name, screen in SCREENS.items():
        reads = re.compile(screen.reads)
        for fail in (away, broken):
            await desk.route(reads, fail)
            await desk.goto(screen.path)
            await expect(desk.get_by_role("button", name=AGAIN).first).to_be_visible()
            if fail is broken:
                await look(desk, shot, f"{name}-broken")
            await desk.unroute(reads)
        await desk.get_by_role("button", name=AGAIN).first.click()
        await expect(desk.get_by_role("button", name=AGAIN)).to_have_count(0)


async def much_there(desk: Page, shot: Shot) -> None:
    """Samples have a test of their own."""
    seen = {
        "queue": "服务时间少于计划要求",
        "feedback": SAYS,
        "register": "不予认可",
        "figures": "没做成或不认可",
        "audit": "登录",
    }
    for name, words in seen.items():
        await desk.goto(SCREENS[name].path)
        await expect(desk.locator("#content").get_by_text(words).filter(visible=True).first).to_be_visible()
        await look(desk, shot, f"{name}-full", narrow=True)
    await desk.goto("/office/register")
    table = desk.get_by_role("table")
    await expect(table.get_by_text("待核", exact=True)).to_have_count(5)
    await expect(table.get_by_text("不予认可", exact=True)).to_have_count(3)
    # A row of the register is as broad as a telephone, not a column of single characters.
    await desk.set_viewport_size(NARROW)  # pyright: ignore[reportArgumentType]
    row = await desk.get_by_role("row").last.bounding_box()
    assert row is not None
    assert row["height"] < 160
    await desk.set_viewport_size(WIDE)  # pyright: ignore[reportArgumentType]


async def beyond(desk: Page, reads: str, whole: int) -> None:
    """The next page fails, says so, and comes when it is asked for again; nothing of the first one is lost."""
    rows = desk.locator(reads)
    await expect(desk.get_by_role("button", name=MORE)).to_be_visible()
    first = await rows.count()
    await desk.route(re.compile("[?&](cursor|before)="), away)
    await desk.get_by_role("button", name=MORE).click()
    await expect(desk.get_by_role("button", name=AGAIN)).to_be_visible()
    await expect(rows).to_have_count(first)
    await desk.unroute(re.compile("[?&](cursor|before)="))
    await desk.get_by_role("button", name=AGAIN).click()
    await expect(rows).to_have_count(whole)
    await expect(desk.get_by_role("button", name=MORE)).to_have_count(0)
    assert first < whole


async def test_what_lies_beyond_the_first_page(site: Site, world: World, desk: Page) -> None:
    await served(site, world, 60)
    await sign_in(desk, "/office/register")
    since = desk.get_by_label("从", exact=True)
    await since.fill((clock.today() - timedelta(days=2)).isoformat())
    await expect(desk.get_by_text("共 60 次")).to_be_visible()
    await beyond(desk, "tbody tr", 60)
    await desk.goto(f"/dispatch/elders/{world.elder}")
    await beyond(desk, "section:has(h2:text-is('以前的服务')) .folk-visit", 60)
    # The file is there, its past could not be read.
    past = re.compile(rf"/elders/{world.elder}/visits")
    await desk.route(past, away)
    await desk.goto(f"/dispatch/elders/{world.elder}")
    await expect(desk.get_by_role("heading", name="以前的服务")).to_be_visible()
    await desk.unroute(past)
    await desk.get_by_role("button", name=AGAIN).click()
    await expect(desk.locator(".folk-visit").first).to_be_visible()


async def test_a_visit_that_was_cancelled_on_its_page_is_taken_back_there(
    site: Site, world: World, desk: Page, shot: Shot
) -> None:
    async with context.connected(site.dsn, pool_size=2):
        start = clock.now() + timedelta(hours=2)
        visit, other = [await world.add_visit(world.elder, start=start + timedelta(hours=n)) for n in (0, 3)]
    await sign_in(desk, f"/dispatch/visits/{visit}")
    await desk.get_by_role("button", name="取消服务").click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_role("radio", name="老人不要").check()
    await dialog.get_by_role("button", name="取消这次服务").click()
    undo = desk.get_by_role("button", name="撤销")
    await expect(undo).to_be_visible()
    await expect(desk.get_by_role("button", name="取消服务")).to_have_count(0)
    await look(desk, shot, "cancelled")
    # On the page of another visit it is not offered.
    await desk.evaluate(
        "(to) => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate')) }",
        f"/dispatch/visits/{other}",
    )
    await expect(desk.get_by_role("button", name="取消服务")).to_be_visible()
    await expect(undo).to_have_count(0)
    await desk.go_back()
    await undo.click()
    await expect(desk.get_by_role("button", name="取消服务")).to_be_visible()
    await expect(undo).to_have_count(0)


async def test_an_entry_by_hand_goes_over_midnight(site: Site, world: World, desk: Page, shot: Shot) -> None:
    midnight = datetime.combine(clock.today() - timedelta(days=1), time(), clock.CHINA)
    async with context.connected(site.dsn, pool_size=2):
        late = midnight - timedelta(hours=2)
        visit = await world.add_visit(world.elder, start=late, minutes=90, op_state="missed")
    await sign_in(desk, f"/office/review/{visit}")
    await desk.get_by_role("button", name="手工补录").click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label("几点到").fill("23:40")
    await dialog.get_by_label("几点走").fill("00:25")
    await expect(dialog.get_by_text("到次日 00:25，共 45 分钟")).to_be_visible()
    await dialog.get_by_label("理由").select_option("phone_forgotten")
    await look(desk, shot, "entry")
    await dialog.get_by_role("button", name="补录", exact=True).click()
    await expect(dialog).to_have_count(0)
    db = await asyncpg.connect(site.dsn)
    row = await db.fetchrow("SELECT started_at, ended_at FROM visit WHERE id = $1", visit)
    await db.close()
    assert tuple(row or ()) == (midnight - timedelta(minutes=20), midnight + timedelta(minutes=25))
