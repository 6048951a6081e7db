"""Queries of samples, each within the actor's scope."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from doorstep.core.ids import uuid7
from doorstep.db.engine import execute_many, fetch
from doorstep.identity.wire import Actor
from doorstep.review import who
from doorstep.review.register_store import CONTACT
from doorstep.review.store import SCOPE

_POPULATION = f"""
SELECT v.id FROM visit v JOIN household h ON h.id = v.household
WHERE {SCOPE} AND v.service_day >= $3 AND v.service_day < $4 AND v.verify_state IN ('verified', 'auto_verified')
  AND ($5::uuid IS NULL OR v.provider = $5) AND ($6::uuid IS NULL OR h.area = $6 OR h.area IN (
    WITH RECURSIVE below AS (
      SELECT id FROM area WHERE id = $6 UNION ALL SELECT a.id FROM area a JOIN below ON a.parent = below.id
    ) SELECT id FROM below))
"""

_INSERT = """
INSERT INTO sample (id, seed, since, until, size, population_ids, population, population_sha256, provider, area,
  drawn_by, at)
VALUES ($1, $2, $3, $4, $5, $6::bytea, length($6::bytea) / 16, sha256($6::bytea), $7,
  (SELECT area FROM account WHERE id = $8), $8, $9)
"""

# For whom it was drawn: an auditor draws for no provider.
_DRAWN_FOR = "CASE WHEN acc.role <> 'auditor' THEN acc.provider END"

# Whom others are going to ask, a provider learns when all were reached. $1 who it works for, sample `s`, account `acc`.
TOLD = f"""($1::uuid IS NULL OR {_DRAWN_FOR} = $1 OR NOT EXISTS (
  SELECT FROM sample_item i WHERE i.sample = s.id
    AND NOT EXISTS (SELECT FROM inspection n WHERE n.item = i.id AND n.outcome <> 'not_reached')))"""

_SAMPLES = f"""
SELECT s.id, s.seed, s.since, s.until, s.size, s.population, s.population_sha256, s.provider, p.name AS provider_name,
  s.area, ar.name AS area_name, acc.display_name, {_DRAWN_FOR} AS drawn_for, s.at
FROM sample s JOIN account acc ON acc.id = s.drawn_by
LEFT JOIN provider p ON p.id = s.provider LEFT JOIN area ar ON ar.id = s.area
WHERE {TOLD} AND ($2::uuid IS NULL OR s.provider = $2) AND ($3::uuid[] IS NULL OR s.area = ANY($3))
"""

_LATEST = """
SELECT i.sample, n.outcome, count(*) AS visits FROM sample_item i
LEFT JOIN LATERAL (SELECT outcome FROM inspection x WHERE x.item = i.id ORDER BY x.at DESC, x.id DESC LIMIT 1) n ON true
WHERE i.sample = ANY($1::uuid[]) GROUP BY i.sample, n.outcome
"""

_ITEMS = f"""
WITH {who.people("(SELECT visit AS id FROM sample_item WHERE sample = $1)")}
SELECT i.ordinal, v.id, v.elder, e.name AS elder_name, v.service_type, v.content, v.window_start, v.window_end,
  v.started_at, v.ended_at, v.op_state, v.verify_state, v.settle_state, v.grade, v.provider, p.name AS provider_name,
  h.community, {CONTACT},
  COALESCE(people.ids, '{{}}') AS caregiver_ids, COALESCE(people.names, '{{}}') AS caregiver_names
FROM sample_item i JOIN visit v ON v.id = i.visit JOIN household h ON h.id = v.household JOIN elder e ON e.id = v.elder
JOIN provider p ON p.id = v.provider LEFT JOIN people ON people.visit = v.id
WHERE i.sample = $1 ORDER BY i.ordinal
"""

_INSPECTIONS = """
SELECT i.visit, n.kind, n.outcome, n.note, n.at, acc.display_name
FROM sample_item i JOIN inspection n ON n.item = i.id JOIN account acc ON acc.id = n.made_by
WHERE i.sample = $1 ORDER BY n.at, n.id
"""


async def population(
    actor: Actor, since: date, until: date, *, provider: UUID | None, area: UUID | None = None
) -> list[UUID]:
    """Verified visits of [since, until) in the actor's scope, of one provider or below one area if named."""
    rows = await fetch(_POPULATION, actor.provider_id, actor.areas, since, until, provider, area)
    return [row["id"] for row in rows]


async def insert(
    actor: Actor,
    *,
    id: UUID,
    seed: str,
    since: date,
    until: date,
    population: bytes,
    provider: UUID | None,
    drawn: Sequence[UUID],
    size: int,
    now: datetime,
) -> None:
    """Writes a sample with its visits and its packed population; it belongs to the area of the account that drew it."""
    await fetch(_INSERT, id, seed, since, until, size, population, provider, actor.account_id, now)
    rows = [(uuid7(), id, visit, number) for number, visit in enumerate(drawn, 1)]
    await execute_many("INSERT INTO sample_item (id, sample, visit, ordinal) VALUES ($1, $2, $3, $4)", rows)


async def page(actor: Actor, after: tuple[datetime, UUID] | None, limit: int) -> list[Record]:
    """Samples, newest first."""
    at, id = after or (None, None)
    older = "($4::timestamptz IS NULL OR (s.at, s.id) < ($4, $5::uuid))"
    sql = f"{_SAMPLES} AND {older} ORDER BY s.at DESC, s.id DESC LIMIT $6"
    return await fetch(sql, actor.works_for, actor.provider_id, actor.areas, at, id, limit)


async def one(actor: Actor, sample: UUID) -> Record | None:
    """A sample of the scope."""
    rows = await fetch(f"{_SAMPLES} AND s.id = $4", actor.works_for, actor.provider_id, actor.areas, sample)
    return rows[0] if rows else None


async def kept(actor: Actor, sample: UUID) -> bytes | None:
    """The packed population of a sample that the caller has read within the scope; None of one before it was kept."""
    del actor
    return (await fetch("SELECT population_ids FROM sample WHERE id = $1", sample))[0]["population_ids"]


async def outcomes(actor: Actor, samples: Sequence[UUID]) -> list[Record]:
    """(sample, outcome or None, visits) by the last result of each visit."""
    del actor
    return await fetch(_LATEST, list(samples)) if samples else []


async def items(actor: Actor, sample: UUID) -> list[Record]:
    """The drawn visits of a sample that the caller has read within the scope, in order."""
    del actor
    return await fetch(_ITEMS, sample)


async def inspections(actor: Actor, sample: UUID) -> list[Record]:
    """What was found about them."""
    del actor
    return await fetch(_INSPECTIONS, sample)


async def item(actor: Actor, sample: UUID, visit: UUID) -> UUID | None:
    """The item of a visit in a sample that the caller has read within the scope."""
    del actor
    rows = await fetch("SELECT id FROM sample_item WHERE sample = $1 AND visit = $2", sample, visit)
    return rows[0]["id"] if rows else None


async def add_inspection(actor: Actor, item: UUID, *, kind: str, outcome: str, note: str | None, now: datetime) -> UUID:
    """Writes what was found."""
    id = uuid7()
    await fetch(
        "INSERT INTO inspection (id, item, kind, outcome, note, made_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(id, item, kind, outcome, note, actor.account_id, now),
    )
    return id
