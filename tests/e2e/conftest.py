"""A real server with the built PWA, and Chromium with a camera that shows what the test holds in front of it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from doorstep import context
from doorstep.core import keys
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM, Role
from doorstep.settings import Settings
from support.camera import Camera
from support.server import Server, free_port

OUTPUT = Path(__file__).parent.parent / "output"
PASSWORD = "correct horse battery staple"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip


async def hire(role: Role, name: str, login: str, *, provider: UUID | None = None, area: UUID | None = None) -> None:
    """Somebody of the office who may sign in with the password of all."""
    await identity.create_account(
        SYSTEM, role=role, display_name=name, login=login, password=PASSWORD, provider_id=provider, area_id=area
    )


@dataclass
class Site:
    """The running product."""

    server: Server
    dsn: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.port}"

    async def move(self, seconds: float) -> None:
        """The server's time goes on."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/test/clock", json={"seconds": seconds})
            assert answer.status_code == 200


@pytest.fixture
async def site(dsn: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A server on an empty database with one administrator."""
    port = free_port()
    settings = Settings(database_url=dsn, data_dir=tmp_path, public_url=f"http://localhost:{port}")
    keys.install(settings)
    async with context.connected(dsn, pool_size=2):
        await hire(Role.ADMIN, "管理员", "admin")
    server = Server(settings, factory="support.clocked:create", port=port)
    server.start()
    yield Site(server, dsn)
    server.stop()


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    """What the phone's camera sees."""
    return Camera(tmp_path / "camera.mjpeg")


@pytest.fixture
async def chromium(camera: Camera) -> AsyncIterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=[*FLAGS, f"--use-file-for-fake-video-capture={camera.path}"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def desk(chromium: Browser, site: Site) -> AsyncIterator[Page]:
    """A screen in the office."""
    browser = await chromium.new_context(
        base_url=site.url, locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    )
    page = await browser.new_page()
    page.set_default_timeout(15_000)
    yield page
    await _last_pictures(browser, "desk")
    await browser.close()


@pytest.fixture
async def handset(chromium: Browser, site: Site) -> AsyncIterator[BrowserContext]:
    """A caregiver's phone; the test says where it is."""
    phone = await chromium.new_context(
        base_url=site.url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 360, "height": 740},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        permissions=["geolocation", "camera"],
    )
    phone.set_default_timeout(15_000)
    yield phone
    await _last_pictures(phone, "phone")
    await phone.close()


async def _last_pictures(browser: BrowserContext, name: str) -> None:
    """How the screens stood at the end, for whoever reads a failure."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(browser.pages):
        await page.screenshot(path=OUTPUT / f"last-{name}-{number}.png")


@pytest.fixture
def shot(request: pytest.FixtureRequest):
    """Keeps a picture of a screen under tests/output."""

    async def take(page: Page, name: str) -> None:
        folder = OUTPUT / request.node.name
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.png")

    return take
