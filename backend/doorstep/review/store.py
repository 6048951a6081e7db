"""Queries around decisions: the visit in one's scope, whose work it is, what was decided and said about it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.checkins import service as checkins
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"

_VISIT = f"""
SELECT v.id, v.elder, v.op_state, v.verify_state, v.settle_state, v.hold_codes, v.provider, h.area, v.service_day,
  v.service_type, v.content, v.window_start, v.window_end, v.started_at, v.ended_at, v.reason, h.lat, h.lon
FROM visit v JOIN household h ON h.id = v.household WHERE {SCOPE} AND v.id = $3
"""

_DOES_WAIT = "EXISTS (SELECT FROM feedback WHERE visit = $1 AND kind = 'object' AND outcome IS NULL)"
_FAMILY_WAITS = f"SELECT {_DOES_WAIT} AS waits"

# Most visits have nothing beside their evidence: one look tells what there is to read.
_BESIDE = f"""
SELECT {checkins.IS_OWN_WORK} AS own, {_DOES_WAIT} AS waits, EXISTS (SELECT FROM decision WHERE visit = $1) AS decided,
  EXISTS (SELECT FROM manual_edit WHERE visit = $1) AS edited,
  EXISTS (SELECT FROM sample_item WHERE visit = $1) AS sampled,
  EXISTS (SELECT FROM visit_hold WHERE visit = $1 AND lifted_at IS NULL) AS held,
  EXISTS (SELECT FROM feedback WHERE visit = $1) AS said
"""

_DECISIONS = """
SELECT d.id, d.decision, d.reason_code, d.note, d.codes, d.at, acc.display_name
FROM decision d JOIN account acc ON acc.id = d.decided_by WHERE d.visit = $1 ORDER BY d.at, d.id
"""

_WORDS = """
SELECT w.id, w.decision, w.kind, w.text, w.at, w.caregiver, c.name
FROM caregiver_word w JOIN caregiver c ON c.id = w.caregiver WHERE w.decision = ANY($1::uuid[]) ORDER BY w.at, w.id
"""

# What concerns a caregiver: where they came, what was entered for them, where they are to go. However long ago: a late
# notice or a sample is decided today.
_MINE = """
SELECT l.visit FROM check_event e JOIN event_visit l ON l.event = e.id WHERE e.caregiver = $1
UNION SELECT m.visit FROM manual_edit m WHERE m.caregiver = $1
UNION SELECT a.visit FROM assignment a WHERE a.caregiver = $1 AND a.ended_at IS NULL
"""

_OF_CAREGIVER = f"""
SELECT d.id, d.visit, d.decision, d.reason_code, d.note, d.codes, d.at, v.service_type, v.content, v.window_start,
  v.provider, h.area, e.name AS elder_name,
  d.id = (SELECT n.id FROM decision n WHERE n.visit = d.visit ORDER BY n.at DESC, n.id DESC LIMIT 1) AS latest,
  (SELECT w.text FROM caregiver_word w WHERE w.decision = d.id AND w.caregiver = $1 ORDER BY w.at DESC LIMIT 1) AS word,
  EXISTS (SELECT FROM caregiver_word w JOIN decision o ON o.id = w.decision
    WHERE o.visit = d.visit AND w.caregiver = $1 AND w.kind = 'objection') AS objected
FROM decision d JOIN visit v ON v.id = d.visit JOIN household h ON h.id = v.household JOIN elder e ON e.id = v.elder
WHERE d.at > $2 AND d.visit IN ({_MINE}) AND ($3::uuid IS NULL OR d.id = $3)
ORDER BY d.at DESC, d.id DESC LIMIT 200
"""

_INSERT_WORD = """
INSERT INTO caregiver_word (id, decision, caregiver, kind, text, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (decision, caregiver, kind) DO NOTHING RETURNING id
"""


async def visit(actor: Actor, id: UUID, *, lock: bool = False) -> Record | None:
    """A visit of the scope."""
    end = " FOR NO KEY UPDATE OF v" if lock else ""
    rows = await fetch(_VISIT + end, actor.provider_id, actor.areas, id)
    return rows[0] if rows else None


async def lock(actor: Actor, visit: UUID) -> None:
    """Waits for whoever moves a visit that the caller has read within the scope, and keeps it for this unit of work."""
    del actor
    await fetch("SELECT FROM visit WHERE id = $1 FOR NO KEY UPDATE", visit)


async def beside(actor: Actor, visit: UUID) -> Record:
    """What there is beside the evidence of a visit that the caller has read within the scope."""
    return (await fetch(_BESIDE, visit, actor.account_id))[0]


async def family_waits(actor: Actor, visit: UUID) -> bool:
    """Whether a family's objection to a visit, read within the scope, has no answer yet."""
    del actor
    return (await fetch(_FAMILY_WAITS, visit))[0]["waits"]


async def decisions(actor: Actor, visit: UUID) -> list[Record]:
    """What was decided about a visit that the caller has read within the scope, in order."""
    del actor
    return await fetch(_DECISIONS, visit)


async def words(actor: Actor, decisions: Collection[UUID]) -> list[Record]:
    """What caregivers said to decisions that the caller has read within the scope."""
    del actor
    return await fetch(_WORDS, list(decisions)) if decisions else []


async def decisions_of_caregiver(actor: Actor, since: datetime, decision: UUID | None = None) -> Sequence[Record]:
    """Decisions about the visits of the caregiver who asks."""
    return await fetch(_OF_CAREGIVER, actor.caregiver_id, since, decision)


async def add_word(actor: Actor, decision: UUID, kind: str, text: str, now: datetime) -> UUID | None:
    """What the caregiver says to a decision; None if they have said it before."""
    rows = await fetch(_INSERT_WORD, uuid7(), decision, actor.caregiver_id, kind, text, now)
    return rows[0]["id"] if rows else None
