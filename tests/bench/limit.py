"""The limit: the very statements of a pass for one event, one transaction each, by pgbench in prepared mode."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import asyncpg

from bench.district import Case
from doorstep.checkins import store, writing
from doorstep.db import embedded

_CASES = """
CREATE UNLOGGED TABLE bench_case (n int PRIMARY KEY, event uuid, device uuid, caregiver uuid, visit uuid, elder uuid,
  household uuid, token bytea, jws text, hash bytea, prev bytea, seq int);
"""


def _one(statement: str, values: list[str]) -> str:
    """A statement of the store with SQL text in place of its placeholders, on one line."""
    plain = re.sub(r"--.*", "", statement)
    text = re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], plain)
    return " ".join(text.split()) + ";"


def _of(column: str) -> str:
    return f"ARRAY(SELECT {column} FROM bench_case WHERE n = :n)"


def script() -> str:
    """A check-in of case :n; the values come from the table, or are as long as real ones."""
    columns = {
        "id": _of("event"), "device": _of("device"), "caregiver": _of("caregiver"), "kind": "ARRAY['check_in']",
        "jws": _of("jws"), "hash": _of("hash"), "seq": _of("seq"), "prev_hash": _of("prev"),
        "capture": "ARRAY['camera']",
        "household": _of("household"), "elapsed_ms": "ARRAY[100]", "lat": "ARRAY[39.9219]", "lon": "ARRAY[116.4431]",
        "accuracy_m": "ARRAY[15.0]", "position_age_ms": "ARRAY[1000]", "distance_m": "ARRAY[3.5]",
        "grade": "ARRAY['A']",
        "verdict": "ARRAY['accepted']", "receipt": _of("jws"), "app_version": "ARRAY['bench']",
    }  # fmt: skip
    instants = {"claimed_at", "anchor_at", "earliest_at", "received_at", "at"}
    event = [
        columns.get(name, "ARRAY[now()]" if name in instants else "ARRAY[NULL]") for name, _ in writing.EVENT_COLUMNS
    ]
    visit = _of("visit")
    lists = ["ARRAY['']"] * len(writing.EVENT_LISTS)
    link = ["ARRAY[gen_random_uuid()]", _of("event"), visit, "ARRAY['opened']", "ARRAY['']"]
    states = ["ARRAY['in_progress']", "ARRAY['none']", "ARRAY['unsettled']", "ARRAY['A']", "ARRAY[0]", "ARRAY['']"]
    moved = [visit, *states, "ARRAY[now()]", "ARRAY[NULL]", "ARRAY[NULL]", "now()"]
    head = [_of("device"), _of("seq"), _of("hash"), "now()"]
    told = ["ARRAY['visit.checked']", visit, "ARRAY[now()]", "ARRAY['{}']", _of("caregiver"), _of("caregiver")]
    return "\n".join(
        [
            "\\set n nextn",
            "BEGIN;",
            "SET LOCAL enable_seqscan = off;",
            "SET LOCAL plan_cache_mode = force_generic_plan;",
            _one(store.PHONES, [_of("device")]),
            _one(store.KNOWN, [_of("event"), _of("hash"), _of("device"), _of("seq - 1"), _of("prev")]),
            _one(store.CODES, [_of("token"), "ARRAY[]"]),
            _one(store.VISITS, [visit]),
            _one(store.LINKS, [visit]),
            _one(store.INTERVALS, [_of("caregiver"), "now() - interval '13 hours'", "now() + interval '2 hours'"]),
            _one(writing.WRITE, [*event, *lists, *link, *["ARRAY[]"] * 7, *moved, *head, *told]),
            "COMMIT;",
        ]
    )  # fmt: skip


async def prepare(db: asyncpg.Connection, cases: list[Case], texts: list[str]) -> None:
    """The table that stands for what a server would have in memory."""
    await db.execute("DROP TABLE IF EXISTS bench_case")
    await db.execute(_CASES)
    await db.execute(
        "INSERT INTO bench_case "
        "SELECT n, gen_random_uuid(), d.id, d.caregiver, v.id, v.elder, v.household, c.token_sha256, "
        "t, sha256(t::bytea), sha256((t || 'p')::bytea), 100000 + n::int "
        "FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS r (visit, t, n) JOIN visit v ON v.id = r.visit "
        "JOIN assignment a ON a.visit = v.id JOIN device d ON d.caregiver = a.caregiver "
        "JOIN household_code c ON c.household = v.household",
        [case.visit for case in cases],
        texts,
    )
    await db.execute("ANALYZE bench_case")


def run(dsn: str, folder: Path, *, cases: int, clients: int) -> float:
    """Transactions a second, each case once."""
    each = cases // clients
    file = folder / "limit.sql"
    # :client_id counts from 0; each client walks through its own share.
    counter = f"\\set k :k + 1\n\\set n :client_id * {each} + :k"
    file.write_text(script().replace("\\set n nextn", counter))
    answer = subprocess.run(
        [
            str(embedded.bin_dir() / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-t", str(each),
            "-D", "k=0", "-f", str(file), dsn,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", answer.stdout)
    if answer.returncode or not found:
        raise RuntimeError(answer.stderr[-2000:])
    return float(found[1])
