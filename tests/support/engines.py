"""Real browsers with a profile that outlives them: started, ended as by the user, killed as by the system.

One small face for three engines, so that the same suite runs in all: Chromium by its own protocol, Firefox by
Marionette, WebKitGTK by WebDriver. None of them needs more than the system's package.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, Playwright, async_playwright

from support.server import free_port
from support.until import until

CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver")
MINIBROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
START_S = 60
SCRIPT_S = 60


class Engine(ABC):
    """A browser on a phone: one page, one profile."""

    name: str
    keeps_profile = True

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self._process: Process | None = None

    @abstractmethod
    async def start(self) -> None:
        """Opens the browser on its profile."""

    @abstractmethod
    async def goto(self, url: str) -> None:
        """Opens an address and waits until it is loaded."""

    @abstractmethod
    async def run(self, body: str, **values: Any) -> Any:
        """Runs the body of an async function in the page, with `values` as its names; the answer goes through JSON."""

    @abstractmethod
    async def close(self) -> None:
        """Ends the browser as its user would."""

    async def kill(self) -> None:
        """SIGKILL to the whole browser: no goodbye."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        self._process = None

    async def _ended(self) -> None:
        """Waits for the end that was asked for, and does not wait for ever."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 10)
        await self.kill()

    async def _spawn(self, *command: str, read: bool = False, **environment: str) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdout=DEVNULL,
            stderr=PIPE if read else DEVNULL,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        return self._process


def _call(body: str, values: dict[str, Any]) -> str:
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    return f"(async () => {{ {names}{body} }})()"


class Chromium(Engine):
    """The system's Chromium; `page` is there for what only its protocol can do."""

    name = "chromium"
    page: Page
    _playwright: Playwright
    _browser: Browser

    async def start(self) -> None:
        assert CHROMIUM is not None
        process = await self._spawn(
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=zh-CN",
            "--window-size=360,740", "--remote-debugging-port=0", f"--user-data-dir={self.profile}", "about:blank",
            read=True,
        )  # fmt: skip
        address = await _line(process, rb"DevTools listening on (ws://\S+)")
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.connect_over_cdp(address)
        context = self._browser.contexts[0]
        self.page = context.pages[0] if context.pages else await context.new_page()

    async def goto(self, url: str) -> None:
        await self.page.goto(url)

    async def run(self, body: str, **values: Any) -> Any:
        return await self.page.evaluate(_call(body, values))

    async def close(self) -> None:
        session = await self._browser.new_browser_cdp_session()
        with contextlib.suppress(Exception):
            await session.send("Browser.close")
        await self._ended()
        await self._playwright.stop()

    async def kill(self) -> None:
        alive = self._process is not None
        await super().kill()
        if alive:
            await self._playwright.stop()


_PREFS = {
    "app.update.enabled": False, "browser.aboutConfig.showWarning": False, "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False, "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False, "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0, "browser.sessionstore.resume_from_crash": False,
    "datareporting.policy.dataSubmissionEnabled": False, "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "permissions.default.camera": 2, "permissions.default.geo": 2,
    "services.settings.server": "data:,#remote-settings-dummy/v1", "toolkit.startup.max_resumed_crashes": -1,
}  # fmt: skip


class Firefox(Engine):
    """Firefox over Marionette: lengths and JSON over a socket."""

    name = "firefox"

    def __init__(self, profile: Path) -> None:
        super().__init__(profile)
        self._count = 0

    async def start(self) -> None:
        assert FIREFOX is not None
        port = free_port()
        self.profile.mkdir(parents=True, exist_ok=True)
        prefs = {**_PREFS, "marionette.port": port}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())
        (self.profile / "user.js").write_text("".join(lines))
        process = await self._spawn(
            FIREFOX, "--headless", "--no-remote", "--marionette", "--profile", str(self.profile), "about:blank",
            HOME=str(self.profile), MOZ_DISABLE_CONTENT_SANDBOX="1",
        )  # fmt: skip
        self._reader, self._writer = await _connected(port, process)
        await self._message()
        await self._send("WebDriver:NewSession", {})
        await self._send("WebDriver:SetTimeouts", {"script": SCRIPT_S * 1000})

    async def _message(self) -> Any:
        length = int((await self._reader.readuntil(b":"))[:-1])
        return json.loads(await self._reader.readexactly(length))

    async def _send(self, command: str, parameters: dict[str, Any]) -> Any:
        self._count += 1
        text = json.dumps([0, self._count, command, parameters]).encode()
        self._writer.write(str(len(text)).encode() + b":" + text)
        _, _, error, result = await self._message()
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message'][:500]}")
        return result

    async def goto(self, url: str) -> None:
        await self._send("WebDriver:Navigate", {"url": url})

    async def run(self, body: str, **values: Any) -> Any:
        result = await self._send("WebDriver:ExecuteAsyncScript", {"script": _async_script(body, values), "args": []})
        return _value(result["value"])

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._send("Marionette:Quit", {"flags": ["eForceQuit"]})
        await self._ended()


class WebKit(Engine):
    """WebKitGTK's small browser over WebDriver. Under automation it forgets its profile when it ends.

    After quick changes of pages the app's requests to its in-memory IndexedDB may stop being answered, so that the day
    without a network does not pass there. Whether WebKit or the app is at fault is not known: it runs when asked for.
    """

    name = "webkit"
    keeps_profile = False

    async def start(self) -> None:
        port = free_port()
        assert WEBKIT is not None
        self.profile.mkdir(parents=True, exist_ok=True)
        process = await self._spawn(
            "xvfb-run", "-a", "dbus-run-session", "--", WEBKIT, f"--port={port}", "--host=127.0.0.1",
            HOME=str(self.profile), WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1", LIBGL_ALWAYS_SOFTWARE="1",
        )  # fmt: skip
        _, writer = await _connected(port, process)
        writer.close()
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SCRIPT_S + 10)
        options = {"binary": str(MINIBROWSERS[-1]), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._session = (await self._send("", wanted))["sessionId"]
        await self._send(f"/{self._session}/timeouts", {"script": SCRIPT_S * 1000})

    async def _send(self, path: str, body: dict[str, Any]) -> Any:
        value = (await self._http.post(f"/session{path}", json=body)).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{path}: {value['error']}: {value.get('message', '')[:500]}")
        return value

    async def goto(self, url: str) -> None:
        await self._send(f"/{self._session}/url", {"url": url})

    async def run(self, body: str, **values: Any) -> Any:
        script = {"script": _async_script(body, values), "args": []}
        return _value(await self._send(f"/{self._session}/execute/async", script))

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._http.delete(f"/session/{self._session}")
        await self.kill()

    async def kill(self) -> None:
        await super().kill()
        if hasattr(self, "_http"):
            await self._http.aclose()


def _async_script(body: str, values: dict[str, Any]) -> str:
    """What WebDriver runs: the last argument takes the answer. An error is an answer too."""
    return (
        "const done = arguments[arguments.length - 1];"
        f"{_call(body, values)}.then((v) => done(JSON.stringify([v === undefined ? null : v])),"
        " (e) => done('!' + e))"
    )


def _value(answer: str) -> Any:
    if answer.startswith("!"):
        raise RuntimeError(answer[1:])
    return json.loads(answer)[0]


async def _line(process: Process, pattern: bytes) -> str:
    """The first group of the first line of stderr that fits; what comes after it is read away."""
    assert process.stderr is not None
    async with asyncio.timeout(START_S):
        while line := await process.stderr.readline():
            if found := re.search(pattern, line):
                process.drain = asyncio.ensure_future(process.stderr.read())  # pyright: ignore[reportAttributeAccessIssue]
                return found[1].decode()
    raise RuntimeError("the browser ended before it could be spoken to")


async def _connected(port: int, process: Process) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def listens() -> bool:
        if process.returncode is not None:
            raise RuntimeError("the browser ended before it could be spoken to")
        with contextlib.suppress(OSError):
            streams.append(await asyncio.open_connection("127.0.0.1", port, limit=1 << 26))
        return bool(streams)

    await until(listens, seconds=START_S)
    return streams[0]


def available() -> list[type[Engine]]:
    """Those that are on this machine. WebKitGTK only when asked for (`DOORSTEP_WEBKIT=1`): see :class:`WebKit`."""
    webkit = (
        os.environ.get("DOORSTEP_WEBKIT")
        and WEBKIT
        and MINIBROWSERS
        and shutil.which("xvfb-run")
        and shutil.which("dbus-run-session")
    )
    return [engine for engine, there in ((Chromium, CHROMIUM), (Firefox, FIREFOX), (WebKit, webkit)) if there]
