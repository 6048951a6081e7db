"""Real browsers with a profile that outlives them: started, ended as by the user, killed as by the system.

One small face for three engines, so that the same suite runs in all: Chromium by its own protocol, Firefox by
Marionette, WebKitGTK in a window of our own. None of them needs more than the system's package.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright, async_playwright

from support.server import free_port
from support.until import until

CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
SYSTEM_PYTHON = "/usr/bin/python3"
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

    async def _spawn(self, *command: str, read: bool = False, talk: bool = False, **environment: str) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE if talk else None,
            stdout=PIPE if talk else DEVNULL,
            stderr=PIPE if read else DEVNULL,
            limit=1 << 26,
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
    flags: tuple[str, ...] = ()

    def __init__(self, profile: Path, prefs: Mapping[str, object] | None = None) -> None:
        super().__init__(profile)
        self._count, self._more = 0, prefs or {}

    async def start(self) -> None:
        assert FIREFOX is not None
        port = free_port()
        self.profile.mkdir(parents=True, exist_ok=True)
        prefs = {**_PREFS, **self._more, "marionette.port": port}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())
        (self.profile / "user.js").write_text("".join(lines))
        process = await self._spawn(
            FIREFOX, "--headless", "--no-remote", "--marionette", *self.flags, "--profile", str(self.profile),
            "about:blank", HOME=str(self.profile), MOZ_DISABLE_CONTENT_SANDBOX="1",
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
        script = f"{_settled(body, values)}.then(arguments[arguments.length - 1])"
        result = await self._send("WebDriver:ExecuteAsyncScript", {"script": script, "args": []})
        return _value(result["value"])

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._send("Marionette:Quit", {"flags": ["eForceQuit"]})
        await self._ended()


class WebKit(Engine):
    """WebKitGTK in a window of our own, the nearest thing here to the browser of an iPhone.

    Its WebDriver knows only windows without a profile, whose IndexedDB forgets and now and then falls silent.
    """

    name = "webkit"

    async def start(self) -> None:
        window = Path(__file__).with_name("webkit_window.py")
        process = await self._spawn(
            "xvfb-run", "-a", SYSTEM_PYTHON, str(window), str(self.profile),
            talk=True, HOME=str(self.profile), LIBGL_ALWAYS_SOFTWARE="1", NO_AT_BRIDGE="1",
        )  # fmt: skip
        async with asyncio.timeout(START_S):
            if await self._answer(process) != "ready":
                raise RuntimeError("the browser ended before it could be spoken to")

    async def _answer(self, process: Process) -> Any:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the browser has ended")
        return json.loads(line)

    async def _send(self, **command: str) -> Any:
        process = self._process
        assert process is not None and process.stdin is not None
        process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self._answer(process)

    async def goto(self, url: str) -> None:
        await self._send(url=url)

    async def run(self, body: str, **values: Any) -> Any:
        answer = await self._send(script=f"return {_settled(body, values)}")
        return _value(answer)

    async def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        await self._ended()


def _settled(body: str, values: dict[str, Any]) -> str:
    """An expression whose promise always keeps: the answer as JSON, an error as a text, which is an answer too."""
    return f"{_call(body, values)}.then((v) => JSON.stringify([v === undefined ? null : v]), (e) => '!' + e)"


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


def _webkit_is_there() -> bool:
    if not (shutil.which("xvfb-run") and Path(SYSTEM_PYTHON).exists()):
        return False
    asked = "import gi; gi.require_version('WebKit2', '4.1')"
    return subprocess.run([SYSTEM_PYTHON, "-c", asked], check=False, capture_output=True).returncode == 0


def available() -> list[type[Engine]]:
    """Those that are on this machine."""
    there = ((Chromium, bool(CHROMIUM)), (Firefox, bool(FIREFOX)), (WebKit, _webkit_is_there()))
    return [engine for engine, found in there if found]
