"""Queries of one visit's page beside its evidence; the caller has read the visit within the scope."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.review.samples_store import TOLD

_HOLDS = """
SELECT id, code, source, placed_at FROM visit_hold WHERE visit = $1 AND lifted_at IS NULL ORDER BY placed_at, id
"""

_POINTS = """
SELECT e.id, e.lat, e.lon, e.accuracy_m, e.distance_m FROM event_visit l JOIN check_event e ON e.id = l.event
WHERE l.visit = $1 AND e.lat IS NOT NULL
"""

_EDITS = """
SELECT m.id, m.visit, m.kind, m.reason_code, m.note, m.before, m.after, m.caregiver, c.name AS caregiver_name, m.at,
  acc.display_name
FROM manual_edit m JOIN account acc ON acc.id = m.made_by LEFT JOIN caregiver c ON c.id = m.caregiver
WHERE m.visit = $1 ORDER BY m.at, m.id
"""

_DEVICES = """
SELECT d.id, d.caregiver, c.name, d.platform, d.app_version, d.enrolled_at, d.revoked_at, d.revoked_reason,
  d.last_seen_at,
  (SELECT count(*) FROM check_event e WHERE e.caregiver = d.caregiver AND e.device = d.id AND e.at >= $2 AND e.at < $3)
    AS events
FROM device d JOIN caregiver c ON c.id = d.caregiver WHERE d.caregiver = ANY($1::uuid[]) ORDER BY d.enrolled_at, d.id
"""

_SAMPLES = f"""
SELECT x.sample FROM sample_item x JOIN sample s ON s.id = x.sample JOIN account acc ON acc.id = s.drawn_by
WHERE x.visit = $2 AND {TOLD} ORDER BY x.id
"""

# Who has been reached cannot be told any more what to say: the answer is there at once, its sample when that is told.
_INSPECTIONS = f"""
SELECT CASE WHEN {TOLD} THEN x.sample END AS sample, n.kind, n.outcome, n.note, n.at, made.display_name
FROM sample_item x JOIN sample s ON s.id = x.sample JOIN account acc ON acc.id = s.drawn_by
JOIN inspection n ON n.item = x.id JOIN account made ON made.id = n.made_by
WHERE x.visit = $2 AND (n.outcome <> 'not_reached' OR {TOLD}) ORDER BY n.at, n.id
"""


async def holds(actor: Actor, visit: UUID) -> list[Record]:
    """Live holds that stand in no record."""
    del actor
    return await fetch(_HOLDS, visit)


async def points(actor: Actor, visit: UUID) -> list[Record]:
    """Where phones believed they were."""
    del actor
    return await fetch(_POINTS, visit)


async def edits(actor: Actor, visit: UUID) -> list[Record]:
    """Entries and changes by hand, in order."""
    del actor
    return await fetch(_EDITS, visit)


async def devices(actor: Actor, caregivers: Collection[UUID], since: datetime, until: datetime) -> list[Record]:
    """Phones of these caregivers, also former ones, and how much each recorded in that time."""
    del actor
    return await fetch(_DEVICES, list(caregivers), since, until) if caregivers else []


async def samples(actor: Actor, visit: UUID) -> list[UUID]:
    """The samples that drew it, as far as the actor is told."""
    return [row["sample"] for row in await fetch(_SAMPLES, actor.works_for, visit)]


async def inspections(actor: Actor, visit: UUID) -> list[Record]:
    """What was found about it, as far as the actor is told."""
    return await fetch(_INSPECTIONS, actor.works_for, visit)
