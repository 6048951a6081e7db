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
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import asyncpg

from doorstep.db import embedded
from doorstep.db.migrate import migrate
from doorstep.serving import signals
from doorstep.settings import Settings
from fleet import broken
from fleet.run import Options, Run
from fleet.verdict import Verdict
from support import folders

SHOWN = 12
FLAGS = {field.name: f"--{field.name}" for field in fields(Options)} | {"way_to_break": "--break"}


async def one(
    settings: Settings, options: Options, *, folder: Path, verbose: bool = False
) -> tuple[dict[str, Any], Verdict]:
    """One seed on an empty database: its figures and its verdict."""
    began = time.monotonic()
    run = Run(settings, options, folder=folder)
    verdict = await run.play()
    figures = {
        "events": verdict.events,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "unexplained": len(verdict.unexplained),
        "seed": options.seed,
        "phones": options.phones,
        "days": options.days,
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


async def alone(options: Options, *, verbose: bool) -> dict[str, Any]:
    """One seed with a database of its own."""
    folder = _new_folder()
    try:
        with embedded.held(folder) as dsn:
            settings = Settings(database_url=dsn, data_dir=folder, public_url="https://dj.example.cn")
            await fresh(dsn)
            figures, _ = await one(settings, options, folder=folder, verbose=verbose)
            return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def apart(options: Options, turn: asyncio.Semaphore, *, verbose: bool) -> dict[str, Any]:
    """One seed in a process of its own; what it prints is printed when it is done."""
    given = [f"{FLAGS[name]}={value}" for name, value in asdict(options).items()]
    given += ["--verbose"] if verbose else []
    async with turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fleet", *given, stdout=asyncio.subprocess.PIPE
        )
        try:
            said, _ = await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
    print(said.decode(), end="", flush=True)
    lines = said.decode().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {"seed": options.seed, "unexplained": 1, "events": 0, "failed": True}
    return json.loads(lines[-1])


async def every(options: Options, *, seeds: int, jobs: int, verbose: bool) -> dict[str, Any]:
    """All seeds, as many at once as there are processors; their sum. What a killed run left behind goes first."""
    folders.sweep()
    began = time.monotonic()
    turn = asyncio.Semaphore(jobs)
    each = [replace(options, seed=options.seed + number) for number in range(seeds)]
    runs = await asyncio.gather(*(apart(seed, turn, verbose=verbose) for seed in each))
    faults: Counter[str] = Counter()
    for figures in runs:
        faults.update(figures.get("faults", {}))
    counted = ("events", "lost", "doubled", "unexplained")
    return {
        **{name: sum(figures.get(name, 0) for figures in runs) for name in counted},
        "seed": options.seed,
        "seeds": seeds,
        "bad_seeds": [figures["seed"] for figures in runs if not clean(figures)],
        "phones": options.phones,
        "days": options.days,
        "seconds": round(time.monotonic() - began),
        "faults": dict(sorted(faults.items())),
    }


def clean(figures: dict[str, Any]) -> bool:
    """Nothing lost, nothing doubled, nothing unexplained."""
    return not any(figures.get(name) for name in ("lost", "doubled", "unexplained"))


def main() -> None:
    """Reads the arguments and ends with the exit code: not 0 as soon as one record is not where it belongs."""
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__)
    for field in fields(Options):
        parser.add_argument(
            FLAGS[field.name],
            dest=field.name,
            type=type(field.default),
            default=field.default,
            choices=("", *broken.WAYS) if field.name == "way_to_break" else None,
            help=field.metadata.get("help"),
        )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="seeds at once")
    parser.add_argument("--verbose", action="store_true", help="tell each difference and what explains it")
    arguments = parser.parse_args()
    options = Options(**{field.name: getattr(arguments, field.name) for field in fields(Options)})
    verbose: bool = arguments.verbose
    work = (
        alone(options, verbose=verbose)
        if arguments.seeds == 1
        else every(options, seeds=arguments.seeds, jobs=arguments.jobs, verbose=verbose)
    )
    with signals():
        figures = asyncio.run(work)
        print(json.dumps(figures), flush=True)
        sys.exit(0 if clean(figures) else 1)
    sys.exit(128 + signal.SIGTERM)  # asked to stop: no verdict


if __name__ == "__main__":
    main()
