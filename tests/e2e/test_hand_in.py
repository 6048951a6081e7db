"""A phone that never finds a network: its records go by hand to the office, and the receipts come back by hand."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from doorstep import context
from support.camera import Camera
from support.sign_in import ticket
from support.world import World

from .conftest import Site
from .test_a_counted_visit import Shot, sign_in


async def enrolled(site: Site, handset: BrowserContext) -> Page:
    """A phone with one call, on the list of today."""
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        await world.add_visit(world.elder, plan_item=await world.add_plan_item(world.elder), minutes=600)
        secret = await ticket(world.caregiver, await world.add_account("dispatcher"))
    phone = await handset.new_page()
    await phone.goto(f"/E/{secret}")
    await phone.get_by_role("button", name="用这个链接绑定").click()
    await phone.get_by_role("button", name="是我，开始用").click()
    await expect(phone.get_by_text("龚国栋").first).to_be_visible()
    await phone.evaluate("navigator.serviceWorker.ready")
    return phone


async def one_record(phone: Page) -> None:
    """Nobody opened the door."""
    await phone.get_by_text("龚国栋").first.click()
    await (
        phone.get_by_role("link", name=re.compile("没人开门"))
        .or_(phone.get_by_role("button", name=re.compile("没人开门")))
        .click()
    )
    await phone.get_by_text("敲门没人应").click()
    await phone.get_by_role("button", name="记下", exact=True).click()
    await expect(phone.get_by_text("已存在手机上")).to_be_visible()


async def saved(page: Page, button: str, folder: Path) -> Path:
    """The file that a button gives, under the name that it comes with."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=button).click()
    download = await waiting.value
    file = folder / download.suggested_filename
    await download.save_as(file)
    return file


async def test_records_by_codes_and_file_and_receipts_back(
    site: Site, desk: Page, handset: BrowserContext, camera: Camera, tmp_path: Path, shot: Shot
) -> None:
    phone = await enrolled(site, handset)
    await handset.set_offline(True)
    await one_record(phone)
    await phone.goto("/door/records")
    await expect(phone.get_by_text("1 条记录在手机上")).to_be_visible()
    await shot(phone, "1-records")
    await phone.get_by_role("link", name="交给机构", exact=True).click()
    await shot(phone, "2-hand-in")
    file = await saved(phone, "存成文件", tmp_path)
    await phone.get_by_role("button", name="给机构扫码").click()
    row = phone.get_by_text(re.compile(r"第 \d+ 张，共 \d+ 张"))
    pieces = int(re.findall(r"\d+", await row.inner_text())[1])
    codes: dict[str, Image.Image] = {}
    code = phone.get_by_role("img", name="给机构扫码")
    while len(codes) < pieces:
        name = await row.inner_text()
        picture = Image.open(io.BytesIO(await code.screenshot()))
        # Taken between two codes it might belong to either.
        if name == await row.inner_text():
            codes[name] = picture
    await shot(phone, "3-codes")

    # The office: the camera sees one code after the other, then everything is handed in.
    await sign_in(desk)
    await desk.get_by_role("link", name="代交记录").click()
    await shot(desk, "4-office")
    camera.row(list(codes.values()))
    await desk.get_by_role("button", name="扫手机上的码").click()
    await expect(desk.get_by_text("代交了 1 条")).to_be_visible(timeout=60_000)
    await shot(desk, "5-office-done")
    receipts = await saved(desk, "回执文件", tmp_path)

    # The same by file: nothing is doubled, and the answer is the same.
    await desk.get_by_role("button", name="再交一份").click()
    await desk.set_input_files("input[type=file]", file)
    await expect(desk.get_by_text("代交了 1 条")).to_be_visible()

    # Still without a network the phone believes the server's signature.
    await phone.get_by_role("button", name="返回").click()
    await phone.set_input_files("input[type=file]", receipts)
    await expect(phone.get_by_text("已由机构代交：1 条有了回执")).to_be_visible()
    await shot(phone, "6-receipts")
    await phone.get_by_role("button", name="返回").click()
    await expect(phone.get_by_text("1 条记录在手机上")).to_have_count(0)
    await phone.get_by_role("link", name="我的", exact=True).click()
    await shot(phone, "7-settings")
    await desk.set_viewport_size({"width": 360, "height": 740})
    await shot(desk, "8-office-small")
