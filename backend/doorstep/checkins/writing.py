"""The hot path's writes: one statement for all rows of a pass, and what is needed beside it now and then."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from doorstep.checkins.facts import Phone, Seen, VisitFacts
from doorstep.checkins.rules import Judgement
from doorstep.checkins.wire import EventAnswer
from doorstep.core import jws
from doorstep.db import changes as told
from doorstep.db.changes import NewChange

EVENT_COLUMNS: Sequence[tuple[str, str]] = (
    ("id", "uuid"), ("device", "uuid"), ("caregiver", "uuid"), ("kind", "text"), ("jws", "text"), ("hash", "bytea"),
    ("seq", "int"), ("prev_hash", "bytea"), ("capture", "text"), ("household", "uuid"), ("claimed_at", "timestamptz"),
    ("anchor_at", "timestamptz"), ("elapsed_ms", "int"), ("earliest_at", "timestamptz"), ("received_at", "timestamptz"),
    ("at", "timestamptz"),
    ("lat", "float8"), ("lon", "float8"), ("accuracy_m", "float8"), ("position_age_ms", "int"),
    ("position_error", "text"),
    ("distance_m", "float8"), ("reason", "text"), ("note", "text"), ("annuls", "uuid"), ("app_version", "text"),
    ("grade", "text"), ("verdict", "text"), ("receipt", "text"),
)  # fmt: skip
# Arrays inside arrays cannot be unnested: lists of words travel as one text, split by the unit separator.
EVENT_LISTS: Sequence[tuple[str, str]] = (
    ("elder_ids", "uuid[]"),
    ("tasks", "text[]"),
    ("acknowledged", "text[]"),
    ("codes", "text[]"),
)
SEPARATOR = "\x1f"


def _insert_events() -> str:
    names = [name for name, _ in EVENT_COLUMNS] + [name for name, _ in EVENT_LISTS]
    plain = [f"r.{name}" for name, _ in EVENT_COLUMNS]
    lists = [f"string_to_array(r.{name}, E'\\x1f')::{kind}" for name, kind in EVENT_LISTS]
    arrays = [f"${n}::{kind}[]" for n, (_, kind) in enumerate(EVENT_COLUMNS, 1)]
    arrays += [f"${n}::text[]" for n in range(len(EVENT_COLUMNS) + 1, len(names) + 1)]
    return (
        f"INSERT INTO check_event ({', '.join(names)}) SELECT {', '.join(plain + lists)} "
        f"FROM unnest({', '.join(arrays)}) AS r ({', '.join(names)})"
    )


def event_row(event: Seen, judgement: Judgement, answer: EventAnswer) -> dict[str, Any]:
    """The columns of a check event."""
    payload, position = event.payload, event.payload.position
    point = judgement.point
    return {
        "id": payload.event_id,
        "device": event.phone.id,
        "caregiver": event.phone.caregiver,
        "kind": payload.kind.value,
        "jws": event.text,
        "hash": event.hash,
        "seq": payload.seq,
        "prev_hash": jws.unb64(payload.prev) if payload.prev else None,
        "capture": payload.capture.value if payload.capture else None,
        "household": event.code.household if event.code else None,
        "claimed_at": payload.claimed_at,
        "anchor_at": event.anchor_at,
        "elapsed_ms": None if payload.elapsed_ms is None else min(payload.elapsed_ms, 2_147_483_647),
        "earliest_at": judgement.earliest,
        "received_at": event.received_at,
        "at": judgement.at,
        "lat": point[0] if point else None,
        "lon": point[1] if point else None,
        "accuracy_m": position.accuracy_m if position else None,
        "position_age_ms": position.age_ms if position else None,
        "position_error": payload.position_error,
        "distance_m": judgement.distance_m,
        "reason": payload.reason,
        "note": payload.note,
        "annuls": payload.annuls,
        "app_version": payload.app_version,
        "grade": judgement.grade,
        "verdict": answer.verdict,
        "receipt": answer.receipt,
        "elder_ids": payload.elder_ids,
        "tasks": payload.tasks,
        "acknowledged": payload.acknowledged,
        "codes": answer.codes,
    }


INSERT_EVENTS = _insert_events()

INSERT_LINKS = """
INSERT INTO event_visit (id, event, visit, effect, holds)
SELECT id, event, visit, effect, string_to_array(holds, ' ')
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS r (id, event, visit, effect, holds)
"""

INSERT_FINDINGS = """
INSERT INTO finding (id, code, severity, event, visit, data, detector, at)
SELECT id, code, severity, event, visit, data::jsonb, 'checkin-1', at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[])
  AS r (id, code, severity, event, visit, data, at)
"""

INSERT_REFUSED = """
INSERT INTO refused_event (id, jws, hash, event_id, device, code, detail, received_at, receipt)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
  $8::timestamptz[], $9::text[]) ON CONFLICT (hash) DO NOTHING
"""

MOVE_PHONES = """
UPDATE device d SET last_seq = r.seq, last_hash = r.hash, last_seen_at = $4
FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS r (id, seq, hash) WHERE d.id = r.id
"""


async def insert_refused(db: asyncpg.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """(id, jws, hash, event_id, device, code, detail, received_at, receipt); the same text is kept once."""
    if rows:
        await db.execute(INSERT_REFUSED, *_turned(rows, 9))


def _turned(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]


MOVE_VISITS = """
UPDATE visit v SET op_state = r.op_state, verify_state = r.verify_state, settle_state = r.settle_state, grade = r.grade,
  holds = r.holds, hold_codes = string_to_array(r.hold_codes, ' '), started_at = r.started_at, ended_at = r.ended_at,
  reason = r.reason, changed_at = $11
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[],
  $8::timestamptz[], $9::timestamptz[], $10::text[])
  AS r (id, op_state, verify_state, settle_state, grade, holds, hold_codes, started_at, ended_at, reason)
WHERE v.id = r.id
"""

INSERT_WALK_IN = """
INSERT INTO visit (id, elder, household, provider, kind, service_type, content, service_day, ordinal,
  window_start, window_end,
  min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, holds, created_at, changed_at)
VALUES ($1, $2, $3, $4, 'adhoc', $5, $6, $7, 1, $8, $9, 0, 240, 1, 'planned', 'none', 'unsettled', 0, $10, $10)
"""


def _together(*statements: str) -> str:
    """One statement of many: each after the first counts its placeholders on from the one before."""
    parts, count = [], 0
    for statement in statements:
        numbers = [int(number) for number in re.findall(r"\$(\d+)", statement)]
        parts.append(re.sub(r"\$(\d+)", lambda found, by=count: f"${int(found[1]) + by}", statement))
        count += max(numbers)
    named = ", ".join(f"w{n} AS ({part})" for n, part in enumerate(parts))
    return f"WITH {named} SELECT"


# One way to the database and back instead of five. Foreign keys are checked when the whole statement is done.
WRITE = _together(INSERT_EVENTS, INSERT_LINKS, INSERT_FINDINGS, MOVE_VISITS, MOVE_PHONES, told.INSERT)


async def write(
    db: asyncpg.Connection,
    *,
    events: Sequence[dict[str, Any]],
    links: Sequence[tuple[Any, ...]],
    findings: Sequence[tuple[Any, ...]],
    visits: Sequence[VisitFacts],
    phones: Iterable[Phone],
    changes: Sequence[NewChange],
    now: datetime,
) -> None:
    """Events, links (id, event, visit, effect, codes of holds), findings (id, code, severity, event, visit, data as
    JSON text, at), the visits as they stand now, the heads of the chains, and what is to be told.

    :raises asyncpg.UniqueViolationError: if a pass beside this one has just written one of these events.
    """
    await db.execute(
        WRITE,
        *[[row[name] for row in events] for name, _ in EVENT_COLUMNS],
        *[[SEPARATOR.join(map(str, row[name])) for row in events] for name, _ in EVENT_LISTS],
        *_turned(links, 5),
        *_turned(findings, 7),
        *_turned([_visit(visit) for visit in visits], 10),
        now,
        *_turned([(phone.id, phone.last_seq, phone.last_hash) for phone in phones], 3),
        now,
        *told.columns(changes),
    )


def _visit(v: VisitFacts) -> tuple[Any, ...]:
    codes = " ".join(v.hold_codes)
    axes = v.op_state, v.verify_state, v.settle_state
    return v.id, *axes, v.grade, v.holds, codes, v.started_at, v.ended_at, v.reason


async def move_visit(db: asyncpg.Connection, visit: VisitFacts, now: datetime) -> None:
    """The visit as it stands now, beside the hot path."""
    await db.execute(MOVE_VISITS, *_turned([_visit(visit)], 10), now)


async def insert_walk_in(db: asyncpg.Connection, *values: Any) -> None:
    """(id, elder, household, provider, service_type, content, service_day, window_start, window_end, now)"""
    await db.execute(INSERT_WALK_IN, *values)
