"""From the tap to "stored" in the real PWA, its processor slowed six times: signed, chained, durable, on the screen.

The browser's own clock measures, from the click on the last button until the screen says that the record is on the
phone; beside it, until that is painted. The app is opened anew in a tab of its own before each, so that nothing of it
is warm, and the phone carries the records of two months. There is no server meanwhile, as in a stairwell. Only the
page's thread is slowed (a browser offers no more); signing and the disk are not.
"""

from __future__ import annotations

import asyncio
import json
import math
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
PHONES = 3
TAPS = 20  # of each phone
KEPT = 1000

# Each home is visited once: the reason is chosen, the page comes to rest as it does while a person reads, then the tap.
_TAP = """
const rest = () => new Promise((done) => requestIdleCallback(done, { timeout: 3000 }))
for (let i = 0; i < 10; i++) await rest()
const button = [...document.querySelectorAll('button')].find((one) => one.innerText.includes('记下'))
const begun = performance.now()
const painted = (done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => done(performance.now() - begun)
  port2.postMessage(0)
})
const stored = new Promise((done) => {
  const seen = new MutationObserver(() => {
    if (!document.querySelector('.done-saved')) return
    seen.disconnect()
    const said = performance.now() - begun
    painted((at) => done([said, at]))
  })
  seen.observe(document.body, { childList: true, subtree: true })
})
button.click()
return await stored
"""
# What the phone has sent in two months, made of the one record that it has.
_KEEP = """
const settled = (request) => new Promise((ok, no) => {
  request.onsuccess = () => ok(request.result)
  request.onerror = () => no(request.error)
})
const db = await settled(indexedDB.open('doorstep'))
const tx = db.transaction('outbox', 'readwrite')
const store = tx.objectStore('outbox')
const [one] = await settled(store.getAll())
const at = new Date().toISOString()
for (let seq = 1; seq <= kept; seq++) {
  const [event_id, visit_id] = [crypto.randomUUID(), crypto.randomUUID()]
  const visits = [{ visit_id, elder_id: visit_id, op_state: 'completed', grade: 'A' }]
  store.put({
    ...one, seq: seq + 1, event_id, state: 'answered', receipt: one.jws, counted: true,
    event: { ...one.event, event_id, visit_id, kind: seq % 2 ? 'check_in' : 'check_out' },
    context: { ...one.context, visit_ids: [visit_id], day: '2026-01-05' },
    answer: { event_id, event_hash: one.hash, device_id: one.device_id, received_at: at, verdict: 'accepted', codes: [],
              visits },
  })
}
await new Promise((ok, no) => { tx.oncomplete = ok; tx.onabort = no })
db.close()
"""


async def world() -> tuple[list[str], list[str]]:
    """A caregiver with many short calls; tickets for one phone after the other, and the ids of the visits."""
    town = await World.create()
    visits: list[str] = []
    for number in range(TAPS + 1):
        home = await town.add_home(f"朝外第九社区{number}号")
        elder = await town.add_elder(f"老人{number}", home)
        start = clock.now() - timedelta(minutes=5)
        visits.append(str(await town.add_visit(elder, household=home, start=start, minutes=600)))
    account = await town.add_account("dispatcher")
    return [await ticket(town.caregiver, account, minutes=60) for _ in range(PHONES)], visits


async def _tap(browser: Chromium, phone: Handset, visit: str) -> tuple[float, float]:
    """Milliseconds until it is said, and until it is seen."""
    before = browser.page
    browser.page = await before.context.new_page()
    await before.close()
    await phone.open(f"/door/visit/{visit}/not-served")
    await phone.tap("敲门没人应")
    session = await browser.page.context.new_cdp_session(browser.page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    said, seen = await browser.run(_TAP)
    return said, seen


async def _of_phone(server: Server, secret: str, visits: list[str]) -> list[tuple[float, float]]:
    """Starts and stops the server."""
    await asyncio.to_thread(server.start)
    with tempfile.TemporaryDirectory(prefix="doorstep-tap-", ignore_cleanup_errors=True) as folder:
        browser = Chromium(Path(folder))
        await browser.start()
        try:
            phone = Handset(browser, f"http://localhost:{server.port}")
            await phone.enrol(secret)
            await phone.see("老人0")
            await phone.ready_offline()
            await asyncio.to_thread(server.stop)
            await _tap(browser, phone, visits[0])
            await browser.run(_KEEP, kept=KEPT)
            return [await _tap(browser, phone, visit) for visit in visits[1:]]
        finally:
            await browser.kill()


def _middle(times: list[float]) -> float:
    return round(statistics.median(times), 1)


def _p95(times: list[float]) -> float:
    """The nearest rank: one in twenty is slower."""
    return round(sorted(times)[math.ceil(len(times) * 0.95) - 1], 1)


async def measure(server: Server, secrets: list[str], visits: list[str]) -> dict[str, Any]:
    """Figures in milliseconds."""
    both = [times for secret in secrets for times in await _of_phone(server, secret, visits)]
    said, seen = ([pair[n] for pair in both] for n in (0, 1))
    return {
        "slower": SLOWER,
        "taps": len(both),
        "median_ms": _middle(said),
        "p95_ms": _p95(said),
        "max_ms": round(max(said), 1),
        "painted_median_ms": _middle(seen),
        "painted_p95_ms": _p95(seen),
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
            secrets, visits = await world()
        server = Server(settings, port=port)
        return await measure(server, secrets, visits)
    finally:
        if server is not None:
            server.stop()
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
