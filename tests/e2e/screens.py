"""Screens of a browser in tests: whose they are, who signs in, and what every one of them has to hold."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from support.server import ROOT, Server

from .conftest import OUTPUT, PASSWORD

Shot = Callable[[Page, str], Awaitable[None]]
AXE = ROOT / "pwa/node_modules/axe-core/axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
PATIENCE_MS = 30_000


@contextlib.asynccontextmanager
async def opened(chromium: Browser, server: Server, name: str, **options: Any) -> AsyncIterator[Page]:
    """A page of somebody's own browser."""
    phone = options["viewport"] == NARROW
    if phone:
        options = {"device_scale_factor": 2, "is_mobile": True, "has_touch": True, **options}
    own: BrowserContext = await chromium.new_context(
        base_url=f"http://localhost:{server.port}",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        **options,
    )
    own.set_default_timeout(PATIENCE_MS)
    page = await own.new_page()
    yield page
    await page.screenshot(path=OUTPUT / f"last-truth-{name}.png")
    await own.close()


async def sign_in(page: Page, path: str, login: str = "boss", password: str = PASSWORD) -> None:
    """Somebody of the office, from wherever the address led."""
    await page.goto(path)
    await page.get_by_label("用户名").fill(login)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_label("用户名")).to_have_count(0, timeout=PATIENCE_MS)


async def axe(page: Page) -> None:
    """Nothing that keeps somebody out."""
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    found = await page.evaluate(
        "async () => (await axe.run()).violations"
        ".map(({ id, nodes }) => [id, nodes.map((one) => one.html).slice(0, 5)])"
    )
    assert found == [], (page.url, found)


FITS = """
(limit) => new Promise((done) => {
  const end = performance.now() + limit
  const turn = () => {
    const fits = document.documentElement.scrollWidth <= innerWidth
    if (fits || performance.now() > end) done(fits)
    else requestAnimationFrame(turn)
  }
  turn()
})
"""


async def fits(page: Page) -> None:
    """Nothing has to be pushed sideways, as soon as the drawings have been made for this width."""
    assert await page.evaluate(FITS, 5_000), page.url


async def look(page: Page, shot: Shot, name: str, *, narrow: bool = False) -> None:
    """Nothing that keeps somebody out, nothing to be pushed sideways on a phone; the pictures are kept.

    `narrow`: what is another arrangement on a phone is looked through there as well.
    """
    await axe(page)
    await shot(page, name)
    await page.set_viewport_size(NARROW)  # pyright: ignore[reportArgumentType]
    await fits(page)
    if narrow:
        await axe(page)
    await shot(page, f"{name}-360")
    await page.set_viewport_size(WIDE)  # pyright: ignore[reportArgumentType]


async def give_link(desk: Page, name: str) -> str:
    """On the page of an elder's family: the consent is recorded, a daughter's link is made; its slip stays open."""
    dialog = desk.get_by_role("dialog")
    await desk.get_by_role("button", name="记下同意").click()
    await dialog.get_by_role("button", name="保存").click()
    await desk.get_by_role("button", name="给家属链接").click()
    await dialog.get_by_label("家属姓名").fill(name)
    await dialog.get_by_label("和老人的关系").fill("女儿")
    await dialog.get_by_role("button", name="生成链接和码").click()
    link = await dialog.get_by_role("img").get_attribute("alt", timeout=PATIENCE_MS)
    assert link is not None
    return link
