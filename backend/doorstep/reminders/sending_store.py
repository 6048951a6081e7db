"""What the worker reads and writes: claims with a lease, attempts, where reminders stand. The server itself asks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.reminders.ports import Sent
from doorstep.reminders.rules import Standing
from doorstep.reminders.store import STANDING, standings

CALENDAR_ALIVE = timedelta(hours=24)
"""A phone that has fetched its calendar since then shows the next call."""

# In a burst the statistics are always of another moment: each of these can be done in one way only, by an index.
_CLAIM = f"""
WITH due AS (
  SELECT id FROM reminder WHERE next_at <= $1 ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE reminder r SET claimed_by = $3, claimed_until = $4, next_at = $4 WHERE r.id = ANY(array(SELECT id FROM due))
RETURNING {STANDING}
"""

_NEXT_AT = "SELECT next_at FROM reminder WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1"

_REPLACED = """
SELECT n.id FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS n(id, topic, due_at)
CROSS JOIN LATERAL (
  SELECT FROM reminder r WHERE r.topic = n.topic AND r.state = 'sent' AND r.due_at > n.due_at LIMIT 1
) newer
"""

_UNANSWERED = """
SELECT n.id FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n(id, person, visit)
WHERE EXISTS (SELECT FROM reminder r WHERE r.person = n.person AND r.visit IS NOT DISTINCT FROM n.visit
  AND r.state = 'sent' AND r.step >= $4)
"""

# Only what is still ours; locked in the order of the ids, as planning does.
_SETTLE = """
WITH mine AS (
  SELECT id FROM reminder WHERE id = ANY($1::uuid[]) AND claimed_by = $6 ORDER BY id FOR UPDATE
)
UPDATE reminder r SET state = n.state, step = n.step, next_at = n.next_at, claimed_by = NULL, claimed_until = NULL,
  sent_at = CASE WHEN n.sent THEN COALESCE(r.sent_at, $7) ELSE r.sent_at END, changed_at = $7
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::bool[]) AS n(id, state, step, next_at, sent), mine
WHERE r.id = n.id AND r.id = mine.id
RETURNING r.id
"""

# One that another worker holds just now finds out by itself that it was replaced.
_REPLACE_OLDER = """
WITH older AS (
  SELECT r.id FROM unnest($1::text[], $2::timestamptz[]) AS n(topic, due_at)
  CROSS JOIN LATERAL (
    SELECT r.id FROM reminder r WHERE r.topic = n.topic AND r.state = 'sent' AND r.due_at < n.due_at LIMIT 50
  ) r
), free AS (
  SELECT id FROM reminder WHERE id = ANY(array(SELECT id FROM older)) AND state = 'sent' FOR UPDATE SKIP LOCKED
)
UPDATE reminder r SET state = 'replaced', next_at = NULL, claimed_by = NULL, claimed_until = NULL, changed_at = $3
WHERE r.id = ANY(array(SELECT id FROM free))
"""

_TRIED = """
INSERT INTO reminder_attempt (id, reminder, channel, subscription, at, outcome, status, retry_at, detail)
SELECT n.id, n.reminder, n.channel, n.subscription, $9, n.outcome, n.status, n.retry_at, n.detail
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::int[], $7::timestamptz[], $8::text[])
  AS n(id, reminder, channel, subscription, outcome, status, retry_at, detail)
"""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reminder stands from now on; `sent`: it has been tried."""

    id: UUID
    state: str
    step: int
    next_at: datetime | None
    sent: bool = False


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to write down."""

    reminder: UUID
    channel: str
    outcome: str
    subscription: UUID | None = None
    status: int | None = None
    retry_at: datetime | None = None
    detail: str | None = None


def pushed(one: Sent) -> Tried:
    """The answer of a push service as an attempt."""
    return Tried(
        reminder=one.reminder_id,
        channel="push",
        outcome=one.outcome,
        subscription=one.subscription_id,
        status=one.status,
        retry_at=one.retry_at,
        detail=one.detail,
    )


async def claim(actor: Actor, worker: UUID, now: datetime, until: datetime, limit: int) -> list[Standing]:
    """Due reminders that nobody else holds are this worker's until its lease ends."""
    del actor
    return standings(await fetch(_CLAIM, now, limit, worker, until))


async def next_at(actor: Actor) -> datetime | None:
    """When the next reminder has to be looked at."""
    del actor
    rows = await fetch(_NEXT_AT)
    return rows[0]["next_at"] if rows else None


async def replaced(actor: Actor, reminders: Sequence[Standing]) -> set[UUID]:
    """Those for which a newer one of their topic was sent and waits for an answer."""
    del actor
    ids, topics = [one.id for one in reminders], [one.topic for one in reminders]
    return {row["id"] for row in await fetch(_REPLACED, ids, topics, [one.due_at for one in reminders])}


async def unanswered(actor: Actor, reminders: Sequence[Standing], step: int) -> set[UUID]:
    """Of words about caregivers who do not answer those that still hold."""
    del actor
    people = [UUID(one.about) for one in reminders]
    rows = await fetch(_UNANSWERED, [one.id for one in reminders], people, [one.visit for one in reminders], step)
    return {row["id"] for row in rows}


async def settle(actor: Actor, worker: UUID, settled: Iterable[Settled], now: datetime) -> set[UUID]:
    """Writes where these stand; answers those that were still this worker's."""
    del actor
    rows = list(settled)
    done = await fetch(
        _SETTLE,
        [one.id for one in rows],
        [one.state for one in rows],
        [one.step for one in rows],
        [one.next_at for one in rows],
        [one.sent for one in rows],
        worker,
        now,
    )
    return {row["id"] for row in done}


async def replace_older(actor: Actor, reminders: Sequence[Standing], now: datetime) -> None:
    """These were sent: what was sent before them to the same place on the phone is replaced."""
    del actor
    await fetch(_REPLACE_OLDER, [one.topic for one in reminders], [one.due_at for one in reminders], now)


async def write_attempts(actor: Actor, tried: Sequence[Tried], now: datetime) -> None:
    """What was tried, and what came back."""
    del actor
    await fetch(
        _TRIED,
        [uuid7() for _ in tried],
        [one.reminder for one in tried],
        [one.channel for one in tried],
        [one.subscription for one in tried],
        [one.outcome for one in tried],
        [one.status for one in tried],
        [one.retry_at for one in tried],
        [one.detail for one in tried],
        now,
    )


async def with_calendar(actor: Actor, caregivers: Collection[UUID], now: datetime) -> set[UUID]:
    """Whose phone has fetched its calendar of late."""
    del actor
    rows = await fetch(
        "SELECT caregiver FROM calendar_feed "
        "WHERE caregiver = ANY($1::uuid[]) AND revoked_at IS NULL AND fetched_at > $2",
        list(caregivers),
        now - CALENDAR_ALIVE,
    )
    return {row["caregiver"] for row in rows}
