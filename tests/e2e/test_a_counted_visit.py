"""The whole way in real browsers: roster, card, phone, scan in and out, counted; the office sees it live.

The camera shows the pixels of the PDF that the office has just printed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import asyncpg
import httpx
import openpyxl
import zxingcpp
from joserfc import jws
from joserfc.jwk import KeySet
from openpyxl.cell.cell import MergedCell
from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

import doorstep
from doorstep.core import clock, vault
from support.camera import Camera
from support.print import pages

from .conftest import PASSWORD, Site

SAMPLE = Path(doorstep.__file__).parent / "sample" / "roster-2026.xlsx"
Shot = Callable[[Page, str], Awaitable[None]]


def moved(day: datetime, years: int) -> datetime:
    """Some years later; 29 February is the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def roster_of_this_year(folder: Path) -> Path:
    """The sample as the office would send it this year: every date moved by whole years."""
    years = clock.today().year - 2026
    book = openpyxl.load_workbook(SAMPLE)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell, MergedCell):
                    continue
                if isinstance(cell.value, datetime):
                    cell.value = moved(cell.value, years)
                elif isinstance(cell.value, str) and cell.row == 1:
                    cell.value = cell.value.replace("2026", str(2026 + years))
    path = folder / "花名册.xlsx"
    book.save(path)
    return path


async def somebody_alone(dsn: str) -> dict[str, object]:
    """An elder who lives alone at home, has meals in the plan, and a caregiver of the same provider."""
    db = await asyncpg.connect(dsn)
    row = await db.fetchrow(
        """
        SELECT e.id AS elder, e.name, h.address, h.lat, h.lon, c.id AS caregiver, c.name AS caregiver_name
        FROM elder e JOIN household h ON h.id = e.household
        JOIN care_plan p ON p.elder = e.id JOIN plan_item i ON i.plan = p.id AND i.service_type = 'meal'
        JOIN caregiver c ON c.provider = i.provider
        WHERE (SELECT count(*) FROM elder o WHERE o.household = h.id) = 1
          AND NOT EXISTS (SELECT FROM elder_status s WHERE s.elder = e.id
            AND s.kind IN ('welfare_institution', 'deceased'))
          AND NOT EXISTS (SELECT FROM visit v JOIN assignment a ON a.visit = v.id
            WHERE a.caregiver = c.id AND v.service_day = $1 AND v.window_end > $2::timestamptz - interval '2 hours')
        ORDER BY e.id, c.id LIMIT 1
        """,
        clock.today(),
        clock.now(),
    )
    await db.close()
    assert row is not None
    open_ = vault.current().open
    return {
        **row,
        "name": open_(row["name"], "elder.name"),
        "address": open_(row["address"], "household.address"),
    }


async def sign_in(page: Page) -> None:
    await page.goto("/office")
    await page.locator("[name=login]").fill("admin")
    await page.locator("[name=password]").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("link", name="今日服务", exact=True)).to_be_visible()


async def import_roster(page: Page, file: Path, shot: Shot) -> None:
    await page.get_by_role("link", name="导入名册", exact=True).click()
    await page.set_input_files("input[type=file]", file)
    await expect(page.get_by_text("预览：还没有写入任何内容")).to_be_visible(timeout=60_000)
    await shot(page, "1-import-preview")
    await page.get_by_role("button", name=re.compile("确认导入")).first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=re.compile("确认导入|导入")).last.click()
    await expect(page.get_by_text("导入完成")).to_be_visible(timeout=60_000)


async def print_card(page: Page, name: str, shot: Shot) -> Image.Image:
    """Prints the home's card and answers the picture of it, cut out of the PDF's page."""
    await page.get_by_role("link", name="住户卡", exact=True).click()
    await page.get_by_placeholder(re.compile("搜")).or_(page.get_by_role("searchbox")).first.fill(name)
    row = page.get_by_role("checkbox", name=re.compile("选择"))
    await expect(row).to_have_count(1, timeout=10_000)
    await row.check()
    await page.get_by_text("A4 十张").click()
    await page.get_by_role("button", name="生成并打印").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("张新卡")).click()
    async with page.expect_download(timeout=60_000) as waiting:
        await page.get_by_text("下载文件").click()
    content = await asyncio.to_thread(Path(await (await waiting.value).path()).read_bytes)
    assert content.startswith(b"%PDF")
    await shot(page, "2-cards")
    await page.get_by_text("已打印好").click()
    sheet = pages(content, dpi=200)[0]
    (code,) = zxingcpp.read_barcodes(sheet)
    corners = [code.position.top_left, code.position.top_right, code.position.bottom_left, code.position.bottom_right]
    left, top = min(c.x for c in corners), min(c.y for c in corners)
    right, bottom = max(c.x for c in corners), max(c.y for c in corners)
    margin = (right - left) // 3
    return sheet.crop((left - margin, top - margin, right + margin, bottom + margin))


async def enrol(page: Page, phone: Page, camera: Camera, name: str, shot: Shot) -> None:
    await page.get_by_role("link", name="护理员与手机", exact=True).click()
    await page.get_by_role("searchbox").fill(name)
    person = page.get_by_role("row").filter(has_text=name)
    await expect(person).to_have_count(1)
    await person.get_by_role("button", name=re.compile("绑定手机")).click()
    picture = page.get_by_alt_text("绑定手机用的二维码")
    await expect(picture).to_be_visible()
    await shot(page, "3-enrolment-code")
    camera.show(Image.open(BytesIO(await picture.screenshot())))
    await phone.goto("/door/enrol")
    await phone.get_by_role("button", name=re.compile("扫")).first.click()
    await expect(phone.get_by_text("是我，开始用")).to_be_visible(timeout=20_000)
    await expect(phone.get_by_text(name).first).to_be_visible()
    await shot(phone, "4-who-you-are")
    await phone.get_by_text("是我，开始用").click()
    await expect(phone.get_by_role("link", name="今天")).to_be_visible(timeout=10_000)
    await expect(page.get_by_text(re.compile("已绑定")).first).to_be_visible(timeout=10_000)
    await page.keyboard.press("Escape")


# The moved clock of the page is not the one that stamps positions; on a phone both are the same.
STAMP_POSITIONS = """
const real = navigator.geolocation
const now = (take) => ({ coords }) => take({ coords, timestamp: Date.now() })
const watch = real.watchPosition.bind(real), get = real.getCurrentPosition.bind(real)
real.watchPosition = (take, ...rest) => watch(now(take), ...rest)
real.getCurrentPosition = (take, ...rest) => get(now(take), ...rest)
"""


READ_RECEIPTS = """async () => {
  const settled = (request) => new Promise((ok, no) => {
    request.onsuccess = () => ok(request.result)
    request.onerror = () => no(request.error)
  })
  const found = []
  for (const { name } of await indexedDB.databases()) {
    const db = await settled(indexedDB.open(name))
    for (const store of db.objectStoreNames) {
      const rows = await settled(db.transaction(store).objectStore(store).getAll())
      for (const row of rows) if (row?.jws && row.receipt) found.push([row.jws, row.receipt.receipt ?? row.receipt])
    }
    db.close()
  }
  return found
}"""


async def receipts_on(phone: Page) -> dict[str, str]:
    """What the phone's own database holds: events and their receipts."""
    return dict(await phone.evaluate(READ_RECEIPTS))


async def test_from_the_roster_to_a_counted_visit(
    site: Site, desk: Page, handset: BrowserContext, camera: Camera, tmp_path: Path, shot: Shot
) -> None:
    await sign_in(desk)
    await import_roster(desk, roster_of_this_year(tmp_path), shot)
    who = await somebody_alone(site.dsn)
    await handset.set_geolocation({"latitude": who["lat"], "longitude": who["lon"], "accuracy": 12})  # pyright: ignore[reportArgumentType]
    card = await print_card(desk, str(who["name"]), shot)

    await handset.add_init_script(STAMP_POSITIONS)
    phone = await handset.new_page()
    await enrol(desk, phone, camera, str(who["caregiver_name"]), shot)

    now = clock.now()
    order = await desk.request.post(
        "/api/v1/visits",
        data={
            "elder_id": str(who["elder"]),
            "service_type": "meal",
            "content": "delivery",
            "window_start": (now - timedelta(minutes=5)).isoformat(),
            "window_end": (now + timedelta(hours=2)).isoformat(),
            "caregiver_ids": [str(who["caregiver"])],
            "reason": "家属来电",
        },
        headers={"Origin": site.url},
    )
    assert order.status == 201, await order.text()
    [made] = (await order.json())["visits"]
    visit = made["id"]
    assert [one["id"] for one in made["caregivers"]] == [str(who["caregiver"])], made

    # The office watches; nobody touches its screen from here on.
    await desk.get_by_role("link", name="今日服务", exact=True).click()
    watched = desk.get_by_role("row").or_(desk.locator("article, li")).filter(has_text=str(who["name"])).first
    await expect(watched).to_be_visible()
    await shot(desk, "5-office-before")

    # It comes by itself, or is asked for, whichever is first.
    await phone.get_by_role("button", name="刷新").click()
    await phone.get_by_text(str(who["name"])).first.click()
    await shot(phone, "6-call")
    await phone.get_by_role("button", name="到了，扫码签到").click()
    camera.show(card)
    await phone.get_by_role("button", name="我知道了").click()
    await expect(phone.get_by_role("button", name=re.compile("开始|去服务"))).to_be_visible(timeout=20_000)
    await shot(phone, "7-checked-in")
    await phone.get_by_role("button", name=re.compile("开始|去服务")).click()
    await expect(watched.get_by_text("服务中")).to_be_visible(timeout=5_000)
    await shot(desk, "8-office-inside")

    await phone.clock.install()
    await phone.clock.fast_forward(25 * 60 * 1000)
    await site.move(25 * 60)
    for task in await phone.get_by_role("checkbox").all():
        await task.check()
    await shot(phone, "9-tasks")
    await phone.get_by_role("button", name="做完了，扫码签退").click()
    await expect(phone.get_by_role("list", name="已计入")).to_be_visible(timeout=30_000)
    await shot(phone, "10-checked-out")
    await expect(watched.get_by_text(re.compile("已完成|完成"))).to_be_visible(timeout=5_000)
    await shot(desk, "11-office-done")

    db = await asyncpg.connect(site.dsn)
    row = await db.fetchrow("SELECT op_state, verify_state, grade FROM visit WHERE id = $1", visit)
    found = [tuple(one) for one in await db.fetch("SELECT code, data FROM finding")]
    assert row is not None and (*row, found) == ("completed", "auto_verified", "A", [])
    stored = {row["jws"]: row["receipt"] for row in await db.fetch("SELECT jws, receipt FROM check_event")}
    await db.close()

    # The caregiver's proof: receipts from the phone itself, verified by a library that is not ours.
    held = await receipts_on(phone)
    assert held == stored and len(stored) == 2
    async with httpx.AsyncClient() as http:
        keys = KeySet.import_key_set((await http.get(f"{site.url}/api/v1/keys")).json())
    for event, receipt in held.items():
        promise = jws.deserialize_compact(receipt, keys, algorithms=["ES256"]).payload
        digest = base64.urlsafe_b64encode(hashlib.sha256(event.encode()).digest()).rstrip(b"=")
        assert b'"verdict":"accepted"' in promise and digest in promise

    # What the phone has said of itself meanwhile.
    await desk.goto("/dispatch/caregivers")
    await expect(desk.get_by_text(re.compile("最后联系 .* · 没有待传 · 版本 .* · 存储"))).to_be_visible()
    await shot(desk, "12-office-phones")
