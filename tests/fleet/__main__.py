"""`make fleet SEED=1 SEEDS=20 PHONES=200 DAYS=30`: runs seeds one after the other; the last line is JSON for all."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg

from doorstep.db import embedded
from doorstep.db.migrate import migrate
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
    stand_in: bool = False,
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
        stand_in=stand_in,
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


async def every(arguments: argparse.Namespace) -> int:
    """All seeds; the exit code."""
    total: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    bad: list[int] = []
    with folders.data_folder() as folder, embedded.held(folder) as dsn:
        settings = Settings(database_url=dsn, data_dir=folder, public_url="https://dj.example.cn")
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            await fresh(dsn)
            figures, verdict = await one(
                settings,
                seed=seed,
                phones=arguments.phones,
                days=arguments.days,
                folder=folder,
                works=arguments.works,
                way_to_break=arguments.way,
                verbose=arguments.verbose,
                stand_in=arguments.epoch,
            )
            print(json.dumps(figures), flush=True)
            total.update({name: figures[name] for name in ("events", "lost", "doubled", "unexplained", "requests")})
            total["seconds"] += int(figures["seconds"])
            faults.update(figures["faults"])
            if not verdict.clean:
                bad.append(seed)
    summary = {name: total[name] for name in ("events", "lost", "doubled", "unexplained")}
    summary |= {"seed": arguments.seed, "seeds": arguments.seeds, "bad_seeds": bad}
    summary |= {"phones": arguments.phones, "days": arguments.days}
    summary |= {"seconds": total["seconds"], "requests": total["requests"], "faults": dict(sorted(faults.items()))}
    print(json.dumps(summary), flush=True)
    return 1 if bad else 0


def main() -> None:
    """Reads the arguments and ends with the exit code."""
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--works", type=float, default=WORKS, help="how likely a caregiver works on a day")
    parser.add_argument("--break", dest="way", choices=("", *broken.WAYS), default="", help="break the server")
    parser.add_argument("--epoch", action="store_true", help="tell an epoch in the place of a product that tells none")
    parser.add_argument("--verbose", action="store_true", help="tell each difference and what explains it")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(every(arguments)))


if __name__ == "__main__":
    main()
