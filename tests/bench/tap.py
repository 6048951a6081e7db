"""From the tap to "stored" in the real PWA, its processor slowed six times: signed, chained, durable, on the screen.

The browser's own clock measures, from the click on the last button until the screen says that the record is on the
phone. There is no server meanwhile, as in a stairwell. Only the page's thread is slowed (a browser offers no more);
signing and the disk are not.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from doorstep import context
from doorstep.core import clock, keys
from doorstep.db import embedded
from doorstep.settings import Settings
from support.engines import Chromium
from support.handset import Handset
from support.server import Server, free_port
from support.sign_in import ticket
from support.world import World

SLOWER = 6
TAPS = 20

# Each home is visited once: the reason is chosen, the page comes to rest as it does while a person reads, then the tap.
_TAP = """
const rest = () => new Promise((done) => requestIdleCallback(done, { timeout: 3000 }))
for (let i = 0; i < 10; i++) await rest()
const button = [...document.querySelectorAll('button')].find((one) => one.innerText.includes('记下'))
const begun = performance.now()
const stored = new Promise((done) => {
  const look = () => document.querySelector('.done-saved') && done(performance.now())
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
})
button.click()
return (await stored) - begun
"""


async def world() -> tuple[str, list[str]]:
    """A caregiver with many short calls; the ticket of the phone, and the ids of the visits."""
    town = await World.create()
    visits: list[str] = []
    for number in range(TAPS):
        home = await town.add_home(f"朝外第九社区{number}号")
        elder = await town.add_elder(f"老人{number}", home)
        start = clock.now() - timedelta(minutes=5)
        visits.append(str(await town.add_visit(elder, household=home, start=start, minutes=600)))
    return await ticket(town.caregiver, await town.add_account("dispatcher")), visits


async def measure(server: Server, secret: str, visits: list[str]) -> dict[str, Any]:
    """Starts and stops the server; figures in milliseconds."""
    times: list[float] = []
    with tempfile.TemporaryDirectory(prefix="doorstep-tap-") as folder:
        browser = Chromium(Path(folder))
        await browser.start()
        try:
            phone = Handset(browser, f"http://localhost:{server.port}")
            await phone.enrol(secret)
            await phone.see("老人0")
            await phone.ready_offline()
            await asyncio.to_thread(server.stop)
            session = await browser.page.context.new_cdp_session(browser.page)
            for visit in visits:
                await phone.open(f"/door/visit/{visit}/not-served")
                await phone.tap("敲门没人应")
                await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
                times.append(await browser.run(_TAP))
                await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        finally:
            await browser.kill()
    times.sort()
    return {
        "slower": SLOWER,
        "taps": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "max_ms": round(times[-1], 1),
    }


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    folder.chmod(0o755)
    return folder


async def run() -> dict[str, Any]:
    """With a database and a server of its own."""
    folder = await asyncio.to_thread(_new_folder)
    port = free_port()
    server: Server | None = None
    try:
        dsn = embedded.start(folder)
        settings = Settings(data_dir=folder, database_url=dsn, public_url=f"http://localhost:{port}")
        keys.install(settings)
        async with context.connected(dsn, pool_size=2):
            secret, visits = await world()
        server = Server(settings, port=port)
        await asyncio.to_thread(server.start)
        return await measure(server, secret, visits)
    finally:
        if server is not None:
            server.stop()
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
