"""What people read and write in the ledger: due lists, desk, pages, calls. Every function applies the actor's scope."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import asyncpg

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

# $1 provider, $2 areas: None is everything. Reminders of a provider's people.
_IN_SCOPE = "($1::uuid IS NULL OR p.id = $1) AND ($2::uuid[] IS NULL OR p.area = ANY($2))"

_DUE = """
SELECT r.id, r.kind, r.visit AS visit_id, v.window_start AS at, r.due_at, r.useless_at, r.state, r.shown_at
FROM reminder r LEFT JOIN visit v ON v.id = r.visit
WHERE r.person = $1 AND r.audience = $2 AND r.state IN ('planned', 'sent') AND r.due_at <= $3 AND r.useless_at > $3
ORDER BY r.due_at DESC, r.id DESC LIMIT 100
"""

_SHOWN = """
WITH mine AS (
  SELECT id FROM reminder WHERE id = ANY($1::uuid[]) AND person = ANY($2::uuid[]) AND shown_at IS NULL
  ORDER BY id FOR UPDATE
)
UPDATE reminder r SET shown_at = $3 FROM mine WHERE r.id = mine.id RETURNING r.id
"""

# Late word from a phone that had no network is kept too; it changes nothing that is over.
_ACKNOWLEDGED = """
WITH mine AS (
  SELECT id, state FROM reminder WHERE id = ANY($1::uuid[]) AND person = ANY($2::uuid[]) AND acknowledged_at IS NULL
  ORDER BY id FOR UPDATE
)
UPDATE reminder r SET acknowledged_at = $3, acknowledged_by = $4, shown_at = COALESCE(r.shown_at, $3),
  state = CASE WHEN mine.state IN ('planned', 'sent') THEN 'acknowledged' ELSE mine.state END,
  next_at = CASE WHEN mine.state IN ('planned', 'sent') THEN NULL ELSE r.next_at END,
  claimed_by = CASE WHEN mine.state IN ('planned', 'sent') THEN NULL ELSE r.claimed_by END, changed_at = $3
FROM mine WHERE r.id = mine.id RETURNING r.id, r.kind, r.person, r.visit, r.provider, r.audience
"""

# Whoever answered is no longer out of reach.
_REACHED = """
UPDATE reminder SET state = 'cancelled', next_at = NULL, claimed_by = NULL, changed_at = $2
WHERE thing = ANY($1::text[]) AND state IN ('planned', 'sent')
"""

# Late and missed: who was to go; out of reach: who does not answer.
_DESK = f"""
SELECT r.id, r.kind, r.visit AS visit_id, r.due_at, r.useless_at, r.state, v.window_start, v.window_end,
  c.id AS caregiver, c.name
FROM reminder r JOIN provider p ON p.id = r.person
LEFT JOIN visit v ON v.id = r.visit
LEFT JOIN LATERAL (
  SELECT c.id, c.name FROM caregiver c
  WHERE CASE WHEN r.kind = 'caregiver_unreached' THEN c.id::text = split_part(r.thing, ':', 2)
    ELSE c.id IN (SELECT a.caregiver FROM assignment a WHERE a.visit = r.visit AND a.ended_at IS NULL) END
  ORDER BY c.id LIMIT 1
) c ON true
WHERE {_IN_SCOPE} AND r.audience = 'dispatcher' AND r.state IN ('planned', 'sent') AND r.due_at <= $3
  AND r.useless_at > $3 AND r.kind <> 'test'
ORDER BY r.due_at DESC, r.id DESC LIMIT 200
"""

# Of families it is told that they were told, not who they are.
_LEDGER = f"""
SELECT r.id, r.kind, r.audience, r.person, COALESCE(c.name, CASE WHEN r.person = p.id THEN p.name END) AS name,
  r.visit AS visit_id, r.due_at, r.useless_at, r.state, r.step, r.sent_at, r.shown_at, r.acknowledged_at,
  r.acknowledged_by
FROM reminder r JOIN provider p ON p.id = r.provider LEFT JOIN caregiver c ON c.id = r.person
WHERE {_IN_SCOPE} AND ($3::uuid IS NULL OR r.visit = $3) AND ($4::text IS NULL OR r.state = $4)
  AND ($5::timestamptz IS NULL OR (r.due_at, r.id) < ($5, $6::uuid))
ORDER BY r.due_at DESC, r.id DESC LIMIT $7
"""

_ATTEMPTS = """
SELECT a.reminder, a.channel, a.at, a.outcome, a.status, s.host FROM reminder_attempt a
LEFT JOIN push_subscription s ON s.id = a.subscription
WHERE a.reminder = ANY($1::uuid[]) ORDER BY a.at, a.id
"""

_CALLS = f"""
SELECT r.id, r.kind, r.person, r.visit AS visit_id, r.provider, r.useless_at, r.sent_at, c.name, c.phone, v.window_start
FROM reminder r JOIN caregiver c ON c.id = r.person JOIN provider p ON p.id = c.provider
LEFT JOIN visit v ON v.id = r.visit
WHERE {_IN_SCOPE} AND r.audience = 'caregiver' AND r.state = 'sent' AND r.step >= $3 AND r.useless_at > $4
  AND ($5::uuid IS NULL OR r.id = $5)
ORDER BY v.window_start NULLS LAST, r.due_at, r.id LIMIT 500
"""

_NOTES = """
SELECT n.reminder, n.outcome, n.note, n.at, a.display_name FROM call_note n LEFT JOIN account a ON a.id = n.called_by
WHERE n.reminder = ANY($1::uuid[]) ORDER BY n.at, n.id
"""

_CAREGIVERS = f"""
SELECT c.id, f.fetched_at, (SELECT max(r.acknowledged_at) FROM reminder r WHERE r.person = c.id) AS acknowledged_at
FROM caregiver c JOIN provider p ON p.id = c.provider
LEFT JOIN calendar_feed f ON f.caregiver = c.id AND f.revoked_at IS NULL
WHERE {_IN_SCOPE} AND ($3::uuid IS NULL OR c.id = $3) AND (c.employed_to IS NULL OR c.employed_to > $4)
ORDER BY c.id
"""


async def due(actor: Actor, person: UUID, audience: str, now: datetime) -> list[asyncpg.Record]:
    """What one person is to know now; the caller has the person from the actor."""
    del actor
    return await fetch(_DUE, person, audience, now)


async def show(actor: Actor, reminders: Collection[UUID], people: Collection[UUID], now: datetime) -> int:
    """These people's reminders that were shown for the first time; answers how many."""
    del actor
    return len(await fetch(_SHOWN, list(reminders), list(people), now))


async def acknowledge(
    actor: Actor, reminders: Collection[UUID], people: Collection[UUID], by: str, now: datetime
) -> list[asyncpg.Record]:
    """These people's reminders that were answered for the first time."""
    del actor
    return await fetch(_ACKNOWLEDGED, list(reminders), list(people), now, by)


async def no_longer_unreached(actor: Actor, things: Collection[str], now: datetime) -> None:
    """Words to the desk about people who have answered since."""
    del actor
    await fetch(_REACHED, list(things), now)


async def desk(actor: Actor, now: datetime) -> list[asyncpg.Record]:
    """What the desks in the scope are to know now."""
    return await fetch(_DESK, actor.provider_id, actor.areas, now)


async def of_desk(actor: Actor, reminder: UUID) -> asyncpg.Record | None:
    """A reminder to a desk in the scope, or to this account."""
    sql = f"""
    SELECT r.id, r.kind, r.person FROM reminder r LEFT JOIN provider p ON p.id = r.person
    WHERE r.id = $3 AND r.audience = 'dispatcher' AND (r.person = $4 OR (p.id IS NOT NULL AND {_IN_SCOPE}))
    """
    rows = await fetch(sql, actor.provider_id, actor.areas, reminder, actor.account_id)
    return rows[0] if rows else None


async def page(
    actor: Actor, *, visit: UUID | None, state: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """The ledger of the scope, the newest first."""
    return await fetch(_LEDGER, actor.provider_id, actor.areas, visit, state, *(after or (None, None)), limit)


async def attempts(actor: Actor, reminders: Collection[UUID]) -> list[asyncpg.Record]:
    """What was tried for reminders that the caller has read within the scope."""
    del actor
    return await fetch(_ATTEMPTS, list(reminders))


async def calls(actor: Actor, step: int, now: datetime, only: UUID | None = None) -> list[asyncpg.Record]:
    """Caregivers in the scope who have not answered at any step before this one."""
    return await fetch(_CALLS, actor.provider_id, actor.areas, step, now, only)


async def notes(actor: Actor, reminders: Collection[UUID]) -> list[asyncpg.Record]:
    """What came of calls about reminders that the caller has read within the scope."""
    del actor
    return await fetch(_NOTES, list(reminders))


async def put_note(actor: Actor, reminder: UUID, outcome: str, note: str | None, now: datetime) -> None:
    """The outcome of a call; whoever was reached has been told."""
    await fetch(
        "INSERT INTO call_note (id, reminder, outcome, note, called_by, at) VALUES ($1, $2, $3, $4, $5, $6)",
        *(uuid7(), reminder, outcome, note, actor.account_id, now),
    )
    if outcome == "reached":
        await fetch(
            "UPDATE reminder SET state = 'called', next_at = NULL, claimed_by = NULL, acknowledged_at = $2, "
            "acknowledged_by = 'call', changed_at = $2 WHERE id = $1 AND state = 'sent'",
            *(reminder, now),
        )


async def caregivers(actor: Actor, today: date, only: UUID | None) -> list[asyncpg.Record]:
    """Caregivers in the scope: when their calendar was last fetched, when they last answered a reminder."""
    return await fetch(_CAREGIVERS, actor.provider_id, actor.areas, only, today)
