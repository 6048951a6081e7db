"""A day in the sample district, as the office's people and a family have it, on the roster that an office hands over.

The caregiver's own day stands in test_a_counted_visit. Here a phone signs its records as a phone does, without screens.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import httpx
import openpyxl
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from doorstep import context
from doorstep.core import clock, keys, vault
from doorstep.demo import ROSTER, Notes, prepare
from doorstep.demo_screen import Scene
from doorstep.intake import command as intake
from doorstep.settings import Settings
from support.door import arrive, leave
from support.phone import Phone
from support.server import Server, free_port
from support.sign_in import phone_of

from .conftest import PASSWORD, Site
from .screens import NARROW, PATIENCE_MS, WIDE, Shot, give_link, look, opened, sign_in


@dataclass
class District(Site):
    """The sample district, running, with a visit that is open now and the phone of its caregiver."""

    scene: Scene
    phone: Phone

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """What the database says."""
        db = await asyncpg.connect(self.dsn)
        found = await db.fetch(sql, *values)
        await db.close()
        return found


@pytest.fixture
async def district(dsn: str, tmp_path: Path) -> AsyncIterator[District]:
    """The roster is read and its people's week is planned, as the demo does it."""
    port = free_port()
    settings = Settings(database_url=dsn, data_dir=tmp_path, public_url=f"http://localhost:{port}")
    keys.install(settings)
    await asyncio.to_thread(intake.run, settings, ROSTER, shift_to_today=True)
    notes = Notes(password=PASSWORD)
    scene = await asyncio.to_thread(context.run, settings, lambda: prepare(settings, notes))
    async with context.connected(dsn, pool_size=2):
        phone = await phone_of(scene.visit.caregivers[0].id, place=(scene.lat, scene.lon))
    server = Server(settings, factory="support.clocked:create", port=port)
    try:
        await asyncio.to_thread(server.start)
        yield District(server, dsn, scene, phone)
    finally:
        server.stop()


def block(desk: Page, elder: str, state: str) -> Locator:
    """Visits on the board."""
    return desk.get_by_role("button", name=re.compile(f" {elder} .*，{state}$"))


async def search(desk: Page, words: str) -> None:
    """What is typed into the page's search."""
    await desk.get_by_role("main").get_by_role("searchbox").fill(words)


async def somebody_free(dialog: Locator) -> None:
    """Chooses one after another instead of who is to go, until nothing forbids it; what speaks against it is said."""
    boxes = await dialog.get_by_role("checkbox").all()
    assigned = [await box.is_checked() for box in boxes]
    for box in (box for box, now in zip(boxes, assigned, strict=True) if now):
        await box.uncheck()
    for box in (box for box, now in zip(boxes, assigned, strict=True) if not now):
        await box.check()
        fine, warned, stopped = (
            dialog.get_by_text(words, exact=True) for words in ("没有冲突", "请留意", "不能这样安排")
        )
        await expect(fine.or_(warned).or_(stopped)).to_be_visible()
        if not await stopped.is_visible():
            return
        await box.uncheck()
    raise AssertionError("nobody is free")


async def a_dispatchers_day(district: District, desk: Page, shot: Shot) -> str:
    """Looks at today, and arranges tomorrow: somebody else, not at all, one more, leave, the hospital.

    Answers the link for the daughter.
    """
    visit, tomorrow = district.scene.visit, clock.today() + timedelta(days=1)
    await sign_in(desk, "/dispatch/board", "dispatcher")
    await expect(block(desk, visit.elder.name, "已派").first).to_be_visible(timeout=PATIENCE_MS)
    await look(desk, shot, "dispatcher-1-today")
    [home] = await district.rows(
        "SELECT e.initials, e.phone, h.address FROM elder e JOIN household h ON h.id = e.household WHERE e.id = $1",
        visit.elder.id,
    )
    address = vault.current().open(home["address"], "household.address")
    phone = vault.current().open(home["phone"], "elder.phone") if home["phone"] else ""
    bright = desk.locator("button.block:not(.faint)")
    for words in filter(None, (visit.elder.name, address, phone[-4:])):
        await search(desk, words)
        await expect(bright.filter(has_not_text=visit.elder.name)).to_have_count(0)
        await expect(bright.filter(has_text=visit.elder.name).first).to_be_visible()
    await search(desk, home["initials"])
    await expect(bright.filter(has_text=visit.elder.name).first).to_be_visible()
    await search(desk, "没有这个人")
    await expect(desk.get_by_text("没有符合条件的服务")).to_be_visible()
    await search(desk, "")

    # Tomorrow: somebody else goes, and it is taken back.
    await desk.get_by_role("button", name="后一天").click()
    await expect(desk.get_by_label("选择日期")).to_have_value(tomorrow.isoformat())
    await desk.get_by_role("button", name=re.compile("^已派")).click()
    first = bright.first
    name = str(await first.get_attribute("aria-label"))
    await first.focus()
    await desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_role("button", name="改派").click()
    await somebody_free(dialog)
    await look(desk, shot, "dispatcher-2-somebody-else")
    await dialog.get_by_role("button", name=re.compile("保存|仍然这样安排")).click()
    await expect(desk.get_by_text("已改派")).to_be_visible()
    await desk.get_by_role("button", name="撤销").click()
    await expect(desk.get_by_text("已撤销")).to_be_visible()

    # Not at all, with a reason; that can be taken back as well.
    await desk.get_by_role("button", name=name, exact=True).first.click()
    await dialog.get_by_role("button", name="取消服务").click()
    await dialog.get_by_role("radio", name="老人不要").check()
    await dialog.get_by_role("button", name="取消这次服务").click()
    await desk.get_by_role("button", name=re.compile("^已取消")).click()
    await expect(desk.locator("button.block.cancelled")).to_have_count(1)
    await look(desk, shot, "dispatcher-3-cancelled")
    await desk.get_by_role("button", name="撤销").click()
    await expect(desk.locator("button.block.cancelled")).to_have_count(0)

    # Somebody calls: one more for tomorrow.
    await desk.goto(f"/dispatch?day={tomorrow.isoformat()}")
    await desk.get_by_role("button", name="临时加单").click()
    await dialog.get_by_role("searchbox").fill(visit.elder.name)
    await dialog.get_by_role("button", name=re.compile(visit.elder.name)).first.click()
    await dialog.get_by_role("radio", name="助餐").or_(dialog.get_by_role("radio", name="送餐")).first.check()
    content = dialog.get_by_role("radio", name="送餐")
    if await content.count():
        await content.first.check()
    await dialog.get_by_label("加单原因").fill("家属来电，明天女儿不在")
    await look(desk, shot, "dispatcher-4-order")
    await dialog.get_by_role("button", name="加单，然后派人").click()
    await dialog.get_by_role("checkbox").first.check()
    await look(desk, shot, "dispatcher-5-who-goes")
    await dialog.get_by_role("button", name="派 1 人").click()
    await expect(desk.get_by_text(re.compile("^已派："))).to_be_visible()
    await desk.get_by_role("button", name="撤销").click()
    await expect(desk.get_by_text("已撤销")).to_be_visible()

    # One caregiver is away the day after tomorrow, an elder goes to hospital: what that leaves open is said at once.
    later = (tomorrow + timedelta(days=1)).isoformat()
    await desk.goto(f"/dispatch/caregivers/{visit.caregivers[0].id}")
    await desk.get_by_role("button", name="登记请假").click()
    await dialog.get_by_label("从哪天").fill(later)
    await dialog.get_by_label("哪天回来上班（不知道就空着）").fill((tomorrow + timedelta(days=2)).isoformat())
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.get_by_role("heading", name="这些服务要另外派人")).to_be_visible()
    await look(desk, shot, "dispatcher-6-leave")
    await desk.goto("/dispatch/elders")
    await search(desk, phone[-4:] or visit.elder.name)
    await desk.get_by_role("link", name=re.compile(visit.elder.name)).first.click()
    await desk.get_by_role("button", name="登记情况").click()
    await dialog.get_by_label("什么情况").select_option(label="住院")
    await dialog.get_by_label("从哪天起").fill(later)
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.get_by_text(re.compile("^已登记"))).to_be_visible()
    await look(desk, shot, "dispatcher-7-elder")

    # The daughter gets her link, with the elder's consent.
    await desk.get_by_role("link", name="家属查看").click()
    link = await give_link(desk, "韩晓")
    await look(desk, shot, "dispatcher-8-slip")
    return link


async def served_without_the_card(district: District) -> None:
    """The caregiver comes and goes, and says that the card could not be scanned."""
    visit, phone = district.scene.visit, district.phone
    async with httpx.AsyncClient(base_url=district.url) as server:
        [came] = await phone.send(server, arrive(phone, visit.id, visit.elder.id, None))
        await district.move(1500)
        ahead = clock.now() + timedelta(seconds=1500)
        with clock.running_from(lambda: ahead):
            [left] = await phone.send(server, leave(phone, visit.id, visit.elder.id, None))
    assert (came["codes"], left["codes"]) == (["TOKEN_MISSING"], ["TOKEN_MISSING"])


async def a_familys_day(district: District, page: Page, link: str, shot: Shot) -> None:
    """Opens the link, looks at today, the month and what is coming, and objects to a visit."""
    visit = district.scene.visit
    await page.goto(link)
    mine = page.get_by_text("是我的手机，打开")
    await expect(mine).to_be_visible(timeout=PATIENCE_MS)
    await look(page, shot, "family-1-link")
    await mine.click()
    await expect(page.get_by_role("heading", name=visit.elder.name)).to_be_visible(timeout=PATIENCE_MS)
    await look(page, shot, "family-2-days")
    await page.get_by_role("link", name="一个月").click()
    await expect(page.get_by_text(re.compile("这个月做了"))).to_be_visible()
    await look(page, shot, "family-3-month")
    await page.goto(f"/family/visit/{visit.id}")
    await expect(page.get_by_text(f"{visit.caregivers[0].name[0]}护理员").first).to_be_visible()
    await look(page, shot, "family-4-visit")
    whole = await page.content()
    assert visit.caregivers[0].name not in whole, "a caregiver's whole name is not the family's"
    await page.get_by_text("不对，我有意见").click()
    await page.get_by_role("radio", name="时间太短").click()
    await look(page, shot, "family-5-object")
    await page.get_by_role("button", name="发给驿站").click()
    await expect(page.get_by_text("前答复您")).to_be_visible()


async def a_managers_day(district: District, desk: Page, shot: Shot) -> None:
    """Sees in the queue what waits, answers the family, decides, draws a sample and calls."""
    visit = district.scene.visit
    await sign_in(desk, "/office/review", "manager")
    item = desk.get_by_role("link", name=re.compile(f"{visit.elder.name}.*家属"))
    await expect(item).to_be_visible(timeout=PATIENCE_MS)
    await look(desk, shot, "manager-1-queue")
    await item.click()
    await expect(desk.get_by_text("先答复家属")).to_be_visible()
    await look(desk, shot, "manager-2-visit")
    dialog = desk.get_by_role("dialog")
    await desk.get_by_role("button", name="答复", exact=True).click()
    await desk.get_by_role("radio", name=re.compile("核实过")).check()
    await dialog.get_by_role("textbox").fill("电话问过老人，送完饭还帮着热了菜。")
    await desk.get_by_role("button", name="发给家属").click()
    await expect(desk.get_by_text("帮着热了菜").first).to_be_visible()
    await desk.get_by_role("radio", name=re.compile("^认可")).check()
    await desk.get_by_role("combobox").select_option("confirmed_by_phone")
    await desk.get_by_role("textbox").fill("老人在电话里确认了")
    await look(desk, shot, "manager-3-decide")
    await desk.get_by_role("button", name="记下决定").click()
    await expect(desk.get_by_text("现在没有要决定的。")).to_be_visible()
    states = "SELECT verify_state, settle_state, holds FROM visit WHERE id = $1"
    assert tuple((await district.rows(states, visit.id))[0]) == ("verified", "unsettled", 0)

    await desk.get_by_role("link", name="抽查").click()
    await desk.get_by_role("button", name="抽一批").click()
    await dialog.get_by_role("button", name="这个月到今天").click()
    await dialog.get_by_role("button", name="开始抽").click()
    await desk.get_by_role("button", name="记录结果").click()
    await dialog.get_by_role("radio", name="属实").check()
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.get_by_text("1 / 1", exact=True)).to_be_visible()
    await look(desk, shot, "manager-4-sample")


async def the_months_papers(district: District, desk: Page, shot: Shot) -> None:
    """The figures, and the register as the sheet that is printed."""
    visit = district.scene.visit
    await desk.get_by_role("link", name="数据").click()
    await desk.get_by_role("radio", name="护理员").or_(desk.get_by_role("button", name="护理员")).first.click()
    await expect(desk.get_by_role("rowheader", name=visit.caregivers[0].name)).to_be_visible()
    await look(desk, shot, "manager-5-figures")
    await desk.get_by_role("link", name="登记簿").click()
    await expect(desk.get_by_role("rowheader", name=re.compile(visit.elder.name))).to_be_visible()
    await look(desk, shot, "manager-6-register")
    async with desk.expect_download() as saved:
        await desk.get_by_role("button", name="下载表格").click()
    content = await anyio.Path(await (await saved.value).path()).read_bytes()
    cells = [cell for row in openpyxl.load_workbook(BytesIO(content)).worksheets[0].values for cell in row]
    assert visit.elder.name in cells, cells


async def an_officers_day(district: District, desk: Page, shot: Shot) -> None:
    """Looks after one subdistrict: the home of another one is as if it did not exist."""
    await sign_in(desk, f"/office/review/{district.scene.visit.id}", "officer")
    await expect(desk.get_by_text("没有这次服务")).to_be_visible()
    await desk.get_by_role("link", name="待核服务").click()
    await expect(desk.get_by_text("没有待核的服务")).to_be_visible()
    await look(desk, shot, "officer-1-queue")
    await desk.get_by_role("link", name="数据").click()
    await expect(desk.get_by_role("row").nth(1)).to_be_visible()
    await look(desk, shot, "officer-2-figures")


async def an_auditors_day(district: District, desk: Page, shot: Shot) -> None:
    """Reads one visit, changes nothing, and stands in the trail for it."""
    await sign_in(desk, f"/office/review/{district.scene.visit.id}", "auditor")
    await expect(desk.get_by_text("老人在电话里确认了")).to_be_visible()
    await expect(desk.get_by_role("button", name="记下决定")).to_have_count(0)
    await look(desk, shot, "auditor-1-visit")
    await desk.get_by_role("link", name="操作记录").click()
    mine = desk.get_by_role("row").filter(has_text="区审计小孟").filter(has_text="看一次服务的证据")
    await expect(mine.first).to_be_visible()
    await expect(desk.get_by_role("row").filter(has_text="站长老秦").filter(has_text="作决定")).to_have_count(1)
    await look(desk, shot, "auditor-2-trail")


async def test_a_day_in_the_sample_district(district: District, chromium: Browser, shot: Shot) -> None:
    server = district.server
    async with opened(chromium, server, "dispatcher", viewport=WIDE) as desk:
        link = await a_dispatchers_day(district, desk, shot)
    await served_without_the_card(district)
    async with opened(chromium, server, "family", viewport=NARROW) as family:
        await a_familys_day(district, family, link, shot)
        async with opened(chromium, server, "manager", viewport=WIDE) as desk:
            await a_managers_day(district, desk, shot)
            await the_months_papers(district, desk, shot)
        await family.goto("/family")
        await family.get_by_text("驿站答复了您").click()
        await expect(family.get_by_text("帮着热了菜")).to_be_visible()
        await look(family, shot, "family-6-answer")
    async with opened(chromium, server, "officer", viewport=WIDE) as desk:
        await an_officers_day(district, desk, shot)
    async with opened(chromium, server, "auditor", viewport=WIDE) as desk:
        await an_auditors_day(district, desk, shot)
