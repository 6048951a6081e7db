"""Starts its own PostgreSQL and server, measures, prints ratios with the raw figures, writes bench-results.json."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

from bench import drain, limit, load, office, reminders, tap
from bench.district import Case, District
from doorstep.core import keys
from doorstep.db import embedded, engine
from doorstep.db.migrate import migrate
from doorstep.settings import Settings
from support.server import Server

ROOT = Path(__file__).parent.parent.parent
SECONDS = 8
WARM = 400


def _lanes(district: District, cases: list[Case], clients: int) -> list[list[str]]:
    """In and out of each visit; a phone's events stay on one connection, as a phone has one drainer."""
    lanes: list[list[str]] = [[] for _ in range(clients)]
    for case in cases:
        lanes[case.phone % clients] += [load.body([district.event(case, kind)]) for kind in ("check_in", "check_out")]
    return lanes


async def _checkins(db: asyncpg.Connection, district: District, port: int, clients: int, guess: int) -> dict[str, Any]:
    cases = await district.visits(db, guess * SECONDS // 2)
    return await asyncio.to_thread(load.run, port, "/api/v1/checkins", _lanes(district, cases, clients), SECONDS)


async def _batches(db: asyncpg.Connection, district: District, port: int, guess: int) -> dict[str, Any]:
    cases = await district.visits(db, guess * SECONDS // 2)
    of_phone: dict[int, list[str]] = {}
    for case in cases:
        of_phone.setdefault(case.phone, []).extend(district.event(case, kind) for kind in ("check_in", "check_out"))
    lanes: list[list[str]] = [[] for _ in range(4)]
    for phone, texts in of_phone.items():
        lanes[phone % 4] += [load.body(texts[start : start + 50]) for start in range(0, len(texts) - 49, 50)]
    answer = await asyncio.to_thread(load.run, port, "/api/v1/checkins", lanes, SECONDS)
    return {**answer, "events_per_second": round(answer["per_second"] * 50, 1)}


async def measure() -> dict[str, Any]:
    """All figures of one run."""
    folder = _new_folder()
    results: dict[str, Any] = {}
    server: Server | None = None
    try:
        dsn = embedded.start(folder)
        # Reminders are planned by a worker beside the server, as on any installation with this much to do.
        settings = Settings(data_dir=folder, database_url=dsn, worker_inside=False)
        keys.install(settings)
        await migrate(dsn)
        await engine.open_pool(dsn, size=2)
        db = await asyncpg.connect(dsn)
        results["postgresql"] = await db.fetchval("SHOW server_version")
        results["synchronous_commit"] = await db.fetchval("SHOW synchronous_commit")
        district = await District.load(db)
        server = Server(settings, factory="bench.server:create")
        await asyncio.to_thread(server.start)
        port = server.port
        results["echo"] = await asyncio.to_thread(
            load.run, port, "/bench/echo", [["{}"] * 40_000 for _ in range(16)], SECONDS / 2
        )
        _say("(c) empty JSON echo, 16 clients", results["echo"])
        warm = await district.visits(db, WARM)
        await asyncio.to_thread(load.run, port, "/api/v1/checkins", _lanes(district, warm, 16), SECONDS)
        # As the database does by itself within a minute: until then its plans are those of empty tables.
        await db.execute("ANALYZE")
        for clients in (8, 16, 32):
            figures = await _checkins(db, district, port, clients, 4500)
            results[f"checkins_{clients}"] = figures
            _say(f"(a) check-ins, {clients} clients", figures)
        results["day_of_50"] = await _batches(db, district, port, 8000)
        _say("(d) 50 events of one phone in one request, 4 phones at once", results["day_of_50"])
        results["drain"] = await drain.measure(db, dsn, district, port)
        _say("(g) 20 phones back in the network at once, 50 queued events each; the bare insert", results["drain"])
        cases = await district.visits(db, 16_000)
        await limit.prepare(db, cases, [district.event(case, "check_in") for case in cases])
        await asyncio.to_thread(server.stop)
        tps = await asyncio.to_thread(limit.run, dsn, folder, cases=len(cases), clients=8)
        results["limit_pgbench_8"] = {"per_second": round(tps, 1)}
        _say("(b) the same statements, one event a transaction, pgbench prepared, 8 clients", {"per_second": tps})
        for clients in (8, 16, 32):
            results[f"ratio_{clients}"] = round(results[f"checkins_{clients}"]["per_second"] / tps, 3)
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


def _say(what: str, figures: dict[str, Any]) -> None:
    print(f"{what}: " + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)


def main() -> None:
    """Prints the table and writes bench-results.json."""
    results = asyncio.run(measure())
    results["tap"] = asyncio.run(tap.run())
    _say("(e) tap to “stored” in Chromium, its processor slowed six times, no server", results["tap"])
    results["reminders"] = asyncio.run(reminders.measure())
    _say("(f) reminders due in one minute, the whole way to a TLS sink on this machine", results["reminders"])
    results["office"] = asyncio.run(office.measure())
    print("\nratio (a)/(b):", ", ".join(f"{n} clients {results[f'ratio_{n}']:.2f}" for n in (8, 16, 32)))
    print(f"ratio of (g) to the bare batch insert: {results['drain']['ratio']:.2f}")
    (ROOT / "bench-results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
