"""Queries of the text gateway's queue and of its dead letters."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

# One that was dropped because its reminder was cancelled is due again with it.
_ENQUEUE = """
INSERT INTO gateway_message (id, reminder, state, attempts, next_at, created_at, changed_at)
SELECT n.id, r.id, 'due', 0, $3, $3, $3
FROM unnest($1::uuid[], $2::uuid[]) AS n(id, reminder) JOIN reminder r ON r.id = n.reminder AND r.audience = 'caregiver'
ORDER BY r.id
ON CONFLICT (reminder) DO UPDATE SET state = 'due', attempts = 0, next_at = excluded.next_at, status = NULL,
  detail = NULL, changed_at = excluded.changed_at
WHERE gateway_message.state = 'dropped'
"""

_CLAIM = """
WITH due AS (
  SELECT id FROM gateway_message WHERE next_at <= $1 ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
), mine AS (
  UPDATE gateway_message m SET claimed_by = $3, claimed_until = $4, next_at = $4 FROM due WHERE m.id = due.id
  RETURNING m.id, m.reminder, m.attempts
)
SELECT mine.id, mine.reminder, mine.attempts, r.kind, r.state, r.occasion, r.useless_at, c.phone
FROM mine JOIN reminder r ON r.id = mine.reminder JOIN caregiver c ON c.id = r.person
"""

_SETTLE = """
UPDATE gateway_message m SET state = n.state, attempts = n.attempts, next_at = n.next_at, status = n.status,
  detail = n.detail, claimed_by = NULL, claimed_until = NULL, changed_at = $8
FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::timestamptz[], $5::smallint[], $6::text[])
  AS n(id, state, attempts, next_at, status, detail)
WHERE m.id = n.id AND m.claimed_by = $7
RETURNING m.id
"""

_DEAD = """
SELECT m.id, m.reminder, m.created_at, m.changed_at, m.attempts, m.status, m.detail, r.kind, r.visit, r.useless_at,
  r.state, c.id AS caregiver, c.name
FROM gateway_message m JOIN reminder r ON r.id = m.reminder JOIN caregiver c ON c.id = r.person
WHERE m.state = 'dead' AND ($1::uuid IS NULL OR r.provider = $1)
ORDER BY m.changed_at DESC, m.id DESC LIMIT 200
"""

_ONE_DEAD = """
SELECT m.id, r.useless_at, r.state FROM gateway_message m JOIN reminder r ON r.id = m.reminder
WHERE m.id = $2 AND m.state = 'dead' AND ($1::uuid IS NULL OR r.provider = $1) FOR UPDATE OF m
"""


async def enqueue(actor: Actor, reminders: Collection[UUID], now: datetime) -> None:
    """One message for each of these reminders of caregivers; twice is once."""
    del actor
    await fetch(_ENQUEUE, [uuid7() for _ in reminders], list(reminders), now)


async def claim(actor: Actor, worker: UUID, now: datetime, until: datetime, limit: int) -> list[asyncpg.Record]:
    """Due messages that nobody else holds, with what they are about."""
    del actor
    return await fetch(_CLAIM, now, limit, worker, until)


async def settle(actor: Actor, worker: UUID, rows: Sequence[Sequence[Any]], now: datetime) -> set[UUID]:
    """Writes id, state, attempts, next_at, status, detail of those that are still this worker's; answers which."""
    del actor
    if not rows:
        return set()
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {row["id"] for row in await fetch(_SETTLE, *columns, worker, now)}


async def dead(actor: Actor) -> list[asyncpg.Record]:
    """Those that the gateway did not take, in the actor's scope."""
    return await fetch(_DEAD, actor.provider_id)


async def one_dead(actor: Actor, id: UUID) -> asyncpg.Record | None:
    """One of them, locked."""
    rows = await fetch(_ONE_DEAD, actor.provider_id, id)
    return rows[0] if rows else None


async def revive(actor: Actor, id: UUID, now: datetime) -> None:
    """It is due again, with all its tries; the caller has locked it within the scope."""
    del actor
    await fetch(
        "UPDATE gateway_message SET state = 'due', attempts = 0, next_at = $2, status = NULL, detail = NULL, "
        "changed_at = $2 WHERE id = $1",
        id,
        now,
    )


async def drop(actor: Actor, id: UUID, now: datetime) -> None:
    """Nobody needs it; the caller has locked it within the scope."""
    del actor
    await fetch(
        "UPDATE gateway_message SET state = 'dropped', next_at = NULL, detail = 'by_hand', changed_at = $2 "
        "WHERE id = $1",
        id,
        now,
    )
