"""Beside `make demo`: Chromium as a phone that stands at the demo's home, with a camera that sees the demo's card."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Geolocation, async_playwright

from support.camera import Camera

# A position that is set once keeps the time at which it was set; after two minutes it would say nothing about now.
SECONDS = 20
FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-first-run", "--disable-sync"]


async def main() -> None:
    """Runs until the window is closed."""
    demo = Path(os.environ.get("DOORSTEP_DATA_DIR", "data")) / "demo"
    if not (demo / "browser.json").exists():
        sys.exit("先运行 make demo / run make demo first")
    place = json.loads((demo / "browser.json").read_text())
    here: Geolocation = {"latitude": place["lat"], "longitude": place["lon"], "accuracy": 15}
    with tempfile.TemporaryDirectory() as folder, Image.open(demo / place["card"]) as card:
        camera = Camera(Path(folder) / "camera.mjpeg")
        camera.show(card)
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera.path}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")
        async with async_playwright() as playwright:
            # A profile of its own beside the demo: the phone stays enrolled from one start to the next.
            phone = await playwright.chromium.launch_persistent_context(
                demo / "browser",
                executable_path=path,
                headless="--headless" in sys.argv,
                args=flags,
                viewport={"width": 412, "height": 860},
                permissions=["geolocation", "camera"],
                geolocation=here,
                ignore_https_errors=True,
            )
            page = phone.pages[0]
            closed = asyncio.ensure_future(page.wait_for_event("close", timeout=0))
            enrolled = any(cookie.get("name") == "doorstep_device" for cookie in await phone.cookies())
            await page.goto(place["url"].rsplit("/E/", 1)[0] + "/door" if enrolled else place["url"])
            while not (await asyncio.wait([closed], timeout=SECONDS))[0]:
                await phone.set_geolocation(here)


if __name__ == "__main__":
    asyncio.run(main())
