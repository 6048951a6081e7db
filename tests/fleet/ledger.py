"""What the database says at the end, as plain values: the verdict needs no database, and its tests make their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from doorstep.checkins import attendance


@dataclass(frozen=True)
class Stored:
    """A row of check_event or of refused_event."""

    event_id: str
    hash: bytes
    refused: bool
    codes: tuple[str, ...]
    receipt: str
    verdict: str
    received_at: datetime
    earliest_at: datetime | None = None


@dataclass(frozen=True)
class Link:
    """What an event did to a visit. `taken_back`: the event was annulled."""

    event_id: str
    visit: UUID
    elder: UUID
    effect: str
    taken_back: bool = False


@dataclass(frozen=True)
class Standing:
    """A visit as it stands."""

    id: UUID
    op_state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    carers: int = 1


@dataclass
class Ledger:
    """Everything that the verdict looks at. `unsound`: contradictions that the database itself can name."""

    stored: Sequence[Stored] = ()
    links: Sequence[Link] = ()
    visits: dict[UUID, Standing] = field(default_factory=dict)
    findings: Sequence[tuple[str, UUID | None, str, str]] = ()  # event id, visit, code, data
    unsound: Sequence[str] = ()


_STORED = """
SELECT id::text AS event_id, hash, false AS refused, codes, receipt, verdict, received_at, earliest_at FROM check_event
UNION ALL
SELECT event_id::text, hash, true, ARRAY[code], receipt, 'refused', received_at, NULL FROM refused_event
"""
_LINKS = """
SELECT DISTINCT ON (ev.event, ev.visit) ev.event::text, ev.visit, v.elder, ev.effect,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = ev.event)
FROM event_visit ev JOIN visit v ON v.id = ev.visit ORDER BY ev.event, ev.visit, ev.id DESC
"""
_VISITS = "SELECT id, op_state, started_at, ended_at, carers_needed FROM visit"
_FINDINGS = "SELECT event::text, visit, code, data::text FROM finding"
ANSWERABLE = ("NOT_CHECKED_IN", "ALREADY_IN_PROGRESS", *attendance.OF_THE_END)
"""Holds that a later record can answer: they are found, and need not count any more."""

_UNSOUND = """
SELECT 'holds of visit ' || v.id FROM visit v CROSS JOIN LATERAL (
  SELECT count(*) AS held, count(*) FILTER (WHERE f.code = ANY($1::text[])) AS answerable
  FROM finding f WHERE f.visit = v.id AND f.severity = 'hold'
    AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = f.event)) h
WHERE v.holds NOT BETWEEN h.held - h.answerable AND h.held
UNION ALL
SELECT 'chain head of phone ' || d.id FROM device d
WHERE d.last_seq <> COALESCE((SELECT max(e.seq) FROM check_event e WHERE e.device = d.id), 0)
UNION ALL
SELECT 'axes of visit ' || v.id FROM visit v
WHERE (v.op_state = 'completed') <> (v.verify_state IN ('auto_verified', 'needs_review'))
  OR (v.verify_state = 'auto_verified' AND (v.grade <> 'A' OR v.holds > 0 OR v.settle_state <> 'unsettled'))
  OR (v.op_state IN ('in_progress', 'completed', 'unclosed') AND v.started_at IS NULL)
  OR (v.op_state IN ('planned', 'assigned', 'missed') AND v.started_at IS NOT NULL)
"""


async def read(dsn: str) -> Ledger:
    """Reads the database of a run that is over."""
    db = await asyncpg.connect(dsn)
    try:
        return Ledger(
            stored=[Stored(**{**dict(row), "codes": tuple(row["codes"])}) for row in await db.fetch(_STORED)],
            links=[Link(*row) for row in await db.fetch(_LINKS)],
            visits={row["id"]: Standing(*row) for row in await db.fetch(_VISITS)},
            findings=[tuple(row) for row in await db.fetch(_FINDINGS)],
            unsound=[row[0] for row in await db.fetch(_UNSOUND, [*ANSWERABLE])],
        )
    finally:
        await db.close()
