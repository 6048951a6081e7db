"""A whole day without signal, in every engine of this machine: nothing lost, doubled or refused in silence.

The phone is enrolled in the morning; then the server is gone. Visits, a restart, kills in the middle of a write, a
record that will be refused. In the evening the server is there again, nine hours later.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from checkins.conftest import Printed, print_code
from doorstep import context
from doorstep.core import clock
from support.engines import Engine, available
from support.handset import Handset
from support.sign_in import ticket
from support.world import World

from .conftest import OUTPUT, Site

# Nobody of these has a name that is part of another's.
ELDERS = ("龚国栋", "邱美华", "向德明", "常淑珍")
STORED = "已存在手机上"


@dataclass
class Day:
    """A caregiver's calls, the codes of the homes, and the ticket for the phone."""

    secret: str
    cards: dict[str, Printed]


@pytest.fixture
async def day(site: Site) -> Day:
    async with context.connected(site.dsn, pool_size=2):
        world = await World.create()
        cards: dict[str, Printed] = {}
        for number, name in enumerate(ELDERS):
            home = world.home if number == 0 else await world.add_home(f"朝外第三社区{number}号楼101")
            elder = world.elder if number == 0 else await world.add_elder(name, home)
            item = await world.add_plan_item(elder)
            await world.add_visit(elder, household=home, plan_item=item, minutes=11 * 60)
            cards[name] = await print_code(home)
        office = await world.add_account("dispatcher")
        return Day(await ticket(world.caregiver, office), cards)


@pytest.fixture(params=available(), ids=lambda engine: engine.name)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    browser: Engine = request.param(tmp_path / "profile")
    await browser.start()
    yield browser
    await browser.kill()


async def restart(engine: Engine, *, killed: bool = False) -> None:
    """The phone's system ends the browser; a browser that keeps nothing over its end is only left for another page."""
    if not engine.keeps_profile:
        await engine.goto("about:blank")
        return
    await (engine.kill() if killed else engine.close())
    await engine.start()


def whole(records: list[dict[str, Any]]) -> None:
    """One unbroken chain of complete records."""
    prev = None
    for number, record in enumerate(records, 1):
        digest = hashlib.sha256(record["jws"].encode()).digest()
        assert record["hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert (record["seq"], record["prev"]) == (number, prev)
        prev = record["hash"]


async def stored(site: Site) -> dict[str, str]:
    """Event texts that the server has, and their verdicts."""
    db = await asyncpg.connect(site.dsn)
    rows = await db.fetch("SELECT jws, verdict FROM check_event")
    await db.close()
    return {row["jws"]: row["verdict"] for row in rows}


async def picture(engine: Engine, name: str) -> None:
    """For whoever looks at the screens; only Chromium's are kept."""
    page = getattr(engine, "page", None)
    if page is not None:
        folder = OUTPUT / "test_offline_day"
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.png", full_page=True)


async def test_a_day_without_a_network(site: Site, day: Day, engine: Engine) -> None:
    phone = Handset(engine, site.url)
    first, second, third, fourth = ELDERS
    codes = {name: card.short_code for name, card in day.cards.items()}
    await phone.enrol(day.secret)
    await phone.see(fourth)
    await phone.ready_offline()

    # The stairwell: from here on there is no server.
    await asyncio.to_thread(site.server.stop)
    await phone.open("/door")
    for name in ELDERS:
        await phone.see(name)
    await phone.check_in(first, codes[first])
    await phone.see(STORED)
    await phone.check_out(first, codes[first])
    await phone.see(STORED)
    whole(await phone.records())

    await restart(engine)
    await phone.visit(second)
    await phone.tap("没人开门 / 无法服务")
    await phone.tap("敲门没人应")
    await phone.tap("记下")
    await phone.see(STORED)

    # Killed as soon as the screen has said "stored": then it must be.
    await phone.check_in(third, codes[third])
    await phone.see(STORED)
    await restart(engine, killed=True)
    await phone.open("/door")
    await phone.see(third)
    assert [one["kind"] for one in await phone.records()][-1] == "check_in"

    # Killed at the very tap: stored whole, or not at all.
    before = len(await phone.records())
    await phone.check_out(third, codes[third])
    await restart(engine, killed=True)
    await phone.open("/door")
    await phone.see(third)
    records = await phone.records()
    whole(records)
    if len(records) == before:
        await phone.check_out(third, codes[third])
        await phone.see(STORED)

    # A mistake, taken back at once. After a restart nothing proves to the server that it was at once.
    await phone.check_in(fourth, codes[fourth])
    await phone.see(STORED)
    await phone.open("/door/records")
    await phone.tap("撤销这条")
    await phone.see("为什么撤销？")
    await phone.tap("撤销这条")
    await phone.see("撤销了")
    records = await phone.records()
    whole(records)
    kinds = ["check_in", "check_out", "not_served", "check_in", "check_out", "check_in", "annul"]
    assert [one["kind"] for one in records] == kinds
    assert {one["state"] for one in records} == {"waiting"}
    await phone.see("7 条记录在手机上，还没送达")
    await picture(engine, "1-all-waiting")

    await phone.tap("现在送")
    await phone.see("刚才没连上网")

    # The evening, nine hours later. The phone may find the server before anybody opens the app again.
    await asyncio.to_thread(site.server.start, ahead=9 * 3600)
    await phone.open("/door/records")
    records = await phone.all_answered()
    assert [one["jws"] for one in records if one["verdict"] == "refused"] == [records[-1]["jws"]]
    assert records[-1]["codes"] == ["ANNUL_IMPOSSIBLE"]
    at_server = await stored(site)
    assert [at_server.get(one["jws"]) for one in records[:-1]] == [one["verdict"] for one in records[:-1]]
    whole(records)

    await restart(engine)
    await phone.open("/door/records")
    await phone.see("被拒绝")
    for text in ("有 1 条没有收下", "不能撤销：超过15分钟，或不是本机的记录", "请让调度员处理"):
        assert text in await phone.says()
    await picture(engine, "2-one-refused")


async def test_two_windows_and_the_words_about_storage(site: Site, day: Day, engine: Engine) -> None:
    """Small things that every engine must say or do in its own way."""
    phone = Handset(engine, site.url)
    await phone.enrol(day.secret)
    await phone.see(ELDERS[0])
    kinds = await engine.run(
        "return [typeof navigator.locks, typeof navigator.serviceWorker, typeof indexedDB, typeof BroadcastChannel]"
    )
    assert kinds == ["object"] * 3 + ["function"]
    await phone.open("/door/settings")
    await phone.see("手机存储")
    kept = await engine.run("return (await navigator.storage?.persisted?.()) ?? false")
    await phone.see("系统不会清掉记录" if kept else "空间不够时，系统可能清掉记录")
    await phone.see("放到桌面")
    await phone.open("/door")
    await phone.see(ELDERS[0])
    assert clock.now() is not None


async def test_a_full_phone_says_so_and_goes_on_when_there_is_room(site: Site, day: Day, engine: Engine) -> None:
    phone = Handset(engine, site.url)
    await phone.enrol(day.secret)
    await phone.see(ELDERS[1])
    await phone.visit(ELDERS[1])
    await phone.tap("没人开门 / 无法服务")
    await phone.tap("敲门没人应")
    full = "(window.wrappedJSObject ?? window).doorstepFull"
    await engine.run(
        "const script = document.createElement('script');"
        "script.src = '/test/full.js'; document.head.append(script);"
        "await new Promise((ok, no) => { script.onload = ok; script.onerror = no })"
    )
    await phone.tap("记下")
    await phone.see("没有存上")
    await phone.see("手机空间满了")
    assert await phone.records() == []
    await picture(engine, "3-full")
    await engine.run(f"{full}.over = true")
    await phone.tap("再试一次")
    await phone.see(STORED)
    (record,) = await phone.all_answered()
    assert record["verdict"].startswith("accepted")
