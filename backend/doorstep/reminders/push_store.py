"""Queries of push subscriptions. A person's own are found by the session; the worker, being the server, sees all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

_LIVE = "s.state IN ('untested', 'working', 'resting')"

# A session that was ended, a phone that was revoked, an account that was disabled: nothing is sent there any more.
_SIGNED_IN = """JOIN session se ON se.id = s.session AND se.revoked_at IS NULL
LEFT JOIN device d ON d.id = se.device LEFT JOIN account a ON a.id = se.account"""
_MAY = "d.revoked_at IS NULL AND a.disabled_at IS NULL"

_COLUMNS = "s.id, s.person, s.endpoint, s.host, s.p256dh, s.auth, s.key_id, s.failures, s.state, s.retry_at"
_TARGETS = f"""
SELECT s.person AS asked, {_COLUMNS} FROM push_subscription s {_SIGNED_IN}
WHERE s.person = ANY($1::uuid[]) AND {_LIVE} AND {_MAY}
UNION ALL
SELECT o.provider AS asked, {_COLUMNS} FROM account o JOIN push_subscription s ON s.person = o.id {_SIGNED_IN}
WHERE o.provider = ANY($1::uuid[]) AND o.role IN ('dispatcher', 'manager') AND {_LIVE} AND {_MAY}
"""

_STANDING = """
SELECT id, state, forbidden, failures, proven_at IS NOT NULL AS proven, retry_at, accepted_at, ended_at, ended_reason
FROM push_subscription WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""
_STAND = """
UPDATE push_subscription s SET state = n.state, forbidden = n.forbidden, failures = n.failures, retry_at = n.retry_at,
  accepted_at = n.accepted_at, ended_at = n.ended_at, ended_reason = n.ended_reason
FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
  $7::timestamptz[], $8::text[])
  AS n(id, state, forbidden, failures, retry_at, accepted_at, ended_at, ended_reason)
WHERE s.id = n.id
"""

_PUT = """
INSERT INTO push_subscription (id, audience, person, session, endpoint, endpoint_fingerprint, host, p256dh, auth,
  key_id, state, forbidden, failures, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'untested', 0, 0, $11)
ON CONFLICT (endpoint_fingerprint) DO UPDATE SET audience = excluded.audience, person = excluded.person,
  session = excluded.session, endpoint = excluded.endpoint, host = excluded.host, p256dh = excluded.p256dh,
  auth = excluded.auth, key_id = excluded.key_id, state = 'untested', forbidden = 0, failures = 0, retry_at = NULL,
  created_at = excluded.created_at, accepted_at = NULL, proven_at = NULL, ended_at = NULL, ended_reason = NULL
RETURNING id
"""

_PROVE = """
UPDATE push_subscription s SET proven_at = $3, state = 'working', retry_at = NULL, failures = 0, forbidden = 0
WHERE s.session = $2 AND s.state IN ('untested', 'working', 'resting') AND EXISTS (
  SELECT FROM reminder_attempt t WHERE t.reminder = ANY($1::uuid[]) AND t.subscription = s.id
    AND t.outcome = 'accepted')
RETURNING s.id
"""

_MARKS = f"""
SELECT s.person, s.state, s.proven_at, s.key_id, s.ended_reason, {_MAY} AND se.id IS NOT NULL AS may
FROM push_subscription s {_SIGNED_IN.replace("JOIN session", "LEFT JOIN session", 1)}
WHERE s.person = ANY($1::uuid[]) AND s.ended_reason IS DISTINCT FROM 'replaced'
  AND s.ended_reason IS DISTINCT FROM 'removed'
ORDER BY s.created_at
"""


async def any_live() -> bool:
    """Whether a browser somewhere is subscribed, whoever's key it was made for."""
    return (await fetch(f"SELECT EXISTS (SELECT FROM push_subscription s WHERE {_LIVE}) AS live"))[0]["live"]


async def targets(actor: Actor, persons: Collection[UUID]) -> list[asyncpg.Record]:
    """Live subscriptions of these persons; of a provider those of its dispatchers and managers. `asked`: whose."""
    del actor
    return await fetch(_TARGETS, list(persons))


async def standing(actor: Actor, subscriptions: Collection[UUID]) -> list[asyncpg.Record]:
    """Where these stand, locked in the order of their ids."""
    del actor
    return await fetch(_STANDING, list(subscriptions))


async def stand(actor: Actor, rows: Sequence[Sequence[Any]]) -> None:
    """Writes where they stand: id, state, forbidden, failures, retry_at, accepted_at, ended_at, ended_reason."""
    del actor
    if rows:
        await fetch(_STAND, *[list(column) for column in zip(*rows, strict=True)])


async def put(
    *,
    id: UUID,
    audience: str,
    person: UUID,
    session: UUID | None,
    endpoint: bytes,
    fingerprint: bytes,
    host: str,
    p256dh: bytes,
    auth: bytes,
    key_id: str,
) -> UUID:
    """Stores one, untested. A browser has one endpoint: in other hands it is the other's."""
    rows = await fetch(
        _PUT, id, audience, person, session, endpoint, fingerprint, host, p256dh, auth, key_id, clock.now()
    )
    return rows[0]["id"]


async def by_fingerprint(fingerprint: bytes) -> asyncpg.Record | None:
    """The subscription of an endpoint, locked."""
    rows = await fetch("SELECT * FROM push_subscription WHERE endpoint_fingerprint = $1 FOR UPDATE", fingerprint)
    return rows[0] if rows else None


async def move_session(id: UUID, session: UUID | None) -> None:
    """The same browser under a newer session."""
    await fetch("UPDATE push_subscription SET session = $2 WHERE id = $1", id, session)


async def end(person: UUID, *, session: UUID | None, reason: str, but: UUID | None = None) -> list[UUID]:
    """Ends a person's subscriptions: those of one session, or all."""
    rows = await fetch(
        f"UPDATE push_subscription s SET state = 'gone', ended_at = $4, ended_reason = $3, retry_at = NULL "
        f"WHERE s.person = $1 AND ($2::uuid IS NULL OR s.session = $2) AND s.id IS DISTINCT FROM $5 "
        f"AND (s.state = 'disabled' OR {_LIVE}) RETURNING s.id",
        person,
        session,
        reason,
        clock.now(),
        but,
    )
    return [row["id"] for row in rows]


async def end_surplus(person: UUID, most: int) -> None:
    """Only the newest so many of a person stay."""
    await fetch(
        f"UPDATE push_subscription SET state = 'gone', ended_at = $3, ended_reason = 'replaced' WHERE id IN ("
        f"SELECT s.id FROM push_subscription s WHERE s.person = $1 AND {_LIVE} ORDER BY s.created_at DESC OFFSET $2)",
        person,
        most,
        clock.now(),
    )


async def end_of_other_keys(key_id: str) -> int:
    """Ends everything that was made for another key; answers how many."""
    return len(
        await fetch(
            f"UPDATE push_subscription s SET state = 'gone', ended_at = $2, ended_reason = 'key' "
            f"WHERE {_LIVE} AND s.key_id <> $1 RETURNING s.id",
            key_id,
            clock.now(),
        )
    )


async def newest(person: UUID, session: UUID | None) -> asyncpg.Record | None:
    """What a device last subscribed with: of one session, or of all of a person's; what it took back itself not."""
    rows = await fetch(
        "SELECT state, key_id, created_at, proven_at, accepted_at FROM push_subscription "
        "WHERE person = $1 AND ($2::uuid IS NULL OR session = $2) "
        "AND ended_reason IS DISTINCT FROM 'replaced' AND ended_reason IS DISTINCT FROM 'removed' "
        "ORDER BY created_at DESC LIMIT 1",
        person,
        session,
    )
    return rows[0] if rows else None


async def prove(actor: Actor, reminders: Collection[UUID], now: datetime) -> int:
    """The subscription of the actor's session by which one of these reminders came is known to work."""
    return len(await fetch(_PROVE, list(reminders), actor.session_id, now))


async def marks(actor: Actor, persons: Collection[UUID]) -> list[asyncpg.Record]:
    """What the persons' subscriptions are worth, the oldest first; the caller has read these ids within the scope."""
    del actor
    return await fetch(_MARKS, list(persons))
