"""Queries of elders as an office keeps them. Every one takes the actor and applies the scope."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.households import service as households
from doorstep.identity.wire import Actor

# $1 provider, $2 areas, $3 since when it serves.
_IN_SCOPE = households.in_scope(provider="$1", areas="$2", since="$3::date")
_ACTS = households.in_scope(provider="$1", areas="$2", since="$5::date")

_KEYS = f"""
SELECT e.id, e.initials, e.name, e.phone, h.address, h.community
FROM elder e JOIN household h ON h.id = e.household
WHERE {_IN_SCOPE} AND ($4::text IS NULL OR (e.initials, e.id) > ($4, $5::uuid))
ORDER BY e.initials, e.id LIMIT $6
"""

# The version that counts today, or else the last one. Visits of others are no business of a provider.
_ROWS = """
SELECT e.id, e.name, e.initials, e.sex, e.birth_date, e.phone, h.address, h.community, a.name AS subdistrict,
  array(SELECT DISTINCT s.kind FROM elder_status s WHERE s.elder = e.id AND s.valid_from <= $3
    AND (s.valid_to IS NULL OR $3 < s.valid_to) ORDER BY s.kind) AS statuses,
  cp.id AS plan, cp.version, cp.valid_from, cp.valid_to, cp.state,
  (SELECT v.window_start FROM visit v WHERE v.elder = e.id AND ($2::uuid IS NULL OR v.provider = $2)
    AND v.window_start > $4 AND v.op_state IN ('planned', 'assigned') ORDER BY v.window_start LIMIT 1) AS next_visit_at
FROM elder e JOIN household h ON h.id = e.household JOIN area a ON a.id = h.area
LEFT JOIN LATERAL (
  SELECT p.id, p.version, p.valid_from, p.valid_to, (
    SELECT ps.state FROM plan_state ps WHERE ps.plan = p.id AND ps.valid_from <= $3
      AND (ps.valid_to IS NULL OR $3 < ps.valid_to) ORDER BY ps.recorded_at DESC, ps.id DESC LIMIT 1) AS state
  FROM care_plan p WHERE p.elder = e.id
  ORDER BY p.valid_from <= $3 DESC, p.version DESC LIMIT 1
) cp ON true
WHERE e.id = ANY($1::uuid[]) ORDER BY e.initials, e.id
"""

_ONE = f"""
SELECT e.id, e.name, e.initials, e.sex, e.birth_date, e.phone, e.hukou, e.agreement_signed_on,
  h.id AS household, h.address, h.community, h.access_notes, h.lat IS NOT NULL AS point, h.area, a.name AS subdistrict,
  {_ACTS} AS may_act
FROM elder e JOIN household h ON h.id = e.household JOIN area a ON a.id = h.area
WHERE {_IN_SCOPE} AND e.id = $4
"""

_PLANS = """
SELECT cp.id, cp.version, cp.valid_from, cp.valid_to, cp.created_at, cp.programme, p.name AS programme_name
FROM care_plan cp JOIN programme p ON p.id = cp.programme
WHERE cp.elder = $1 ORDER BY cp.valid_from DESC, cp.version DESC, cp.id
"""

_ITEMS = """
SELECT pi.*, p.name AS provider_name FROM plan_item pi JOIN provider p ON p.id = pi.provider
WHERE pi.plan = ANY($1::uuid[]) AND ($2::uuid IS NULL OR pi.provider = $2)
ORDER BY pi.service_type, pi.content, pi.window_start, pi.id
"""


async def keys(actor: Actor, *, after: tuple[str, UUID] | None, limit: int) -> Sequence[asyncpg.Record]:
    """What elders whom the actor may read are found by, in the order of the list."""
    initials, id = after or (None, None)
    since = households.reading_since(clock.today())
    return await fetch(_KEYS, actor.provider_id, actor.areas, since, initials, id, limit)


async def rows(actor: Actor, ids: Collection[UUID]) -> Sequence[asyncpg.Record]:
    """Rows of the list for elders that were found within the scope."""
    return await fetch(_ROWS, list(ids), actor.provider_id, clock.today(), clock.now())


async def one(actor: Actor, elder: UUID) -> asyncpg.Record | None:
    """An elder whom the actor may read, with the home."""
    today = clock.today()
    found = await fetch(_ONE, actor.provider_id, actor.areas, households.reading_since(today), elder, today)
    return found[0] if found else None


async def contacts(actor: Actor, elder: UUID) -> Sequence[asyncpg.Record]:
    """The relatives of an elder that was read within the scope."""
    del actor
    return await fetch("SELECT id, name, phone, relation FROM family_contact WHERE elder = $1 ORDER BY id", elder)


async def statuses(actor: Actor, elder: UUID) -> Sequence[asyncpg.Record]:
    """All dated facts about an elder that was read within the scope, those that began last first."""
    del actor
    return await fetch(
        "SELECT id, elder AS elder_id, kind, level, valid_from, valid_to, source, recorded_at FROM elder_status "
        "WHERE elder = $1 ORDER BY valid_from DESC, recorded_at DESC, id",
        elder,
    )


async def plans(actor: Actor, elder: UUID) -> Sequence[asyncpg.Record]:
    """The versions of the plans of an elder that was read within the scope, the last first."""
    del actor
    return await fetch(_PLANS, elder)


async def states(actor: Actor, plans: Collection[UUID]) -> Sequence[asyncpg.Record]:
    """The recorded states of these plans, in the order in which they became known."""
    del actor
    return await fetch(
        "SELECT plan, state, valid_from, valid_to, reason FROM plan_state WHERE plan = ANY($1::uuid[]) "
        "ORDER BY recorded_at, id",
        list(plans),
    )


async def items(actor: Actor, plans: Collection[UUID], *, everybodys: bool = False) -> Sequence[asyncpg.Record]:
    """The items of these plans: a provider's own, or those of everybody."""
    return await fetch(_ITEMS, list(plans), None if everybodys else actor.provider_id)
