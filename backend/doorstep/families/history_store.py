"""Queries of an elder's visits for the family: a member sees elders of live links only; consent is asked before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits.service import HEARD

# $1 is the member who asks.
_VISIT = f"""
SELECT v.id, v.elder, v.service_type, v.content, v.window_start, v.window_end, v.op_state, v.started_at, v.ended_at,
  p.name AS office, {HEARD} AS heard_at
FROM visit v JOIN provider p ON p.id = v.provider
JOIN family_link l ON l.elder = v.elder AND l.member = $1 AND l.ended_at IS NULL
"""
_OF_ELDER = f"""{_VISIT}
WHERE v.elder = $2 AND v.window_start >= $3 AND v.window_start < $4 ORDER BY v.window_start, v.id
"""
_ONE = f"{_VISIT} WHERE v.id = $2"


def _said(visits: str) -> str:
    """Of two rows of an event and a visit the later one counts; what was taken back has an annulment."""
    return f"""
SELECT DISTINCT ON (ev.visit, e.id) ev.visit, ev.effect, e.kind, e.caregiver, e.at, e.tasks
FROM event_visit ev JOIN check_event e ON e.id = ev.event
WHERE ev.visit = ANY({visits}) AND e.kind <> 'annul' AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id)
ORDER BY ev.visit, e.id, ev.id DESC
"""


def who(visits: str) -> str:
    """A query (visit, caregiver, rank, at) of an array of visits: who came by the records, else (the next rank) by an
    entry of the office, else who is to come. Only the best rank of a visit counts.
    """
    return f"""
SELECT visit, caregiver, 0 AS rank, min(at) AS at FROM ({_said(visits)}) said
WHERE effect NOT IN ('none', 'annulled', 'waiting') GROUP BY visit, caregiver
UNION ALL
SELECT visit, caregiver, 1, min(at) FROM manual_edit WHERE visit = ANY({visits}) AND caregiver IS NOT NULL
GROUP BY visit, caregiver
UNION ALL
SELECT visit, caregiver, 2, assigned_at FROM assignment WHERE visit = ANY({visits}) AND ended_at IS NULL
"""


_PEOPLE = f"""
WITH who AS ({who("$1::uuid[]")})
SELECT who.visit, who.caregiver, who.rank, c.name, v.service_type, EXISTS (
    SELECT FROM qualification q WHERE q.caregiver = c.id AND q.kind = 'nurse_licence'
      AND (q.valid_from IS NULL OR q.valid_from <= v.service_day)
      AND (q.valid_until IS NULL OR q.valid_until >= v.service_day)) AS nurse
FROM who JOIN caregiver c ON c.id = who.caregiver JOIN visit v ON v.id = who.visit
ORDER BY who.visit, who.rank, who.at, c.id
"""

_TASKS = f"""
SELECT visit, tasks FROM ({_said("$1::uuid[]")}) said
WHERE kind = 'check_out' AND effect NOT IN ('none', 'annulled') ORDER BY visit, at
"""

_TASKS_BY_HAND = """
SELECT m.visit, array(SELECT jsonb_array_elements_text(m.after->'tasks')) AS tasks
FROM manual_edit m WHERE m.visit = ANY($1::uuid[]) AND jsonb_typeof(m.after->'tasks') = 'array' ORDER BY m.at, m.id
"""

_OFFICE = """
LEFT JOIN account acc ON acc.id{by}
LEFT JOIN provider p ON p.id = acc.provider LEFT JOIN area ar ON ar.id = acc.area
"""

# What an office, or the server by itself, changed after the visit was planned. Decisions on the money are none of it.
# The reason of a step is none of taking it back.
_CHANGES = f"""
SELECT DISTINCT ON (c.subject, c.kind, c.at) c.subject AS visit, substr(c.kind, 7) AS what, c.at, c.data,
  CASE WHEN c.data->>'undone' IS NULL THEN
    COALESCE(step.data->>'reason', CASE c.kind WHEN 'visit.cancelled' THEN v.reason END) END AS reason,
  COALESCE(p.name, ar.name) AS office
FROM change c JOIN visit v ON v.id = c.subject LEFT JOIN office_action step ON step.id::text = c.data->>'action'
{_OFFICE.format(by="::text = c.data->>'by'")}
WHERE c.subject = ANY($1::uuid[]) AND c.kind = ANY($2::text[])
ORDER BY c.subject, c.kind, c.at, c.id
"""

_TAKEN_OFF = f"""
SELECT a.visit, a.ended_at AS at, max(COALESCE(p.name, ar.name)) AS office
FROM assignment a {_OFFICE.format(by=" = a.ended_by")}
WHERE a.visit = ANY($1::uuid[]) AND a.ended_at IS NOT NULL GROUP BY a.visit, a.ended_at
"""

_BY_HAND = f"""
SELECT m.visit, m.at, m.reason_code, COALESCE(p.name, ar.name) AS office
FROM manual_edit m {_OFFICE.format(by=" = m.made_by")} WHERE m.visit = ANY($1::uuid[])
"""


async def of_elder(actor: Actor, elder: UUID, since: datetime, until: datetime) -> list[Record]:
    """Visits of an elder of the member's live links whose windows begin in [since, until), in order."""
    return await fetch(_OF_ELDER, actor.family_member_id, elder, since, until)


async def one(actor: Actor, visit: UUID) -> Record | None:
    """One visit of an elder of the member's live links."""
    rows = await fetch(_ONE, actor.family_member_id, visit)
    return rows[0] if rows else None


async def people(actor: Actor, visits: Sequence[UUID]) -> list[Record]:
    """Who came to, or is to come to, visits that the caller has read within the links; best known first."""
    del actor
    return await fetch(_PEOPLE, list(visits))


async def tasks(actor: Actor, visits: Sequence[UUID]) -> list[Record]:
    """What was done in visits that the caller has read within the links, by the records and by entries by hand."""
    del actor
    ids = list(visits)
    return [*await fetch(_TASKS, ids), *await fetch(_TASKS_BY_HAND, ids)]


async def changes(actor: Actor, visits: Sequence[UUID], kinds: Sequence[str]) -> list[Record]:
    """What was changed in visits that the caller has read within the links, of the table of changes."""
    del actor
    return await fetch(_CHANGES, list(visits), list(kinds))


async def taken_off(actor: Actor, visits: Sequence[UUID]) -> list[Record]:
    """When somebody was taken off visits that the caller has read within the links."""
    del actor
    return await fetch(_TAKEN_OFF, list(visits))


async def by_hand(actor: Actor, visits: Sequence[UUID]) -> list[Record]:
    """Entries by hand in visits that the caller has read within the links."""
    del actor
    return await fetch(_BY_HAND, list(visits))
