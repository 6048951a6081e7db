"""A caregiver's hands on the real PWA, in any engine: sees, taps, types, and looks into the phone's own store."""

from __future__ import annotations

from typing import Any

from support.engines import Engine

_FIND = """
const visible = (one) => one.getClientRects().length > 0
const wait = (look, what) => new Promise((done, fail) => {
  const end = Date.now() + limit
  const turn = () => {
    const found = look()
    if (found) done(found)
    else if (Date.now() > end) fail(new Error('not there: ' + what + ' | ' + document.body.innerText.slice(0, 600)))
    else setTimeout(turn, 25)
  }
  turn()
})
"""
_TAP = (
    _FIND
    + """
const label = (one) => one.innerText + ' ' + (one.getAttribute('aria-label') ?? '')
const fits = (one) => visible(one) && !one.disabled && label(one).includes(text)
const found = await wait(() => [...document.querySelectorAll('dialog[open] button, dialog[open] label')].find(fits)
  ?? [...document.querySelectorAll('button, a, label, [role=button]')].find(fits), text)
found.click()
"""
)
_RECORDS = """
const settled = (request) => new Promise((ok, no) => {
  request.onsuccess = () => ok(request.result)
  request.onerror = () => no(request.error)
})
const db = await settled(indexedDB.open('doorstep'))
try {
  const rows = await settled(db.transaction('outbox').objectStore('outbox').getAll())
  return rows.map(({ seq, jws, hash, state, receipt, event, answer, problem }) =>
    ({ seq, jws, hash, state, receipt, kind: event.kind, prev: event.prev, event_id: event.event_id,
       verdict: answer?.verdict ?? null, codes: answer?.codes ?? [], problem }))
} finally {
  db.close()
}
"""


class Handset:
    """A person with a phone."""

    def __init__(self, engine: Engine, site: str) -> None:
        self.engine, self._site = engine, site

    async def open(self, path: str) -> None:
        """From the home screen, or by an address."""
        await self.engine.goto(self._site + path)

    async def see(self, text: str, *, seconds: float = 20) -> None:
        """Returns when the screen says so."""
        look = _FIND + "await wait(() => document.body.innerText.includes(text), text)"
        await self.engine.run(look, text=text, limit=seconds * 1000)

    async def says(self) -> str:
        """All that the screen says."""
        return await self.engine.run("return document.body.innerText")

    async def tap(self, text: str, *, seconds: float = 20) -> None:
        """Taps the button, link or row that says so; of an open dialog first."""
        await self.engine.run(_TAP, text=text, limit=seconds * 1000)

    async def type(self, text: str) -> None:
        """Into the one field of the screen."""
        await self.engine.run(
            _FIND
            + """
const field = await wait(() => [...document.querySelectorAll('input.input, textarea')].find(visible), 'a field')
field.value = text
field.dispatchEvent(new Event('input', { bubbles: true }))
""",
            text=text,
            limit=20_000,
        )

    async def ready_offline(self) -> None:
        """The app's own files are on the phone."""
        await self.engine.run(
            "await navigator.serviceWorker.ready;"
            "if (!navigator.serviceWorker.controller)"
            " await new Promise((ok) => navigator.serviceWorker"
            ".addEventListener('controllerchange', ok, { once: true }))"
        )

    async def records(self) -> list[dict[str, Any]]:
        """The outbox as it lies on the phone, oldest first."""
        return await self.engine.run(_RECORDS)

    async def all_answered(self, *, seconds: float = 30) -> list[dict[str, Any]]:
        """Returns when every record has its receipt."""
        body = f"""
const read = async () => {{ {_RECORDS} }}
const end = Date.now() + limit
for (;;) {{
  const rows = await read()
  if (rows.every((row) => row.state === 'answered')) return rows
  const left = rows.map((row) => [row.kind, row.state, row.problem])
  if (Date.now() > end) throw new Error('still waiting: ' + JSON.stringify(left))
  await new Promise((ok) => setTimeout(ok, 50))
}}
"""
        return await self.engine.run(body, limit=seconds * 1000)

    async def enrol(self, secret: str) -> None:
        """By the link of the dispatcher's code."""
        await self.open(f"/E/{secret}")
        await self.tap("用这个链接绑定")
        await self.tap("是我，开始用")

    async def code(self, digits: str) -> None:
        """Types the short code of a card instead of scanning it."""
        await self.tap("输数字码")
        await self.type(digits)
        await self.tap("用这个数字码")

    async def visit(self, name: str) -> None:
        """Opens somebody's call of today."""
        await self.open("/door")
        await self.tap(name)

    async def check_in(self, name: str, digits: str) -> None:
        """Up to the record; whoever calls looks at what the screen says then."""
        await self.visit(name)
        await self.tap("到了，扫码签到")
        await self.tap("我知道了")
        await self.code(digits)

    async def check_out(self, name: str, digits: str) -> None:
        """With nothing ticked, which is asked about once."""
        await self.visit(name)
        await self.tap("做完了，扫码签退")
        await self.tap("就这样签退")
        await self.code(digits)
