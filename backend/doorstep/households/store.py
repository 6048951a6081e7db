"""Queries about homes and their codes. An actor sees the homes of elders whom its provider serves, or of its areas."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.problems import Problem
from doorstep.db import engine
from doorstep.db.tables.homes import CodeGuess, HouseholdCode
from doorstep.db.tables.organisations import Provider
from doorstep.households import scope
from doorstep.households.wire import HomesOnly
from doorstep.identity.wire import Actor

# $1 provider, $2 areas, $3 today. The list is there to hang cards: an agreement or plan that is over opens no home.
_SERVED = scope.serves(elder="e.id", provider="$1", since="$3::date")
_VISIBLE = f"""($2::uuid[] IS NULL OR h.area = ANY($2))
  AND ($1::uuid IS NULL OR EXISTS (SELECT FROM elder e WHERE e.household = h.id AND {_SERVED}))"""

_PAGE = f"""
SELECT h.id, h.address, coalesce(h.community, '') AS community, a.name AS subdistrict,
       h.lat IS NOT NULL AS point, c.version, c.issued_at
FROM household h JOIN area a ON a.id = h.area
LEFT JOIN household_code c ON c.household = h.id AND c.revoked_at IS NULL
WHERE {_VISIBLE} AND ($4::text IS NULL OR (a.name, coalesce(h.community, ''), h.id) > ($4, $5, $6))
  AND CASE $8::text WHEN 'without_card' THEN c.id IS NULL WHEN 'with_card' THEN c.id IS NOT NULL
    WHEN 'without_point' THEN h.lat IS NULL ELSE true END
ORDER BY a.name, coalesce(h.community, ''), h.id
LIMIT $7
"""
_COUNTS = f"""
SELECT count(*) AS all, count(*) FILTER (WHERE c.id IS NULL) AS without_card, count(c.id) AS with_card,
  count(*) FILTER (WHERE h.lat IS NULL) AS without_point
FROM household h LEFT JOIN household_code c ON c.household = h.id AND c.revoked_at IS NULL
WHERE {_VISIBLE}
"""
_ELDERS = f"""
SELECT e.id, e.household, e.name, e.initials FROM elder e
WHERE e.household = ANY($2) AND ($1::uuid IS NULL OR {_SERVED})
ORDER BY e.created_at, e.id
"""
_TO_PRINT = f"""
SELECT h.id, h.area, h.address, h.community FROM household h WHERE h.id = ANY($4) AND {_VISIBLE}
"""
# For an office above the providers; a provider prints its own number.
_HOTLINES = """
SELECT e.household, p.name, p.contact_phone FROM elder e
JOIN service_agreement s ON s.elder = e.id AND (s.valid_to IS NULL OR s.valid_to > $2) AND s.valid_from <= $2
JOIN provider p ON p.id = s.provider
WHERE e.household = ANY($1) AND p.contact_phone IS NOT NULL
GROUP BY e.household, p.id
ORDER BY count(*) DESC, min(s.valid_from), p.name
"""
_MARKS = """
SELECT DISTINCT e.household, g.funder_mark FROM elder e
JOIN care_plan p ON p.elder = e.id AND p.valid_to > $2 JOIN programme g ON g.id = p.programme
WHERE e.household = ANY($1) AND g.funder_mark IS NOT NULL ORDER BY g.funder_mark
"""
_WITHOUT_CODE = f"""
SELECT h.id FROM household h JOIN area a ON a.id = h.area
WHERE {_VISIBLE}
  AND NOT EXISTS (SELECT FROM household_code c WHERE c.household = h.id AND c.revoked_at IS NULL)
ORDER BY a.name, coalesce(h.community, ''), h.id
"""
_AT_DOOR = """
SELECT h.id, h.address FROM household_code c JOIN household h ON h.id = c.household
WHERE c.revoked_at IS NULL AND (c.token_sha256 = $1 OR c.short_code_fingerprint = $2)
"""
# What the office gave stays in source_lat and source_lon: the next roster must not move the point back.
_SET_POINT = f"""
UPDATE household SET lat = $5, lon = $6, point_accuracy_m = $7, point_set_by = $8, point_set_at = $9
FROM (SELECT id, area, lat, lon FROM household h WHERE h.id = $4 AND {_VISIBLE} FOR NO KEY UPDATE) old
WHERE household.id = old.id RETURNING household.area, old.lat, old.lon
"""


class CodeChanged(Problem):
    """Somebody else printed a card for one of these homes in the meantime; that card stays the good one."""

    code = "CONFLICT"


class NewCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code about to be issued, by its hashes."""

    household: UUID
    version: int
    token_sha256: bytes
    short_code_fingerprint: bytes


def _scope(actor: Actor) -> tuple[UUID | None, list[UUID] | None, date]:
    return actor.provider_id, actor.areas, clock.today()


async def page(
    actor: Actor, *, only: HomesOnly | None, after: tuple[str, str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Homes in the order of subdistrict and community."""
    return await engine.fetch(_PAGE, *_scope(actor), *(after or (None, None, None)), limit, only)


async def counts(actor: Actor) -> asyncpg.Record:
    """How many homes of the scope there are of each kind."""
    return (await engine.fetch(_COUNTS, *_scope(actor)))[0]


async def elders(actor: Actor, households: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """The elders of homes whom the actor may see; a provider sees those whom it serves."""
    return _by_home(await engine.fetch(_ELDERS, actor.provider_id, list(households), clock.today()))


async def to_print(actor: Actor, households: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """What a card needs to know of these homes; those out of scope are left out."""
    return {row["id"]: row for row in await engine.fetch(_TO_PRINT, *_scope(actor), list(households))}


async def hotlines(actor: Actor, households: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Names and sealed numbers of whom a home calls, those with the most agreements first."""
    if actor.provider_id is not None:
        own = await Provider.select(Provider.name, Provider.contact_phone).where(
            Provider.id == actor.provider_id, Provider.contact_phone.is_not_null()
        )
        return dict.fromkeys(households, own)
    return _by_home(await engine.fetch(_HOTLINES, list(households), clock.today()))


async def funder_marks(households: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """The marks of the programmes that pay for these homes."""
    return _by_home(await engine.fetch(_MARKS, list(households), clock.today()))


async def without_code(actor: Actor) -> list[UUID]:
    """Homes that have no live code yet, in the order of the list."""
    return [row["id"] for row in await engine.fetch(_WITHOUT_CODE, *_scope(actor))]


async def used_short_codes(fingerprints: Sequence[bytes]) -> set[bytes]:
    """Which of these were ever printed."""
    column = HouseholdCode.short_code_fingerprint
    return set(await HouseholdCode.select(column).where(column.is_in(list(fingerprints))).output(as_list=True))


async def replace_codes(actor: Actor, codes: Sequence[NewCode], at: datetime) -> None:
    """Revokes what the homes have and stores the new codes, inside the current unit of work.

    :raises CodeChanged: if a home has another version by now than the one the new code follows.
    """
    homes = sorted(code.household for code in codes)
    # Not FOR UPDATE: check-ins that refer to the home need not wait.
    await engine.fetch("SELECT id FROM household WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", homes)
    before = await versions(homes)
    if any(before.get(code.household, 0) + 1 != code.version for code in codes):
        raise CodeChanged(
            "有人刚为其中一户打印了新卡，请刷新后再试", "somebody has just printed a card for one of these homes"
        )
    await HouseholdCode.update({HouseholdCode.revoked_at: at, HouseholdCode.revoked_by: actor.account_id}).where(
        HouseholdCode.household.is_in(homes), HouseholdCode.revoked_at.is_null()
    )
    rows = [
        HouseholdCode(
            household=code.household,
            token_sha256=code.token_sha256,
            short_code_fingerprint=code.short_code_fingerprint,
            version=code.version,
            issued_at=at,
            issued_by=actor.account_id,
        )
        for code in codes
    ]
    try:
        await HouseholdCode.insert(*rows)
    except asyncpg.UniqueViolationError as error:  # the same short code drawn twice in the same moment
        raise CodeChanged from error


async def versions(households: Sequence[UUID]) -> dict[UUID, int]:
    """The version of the last code of each home that ever had one."""
    rows = await engine.fetch(
        "SELECT household, max(version) AS version FROM household_code WHERE household = ANY($1) GROUP BY household",
        list(households),
    )
    return {row["household"]: row["version"] for row in rows}


async def resolve(token_hashes: Sequence[bytes], short_codes: Sequence[bytes]) -> list[asyncpg.Record]:
    """Codes, also revoked ones, by either hash."""
    return await engine.fetch(
        "SELECT token_sha256, short_code_fingerprint, household, version, revoked_at IS NOT NULL AS revoked "
        "FROM household_code WHERE token_sha256 = ANY($1) OR short_code_fingerprint = ANY($2)",
        list(token_hashes), list(short_codes),
    )  # fmt: skip


async def home_of_code(*, token_sha256: bytes | None, short_code: bytes | None) -> asyncpg.Record | None:
    """The home of a live code. Whoever holds the code is in scope."""
    rows = await engine.fetch(_AT_DOOR, token_sha256, short_code)
    return rows[0] if rows else None


async def wrong_codes(device: UUID) -> list[datetime]:
    """When this phone gave wrong codes; the row stays locked until the unit of work ends."""
    rows = await engine.fetch(
        "INSERT INTO code_guess (id, wrong_at) VALUES ($1, '{}') ON CONFLICT (id) DO UPDATE SET id = excluded.id "
        "RETURNING wrong_at",
        device,
    )
    return rows[0]["wrong_at"]


async def keep_wrong_codes(device: UUID, wrong_at: Sequence[datetime]) -> None:
    """Writes them again."""
    await CodeGuess.update({CodeGuess.wrong_at: list(wrong_at)}).where(CodeGuess.id == device)


async def set_point(
    actor: Actor, household: UUID, *, lat: float, lon: float, accuracy_m: float, at: datetime
) -> asyncpg.Record | None:
    """Moves the home's point; answers its area and where it was before, None when the home is out of scope."""
    rows = await engine.fetch(_SET_POINT, *_scope(actor), household, lat, lon, accuracy_m, actor.account_id, at)
    return rows[0] if rows else None


def _by_home(rows: Sequence[asyncpg.Record]) -> dict[UUID, list[Any]]:
    homes: dict[UUID, list[Any]] = {}
    for row in rows:
        homes.setdefault(row["household"], []).append(row)
    return homes
