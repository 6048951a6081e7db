"""A district of a million visits with their events, loaded with set-based SQL in a few minutes.

Indexes are made after the rows, and foreign keys are not looked at: the statements keep them by how they are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from doorstep.core import clock, vault
from support.world import HOME, World

PROVIDERS = 4
CAREGIVERS = 60  # of each provider
ELDERS = 600  # of each provider; each has one visit a day
JWS = "e30.e30." + "A" * 500
"""As long as a real one: the rows of events are what fills the disk."""
_TABLES = ("visit", "assignment", "check_event", "event_visit", "finding", "change", "visit_hold", "decision")

_PEOPLE = """
WITH made AS (
  INSERT INTO caregiver (id, provider, name, initials, phone, phone_fingerprint, created_at)
  SELECT gen_random_uuid(), p.id, '护理员' || p.n || '-' || c, 'hly', $1, sha256(('c' || p.n || '-' || c)::bytea), now()
  FROM bench_provider p, generate_series(0, $2::int - 1) c RETURNING id, provider),
certificate AS (
  INSERT INTO qualification (id, caregiver, kind, valid_until, recorded_at)
  SELECT gen_random_uuid(), id, 'health_certificate', current_date + 99, now() FROM made)
INSERT INTO device (id, caregiver, public_key, enrolled_at, last_seen_at, last_seq)
SELECT gen_random_uuid(), id, '\\x00', now() - interval '500 days', now(), 0 FROM made
"""

_ELDERS = """
WITH home AS (
  INSERT INTO household (id, area, community, address, address_fingerprint, lat, lon, coord_system, geofence_m,
    created_at)
  SELECT gen_random_uuid(), p.area, '社区' || e % 20, $1, sha256(('h' || p.n || '-' || e)::bytea), $2, $3, 'wgs84', 200,
    now() FROM bench_provider p, generate_series(0, $5::int - 1) e RETURNING id, area, address_fingerprint)
INSERT INTO elder (id, household, name, initials, id_number, id_fingerprint, birth_date, sex, created_at)
SELECT gen_random_uuid(), h.id, $4, 'gg', '\\x00', h.address_fingerprint, '1940-02-29', 'female', now() FROM home h
"""

_PLANS = """
WITH served AS (
  SELECT e.id, p.id AS provider FROM elder e JOIN household h ON h.id = e.household
  JOIN bench_provider p ON p.area = h.area),
agreed AS (
  INSERT INTO service_agreement (id, elder, provider, signed_on, valid_from, recorded_at)
  SELECT gen_random_uuid(), id, provider, current_date - 500, current_date - 500, now() FROM served),
plan AS (
  INSERT INTO care_plan (id, elder, programme, version, valid_from, valid_to, risks, emergency_procedure, created_at)
  SELECT gen_random_uuid(), id, $1, 1, current_date - 500, current_date + 99, '{}', 'emergency', now() FROM served
  RETURNING id, elder),
state AS (
  INSERT INTO plan_state (id, plan, state, valid_from, recorded_at)
  SELECT gen_random_uuid(), id, 'active', current_date - 500, now() FROM plan)
INSERT INTO plan_item (id, plan, provider, service_type, content, frequency, recurrence, window_start, window_end,
  min_minutes, max_minutes, carers_needed, unit_price_fen, ratio_bp, valid_from, valid_to, max_per_month)
SELECT gen_random_uuid(), plan.id, served.provider, 'meal', 'delivery', '每日', '{"kind":"daily"}', '11:00', '12:30', 0,
  240, 1, 1200, 10000, current_date - 500, current_date + 99, 31 FROM plan JOIN served ON served.id = plan.elder
"""

# Two of a hundred wait, the rest is accepted; of today some lie ahead. Windows are spread over the working day.
_VISITS = """
CREATE UNLOGGED TABLE bench_visit AS
WITH elders AS (
  SELECT e.id AS elder, e.household, p.id AS provider, p.area, i.id AS item,
    row_number() OVER (PARTITION BY p.id ORDER BY e.id) - 1 AS n
  FROM elder e JOIN household h ON h.id = e.household JOIN bench_provider p ON p.area = h.area
  JOIN care_plan cp ON cp.elder = e.id JOIN plan_item i ON i.plan = cp.id),
carers AS (
  SELECT c.id AS caregiver, d.id AS device, c.provider,
    row_number() OVER (PARTITION BY c.provider ORDER BY c.id) - 1 AS n
  FROM caregiver c JOIN device d ON d.caregiver = c.id)
SELECT gen_random_uuid() AS visit, gen_random_uuid() AS came, gen_random_uuid() AS went, e.*, c.caregiver, c.device,
  ($1::date - day) AS service_day, day, (e.n * 7 + day * 13) % 100 < 2 AS held, (e.n * 11 + day * 17) % 100 < 6 AS weak,
  (ARRAY['TOKEN_MISSING', 'OVERLAP', 'TOO_SHORT', 'NOT_ASSIGNED'])[1 + e.n % 4] AS code,
  ((($1::date - day) + time '07:00') AT TIME ZONE 'Asia/Shanghai') + (e.n / 60) * interval '1 hour' AS starts
FROM generate_series(0, $2::int - 1) day CROSS JOIN elders e
JOIN carers c ON c.provider = e.provider AND c.n = e.n % $3
"""

_FILL = (
    """
INSERT INTO visit (id, elder, household, plan_item, provider, kind, service_type, content, service_day, ordinal,
  window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, grade, holds,
  hold_codes, started_at, ended_at, created_at, changed_at)
SELECT visit, elder, household, item, provider, 'planned', 'meal', 'delivery', service_day, 1, starts,
  starts + interval '90 minutes', 0, 240, 1, CASE WHEN ahead THEN 'assigned' ELSE 'completed' END,
  CASE WHEN ahead THEN 'none' WHEN held THEN 'needs_review' WHEN weak THEN 'verified' ELSE 'auto_verified' END,
  CASE WHEN held AND NOT ahead THEN 'held' ELSE 'unsettled' END,
  CASE WHEN ahead THEN NULL WHEN held OR weak THEN 'B' ELSE 'A' END, CASE WHEN held AND NOT ahead THEN 1 ELSE 0 END,
  CASE WHEN NOT held OR ahead THEN '{}'::text[] ELSE ARRAY[code] END,
  CASE WHEN NOT ahead THEN starts + interval '10 minutes' END,
  CASE WHEN NOT ahead THEN starts + interval '40 minutes' END, starts - interval '7 days',
  starts + interval '40 minutes'
FROM (SELECT *, starts > now() - interval '1 hour' AS ahead FROM bench_visit) b
""",
    """
INSERT INTO assignment (id, visit, caregiver, service_day, assigned_at)
SELECT gen_random_uuid(), visit, caregiver, service_day, starts - interval '7 days' FROM bench_visit
""",
    """
INSERT INTO check_event (id, device, caregiver, kind, jws, hash, seq, capture, household, elder_ids, claimed_at,
  received_at, at, earliest_at, lat, lon, accuracy_m, position_age_ms, distance_m, tasks, acknowledged, app_version,
  grade, verdict, codes, receipt)
SELECT e.id, device, caregiver, e.kind, $1, sha256(e.id::text::bytea), (1000 - day) * 40 + (n / 60) * 2 + e.more,
  'camera', household, ARRAY[elder], e.at, e.at + interval '2 seconds', e.at, e.at - interval '1 second', $2, $3, 12,
  900, 8, '{meal_handed}', '{emergency@1}', 'bench', CASE WHEN held OR weak THEN 'B' ELSE 'A' END,
  CASE WHEN held THEN 'accepted_with_findings' ELSE 'accepted' END, '{}', $4
FROM bench_visit b CROSS JOIN LATERAL (VALUES
  (came, 'check_in', starts + interval '10 minutes', 0), (went, 'check_out', starts + interval '40 minutes', 1)
) AS e (id, kind, at, more) WHERE starts <= now() - interval '1 hour'
""",
    """
INSERT INTO event_visit (id, event, visit, effect, holds)
SELECT gen_random_uuid(), e.id, visit, e.effect, CASE WHEN held AND e.effect = 'opened'
  THEN ARRAY[code] ELSE '{}'::text[] END
FROM bench_visit CROSS JOIN LATERAL (VALUES (came, 'opened'), (went, 'closed')) AS e (id, effect)
WHERE starts <= now() - interval '1 hour'
""",
    """
INSERT INTO finding (id, code, severity, event, visit, data, detector, at)
SELECT gen_random_uuid(), CASE WHEN held THEN code
  ELSE 'LATE_SYNC' END, CASE WHEN held THEN 'hold' ELSE 'warn' END, came, visit, '{}', 'bench', starts
FROM bench_visit WHERE (held OR weak) AND starts <= now() - interval '1 hour'
""",
    """
INSERT INTO change (kind, subject, at, data, provider, area)
SELECT 'visit.checked', visit, starts, '{}', provider, area FROM bench_visit
""",
    """
INSERT INTO decision (id, visit, decision, reason_code, codes, answers, decided_by, at)
SELECT gen_random_uuid(), visit, 'accept', 'evidence_enough', '{}', '{}', $1, starts + interval '1 day'
FROM bench_visit WHERE weak AND NOT held AND starts <= now() - interval '1 hour'
""",
)


@dataclass(frozen=True)
class Loaded:
    """What the measurements ask about."""

    manager: UUID
    officer: UUID
    admin: UUID
    visits: int


async def load(db: asyncpg.Connection, visits: int) -> Loaded:
    """So many visits up to today. Needs the product's pool and vault to be there."""
    world = await World.create()
    for table in ("service_agreement", "elder", "household", "qualification", "caregiver"):
        await db.execute(f"DELETE FROM {table}")
    manager, officer, admin = [await world.add_account(role) for role in ("manager", "officer", "admin")]
    seal = vault.current().seal
    await db.execute("SET session_replication_role = replica; SET synchronous_commit = off; SET jit = off")
    await db.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
    await _providers(db, world)
    await db.execute(_PEOPLE, seal("13800000000", "caregiver.phone"), CAREGIVERS)
    address, name = seal("朝外第二社区16号楼", "household.address"), seal("龚国栋", "elder.name")
    await db.execute(_ELDERS, address, *HOME, name, ELDERS)
    await db.execute(_PLANS, world.programme)
    await db.execute("ANALYZE")
    days = -(-visits // (PROVIDERS * ELDERS))
    indexes = await _without_indexes(db)
    await db.execute(_VISITS, clock.today(), days, CAREGIVERS)
    of_event: dict[int, tuple[object, ...]] = {2: (JWS, *HOME, JWS), 6: (admin,)}
    for number, statement in enumerate(_FILL):
        await db.execute(statement, *of_event.get(number, ()))
    for statement in indexes:
        await db.execute(statement)
    await db.execute("DROP TABLE bench_visit; SET session_replication_role = origin")
    await db.execute("VACUUM (ANALYZE)")
    [made] = await db.fetch("SELECT count(*) AS visits FROM visit")
    return Loaded(manager, officer, admin, made["visits"])


async def _providers(db: asyncpg.Connection, world: World) -> None:
    """Each in a subdistrict of its own; the world's first is one of them."""
    await db.execute("CREATE UNLOGGED TABLE bench_provider (n int, id uuid, area uuid)")
    await db.execute("INSERT INTO bench_provider VALUES (0, $1, $2)", world.provider, world.subdistrict)
    await db.execute(
        "INSERT INTO bench_provider SELECT n, gen_random_uuid(), gen_random_uuid() "
        "FROM generate_series(1, $1::int - 1) n",
        PROVIDERS,
    )
    await db.execute(
        "INSERT INTO area (id, level, name, kind, parent) "
        "SELECT area, 'subdistrict', '街道' || n, '街道', $1 FROM bench_provider WHERE n > 0",
        world.district,
    )
    await db.execute(
        "INSERT INTO provider (id, name, uscc, legal_kind, site_kind, area, licence_until, created_at) "
        "SELECT id, '机构' || n, 'BENCH' || n, 'social_org', 'care_centre', area, current_date + 900, now() "
        "FROM bench_provider WHERE n > 0"
    )


async def _without_indexes(db: asyncpg.Connection) -> list[str]:
    """Drops what is not a constraint; answers how to make it again."""
    rows = await db.fetch(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY($1) AND i.schemaname = 'public' "
        "AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)",
        list(_TABLES),
    )
    for row in rows:
        await db.execute(f"DROP INDEX {row['indexname']}")
    return [row["indexdef"] for row in rows]
