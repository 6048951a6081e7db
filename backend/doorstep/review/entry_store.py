"""Queries of entries by hand: who could have gone, the edit itself, the edits of a period and their share."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.review.store import SCOPE

_EMPLOYED = """
SELECT EXISTS (SELECT FROM caregiver c WHERE c.id = $1 AND c.provider = $2
  AND (c.employed_from IS NULL OR c.employed_from <= $3) AND (c.employed_to IS NULL OR $3 < c.employed_to)) AS employed
"""

_FITNESS = """
SELECT array(SELECT DISTINCT q.kind FROM qualification q WHERE q.caregiver = $1
    AND (q.valid_from IS NULL OR q.valid_from <= $2) AND (q.valid_until IS NULL OR $2 <= q.valid_until)) AS held,
  EXISTS (SELECT FROM leave_period l WHERE l.caregiver = $1 AND l.valid_from <= $2
    AND (l.valid_to IS NULL OR $2 < l.valid_to)) AS on_leave
"""

_INSERT = """
INSERT INTO manual_edit (id, visit, kind, reason_code, note, before, after, caregiver, made_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_PAGE = f"""
SELECT m.id, m.visit, m.kind, m.reason_code, m.note, m.before, m.after, m.caregiver, c.name AS caregiver_name, m.at,
  acc.display_name, v.window_start, v.provider, p.name AS provider_name
FROM manual_edit m JOIN visit v ON v.id = m.visit JOIN household h ON h.id = v.household
JOIN provider p ON p.id = v.provider JOIN account acc ON acc.id = m.made_by LEFT JOIN caregiver c ON c.id = m.caregiver
WHERE {SCOPE} AND v.service_day >= $3 AND v.service_day < $4
  AND ($5::timestamptz IS NULL OR (m.at, m.id) < ($5, $6::uuid))
ORDER BY m.at DESC, m.id DESC LIMIT $7
"""

_SHARE = f"""
SELECT count(*) AS served, count(*) FILTER (WHERE v.grade = 'D') AS edited
FROM visit v JOIN household h ON h.id = v.household
WHERE {SCOPE} AND v.service_day >= $3 AND v.service_day < $4 AND v.op_state = 'completed'
"""

_GROUPED = f"""
SELECT m.reason_code, acc.display_name, count(*) AS edits
FROM manual_edit m JOIN visit v ON v.id = m.visit JOIN household h ON h.id = v.household
JOIN account acc ON acc.id = m.made_by
WHERE {SCOPE} AND v.service_day >= $3 AND v.service_day < $4 GROUP BY m.reason_code, acc.display_name
"""


async def employed(actor: Actor, caregiver: UUID, provider: UUID, day: date) -> bool:
    """Whether the caregiver worked for the provider on that day; the caller has read its visit within the scope."""
    del actor
    return (await fetch(_EMPLOYED, caregiver, provider, day))[0]["employed"]


async def fitness(actor: Actor, caregiver: UUID, day: date) -> Record:
    """The certificates that a caregiver of the visit's provider held on that day, and whether they were on leave."""
    del actor
    return (await fetch(_FITNESS, caregiver, day))[0]


async def insert(
    actor: Actor,
    id: UUID,
    visit: UUID,
    *,
    kind: str,
    reason_code: str,
    note: str | None,
    before: dict[str, Any],
    after: dict[str, Any],
    caregiver: UUID | None,
    now: datetime,
) -> None:
    """Writes the edit."""
    texts = (msgspec.json.encode(data).decode() for data in (before, after))
    await fetch(_INSERT, id, visit, kind, reason_code, note, *texts, caregiver, actor.account_id, now)


async def page(actor: Actor, since: date, until: date, after: tuple[datetime, UUID] | None, limit: int) -> list[Record]:
    """Edits of visits of [since, until), newest first."""
    at, id = after or (None, None)
    return await fetch(_PAGE, actor.provider_id, actor.areas, since, until, at, id, limit)


async def share(actor: Actor, since: date, until: date) -> Record:
    """How many visits were served, and of how many of these somebody wrote or changed the times."""
    return (await fetch(_SHARE, actor.provider_id, actor.areas, since, until))[0]


async def grouped(actor: Actor, since: date, until: date) -> list[Record]:
    """How many edits for which reason by whom."""
    return await fetch(_GROUPED, actor.provider_id, actor.areas, since, until)
