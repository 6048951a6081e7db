"""What the office looks at all day, over a million visits with their events: milliseconds through HTTP, and the plans.

`python -m bench.office [VISITS]` runs it alone. The plans are left in tests/output/office-plans.txt.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from bench.big_district import Loaded, load
from doorstep.core import clock, keys
from doorstep.db import embedded, engine
from doorstep.db.migrate import migrate
from doorstep.settings import Settings
from support.server import Server
from support.sign_in import office_token

ROOT = Path(__file__).parent.parent.parent
VISITS = 1_000_000
EACH = 150
WARM = 15
LIMIT_MS = 100


def _paths(rows: dict[str, list[str]]) -> Iterator[tuple[str, str, list[str]]]:
    """(name, role, addresses) of what is measured, each address another day, page or visit."""
    day = clock.today()
    days = [(day - timedelta(days=ago)).isoformat() for ago in range(60)]
    for role in ("manager", "admin"):
        yield f"queue, {role}", role, ["/review/queue"]
        yield f"queue of one cause, {role}", role, ["/review/queue?cause=OVERLAP", "/review/queue?group=must_fix"]
    yield "queue, officer", "officer", ["/review/queue"]
    yield "queue, a later page, admin", "admin", [f"/review/queue?cursor={one}" for one in rows["cursors"]]
    yield "one visit, manager", "manager", [f"/review/visits/{one}" for one in rows["visits"]]
    yield "board, manager", "manager", [f"/board?day={one}" for one in days]
    yield "list of a day, manager", "manager", [f"/visits?day={one}" for one in days]
    yield "an elder's history, manager", "manager", [f"/elders/{one}/visits" for one in rows["elders"]]
    yield "figures of a month, manager", "manager", [f"/figures?since={days[30]}&until={days[0]}&step=day"]


async def _asked(client: httpx.AsyncClient, addresses: list[str], rng: random.Random) -> dict[str, float]:
    times: list[float] = []
    size = 0
    for number in range(EACH + WARM):
        address = rng.choice(addresses)
        begun = time.perf_counter()
        answer = await client.get(f"/api/v1{address}")
        took = (time.perf_counter() - begun) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code} {answer.text[:200]}")
        size = max(size, len(answer.content))
        if number >= WARM:
            times.append(took)
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    return {"median_ms": round(statistics.median(times), 1), "p95_ms": round(p95, 1), "kB": round(size / 1024, 1)}


async def _samples(db: asyncpg.Connection, loaded: Loaded) -> dict[str, list[str]]:
    from doorstep.core import paging

    mine = "v.provider = (SELECT provider FROM account WHERE id = $1)"
    visits = await db.fetch(
        f"SELECT v.id, v.elder FROM visit v TABLESAMPLE SYSTEM (1) WHERE {mine} AND op_state = 'completed' LIMIT 300",
        loaded.manager,
    )
    waits = await db.fetch(
        "SELECT window_start, id FROM visit v WHERE settle_state = 'held' ORDER BY random() LIMIT 50"
    )
    return {
        "visits": [str(row["id"]) for row in visits],
        "elders": [str(row["elder"]) for row in visits],
        "cursors": [paging.encode((row["window_start"], row["id"])) for row in waits],
    }


async def _plans(db: asyncpg.Connection, loaded: Loaded) -> str:
    """How PostgreSQL answers the queue: the statements as the product sends them."""
    from doorstep.review import queue_store, rules

    provider = await db.fetchval("SELECT provider FROM account WHERE id = $1", loaded.manager)
    areas = [await db.fetchval("SELECT area FROM account WHERE id = $1", loaded.officer)]
    none = [None, sorted(rules.must_fix_codes()), None, None, None, 51]
    one = await db.fetchval("SELECT min(id::text)::uuid FROM caregiver WHERE provider = $1", provider)
    asked: list[tuple[str, str, list[Any]]] = [
        ("the queue of a manager", queue_store.PAGE, [provider, None, None, *none]),
        ("the queue of an officer", queue_store.PAGE, [None, areas, None, *none]),
        ("the queue of the administrator", queue_store.PAGE, [None, None, None, *none]),
        ("a caregiver in the queue of a manager", queue_store.FOUND, [provider, None, None, *none, [], [one]]),
        ("the counts of a manager", queue_store.COUNTS_ALL, [provider]),
        ("the counts of an officer", queue_store.COUNTS, [None, areas]),
    ]
    told = []
    for name, sql, arguments in asked:
        rows = await db.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", *arguments)
        told.append(f"== {name}\n" + "\n".join(row[0] for row in rows))
    return "\n\n".join(told) + "\n"


async def measure(visits: int = VISITS) -> dict[str, Any]:
    """All figures, with a database and a server of its own."""
    folder = await asyncio.to_thread(_new_folder)
    results: dict[str, Any] = {}
    server: Server | None = None
    try:
        dsn = embedded.start(folder)
        settings = Settings(data_dir=folder, database_url=dsn)
        keys.install(settings)
        await migrate(dsn)
        await engine.open_pool(dsn, size=2)
        db = await asyncpg.connect(dsn)
        begun = time.perf_counter()
        loaded = await load(db, visits)
        results["visits"], results["load_s"] = loaded.visits, round(time.perf_counter() - begun)
        results["events"] = await db.fetchval("SELECT count(*) FROM check_event")
        results["waiting"] = await db.fetchval("SELECT count(*) FROM visit WHERE settle_state = 'held'")
        results["size"] = await db.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
        print(
            f"(h) {results['visits']} visits, {results['events']} events, loaded in {results['load_s']} s", flush=True
        )
        plans = ROOT / "tests" / "output" / "office-plans.txt"
        plans.parent.mkdir(parents=True, exist_ok=True)
        plans.write_text(await _plans(db, loaded))
        accounts = {"manager": loaded.manager, "officer": loaded.officer, "admin": loaded.admin}
        tokens = {role: await office_token(account) for role, account in accounts.items()}
        server = Server(settings)
        await asyncio.to_thread(server.start)
        rng = random.Random(1)
        slow = []
        for name, role, addresses in _paths(await _samples(db, loaded)):
            headers = {"Authorization": f"Bearer {tokens[role]}"}
            async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
                results[name] = figures = await _asked(client, addresses, rng)
            print(f"    {name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()), flush=True)
            if figures["p95_ms"] >= LIMIT_MS:
                slow.append(name)
        results["slower_than_100_ms"] = slow
        await db.close()
    finally:
        if server is not None:
            server.stop()
        await engine.close_pool()
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return results


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    folder.chmod(0o755)
    return folder


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    print(json.dumps(asyncio.run(measure(number)), indent=2, ensure_ascii=False))
