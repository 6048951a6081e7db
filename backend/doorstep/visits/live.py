"""The stream of changes to open screens: one listening connection for each process, a bounded queue for each client.

The connection reads the table of changes on from its own cursor, woken by NOTIFY. A client that does not keep up is
told to reload and let go: what it missed is in the lists, not in the stream.
"""

import asyncio
import contextlib
import logging
import signal
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Role
from doorstep.visits.wire import LiveChange

log = logging.getLogger("doorstep.live")

Going = Callable[[str, list[UUID]], Awaitable[Sequence[asyncpg.Record]]]

PING_EVERY = 15.0
LIFE = 900.0
"""Seconds after which a stream ends, so that the client's session is looked at again when it comes back."""
QUEUE = 256
BATCH = 500

# Ids are handed out in another order than transactions, and both in another order than commits: see the table.
_NEXT = """
SELECT transaction::text AS transaction, id, kind, subject, at, data, provider, area FROM change
WHERE (transaction, id) > ($1::text::xid8, $2::bigint) AND transaction < change_horizon()
ORDER BY transaction, id LIMIT $3
"""
_NOW = "SELECT change_horizon()::text"
_PENDING = "SELECT EXISTS (SELECT FROM change WHERE transaction >= change_horizon())"
# Whom a change of a visit concerns beside those that it names itself.
_GOING = """
SELECT visit, array_agg(caregiver) AS caregivers FROM assignment WHERE visit = ANY($1::uuid[]) AND ended_at IS NULL
GROUP BY visit
"""
_SETTINGS = {"application_name": "doorstep live", "timezone": "UTC", "plan_cache_mode": "force_custom_plan"}


class Cursor(msgspec.Struct, frozen=True, order=True):
    """A place in the table of changes; as text it is the `id:` of an event."""

    transaction: int
    id: int

    def __str__(self) -> str:
        return f"{self.transaction}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor in a `Last-Event-ID`, None for anything else."""
        transaction, _, id = text.partition("-")
        if not (transaction.isdecimal() and id.isdecimal() and text.isascii() and len(text) <= 40):
            return None
        cursor = cls(int(transaction), int(id))
        return cursor if cursor.transaction < 2**63 and cursor.id < 2**63 else None


def visible(actor: Actor, change: asyncpg.Record, caregivers: Collection[UUID]) -> bool:
    """Whether a change lies in the actor's scope; to a caregiver's phone goes only what concerns its owner."""
    if actor.role == Role.FAMILY:
        return False
    if actor.role == Role.CAREGIVER:
        return actor.caregiver_id in caregivers
    if actor.provider_id is not None and change["provider"] != actor.provider_id:
        return False
    return actor.area_ids is None or change["area"] in actor.area_ids


class _Named(msgspec.Struct, frozen=True):
    """The caregivers that a change names: who goes now, who went before."""

    caregivers: list[UUID] = []
    before: list[UUID] | str = []


def _named(change: asyncpg.Record) -> set[UUID]:
    try:
        data = msgspec.json.decode(change["data"], type=_Named)
    except msgspec.ValidationError:
        return set()
    return {*data.caregivers, *(data.before if isinstance(data.before, list) else ())}


def _about_people(change: asyncpg.Record) -> bool:
    return change["kind"].startswith(("visit.", "reminder."))


async def _concerned(rows: Sequence[asyncpg.Record], going: Going) -> list[set[UUID]]:
    """For each change the caregivers whom it concerns: those it names, and of a visit those who go there now."""
    visits = {row["subject"] for row in rows if row["kind"].startswith("visit.")}
    now = {row["visit"]: row["caregivers"] for row in await going(_GOING, list(visits))} if visits else {}
    return [_named(row) | set(now.get(row["subject"], ())) if _about_people(row) else set() for row in rows]


def _event(cursor: Cursor, change: asyncpg.Record) -> bytes:
    data = msgspec.json.encode(LiveChange(kind=change["kind"], subject=change["subject"], at=change["at"]))
    return b"id: %s\nevent: change\ndata: %s\n\n" % (str(cursor).encode(), data)


_RELOAD = b"event: reload\ndata: {}\n\n"
_PING = b": ping\n\n"


class _Client:
    """One open stream: what waits for it, and whether it was too much."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.waiting: deque[tuple[Cursor, bytes]] = deque()
        self.lost = False
        self.woken = asyncio.Event()

    def offer(self, cursor: Cursor, event: bytes) -> None:
        if len(self.waiting) >= QUEUE:
            self.lose()
        elif not self.lost:
            self.waiting.append((cursor, event))
        self.woken.set()

    def lose(self) -> None:
        """It has missed something, and is told to reload."""
        self.lost = True
        self.waiting.clear()
        self.woken.set()


class Hub:
    """The listening connection of a process and its open streams."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._clients: set[_Client] = set()
        self._woken = asyncio.Event()
        self._cursor: Cursor | None = None
        self._closed = False

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    async def run(self) -> None:
        """Follows the changes until cancelled; a lost connection is opened again, and nothing between is missed."""
        pause = 0.1
        while not self._closed:
            try:
                connection = await asyncpg.connect(self._dsn, server_settings=_SETTINGS, timeout=10)
                try:
                    pause = 0.1
                    await self._listen(connection)
                finally:
                    await _dispose(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the stream of changes lost its connection (%s), it is opened again", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        def wake(*_: Any) -> None:
            self._woken.set()

        connection.add_termination_listener(wake)
        await connection.add_listener("change", wake)
        now = Cursor(int(await connection.fetchval(_NOW) or 0), 0)
        if self._cursor is None or self._cursor > now:
            # Behind our back the database was put back to an older day: nobody's screen is right any more.
            for client in self._clients if self._cursor is not None else ():
                client.lose()
            self._cursor = now
        while not connection.is_closed() and not self._closed:
            self._woken.clear()
            await self._drain(connection)
            # A change is readable only when every older transaction has ended, and nobody notifies of that.
            wait = 0.05 if await connection.fetchval(_PENDING) else 30.0
            # Not wait_for: when both happen at once, Python 3.11's swallows a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _drain(self, connection: asyncpg.Connection) -> None:
        full = True
        while full and self._cursor is not None:
            rows = await connection.fetch(_NEXT, str(self._cursor.transaction), self._cursor.id, BATCH)
            phones = any(client.actor.role == Role.CAREGIVER for client in self._clients)
            concerned = await _concerned(rows, connection.fetch) if phones else [set[UUID]()] * len(rows)
            for row, caregivers in zip(rows, concerned, strict=True):
                self._cursor = Cursor(int(row["transaction"]), row["id"])
                event = _event(self._cursor, row)
                for client in self._clients:
                    if visible(client.actor, row, caregivers):
                        client.offer(self._cursor, event)
            full = len(rows) == BATCH

    def close(self) -> None:
        """Ends every stream: a server that shuts down waits for them."""
        self._closed = True
        self._woken.set()
        for client in self._clients:
            client.woken.set()

    async def follow(self, actor: Actor, last_event_id: str = "") -> AsyncIterator[bytes]:
        """One client's stream: what it missed since its last event, then what happens."""
        client = _Client(actor)
        self._clients.add(client)
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFE
        try:
            yield b"retry: 2000\n: open\n\n"
            after = Cursor.parse(last_event_id)
            if last_event_id:
                missed = await _missed(actor, after) if after else None
                if missed is None:
                    yield _RELOAD
                    return
                for cursor, event in missed:
                    after = cursor
                    yield event
            while not self._closed and loop.time() < end:
                try:
                    async with asyncio.timeout(PING_EVERY):
                        await client.woken.wait()
                except TimeoutError:
                    yield _PING
                    continue
                client.woken.clear()
                while client.waiting and not client.lost:
                    cursor, event = client.waiting.popleft()
                    if after is None or cursor > after:
                        yield event
                if client.lost:
                    yield _RELOAD
                    return
        finally:
            self._clients.discard(client)


async def _missed(actor: Actor, after: Cursor) -> list[tuple[Cursor, bytes]] | None:
    """The events of the scope since a cursor; None when they are too many for a stream, or it is of a lost future."""
    if after.transaction > int((await fetch(_NOW))[0][0]):
        return None  # a restored backup went back behind it: nothing would be above it for a long time
    rows = await fetch(_NEXT, str(after.transaction), after.id, BATCH)
    if len(rows) == BATCH:
        return None
    concerned = await _concerned(rows, fetch) if actor.role == Role.CAREGIVER else [set[UUID]()] * len(rows)
    cursors = [Cursor(int(row["transaction"]), row["id"]) for row in rows]
    return [
        (cursor, _event(cursor, row))
        for cursor, row, caregivers in zip(cursors, rows, concerned, strict=True)
        if visible(actor, row, caregivers)
    ]


async def _dispose(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


_current: Hub | None = None


def hub() -> Hub:
    """The hub of this process."""
    if _current is None:
        raise RuntimeError("the server is not running")
    return _current


@contextlib.asynccontextmanager
async def running(dsn: str) -> AsyncIterator[Hub]:
    """The hub of this process from here to the end of the server."""
    global _current
    _current = hub = Hub(dsn)
    task = asyncio.create_task(hub.run(), name="live")
    try:
        with _at_shutdown(hub.close):
            yield hub
    finally:
        hub.close()
        _current = None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.contextmanager
def _at_shutdown(callback: Callable[[], None]) -> Iterator[None]:
    """Calls back as soon as the process is asked to stop: uvicorn ends the lifespan only after the open streams."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(callback)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    mine = [number for number, handler in before.items() if callable(handler)]
    for number in mine:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in mine:
            if signal.getsignal(number) is stop:
                signal.signal(number, before[number])
