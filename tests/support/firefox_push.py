"""Firefox as a phone that gets push: pointed at a push service of the tests, with the hand that taps its pop-ups."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

from support.engines import Firefox

_PUSH = {
    "alerts.useSystemBackend": False,  # Firefox draws its pop-ups itself: there is no desktop here
    "dom.push.connection.enabled": True,
    "dom.push.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.webnotifications.enabled": True,
    "dom.webnotifications.requireuserinteraction": False,
    "permissions.default.desktop-notification": 1,
}

_POPUP = """
const says = (one) => [...one.document.querySelectorAll('*')].map((e) => e.getAttribute('value') ?? e.textContent)
const open = [...Services.wm.getEnumerator('alert:alert')]
const shown = open.find((one) => says(one).some((each) => each?.includes(text)))
if (!shown) throw new Error('no pop-up says so')
"""
_TAP = "shown.document.getElementById('alertBox').click()"
_PICTURE = """
const { innerWidth, innerHeight } = shown
const bitmap = await shown.browsingContext.currentWindowGlobal
  .drawSnapshot(new DOMRect(0, 0, innerWidth, innerHeight), 2, 'white')
const canvas = shown.document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas')
canvas.width = bitmap.width
canvas.height = bitmap.height
canvas.getContext('2d').drawImage(bitmap, 0, 0)
return canvas.toDataURL('image/png').split(',')[1]
"""


class PushFirefox(Firefox):
    """Subscribes at `service` (ws://…/) and shows what comes as pop-ups of its own."""

    flags = ("--remote-allow-system-access",)

    def __init__(self, profile: Path, service: str) -> None:
        super().__init__(profile, {**_PUSH, "dom.push.serverURL": service})

    async def _system(self, body: str, text: str) -> Any:
        """Runs in the browser's own windows instead of the page."""
        await self._send("Marionette:SetContext", {"value": "chrome"})
        try:
            script = (
                f"const [text, done] = arguments;(async () => {{ {body} }})()"
                ".then((v) => done(JSON.stringify([v === undefined ? null : v])), (e) => done('!' + e))"
            )
            answer = await self._send("WebDriver:ExecuteAsyncScript", {"script": script, "args": [text]})
            said = answer["value"]
            if said.startswith("!"):
                raise RuntimeError(said[1:])
            return json.loads(said)[0]
        finally:
            await self._send("Marionette:SetContext", {"value": "content"})

    async def tap_popup(self, text: str) -> None:
        """Once, in the middle of the one that says so."""
        await self._system(_POPUP + _TAP, text)

    async def picture_of_popup(self, text: str, file: Path) -> None:
        """As it looks."""
        await asyncio.to_thread(_keep, file, await self._system(_POPUP + _PICTURE, text))

    async def picture(self, file: Path) -> None:
        """The page as it looks."""
        taken = await self._send("WebDriver:TakeScreenshot", {"full": False})
        await asyncio.to_thread(_keep, file, taken["value"])

    async def size(self, width: int, height: int) -> None:
        """Of the window: a phone's."""
        await self._send("WebDriver:SetWindowRect", {"width": width, "height": height})

    async def address(self) -> str:
        """Where the front page is."""
        return (await self._send("WebDriver:GetCurrentURL", {}))["value"]


def _keep(file: Path, picture: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(base64.b64decode(picture))
