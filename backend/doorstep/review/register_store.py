"""Queries of the service register."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.review import who

_SERVED = """
($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))
  AND v.service_day >= $3 AND v.service_day < $4 AND v.op_state = 'completed' AND ($5::uuid IS NULL OR v.provider = $5)
"""

CONTACT = """e.phone AS elder_phone,
  (SELECT f.phone FROM family_contact f WHERE f.elder = e.id AND f.phone IS NOT NULL ORDER BY f.id LIMIT 1) AS other"""

_PAGE = f"""
WITH page AS MATERIALIZED (
  SELECT v.id FROM visit v JOIN household h ON h.id = v.household
  WHERE {_SERVED} AND ($6::timestamptz IS NULL OR (v.started_at, v.id) > ($6, $7::uuid))
  ORDER BY v.started_at, v.id LIMIT $8
), {who.people("page")}
SELECT v.id, v.started_at, v.ended_at, v.service_type, v.content, v.grade, v.verify_state,
  e.name AS elder_name, h.address, h.community, p.name AS provider_name, {CONTACT},
  COALESCE(people.names, '{{}}') AS caregivers,
  EXISTS (SELECT FROM manual_edit m WHERE m.visit = v.id) AS manual
FROM page JOIN visit v ON v.id = page.id JOIN household h ON h.id = v.household JOIN elder e ON e.id = v.elder
JOIN provider p ON p.id = v.provider LEFT JOIN people ON people.visit = v.id
ORDER BY v.started_at, v.id
"""

_COUNT = f"SELECT count(*) AS n FROM visit v JOIN household h ON h.id = v.household WHERE {_SERVED}"


async def page(
    actor: Actor, since: date, until: date, provider: UUID | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Served visits of a period in the order in which they began, those after a key only."""
    start, id = after or (None, None)
    return await fetch(_PAGE, actor.provider_id, actor.areas, since, until, provider, start, id, limit)


async def count(actor: Actor, since: date, until: date, provider: UUID | None) -> int:
    """How many rows the register has."""
    return (await fetch(_COUNT, actor.provider_id, actor.areas, since, until, provider))[0]["n"]
