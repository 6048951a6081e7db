"""Queries of calendar feeds. A feed ends with the phone that asked for it: who finds that phone reads nothing."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

_LIVE = """f.revoked_at IS NULL AND NOT EXISTS (
  SELECT FROM device d
  WHERE d.caregiver = f.caregiver AND d.enrolled_at <= f.created_at AND d.revoked_at > f.created_at)
"""

_FETCHED = f"""
UPDATE calendar_feed f SET fetched_at = $2, fetched = f.fetched + 1
FROM caregiver c
WHERE f.token_sha256 = $1 AND c.id = f.caregiver AND (c.employed_to IS NULL OR c.employed_to > $3) AND {_LIVE}
RETURNING f.caregiver
"""

_VISITS = """
SELECT v.id, v.window_start, v.window_end, v.op_state, v.changed_at, v.created_at
FROM assignment a JOIN visit v ON v.id = a.visit
WHERE a.caregiver = $1 AND a.ended_at IS NULL AND a.service_day BETWEEN $2 AND $3
ORDER BY v.window_start, v.id
"""


async def create(actor: Actor, token_sha256: bytes, now: datetime) -> None:
    """A new feed of the acting caregiver; the one before is revoked."""
    await revoke(actor, now)
    await fetch(
        "INSERT INTO calendar_feed (id, caregiver, token_sha256, created_at, fetched) VALUES ($1, $2, $3, $4, 0)",
        uuid7(),
        actor.caregiver_id,
        token_sha256,
        now,
    )


async def revoke(actor: Actor, now: datetime) -> None:
    """The acting caregiver's feed is no more."""
    await fetch(
        "UPDATE calendar_feed SET revoked_at = $2 WHERE caregiver = $1 AND revoked_at IS NULL", actor.caregiver_id, now
    )


async def state(caregiver: UUID) -> asyncpg.Record | None:
    """When the caregiver's feed was made and last fetched."""
    rows = await fetch(
        f"SELECT created_at, fetched_at FROM calendar_feed f WHERE caregiver = $1 AND {_LIVE}", caregiver
    )
    return rows[0] if rows else None


async def fetched(token_sha256: bytes, now: datetime, today: date) -> UUID | None:
    """Whose feed this is, if it is a live one; it is noted that somebody fetched it."""
    rows = await fetch(_FETCHED, token_sha256, now, today)
    return rows[0]["caregiver"] if rows else None


async def visits(caregiver: UUID, first: date, last: date) -> list[asyncpg.Record]:
    """What the caregiver has to do on these days."""
    return await fetch(_VISITS, caregiver, first, last)
