"""The stream of changes over a real socket: scope, order, resuming, a broken database connection, shutdown."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from doorstep.core.ids import uuid7
from doorstep.db import changes
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import Actor, Role
from doorstep.settings import Settings
from doorstep.visits import live
from support.server import Server
from support.sign_in import phone_of, sign_in
from support.until import until
from support.world import World

_INSERT = "INSERT INTO change (kind, subject, at, provider) VALUES ('visit.test', $1, now(), $2)"


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    running = Server(settings)
    running.start()
    yield running
    running.kill()


async def _tell(provider: UUID | None, *, area: UUID | None = None) -> UUID:
    subject = uuid7()
    async with unit_of_work():
        await changes.record(kind="visit.test", subject=subject, provider=provider, area=area)
    return subject


class _Stream:
    """The events of one client."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, str] | None:
        """The next event with its fields, None at the end of the stream; comments are passed over."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(15):
            async for line in self._lines:
                name, _, value = line.partition(":")
                if line and name:
                    fields[name] = value.strip()
                elif not line and "event" in fields:
                    return fields
        return None

    async def subject(self) -> UUID:
        event = await self.next()
        assert event is not None
        assert event["event"] == "change"
        data: dict[str, Any] = json.loads(event["data"])
        assert set(data) == {"kind", "subject", "at"}
        self.last_id = event["id"]
        return UUID(data["subject"])


@asynccontextmanager
async def _open(server: Server, headers: dict[str, str], **more: str) -> AsyncIterator[_Stream]:
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=20) as http,
        http.stream("GET", "/api/v1/live", headers={**headers, **more}) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()
        async for line in lines:
            if line == ": open":
                break
        stream = _Stream(answer)
        stream._lines = lines
        yield stream


async def test_changes_reach_whoever_may_see_them_in_order_and_are_never_lost(
    server: Server, world: World, dsn: str
) -> None:
    manager, officer = await sign_in(world, "manager"), await sign_in(world, "officer")
    async with _open(server, manager) as mine, _open(server, officer) as area:
        await _tell(world.other_provider, area=world.other_subdistrict)
        await _tell(None)
        in_area = await _tell(world.other_provider, area=world.subdistrict)
        for_me = await _tell(world.provider, area=world.subdistrict)
        assert await mine.subject() == for_me
        assert [await area.subject(), await area.subject()] == [in_area, for_me]

        # An older transaction that commits later: its change has the higher id, and is neither lost nor overtaken.
        slow = await asyncpg.connect(dsn)
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute("SELECT pg_current_xact_id()")
        quick = await _tell(world.provider)
        late = uuid7()
        await slow.execute(_INSERT, late, world.provider)
        await transaction.commit()
        await slow.close()
        assert [await mine.subject(), await mine.subject()] == [late, quick]
        seen = mine.last_id

    missed = [await _tell(world.provider) for _ in range(3)]
    async with _open(server, manager, **{"Last-Event-ID": seen}) as again:
        assert [await again.subject() for _ in range(3)] == missed
        await fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doorstep live'")
        after_the_break = await _tell(world.provider)
        assert await again.subject() == after_the_break


async def test_who_may_not_listen_and_what_is_no_place_to_go_on_from(server: Server, world: World) -> None:
    manager = await sign_in(world, "manager")
    phone = {"Authorization": f"Bearer {(await phone_of(world.caregiver)).token}"}
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        assert (await http.get("/api/v1/live")).status_code == 401
        assert (await http.get("/api/v1/live", headers=phone)).status_code in (401, 403)
        for nonsense in ("x", "1", "1-", "-1", "9" * 30 + "-1", "1-2; DROP TABLE change", "①-②"):
            raw = [(b"last-event-id", nonsense.encode()), (b"authorization", manager["Authorization"].encode())]
            answer = await http.get("/api/v1/live", headers=raw)
            assert answer.status_code == 200
            assert "event: reload" in answer.text, nonsense


async def test_who_comes_back_from_a_future_that_a_restored_backup_does_not_know_reloads(
    server: Server, world: World
) -> None:
    manager = await sign_in(world, "manager")
    [row] = await fetch("SELECT change_horizon()::text AS now")
    headers = {**manager, "Last-Event-ID": f"{int(row['now']) + 1}-1"}
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        assert "event: reload" in (await http.get("/api/v1/live", headers=headers)).text


async def test_an_open_stream_does_not_hold_up_the_end_of_the_server(server: Server, world: World) -> None:
    async with _open(server, await sign_in(world, "admin")) as stream:
        ended = asyncio.create_task(stream.next())
        await asyncio.to_thread(server.stop)
        assert await ended is None, "the stream was ended by the server, not broken off"


def _actor(world: World) -> Actor:
    return Actor(role=Role.MANAGER, provider_id=world.provider)


async def test_a_client_that_does_not_keep_up_is_told_to_reload(world: World) -> None:
    hub = live.hub()
    stream = hub.follow(_actor(world))
    assert await anext(stream) == b"retry: 2000\n: open\n\n"
    async with unit_of_work():
        change = changes.NewChange(kind="visit.test", subject=world.elder, provider=world.provider)
        await changes.record_all([change] * (live.QUEUE + 1))
    last = await _tell(world.provider)

    async def passed() -> bool:
        [row] = await fetch("SELECT transaction::text AS transaction, id FROM change WHERE subject = $1", last)
        return hub._cursor is not None and hub._cursor >= live.Cursor(int(row["transaction"]), row["id"])

    await until(passed)
    assert [event async for event in stream] == [b"event: reload\ndata: {}\n\n"]
    assert hub.clients == 0


async def test_too_much_missed_is_not_sent_but_reloaded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BATCH", 3)
    for _ in range(3):
        await _tell(world.provider)
    stream = live.hub().follow(_actor(world), "0-0")
    assert [event async for event in stream][1:] == [b"event: reload\ndata: {}\n\n"]


async def test_a_silent_stream_pings_and_ends_after_its_life(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_EVERY", 0.01)
    monkeypatch.setattr(live, "LIFE", 0.2)
    events = [event async for event in live.hub().follow(_actor(world))]
    assert set(events[1:]) == {b": ping\n\n"}


def test_a_cursor_survives_its_text_and_orders_by_transaction_first() -> None:
    cursor = live.Cursor(12, 3)
    assert live.Cursor.parse(str(cursor)) == cursor
    assert live.Cursor(11, 9) < cursor < live.Cursor(12, 4)
    assert [live.Cursor.parse(text) for text in ("", "-", "1-", "a-1", "1-1-1", "-1-1", f"{2**63}-1")] == [None] * 7
