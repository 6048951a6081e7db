"""Twenty phones find a network in the same moment, each with fifty records of an hour without one.

Beside it the bare batch insert: the rows of as many records of other phones, by the very statement with which a pass
writes them and as many at once, one transaction each, on as many connections as the server has passes in flight. What
is left out is what makes them true: HTTP, signatures, reading, rules, receipts.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from bench import load
from bench.district import Case, District
from doorstep.checkins import gather, store
from doorstep.checkins.judging import Pass
from doorstep.core import clock
from support.phone import Kind

PHONES = 20
QUEUED = 50  # as many as the PWA sends in one request
ROUNDS = 5
SECONDS = 60

Write = tuple[str, tuple[Any, ...]]
_KINDS: Sequence[Kind] = ("check_in", "check_out")


class _Taken:
    """Stands where a pass expects its connection: keeps what it would have written."""

    def __init__(self) -> None:
        self.writes: list[Write] = []

    async def execute(self, statement: str, *values: Any) -> None:
        self.writes.append((statement, values))


def _queue(district: District, cases: Sequence[Case], start: datetime) -> list[str]:
    """The records of one phone, one a minute since it last heard the server."""
    with clock.running_from(lambda: start):
        district.hear(cases[0].phone)
    wanted: list[tuple[Case, Kind]] = [(case, kind) for case in cases for kind in _KINDS]
    texts: list[str] = []
    for n, (case, kind) in enumerate(wanted, 1):
        with clock.running_from(lambda at=start + timedelta(minutes=n): at):
            texts.append(district.queued(case, kind))
    return texts


async def _written(db: asyncpg.Connection, requests: Sequence[list[str]]) -> list[Write]:
    """What the passes over these requests would write."""
    taken = _Taken()
    at_once = gather.LARGEST // QUEUED
    for first in range(0, len(requests), at_once):
        one = Pass(clock.now(), requests[first : first + at_once])
        whole = db.transaction()
        await whole.start()
        try:
            await store.steady_plans(db)
            await one.read(db)
            await one.judge(db)
            await one.write(taken)  # pyright: ignore[reportArgumentType]
        finally:
            await whole.rollback()
    return taken.writes


async def _bare(connections: Sequence[asyncpg.Connection], writes: Sequence[Write]) -> float:
    """Seconds."""
    left = iter(writes)

    async def lane(db: asyncpg.Connection) -> None:
        for statement, values in left:
            async with db.transaction():
                await db.execute(statement, *values)

    start = time.perf_counter()
    await asyncio.gather(*(lane(db) for db in connections))
    return time.perf_counter() - start


async def _connections(db: asyncpg.Connection, dsn: str) -> list[asyncpg.Connection]:
    """With the plans that a pass has."""
    made = [await asyncpg.connect(dsn) for _ in range(gather.AT_ONCE)]
    for one in made:
        await one.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off")
    return made


async def _of_phones(db: asyncpg.Connection, district: District) -> Iterator[list[list[Case]]]:
    """The visits of twenty phones, and of the next twenty, and so on."""
    of_phone: defaultdict[int, list[Case]] = defaultdict(list)
    for case in await district.visits(db, len(district.phones) * QUEUED // 2):
        of_phone[case.phone].append(case)
    lists = list(of_phone.values())
    return (lists[first : first + PHONES] for first in range(0, len(lists), PHONES))


async def measure(db: asyncpg.Connection, dsn: str, district: District, port: int) -> dict[str, Any]:
    """Both in turn, a few times; the middle one of each counts."""
    groups = await _of_phones(db, district)
    start = clock.now() - timedelta(minutes=QUEUED + 5)
    connections = await _connections(db, dsn)
    ours: list[float] = []
    bare: list[float] = []
    try:
        for _ in range(ROUNDS):
            queues = [_queue(district, cases, start) for cases in next(groups)]
            lanes = [[load.body(texts)] for texts in queues]
            ours.append((await asyncio.to_thread(load.run, port, "/api/v1/checkins", lanes, SECONDS))["seconds"])
            others = [_queue(district, cases, start) for cases in next(groups)]
            bare.append(await _bare(connections, await _written(db, others)))
    finally:
        for one in connections:
            await one.close()
    events = PHONES * QUEUED
    seconds, alone = statistics.median(ours), statistics.median(bare)
    return {
        "events": events,
        "phones": PHONES,
        "seconds": round(seconds, 3),
        "events_per_second": round(events / seconds, 1),
        "bare_per_second": round(events / alone, 1),
        "ratio": round(alone / seconds, 3),
    }
