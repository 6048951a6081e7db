"""The hot path's reads: a few set-based statements for all events of a pass, whoever sent them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins.attendance import ENTERED, interval, latest, standing_holds
from doorstep.checkins.axis import DECIDED
from doorstep.checkins.dated import VISITS, VISITS_READ
from doorstep.checkins.facts import Certificate, Code, Home, Interval, Link, Phone, VisitFacts
from doorstep.core.geo import Point
from doorstep.db.engine import fetch

# Phones first, then visits, each in the order of their ids: two passes never wait for each other in a circle.
PHONES = """
SELECT d.id, d.public_key, d.caregiver, c.provider, d.revoked_at, d.last_seq, d.last_hash,
  c.employed_from, c.employed_to,
  (SELECT json_agg(json_build_array(q.kind, q.valid_from, q.valid_until))
   FROM qualification q WHERE q.caregiver = d.caregiver)::text AS certificates
FROM device d JOIN caregiver c ON c.id = d.caregiver
WHERE d.id = ANY($1::uuid[]) ORDER BY d.id FOR NO KEY UPDATE OF d
"""

# What is stored of these events themselves (by id; of refused ones by the text's hash), what stands in these places of
# the chains, and which predecessors were refused. OFFSET 0 keeps a subquery whole: each is one look-up by index,
# whatever the planner believes about the tables' sizes.
KNOWN = """
SELECT 'accepted' AS what, id, hash, device, seq, receipt, verdict, codes
FROM check_event WHERE id = ANY($1::uuid[])
UNION ALL
SELECT 'refused', event_id, hash, device, NULL, receipt, 'refused', ARRAY[code]
FROM refused_event WHERE hash = ANY($2::bytea[])
UNION ALL
SELECT 'place', NULL, e.hash, p.device, p.seq, NULL, NULL, NULL
FROM unnest($3::uuid[], $4::int[]) AS p (device, seq)
CROSS JOIN LATERAL (SELECT c.hash FROM check_event c WHERE c.device = p.device AND c.seq = p.seq OFFSET 0) e
UNION ALL
SELECT 'before', NULL, r.hash, NULL, NULL, NULL, NULL, NULL FROM refused_event r WHERE r.hash = ANY($5::bytea[])
"""

# A code with the home that it hangs in.
CODES = """
SELECT c.token_sha256, c.short_code_fingerprint, c.revoked_at IS NOT NULL AS revoked,
  h.id, h.lat, h.lon, h.geofence_m, array(SELECT e.id FROM elder e WHERE e.household = h.id) AS elders
FROM household_code c JOIN household h ON h.id = c.household
WHERE c.token_sha256 = ANY($1::bytea[]) OR c.short_code_fingerprint = ANY($2::bytea[])
"""

HOMES = """
SELECT h.id, h.lat, h.lon, h.geofence_m, array(SELECT e.id FROM elder e WHERE e.household = h.id) AS elders
FROM household h WHERE h.id = ANY($1::uuid[])
"""

# Beside what events did, which of the visits a person has once rejected: nothing else of one that nobody came to tells.
LINKS = """
SELECT d.visit, NULL AS effect, NULL AS holds, NULL AS id, NULL AS caregiver, NULL AS kind, NULL AS at, NULL AS tasks,
  NULL AS acknowledged, NULL AS grade, NULL AS link
FROM decision d WHERE d.visit = ANY($1::uuid[]) AND d.decision = 'reject'
UNION ALL
SELECT ev.visit, ev.effect, ev.holds, e.id, e.caregiver, e.kind, e.at, e.tasks, e.acknowledged, e.grade, ev.id
FROM unnest($1::uuid[]) AS w (visit)
CROSS JOIN LATERAL (
  SELECT l.id, l.visit, l.event, l.effect, l.holds FROM event_visit l WHERE l.visit = w.visit OFFSET 0
) ev
CROSS JOIN LATERAL (
  SELECT c.id, c.caregiver, c.kind, cardinality(c.tasks) AS tasks, c.acknowledged, c.grade, c.at
  FROM check_event c WHERE c.id = ev.event AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = c.id) OFFSET 0
) e ORDER BY link
"""

# Own check-ins and check-outs: two caregivers of one visit come and leave one by one.
INTERVALS = """
SELECT e.id, w.caregiver, e.kind, e.at, ev.visit, ev.effect, v.household, v.ended_at, v.max_minutes
FROM unnest($1::uuid[]) AS w (caregiver)
CROSS JOIN LATERAL (
  SELECT c.id, c.kind, c.at FROM check_event c WHERE c.caregiver = w.caregiver AND c.at BETWEEN $2 AND $3
    AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = c.id) OFFSET 0
) e
CROSS JOIN LATERAL (SELECT l.id, l.visit, l.effect FROM event_visit l WHERE l.event = e.id OFFSET 0) ev
CROSS JOIN LATERAL (SELECT o.household, o.ended_at, o.max_minutes FROM visit o WHERE o.id = ev.visit OFFSET 0) v
ORDER BY ev.id
"""

CANDIDATES = "SELECT id, provider FROM visit WHERE elder = ANY($1::uuid[]) AND window_start BETWEEN $2 AND $3"

TARGETS = """
SELECT e.id, e.device, e.caregiver, e.kind, ev.visit, ev.effect, e.at,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id) AS annulled
FROM check_event e LEFT JOIN event_visit ev ON ev.event = e.id WHERE e.id = ANY($1::uuid[]) ORDER BY ev.id
"""

# Of the newest of each kind. A caregiver who is to go again was not taken off.
OFFICE_CHANGES = """
SELECT a.visit, 'taken_off' AS what, a.caregiver AS subject, max(a.ended_at) AS at
FROM assignment a WHERE a.visit = ANY($1::uuid[]) AND a.caregiver = ANY($2::uuid[])
GROUP BY a.visit, a.caregiver HAVING bool_and(a.ended_at IS NOT NULL)
UNION ALL
SELECT c.subject, CASE c.kind WHEN 'visit.moved' THEN 'moved' ELSE 'cancelled' END,
  CASE c.kind WHEN 'visit.moved' THEN (c.data->>'before')::uuid END, max(c.at)
FROM change c WHERE c.subject = ANY($1::uuid[]) AND c.kind IN ('visit.cancelled', 'visit.moved')
GROUP BY 1, 2, 3
"""

# What people did to visits: holds that stand in no record, decisions, entries by hand.
DECISIONS = """
SELECT w.visit,
  array(SELECT h.code FROM visit_hold h WHERE h.visit = w.visit AND h.lifted_at IS NULL ORDER BY h.id) AS placed,
  array(SELECT unnest(d.answers) FROM decision d WHERE d.visit = w.visit) AS answered,
  (SELECT d.decision FROM decision d WHERE d.visit = w.visit AND d.decision <> 'ask'
    ORDER BY d.at DESC, d.id DESC LIMIT 1) AS last,
  EXISTS (SELECT FROM manual_edit m WHERE m.visit = w.visit) AS entered
FROM unnest($1::uuid[]) AS w (visit)
"""

_certificates = msgspec.json.Decoder(tuple[Certificate, ...])


async def steady_plans(db: asyncpg.Connection) -> None:
    """Cached plans by index for this transaction.

    Planning these joins anew costs more than running them, and plans that were cached while the tables were empty
    read whole tables until the next autoanalyze.
    """
    await db.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")


async def phones(db: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, Phone]:
    """Device rows, locked until the end of the transaction: the chain of one phone has one writer."""
    found = {}
    for id, *values, certificates in await db.fetch(PHONES, sorted(ids)):
        held = () if certificates is None else _certificates.decode(certificates)
        found[id] = Phone(id, *values, certificates=held)
    return found


async def known(
    db: asyncpg.Connection,
    *,
    ids: Collection[UUID],
    digests: Collection[bytes],
    places: Collection[tuple[UUID, int]],
    before: Collection[bytes],
) -> list[asyncpg.Record]:
    """What was answered before, what stands in these places (device, seq) of the chains, which predecessors were
    refused: rows of (what, id, hash, device, seq, receipt, verdict, codes).
    """
    devices, numbers = [place[0] for place in places], [place[1] for place in places]
    return await db.fetch(KNOWN, list(ids), list(digests), devices, numbers, list(before))


async def codes(
    db: asyncpg.Connection, tokens: Collection[bytes], short_codes: Collection[bytes]
) -> tuple[dict[bytes, Code], dict[bytes, Code], dict[UUID, Home]]:
    """Printed codes by token hash and by short-code fingerprint, and their homes."""
    by_token: dict[bytes, Code] = {}
    by_short: dict[bytes, Code] = {}
    found: dict[UUID, Home] = {}
    if tokens or short_codes:
        for row in await db.fetch(CODES, list(tokens), list(short_codes)):
            home = found[row["id"]] = _home(row)
            code = Code(home.id, row["revoked"])
            by_token[row["token_sha256"]] = by_short[row["short_code_fingerprint"]] = code
    return by_token, by_short, found


async def homes(db: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, Home]:
    """Points and inhabitants."""
    return {row["id"]: _home(row) for row in await db.fetch(HOMES, list(ids))} if ids else {}


def _home(row: asyncpg.Record) -> Home:
    lat, lon = row["lat"], row["lon"]
    point = None if lat is None or lon is None else Point(lat, lon)
    return Home(row["id"], point, row["geofence_m"], tuple(row["elders"]))


async def visits(db: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, VisitFacts]:
    """Visits, locked, with what the plan says on their day and what earlier events did to them."""
    if not ids:
        return {}
    wanted = sorted(ids)
    found = {row["id"]: _facts(row) for row in await db.fetch(VISITS, wanted)}
    rejected = set()
    for row in await db.fetch(LINKS, wanted):
        if row["id"] is None:
            rejected.add(row["visit"])
            continue
        link = Link(
            event=row["id"],
            caregiver=row["caregiver"],
            kind=row["kind"],
            effect=row["effect"],
            at=row["at"],
            tasks=row["tasks"],
            acknowledged=tuple(row["acknowledged"]),
            grade=row["grade"],
            holds=tuple(row["holds"]),
        )
        found[row["visit"]].links = [*found[row["visit"]].links, link]
    for visit in found.values():
        visit.links = latest(visit.links)
    await _decided(db, [visit for visit in found.values() if visit.id in rejected or _by_people(visit)])
    return found


def _by_people(visit: VisitFacts) -> bool:
    """Whether more than its records made the visit what it is: only then is the rest read."""
    codes = sorted(code for _, code in standing_holds(visit.links, visit.op_state))
    return visit.verify_state in DECIDED or visit.grade == ENTERED or codes != sorted(visit.hold_codes)


async def _decided(db: asyncpg.Connection, visits: Collection[VisitFacts]) -> None:
    if not visits:
        return
    by_id = {visit.id: visit for visit in visits}
    for row in await db.fetch(DECISIONS, list(by_id)):
        visit = by_id[row["visit"]]
        visit.placed, visit.answered = tuple(row["placed"]), frozenset(row["answered"])
        visit.last_decision, visit.entered = row["last"], row["entered"]


async def dated(ids: Collection[UUID]) -> dict[UUID, VisitFacts]:
    """Visits with what the plan says on their day, without locks and without what happened in them."""
    return {row["id"]: _facts(row) for row in await fetch(VISITS_READ, sorted(ids))} if ids else {}


def _facts(row: asyncpg.Record) -> VisitFacts:
    values: dict[str, Any] = dict(row)
    for name in ("assigned", "elder_statuses"):
        values[name] = frozenset(values[name])
    types = values["contracted_types"]
    values["contracted_types"] = None if types is None else frozenset(types)
    return VisitFacts(**values)


async def intervals(
    db: asyncpg.Connection, ids: Collection[UUID], since: datetime, until: datetime
) -> dict[UUID, list[Interval]]:
    """The visits that these caregivers were in around that time."""
    wanted = list(ids)
    steps: dict[tuple[UUID, UUID], list[asyncpg.Record]] = {}
    for row in await db.fetch(INTERVALS, wanted, since, until):
        steps.setdefault((row["caregiver"], row["visit"]), []).append(row)
    found: dict[UUID, list[Interval]] = {id: [] for id in wanted}
    for (who, visit), rows in steps.items():
        links = [Link(row["id"], who, row["kind"], row["effect"], row["at"]) for row in rows]
        one = interval(visit, rows[0]["household"], links, who, rows[0]["ended_at"], rows[0]["max_minutes"])
        if one is not None:
            found[who].append(one)
    return found


async def candidates(
    db: asyncpg.Connection, elders: Collection[UUID], since: datetime, until: datetime
) -> list[asyncpg.Record]:
    """(id, provider) of visits of these elders whose window starts in the interval."""
    return await db.fetch(CANDIDATES, list(elders), since, until) if elders else []


async def office_changes(
    db: asyncpg.Connection, visits: Collection[UUID], caregivers: Collection[UUID]
) -> list[asyncpg.Record]:
    """(visit, what, subject, at): these caregivers taken off, visits cancelled, elders moved away from a home."""
    return await db.fetch(OFFICE_CHANGES, list(visits), list(caregivers)) if visits else []


async def targets(db: asyncpg.Connection, ids: Collection[UUID]) -> list[asyncpg.Record]:
    """Events that somebody wants to annul, a row for each visit that they touched."""
    return await db.fetch(TARGETS, list(ids)) if ids else []


async def elders_of(db: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The household of each elder."""
    if not ids:
        return {}
    rows = await db.fetch("SELECT id, household FROM elder WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: row["household"] for row in rows}
