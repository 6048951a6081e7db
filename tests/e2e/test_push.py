"""A reminder's whole way: due, encrypted, through a push service, shown by the service worker, tapped, acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from doorstep import context
from doorstep.core import clock, keys
from doorstep.settings import Settings, to_environment
from support.firefox_push import PushFirefox
from support.handset import Handset
from support.push_service import PushService
from support.server import Server, free_port
from support.sign_in import office_token, ticket
from support.until import until
from support.world import World

from .conftest import OUTPUT

Shot = Callable[[Page, str], Awaitable[None]]

SHOWN = """
const registration = await navigator.serviceWorker.ready
return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data }))
"""


@dataclass
class Office:
    """The running product, a provider, and the desk's way to it."""

    server: Server
    service: PushService
    world: World
    token: str
    secret: str

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """As the dispatcher."""
        async with httpx.AsyncClient(base_url=f"{self.server.url}/api/v1") as http:
            answer = await http.request(
                method, path, json=body or None, headers={"Authorization": f"Bearer {self.token}"}
            )
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

    async def new_visit(self) -> Call:
        """Given to the caregiver now, and its own reminder due a moment later."""
        start = clock.now() + timedelta(minutes=30, seconds=10)
        async with context.connected(self.server.settings.database_url, pool_size=2):
            item = await self.world.add_plan_item(self.world.elder)
            visit = await self.world.add_visit(self.world.elder, plan_item=item, start=start, caregivers=[])
        await self.ask("PUT", f"/visits/{visit}/caregivers", caregiver_ids=[str(self.world.caregiver)])
        return Call(self, visit, f"{start.astimezone(clock.CHINA):%H:%M} 有一次上门")


@dataclass
class Call:
    """A visit, and what the pop-up before it says."""

    office: Office
    visit: UUID
    title: str

    async def reminder(self) -> dict[str, Any]:
        """The line of the ledger."""
        items = (await self.office.ask("GET", f"/reminders?visit_id={self.visit}"))["items"]
        return next((item for item in items if item["kind"] == "next_call"), {})

    async def is_due(self) -> bool:
        """The worker has taken it up."""
        return (await self.reminder()).get("state") == "sent"

    async def payload(self) -> dict[str, Any]:
        """What the worker would send, had the browser subscribed."""
        row = await self.reminder()
        topic, at = "t" * 22, self.title.partition(" ")[0]
        return {
            "v": 1, "id": row["id"], "kind": "next_call", "visit": str(self.visit), "at": at, "day": None,
            "topic": topic, "useless": row["useless_at"],
        }  # fmt: skip

    async def was_shown(self) -> bool:
        """The phone has said so."""
        return (await self.reminder()).get("shown_at") is not None

    async def is_acknowledged(self) -> bool:
        """Somebody has answered."""
        return (await self.reminder())["state"] == "acknowledged"


@pytest.fixture
async def office(dsn: str, tmp_path: Path) -> AsyncIterator[Office]:
    """A server whose worker is a process of its own, and a visit that nobody has yet."""
    port = free_port()
    async with PushService() as service:
        settings = Settings(
            database_url=dsn,
            data_dir=tmp_path / "data",
            public_url=f"http://localhost:{port}",
            push_hosts=service.origin,
            worker_inside=False,
        )
        keys.install(settings)
        async with context.connected(dsn, pool_size=2):
            world = await World.create()
            dispatcher = await world.add_account("dispatcher")
            token, secret = await office_token(dispatcher), await ticket(world.caregiver, dispatcher)
        server = Server(settings, port=port)
        await asyncio.to_thread(server.start)
        worker = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("doorstep"), "worker", env={**os.environ, **to_environment(settings)}
        )
        try:
            yield Office(server, service, world, token, secret)
        finally:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()
            await worker.wait()
            await asyncio.to_thread(server.stop)


async def test_firefox_gets_a_reminder_and_a_tap_acknowledges_it(office: Office, tmp_path: Path) -> None:
    folder = OUTPUT / "test_push_firefox"
    firefox = PushFirefox(tmp_path / "profile", office.service.websocket)
    await firefox.start()
    try:
        await firefox.size(500, 900)
        phone = Handset(firefox, f"http://localhost:{office.server.port}")
        await phone.enrol(office.secret)
        await phone.ready_offline()
        await phone.open("/door/settings/reminders")
        await phone.see("点“允许”")
        await firefox.picture(folder / "1-asked.png")
        await phone.tap("打开提醒")
        await phone.see("收到了", seconds=50)
        await firefox.picture(folder / "2-test-received.png")

        call = await office.new_visit()

        async def arrived() -> bool:
            return any(one["title"] == call.title for one in await firefox.run(SHOWN))

        await until(arrived, seconds=60)
        shown = await firefox.run(SHOWN)
        [one] = [one for one in shown if one["title"] == call.title]
        assert one["data"]["url"] == f"/door/visit/{call.visit}"
        assert [other["tag"] for other in shown].count(one["tag"]) == 1, "the newer took the place of “a new visit”"
        await firefox.picture_of_popup(call.title, folder / "3-popup.png")
        await phone.open("/door")
        await phone.see("龚国栋")
        await phone.see("知道了")
        await firefox.picture(folder / "4-today.png")
        await until(call.was_shown)
        assert (await call.reminder())["state"] == "sent", "shown is not told"

        await firefox.tap_popup(call.title)
        await until(call.is_acknowledged)
        row = await call.reminder()
        assert row["acknowledged_by"] == "service_worker"
        tried = [(attempt["channel"], attempt["outcome"], attempt["status"]) for attempt in row["attempts"]]
        assert tried == [("push", "accepted", 201)]

        async def opened() -> bool:
            return (await firefox.address()).endswith(f"/door/visit/{call.visit}")

        await until(opened)
        await phone.see("到了，扫码签到")
        await firefox.picture(folder / "5-visit.png")
        assert office.service.refused == []
    finally:
        await firefox.kill()


class Worker:
    """The service worker of a page in Chromium, by the browser's own test port."""

    def __init__(self, phone: BrowserContext) -> None:
        self._phone = phone
        self._registration = asyncio.get_running_loop().create_future()

    async def follow(self, page: Page) -> None:
        """From here on its registration is known."""
        self._session = await self._phone.new_cdp_session(page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._hear)
        await self._session.send("ServiceWorker.enable")
        self._origin = await page.evaluate("location.origin")

    def _hear(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not one["isDeleted"] and not self._registration.done():
                self._registration.set_result(one["registrationId"])

    async def push(self, payload: dict[str, Any]) -> None:
        """As if it had been decrypted."""
        registration = await asyncio.wait_for(self._registration, 20)
        data = {"origin": self._origin, "registrationId": registration, "data": json.dumps(payload)}
        await self._session.send("ServiceWorker.deliverPushMessage", data)

    async def tap(self, title: str, action: str = "") -> None:
        """The event that a tap on the pop-up with this title brings."""
        [worker] = self._phone.service_workers
        await worker.evaluate(_TAP, [title, action])


_TAP = """async ([title, action]) => {
  const shown = await self.registration.getNotifications()
  const notification = shown.find((one) => one.title === title)
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification, action }))
}"""


async def test_chromium_shows_a_reminder_and_both_taps_acknowledge_it(
    office: Office, chromium: Browser, shot: Shot
) -> None:
    phone = await chromium.new_context(
        base_url=f"http://localhost:{office.server.port}",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 360, "height": 740},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        permissions=["notifications"],
    )
    phone.set_default_timeout(30_000)
    page = await phone.new_page()
    await page.goto(f"/E/{office.secret}")
    await page.get_by_text("用这个链接绑定").click()
    await page.get_by_text("是我，开始用").click()
    await page.evaluate("(async () => { await navigator.serviceWorker.ready; return true })()")
    await page.goto("/door/settings")
    await page.get_by_text("到点提醒我").click()
    await expect(page.get_by_role("button", name="打开提醒")).to_be_visible()
    await shot(page, "1-asked")
    # There is no push service behind this window: the person learns what happens all the same.
    await page.get_by_role("button", name="打开提醒").click()
    await expect(page.get_by_text("这个浏览器没能打开提醒")).to_be_visible()
    await expect(page.get_by_text("仍会在“今天”里提醒您")).to_be_visible()
    await shot(page, "1-failed")
    worker = Worker(phone)
    await worker.follow(page)

    for action in ("", "known"):
        call = await office.new_visit()
        await until(call.is_due, seconds=60)
        await page.goto("/door")
        await expect(page.get_by_text("知道了").first).to_be_visible()
        await worker.push(await call.payload())
        await until(call.was_shown)
        assert (await call.reminder())["state"] == "sent", "shown is not told"
        await shot(page, f"2-due-{action}")
        await worker.tap(call.title, action)
        await until(call.is_acknowledged)
        assert (await call.reminder())["acknowledged_by"] == "service_worker"
        if action:
            await expect(page.get_by_text("知道了")).to_have_count(0)
            assert page.url.endswith("/door"), "“知道了” opens nothing"
        else:
            await expect(page.get_by_role("button", name="到了，扫码签到")).to_be_visible()
            assert page.url.endswith(f"/door/visit/{call.visit}")
        await shot(page, f"3-tapped-{action}")
    await phone.close()
