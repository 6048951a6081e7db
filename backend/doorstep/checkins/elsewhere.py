"""Records that a phone made for a visit that the office had changed meanwhile: kept in another visit, or in none."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from doorstep.checkins.wire import KeptElsewhere
from doorstep.db.engine import fetch
from doorstep.identity.wire import Named

# A walk-in that stands for this visit is its story as a whole; of another planned visit only what named this one.
_KEPT = """
WITH near AS (
  SELECT id FROM visit WHERE elder = $2 AND window_start BETWEEN $3::timestamptz - $5::interval AND $3 + $5 AND id <> $1
), said AS (
  SELECT f.visit, f.event, f.code FROM near JOIN finding f ON f.visit = near.id
  WHERE f.code IN ('NO_PLANNED_VISIT', 'VISIT_RENAMED') AND $1::text IN (f.data->>'cancelled_visit', f.data->>'named')
), kept AS (
  SELECT ev.visit, ev.event FROM event_visit ev
  WHERE ev.visit IN (SELECT visit FROM said WHERE code = 'NO_PLANNED_VISIT')
  UNION
  SELECT visit, event FROM said WHERE code = 'VISIT_RENAMED'
  UNION
  SELECT f.visit, f.event FROM check_event e JOIN finding f ON f.event = e.id
  WHERE e.caregiver = ANY($4::uuid[]) AND e.at BETWEEN $3 - $5::interval AND $3 + $5
    AND f.visit IS NULL AND f.code = 'NO_PLANNED_VISIT' AND f.data->>'cancelled_visit' = $1::text
)
SELECT kept.visit AS visit_id, e.id AS event_id, e.kind, e.claimed_at, e.at, e.anchor_at AS heard_at, e.received_at,
  e.caregiver, c.name, e.codes, EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id) AS annulled
FROM kept JOIN check_event e ON e.id = kept.event JOIN caregiver c ON c.id = e.caregiver ORDER BY e.at, e.id
"""
_AROUND = timedelta(days=2)


async def kept(visit: UUID, *, elder: UUID, around: datetime, caregivers: Collection[UUID]) -> list[KeptElsewhere]:
    """What names this visit and stands elsewhere; `caregivers`: who was ever to go."""
    rows = await fetch(_KEPT, visit, elder, around, list(caregivers), _AROUND)
    return [
        KeptElsewhere(
            caregiver=Named(id=row["caregiver"], name=row["name"]),
            **{name: row[name] for name in KeptElsewhere.__struct_fields__ if name != "caregiver"},
        )
        for row in rows
    ]


def named_in(findings: Iterable[dict[str, Any]]) -> set[UUID]:
    """The visits that findings name beside the one in which they stand."""
    return {UUID(data[name]) for data in findings for name in ("cancelled_visit", "named") if name in data}
