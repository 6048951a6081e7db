"""Queries of the queue: visits whose money waits for a person, found by the partial index `visit_queue`."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.core import vault
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.review import who
from doorstep.review.wire import GRADE

SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"
WAITS = "(v.settle_state = 'held' OR v.verify_state = 'reopened')"

_ASKED_FOR = f"""
{SCOPE} AND {WAITS} AND ($3::uuid IS NULL OR v.provider = $3)
    AND ($4::bool IS NULL OR (v.hold_codes && $5::text[]) = $4)
    AND ($6::text IS NULL OR $6 = ANY(v.hold_codes) OR ($6 = '{GRADE}' AND v.hold_codes = '{{}}'))
    AND ($7::timestamptz IS NULL OR (v.window_start, v.id) > ($7, $8::uuid))
"""

# The page first, by index; what is shown of it afterwards, by the ids of the page.
_PAGE = f"""
page AS MATERIALIZED (
  SELECT v.id FROM visit v JOIN household h ON h.id = v.household WHERE {_ASKED_FOR}
  ORDER BY v.window_start, v.id LIMIT $9
)"""

# Of some people: each visit that waits is asked in its order whose it is, until the page is full.
_FOUND = f"""
page AS MATERIALIZED (
  SELECT v.id FROM visit v JOIN household h ON h.id = v.household WHERE {_ASKED_FOR}
    AND (v.elder = ANY($10::uuid[]) OR cardinality($11::uuid[]) > 0 AND COALESCE(
      (SELECT true FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL AND a.caregiver = ANY($11) LIMIT 1),
      ({who.came_any("v.id", "$11")} LIMIT 1), false))
  ORDER BY v.window_start, v.id LIMIT $9
)"""

_SHOWN = f"""
{who.people("page")}
SELECT v.id, v.elder, e.name AS elder_name, v.service_type, v.content, v.window_start, v.window_end, v.started_at,
  v.ended_at, v.op_state, v.verify_state, v.settle_state, v.grade, v.provider, p.name AS provider_name, h.community,
  v.hold_codes,
  COALESCE(people.ids, '{{}}') AS caregiver_ids, COALESCE(people.names, '{{}}') AS caregiver_names,
  array(SELECT DISTINCT f.code FROM finding f WHERE f.visit = v.id AND f.severity = 'warn'
    AND NOT EXISTS (SELECT FROM check_event x WHERE x.annuls = f.event)) AS remarks,
  LEAST(
    (SELECT min(k.received_at) FROM event_visit l JOIN check_event k ON k.id = l.event
      WHERE l.visit = v.id AND cardinality(l.holds) > 0),
    (SELECT min(o.placed_at) FROM visit_hold o WHERE o.visit = v.id AND o.lifted_at IS NULL)) AS held_at,
  (SELECT d.id FROM decision d WHERE d.visit = v.id ORDER BY d.at DESC, d.id DESC LIMIT 1) AS decision,
  b.objected, b.due
FROM page JOIN visit v ON v.id = page.id JOIN household h ON h.id = v.household JOIN elder e ON e.id = v.elder
JOIN provider p ON p.id = v.provider LEFT JOIN people ON people.visit = v.id
CROSS JOIN LATERAL (
  SELECT count(*) > 0 AS objected, min(b.answer_due_on) AS due FROM feedback b
  WHERE b.visit = v.id AND b.kind = 'object' AND b.outcome IS NULL) b
ORDER BY v.window_start, v.id
"""

PAGE = f"WITH {_PAGE}, {_SHOWN}"
FOUND = f"WITH {_FOUND}, {_SHOWN}"

_ASKED = """
SELECT d.id, EXISTS (SELECT FROM caregiver_word w WHERE w.decision = d.id AND w.kind = 'answer') AS answered
FROM decision d WHERE d.id = ANY($1::uuid[]) AND d.decision = 'ask'
"""

# Without an area scope the index alone answers.
COUNTS = f"""
SELECT v.hold_codes, count(*) AS visits FROM visit v JOIN household h ON h.id = v.household
WHERE {SCOPE} AND {WAITS} GROUP BY v.hold_codes
"""
COUNTS_ALL = f"""
SELECT v.hold_codes, count(*) AS visits FROM visit v
WHERE ($1::uuid IS NULL OR v.provider = $1) AND {WAITS} GROUP BY v.hold_codes
"""

_ELDERS = f"""
SELECT e.id, e.name, e.initials FROM elder e WHERE e.id IN (
  SELECT v.elder FROM visit v JOIN household h ON h.id = v.household WHERE {SCOPE} AND {WAITS})
"""

_CAREGIVERS = """
SELECT c.id, c.name, c.initials FROM caregiver c JOIN provider p ON p.id = c.provider
WHERE ($1::uuid IS NULL OR c.provider = $1)
"""


async def page(
    actor: Actor,
    *,
    must_fix: bool | None,
    codes: Collection[str],
    cause: str | None,
    provider: UUID | None,
    found: tuple[Sequence[UUID], Sequence[UUID]] | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Record]:
    """Visits of the queue, oldest first; `found`: only those of these elders or caregivers; `codes` are must-fix."""
    start, id = after or (None, None)
    asked = (actor.provider_id, actor.areas, provider, must_fix, sorted(codes), cause, start, id, limit)
    return await (fetch(PAGE, *asked) if found is None else fetch(FOUND, *asked, *found))


async def asked(actor: Actor, decisions: Sequence[UUID]) -> dict[UUID, bool]:
    """Which of these decisions, of visits read within the scope, were questions, and whether they were answered."""
    del actor
    return {row["id"]: row["answered"] for row in await fetch(_ASKED, decisions)} if decisions else {}


async def counts(actor: Actor) -> list[tuple[list[str], int]]:
    """How many visits wait for which codes together."""
    if actor.area_ids is None:
        rows = await fetch(COUNTS_ALL, actor.provider_id)
    else:
        rows = await fetch(COUNTS, actor.provider_id, actor.areas)
    return [(row["hold_codes"], row["visits"]) for row in rows]


async def named(actor: Actor, words: str) -> tuple[list[UUID], list[UUID]]:
    """Elders with a visit in the queue, and caregivers, whose name or initials match."""
    wanted, open_ = _plain(words), vault.current().open
    elders = [
        row["id"]
        for row in await fetch(_ELDERS, actor.provider_id, actor.areas)
        if row["initials"].startswith(wanted) or wanted in _plain(open_(row["name"], "elder.name"))
    ]
    caregivers = [
        row["id"]
        for row in await fetch(_CAREGIVERS, actor.provider_id)
        if row["initials"].startswith(wanted) or wanted in _plain(row["name"])
    ]
    return elders, caregivers


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
