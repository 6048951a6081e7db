"""A sample as the subdistrict's officer makes it: drawn from a published seed, asked about home by home, counted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import asyncpg
from playwright.async_api import Locator, Page, expect

from doorstep import context
from doorstep.core import clock, vault
from doorstep.identity.wire import Role
from doorstep.review import rules_samples
from support.world import World

from .conftest import PASSWORD, Site, hire
from .screens import Shot, look

SEED = "双色球 2026135 期 03 08 15 22 27 31 09"
PHONE = "13800009999"
VISITS, DRAWN = 6, 3


async def served(site: Site) -> list[UUID]:
    """An officer of the subdistrict, and visits of the last days that were verified."""
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        await hire(Role.OFFICER, "张所长", "officer", area=world.subdistrict)
        made = []
        for ago in range(1, VISITS + 1):
            start = clock.now() - timedelta(days=ago, minutes=5)
            went: dict[str, Any] = {"started_at": start, "ended_at": start + timedelta(minutes=40), "grade": "A"}
            went |= {"op_state": "completed", "verify_state": "auto_verified"}
            made.append(await world.add_visit(world.elder, start=start, **went))
    await rows(site, "UPDATE elder SET phone = $1", vault.current().seal(PHONE, "elder.phone"))
    return made


async def rows(site: Site, sql: str, *values: Any) -> list[Any]:
    """What the database says."""
    db = await asyncpg.connect(site.dsn)
    found = await db.fetch(sql, *values)
    await db.close()
    return found


def progress(desk: Page, done: int) -> Locator:
    """How far the sample is recorded."""
    return desk.get_by_text(re.compile(rf"^{done} / {DRAWN}$"))


async def test_draw_record_and_see_how_far_it_is(site: Site, desk: Page, shot: Shot) -> None:
    visits = await served(site)
    await desk.goto("/office/samples")
    await desk.get_by_label("用户名").fill("officer")
    await desk.get_by_label("密码", exact=True).fill(PASSWORD)
    await desk.get_by_role("button", name="登录").click()
    await expect(desk.get_by_text("还没有抽查过")).to_be_visible()
    await expect(desk.get_by_role("link", name="抽查")).to_have_attribute("aria-current", "page")
    await look(desk, shot, "1-empty")

    # The month before has no visits at all; the seed has to be written down before anything is drawn.
    await desk.get_by_role("button", name="抽一批").click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label("从", exact=True).fill((clock.today() - timedelta(days=30)).isoformat())
    await dialog.get_by_label("到（含）").fill(clock.today().isoformat())
    await dialog.get_by_label("机构").select_option(label=f"朝外照料中心（{VISITS} 次服务）")
    await dialog.get_by_label("抽几次").fill(str(DRAWN))
    await dialog.get_by_role("radio", name="再加一个大家都查得到的号码").check()
    await dialog.get_by_role("button", name="开始抽").click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写下号码")
    await look(desk, shot, "2-draw")
    await dialog.get_by_label("写下号码和出处").fill(SEED)
    await dialog.get_by_role("button", name="开始抽").click()

    await expect(progress(desk, 0)).to_be_visible()
    await expect(desk.get_by_text(re.compile(f"^{SEED} · [0-9a-f]{{32}}$"))).to_be_visible()
    sample = desk.url.rpartition("/")[2]
    drawn = await rows(site, "SELECT visit FROM sample_item WHERE sample = $1 ORDER BY ordinal", sample)
    [seed] = await rows(site, "SELECT seed FROM sample WHERE id = $1", sample)
    first, second, third = (row["visit"] for row in drawn)
    assert [first, second, third] == rules_samples.draw(visits, seed["seed"], DRAWN)
    evidence = desk.get_by_role("link", name=re.compile("^看证据"))
    shown = [(await one.get_attribute("href") or "").rpartition("/")[2] for one in await evidence.all()]
    assert shown == [str(first), str(second), str(third)], "in the order in which they were drawn"
    await desk.get_by_role("button", name="再抽一遍，验证").click()
    await expect(desk.get_by_text(f"抽出来的还是这 {DRAWN} 次")).to_be_visible()
    async with desk.expect_download() as saved:
        await desk.get_by_role("button", name="当时能抽的名单").click()
    listed = (await anyio.Path(await (await saved.value).path()).read_text("utf-8")).splitlines()
    assert [first, second, third] == rules_samples.draw([UUID(one) for one in listed], seed["seed"], DRAWN)
    await look(desk, shot, "3-drawn")

    # The first home says that it was so.
    await desk.get_by_role("button", name="记录结果").first.click()
    await expect(dialog.get_by_role("link", name=PHONE)).to_have_attribute("href", f"tel:{PHONE}")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_role("alert")).to_have_text("请选一个结果")
    await dialog.get_by_role("radio", name="属实").check()
    await look(desk, shot, "4-record")
    await dialog.get_by_role("button", name="保存").click()
    await expect(progress(desk, 1)).to_be_visible()

    # The keyboard stands on the next one, where nobody came; that has to be described, and holds the money.
    await expect(desk.get_by_role("button", name="记录结果").first).to_be_focused()
    await desk.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("radio", name="上门").check()
    await dialog.get_by_role("radio", name="没有服务").check()
    await expect(dialog.get_by_text("补贴先扣着")).to_be_visible()
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写明情况")
    await dialog.get_by_label("老人或家属怎么说的").fill("老人说那天没有人来")
    await look(desk, shot, "5-not-so")
    await dialog.get_by_role("button", name="保存").click()
    await expect(progress(desk, 2)).to_be_visible()
    [held] = await rows(site, "SELECT verify_state, settle_state FROM visit WHERE id = $1", second)
    assert (held["verify_state"], held["settle_state"]) == ("reopened", "held")
    await expect(desk.get_by_text("已重新打开")).to_have_count(1)
    await look(desk, shot, "6-two-of-three")

    await desk.get_by_role("button", name="再抽一遍，验证").click()
    await expect(desk.get_by_text(f"抽出来的还是这 {DRAWN} 次")).to_be_visible()
    await expect(desk.get_by_text(f"当时能抽的 {VISITS} 次里，后来有 1 次不再是已认可")).to_be_visible()
    await desk.get_by_role("button", name="还没记录").click()
    await expect(desk.get_by_role("button", name="记录结果")).to_have_count(1)
    assert await evidence.get_attribute("href") == f"/office/review/{third}"

    # The page on which it is decided tells what was found, and leads back.
    await desk.goto(f"/office/review/{second}")
    await expect(desk.get_by_text("老人说那天没有人来")).to_be_visible()
    await expect(desk.get_by_role("heading", name="抽查结果")).to_be_visible()
    await desk.get_by_role("link", name="看这一批").click()
    await expect(progress(desk, 2)).to_be_visible()
    await desk.get_by_role("link", name="抽查").click()
    await expect(progress(desk, 2)).to_be_visible()
    await expect(desk.get_by_text("1 次对不上")).to_be_visible()
    await look(desk, shot, "7-list")
