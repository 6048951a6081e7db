"""A district for the bench, loaded with set-based SQL: phones with real keys, homes with codes, visits of today."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import anchors, clock, vault
from support.phone import Kind, Phone
from support.world import HOME, World

PHONES = 400
HOMES = 2000


@dataclass(frozen=True)
class Case:
    """One visit that one phone may check in to and out of."""

    phone: int
    visit: UUID
    elder: UUID
    token: str


_PEOPLE = """
INSERT INTO caregiver (id, provider, name, initials, phone, phone_fingerprint, created_at)
SELECT gen_random_uuid(), $1, '护理员' || n, 'hly', '\\x00', sha256(('phone' || n)::bytea), now()
FROM generate_series(1, $2::int) n;
"""
_HOMES = """
WITH home AS (
  INSERT INTO household (id, area, community, address, address_fingerprint, lat, lon, coord_system, geofence_m,
    created_at)
  SELECT gen_random_uuid(), $1, '社区' || n % 40, $2, sha256(('home' || n)::bytea), $3, $4, 'wgs84', 200, now()
  FROM generate_series(1, $5::int) n RETURNING id),
numbered AS (SELECT id, row_number() OVER () AS n FROM home),
elder AS (
  INSERT INTO elder (id, household, name, initials, id_number, id_fingerprint, birth_date, sex, created_at)
  SELECT gen_random_uuid(), id, $6, 'gg', '\\x00', sha256(('elder' || n)::bytea), '1940-02-29', 'female', now()
  FROM numbered RETURNING id, household)
INSERT INTO household_code (id, household, token_sha256, short_code_fingerprint, version, issued_at)
SELECT gen_random_uuid(), id, sha256(('1' || lpad(n::text, 26, '0'))::bytea), sha256(('short' || n)::bytea), 1, now()
FROM numbered
"""
_PLANS = """
WITH agreed AS (
  INSERT INTO service_agreement (id, elder, provider, signed_on, valid_from, recorded_at)
  SELECT gen_random_uuid(), id, $1, current_date - 99, current_date - 99, now() FROM elder),
plan AS (
  INSERT INTO care_plan (id, elder, programme, version, valid_from, valid_to, risks, emergency_procedure, created_at)
  SELECT gen_random_uuid(), id, $2, 1, current_date - 99, current_date + 99, '{}', 'emergency', now() FROM elder
  RETURNING id),
state AS (
  INSERT INTO plan_state (id, plan, state, valid_from, recorded_at)
  SELECT gen_random_uuid(), id, 'active', current_date - 99, now() FROM plan)
INSERT INTO plan_item (id, plan, provider, service_type, content, frequency, recurrence, window_start, window_end,
  min_minutes, max_minutes, carers_needed, unit_price_fen, ratio_bp, valid_from, valid_to, max_per_month)
SELECT gen_random_uuid(), id, $1, 'meal', 'delivery', '每日', '{"kind":"daily"}', '11:00', '12:30', 0, 240, 1, 1200,
  10000, current_date - 99, current_date + 99, 31 FROM plan
"""
_VISITS = """
WITH items AS (
  SELECT i.id, p.elder, e.household, row_number() OVER (ORDER BY i.id) - 1 AS n
  FROM plan_item i JOIN care_plan p ON p.id = i.plan JOIN elder e ON e.id = p.elder),
carers AS (
  SELECT c.id, row_number() OVER (ORDER BY c.id) - 1 AS n FROM caregiver c JOIN device d ON d.caregiver = c.id),
made AS (
  INSERT INTO visit (id, elder, household, plan_item, provider, kind, service_type, content, service_day, ordinal,
    window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, holds,
    created_at, changed_at)
  SELECT gen_random_uuid(), items.elder, items.household, items.id, $1, 'planned', 'meal', 'delivery', $2::date,
    $3::int + g,
    now() - interval '1 hour', now() + interval '2 hours', 0, 240, 1, 'assigned', 'none', 'unsettled', 0, now(), now()
  FROM generate_series(1, $4::int) g JOIN items ON items.n = g % (SELECT count(*) FROM items)
  RETURNING id, elder, household, ordinal)
, given AS (
  INSERT INTO assignment (id, visit, caregiver, assigned_at)
  SELECT gen_random_uuid(), made.id, carers.id, now() FROM made
  JOIN carers ON carers.n = made.ordinal % (SELECT count(*) FROM carers) RETURNING visit, caregiver)
SELECT made.id, made.elder, made.household, given.caregiver
FROM made JOIN given ON given.visit = made.id ORDER BY made.ordinal
"""


class District:
    """The loaded world with its phones."""

    def __init__(
        self, world: World, phones: list[Phone], tokens: dict[UUID, str], by_caregiver: dict[UUID, int]
    ) -> None:
        self.world, self.phones, self._tokens, self._by_caregiver = world, phones, tokens, by_caregiver
        self._visits = 0

    @classmethod
    async def load(cls, db: asyncpg.Connection) -> District:
        """Needs the product's pool and vault to be there."""
        world = await World.create()
        for table in ("service_agreement", "elder", "household", "qualification", "caregiver"):
            await db.execute(f"DELETE FROM {table}")
        await db.execute(_PEOPLE.replace("$1", f"'{world.provider}'").replace("$2", str(PHONES)))
        await db.execute(
            "INSERT INTO qualification (id, caregiver, kind, valid_until, recorded_at) "
            "SELECT gen_random_uuid(), id, 'health_certificate', current_date + 99, now() FROM caregiver"
        )
        seal = vault.current().seal
        address, name = seal("朝外第二社区16号楼", "household.address"), seal("龚国栋", "elder.name")
        await db.execute(_HOMES, world.subdistrict, address, *HOME, HOMES, name)
        await db.execute(_PLANS, world.provider, world.programme)
        phones = [Phone(place=HOME, app_version="bench") for _ in range(PHONES)]
        caregivers = [row["id"] for row in await db.fetch("SELECT id FROM caregiver ORDER BY id")]
        rows = [(caregiver, phone.point()) for caregiver, phone in zip(caregivers, phones, strict=True)]
        devices = await db.fetch(
            "INSERT INTO device (id, caregiver, public_key, enrolled_at, last_seq) "
            "SELECT gen_random_uuid(), c, k, now(), 0 "
            "FROM unnest($1::uuid[], $2::bytea[]) AS r (c, k) RETURNING id, caregiver",
            *[list(column) for column in zip(*rows, strict=True)],
        )
        by_caregiver = {caregiver: index for index, caregiver in enumerate(caregivers)}
        for row in devices:
            phones[by_caregiver[row["caregiver"]]].device_id = str(row["id"])
        codes = {row["token_sha256"]: row["household"] for row in await db.fetch("SELECT * FROM household_code")}
        texts = ("1" + str(n).zfill(26) for n in range(1, HOMES + 1))
        tokens = {codes[hashlib.sha256(text.encode()).digest()]: text for text in texts}
        await db.execute("ANALYZE")
        return cls(world, phones, tokens, by_caregiver)

    async def visits(self, db: asyncpg.Connection, number: int) -> list[Case]:
        """So many new visits, spread over the phones."""
        rows = await db.fetch(_VISITS, self.world.provider, clock.today(), self._visits, number)
        self._visits += number
        await db.execute("ANALYZE visit; ANALYZE assignment")
        return [
            Case(self._by_caregiver[row["caregiver"]], row["id"], row["elder"], self._tokens[row["household"]])
            for row in rows
        ]

    def event(self, case: Case, kind: Kind) -> str:
        """A signed event of the case's phone, in its chain, just after it has heard the server."""
        self.hear(case.phone)
        return self.queued(case, kind)

    def hear(self, phone: int) -> None:
        """The phone gets the signed time of this moment."""
        self.phones[phone].take_anchor(anchors.issue(UUID(self.phones[phone].device_id)))

    def queued(self, case: Case, kind: Kind) -> str:
        """The same by the signed time that the phone has."""
        done = {"tasks": ["handed_over"], "acknowledged": ["emergency@1"]} if kind == "check_out" else {}
        fields: dict[str, Any] = {"visit_id": case.visit, "elder_ids": [case.elder], "token": case.token, **done}
        return self.phones[case.phone].event(kind, **fields)


__all__ = ["Case", "District"]
