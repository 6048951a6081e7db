"""`make fleet SEED=1 SEEDS=20 PHONES=200 DAYS=30`: the last line is JSON for all seeds."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from doorstep.db import embedded
from doorstep.db.migrate import migrate
from doorstep.serving import signals
from doorstep.settings import Settings
from fleet import broken
from fleet.city import WORKS
from fleet.run import Run
from fleet.verdict import Verdict
from support import folders

SHOWN = 12


async def one(
    settings: Settings,
    *,
    seed: int,
    phones: int,
    days: int,
    folder: Path,
    works: float = WORKS,
    way_to_break: str = "",
    verbose: bool = False,
) -> tuple[dict[str, Any], Verdict]:
    """One seed on an empty database: its figures and its verdict."""
    began = time.monotonic()
    run = Run(
        settings,
        seed=seed,
        phones=phones,
        days=days,
        folder=folder,
        works=works,
        way_to_break=way_to_break,
    )
    verdict = await run.play()
    figures = {
        "events": verdict.events,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "unexplained": len(verdict.unexplained),
        "seed": seed,
        "phones": phones,
        "days": days,
        "seconds": round(time.monotonic() - began, 1),
        "requests": run.network.requests,
        "server_errors": len(run.server_errors),
        "faults": dict(sorted(run.dice.counts.items())),
        "explained": dict(sorted(verdict.explained.items())),
    }
    if not verdict.clean:
        for what in ("lost", "doubled", "unexplained"):
            for line in getattr(verdict, what)[:SHOWN]:
                print(f"  {what}: {line}")
    if verbose:
        print("\n".join(verdict.notes))
    return figures, verdict


async def fresh(dsn: str) -> None:
    """The empty database of the next seed."""
    head, _, tail = dsn.partition("?")
    name = head.rsplit("/", 1)[1]
    admin = await asyncpg.connect(f"{head.rsplit('/', 1)[0]}/postgres?{tail}")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        await admin.execute(f"ALTER SYSTEM SET {setting} = off")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    await migrate(dsn)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=folders.RUN))
    folder.chmod(0o755)
    return folder


async def alone(arguments: argparse.Namespace) -> dict[str, Any]:
    """One seed with a database of its own."""
    folder = _new_folder()
    try:
        with embedded.held(folder) as dsn:
            settings = Settings(database_url=dsn, data_dir=folder, public_url="https://dj.example.cn")
            await fresh(dsn)
            figures, _ = await one(
                settings,
                seed=arguments.seed,
                phones=arguments.phones,
                days=arguments.days,
                folder=folder,
                works=arguments.works,
                way_to_break=arguments.way,
                verbose=arguments.verbose,
            )
            return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def apart(arguments: argparse.Namespace, seed: int, turn: asyncio.Semaphore) -> dict[str, Any]:
    """One seed in a process of its own; what it prints is printed when it is done."""
    given = [f"--phones={arguments.phones}", f"--days={arguments.days}", f"--works={arguments.works}"]
    given += [f"--break={arguments.way}"] if arguments.way else []
    given += ["--verbose"] if arguments.verbose else []
    async with turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fleet", f"--seed={seed}", *given, stdout=asyncio.subprocess.PIPE
        )
        try:
            said, _ = await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
    print(said.decode(), end="", flush=True)
    lines = said.decode().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {"seed": seed, "unexplained": 1, "events": 0, "failed": True}
    return json.loads(lines[-1])


async def every(arguments: argparse.Namespace) -> dict[str, Any]:
    """All seeds, as many at once as there are processors; their sum. What a killed run left behind goes first."""
    folders.sweep()
    began = time.monotonic()
    turn = asyncio.Semaphore(arguments.jobs)
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    runs = await asyncio.gather(*(apart(arguments, seed, turn) for seed in seeds))
    faults: Counter[str] = Counter()
    for figures in runs:
        faults.update(figures.get("faults", {}))
    counted = ("events", "lost", "doubled", "unexplained")
    return {
        **{name: sum(figures.get(name, 0) for figures in runs) for name in counted},
        "seed": arguments.seed,
        "seeds": arguments.seeds,
        "bad_seeds": [figures["seed"] for figures in runs if not clean(figures)],
        "phones": arguments.phones,
        "days": arguments.days,
        "seconds": round(time.monotonic() - began),
        "faults": dict(sorted(faults.items())),
    }


def clean(figures: dict[str, Any]) -> bool:
    """Nothing lost, nothing doubled, nothing unexplained."""
    return not any(figures.get(name) for name in ("lost", "doubled", "unexplained"))


def main() -> None:
    """Reads the arguments and ends with the exit code: not 0 as soon as one record is not where it belongs."""
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="seeds at once")
    parser.add_argument("--works", type=float, default=WORKS, help="how likely a caregiver works on a day")
    parser.add_argument("--break", dest="way", choices=("", *broken.WAYS), default="", help="break the server")
    parser.add_argument("--verbose", action="store_true", help="tell each difference and what explains it")
    arguments = parser.parse_args()
    with signals():
        figures = asyncio.run(alone(arguments) if arguments.seeds == 1 else every(arguments))
        print(json.dumps(figures), flush=True)
        sys.exit(0 if clean(figures) else 1)
    sys.exit(128 + signal.SIGTERM)  # asked to stop: no verdict


if __name__ == "__main__":
    main()
