"""Queries of the import: set-based look-ups of what is there, many rows at a time into the tables, and the runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.table import Table

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.imports import ImportRun
from doorstep.households.service import providers_of, reading_since, serves
from doorstep.identity.wire import Actor

_IMPORTING = 0x696E7461  # "inta": one import writes at a time, so that two of the same file cannot double a row
_ELDERS = f"""
SELECT e.*, h.area, ($2::uuid IS NULL OR {serves(elder="e.id", provider="$2", since="$3::date")}) AS served
FROM elder e JOIN household h ON h.id = e.household WHERE e.id_fingerprint = ANY($1::bytea[])
"""
_HOMES = f"""
SELECT h.*, ($2::uuid IS NULL OR NOT EXISTS (
  SELECT FROM elder e WHERE e.household = h.id AND {providers_of("e.id", "$3::date")} <> '{{}}'
    AND NOT {serves(elder="e.id", provider="$2", since="$3::date")}
)) AS may_change
FROM household h WHERE h.address_fingerprint = ANY($1::bytea[])
"""
_CHUNK = 100  # the builder needs a third of a millisecond for a row, and the server has others to answer


async def lock_importing(actor: Actor) -> None:
    """From here to the end of the transaction nobody else imports."""
    del actor
    await fetch("SELECT pg_advisory_xact_lock($1)", _IMPORTING)


async def insert(actor: Actor, rows: Sequence[Table]) -> None:
    """New rows of one table."""
    del actor  # the caller has checked each row against the scope
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        await type(chunk[0]).insert(*chunk)


async def update(actor: Actor, table: type[Table], changes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Other values for some columns of rows."""
    del actor
    for id, values in changes.items():
        await table.update({**values}).where(table._meta.primary_key == id)


async def districts(actor: Actor) -> list[asyncpg.Record]:
    """The districts, whatever the scope: their names are no secret."""
    del actor
    return await fetch("SELECT id, name FROM area WHERE level = 'district' ORDER BY id")


async def subdistricts(actor: Actor, district: UUID) -> list[asyncpg.Record]:
    """The subdistricts under a district, whatever the scope."""
    del actor
    return await fetch("SELECT * FROM area WHERE level = 'subdistrict' AND parent = $1 ORDER BY id", district)


async def providers(actor: Actor) -> list[asyncpg.Record]:
    """All providers, whatever the scope: names and codes are public, a name must not be given twice."""
    del actor
    return await fetch("SELECT * FROM provider ORDER BY id")


async def agreements(actor: Actor) -> list[asyncpg.Record]:
    """All cooperation agreements, in the order in which they became known."""
    del actor
    return await fetch("SELECT * FROM cooperation_agreement ORDER BY recorded_at, id")


async def caregivers(actor: Actor, phones: Collection[bytes]) -> list[asyncpg.Record]:
    """The caregivers with these phones, of any provider: a phone belongs to one person."""
    del actor
    return await fetch("SELECT * FROM caregiver WHERE phone_fingerprint = ANY($1::bytea[])", list(phones))


async def qualifications(actor: Actor, caregivers: Collection[UUID]) -> list[asyncpg.Record]:
    """Their certificates, the one with the longest term of each kind last."""
    del actor
    return await fetch(
        "SELECT * FROM qualification WHERE caregiver = ANY($1::uuid[]) ORDER BY valid_until NULLS LAST, id",
        list(caregivers),
    )


async def households(actor: Actor, addresses: Collection[bytes]) -> list[asyncpg.Record]:
    """The homes with these addresses, and whether the actor may change them: a provider not while others serve
    somebody there whom it does not serve."""
    return await fetch(_HOMES, list(addresses), actor.provider_id, reading_since(clock.today()))


async def elders(actor: Actor, numbers: Collection[bytes]) -> list[asyncpg.Record]:
    """The elders with these ID numbers, with the area of the home and whether the actor's provider serves them.

    A roster renews services, and often comes when their term is over: it counts as long as a provider may read.
    """
    return await fetch(_ELDERS, list(numbers), actor.provider_id, reading_since(clock.today()))


async def statuses(actor: Actor, elders: Collection[UUID]) -> list[asyncpg.Record]:
    """What is recorded of them, in the order in which it became known."""
    del actor
    return await fetch(
        "SELECT * FROM elder_status WHERE elder = ANY($1::uuid[]) ORDER BY recorded_at, id", list(elders)
    )


async def family_contacts(actor: Actor, elders: Collection[UUID]) -> list[asyncpg.Record]:
    """Their relatives as the office knows them."""
    del actor
    return await fetch("SELECT * FROM family_contact WHERE elder = ANY($1::uuid[]) ORDER BY id", list(elders))


async def service_agreements(actor: Actor, elders: Collection[UUID]) -> list[asyncpg.Record]:
    """Their agreements with providers."""
    del actor
    return await fetch("SELECT * FROM service_agreement WHERE elder = ANY($1::uuid[]) ORDER BY id", list(elders))


async def programme(actor: Actor, code: str) -> UUID | None:
    """The programme with this code."""
    del actor
    rows = await fetch("SELECT id FROM programme WHERE code = $1", code)
    return rows[0]["id"] if rows else None


async def caps(actor: Actor, programme: UUID) -> list[asyncpg.Record]:
    """Its monthly caps, the one that counts last of each type last."""
    del actor
    return await fetch("SELECT * FROM monthly_cap WHERE programme = $1 ORDER BY valid_from, id", programme)


async def plans(actor: Actor, programme: UUID, elders: Collection[UUID]) -> list[asyncpg.Record]:
    """The newest plan of each elder in the programme."""
    del actor
    return await fetch(
        "SELECT DISTINCT ON (elder) * FROM care_plan WHERE programme = $1 AND elder = ANY($2::uuid[]) "
        "ORDER BY elder, version DESC",
        programme,
        list(elders),
    )


async def plan_items(actor: Actor, plans: Collection[UUID]) -> list[asyncpg.Record]:
    """The items of plans."""
    del actor
    return await fetch("SELECT * FROM plan_item WHERE plan = ANY($1::uuid[]) ORDER BY id", list(plans))


async def plan_states(actor: Actor, plans: Collection[UUID]) -> list[asyncpg.Record]:
    """The states of plans, in the order in which they became known."""
    del actor
    return await fetch("SELECT * FROM plan_state WHERE plan = ANY($1::uuid[]) ORDER BY recorded_at, id", list(plans))


# A run belongs to who began it; a colleague of the same provider or area sees it too, whoever sees everything sees all.
_IN_SCOPE = """(($1::uuid IS NULL AND $2::uuid[] IS NULL) OR EXISTS (
  SELECT FROM account a WHERE a.id = r.created_by
    AND ($1::uuid IS NULL OR a.provider = $1) AND ($2::uuid[] IS NULL OR a.area = ANY($2))))"""

_RUNS = f"""
SELECT r.id, r.file_name, r.state, r.done, r.total, r.problem, r.created_at, r.report->'counts' AS counts,
  r.report->'sheets' AS sheets, r.report->'notes' AS notes, r.report->'problem' AS problem_body
FROM import_run r WHERE {_IN_SCOPE}
"""


async def add_run(actor: Actor, run: ImportRun) -> None:
    """A new run."""
    del actor
    await ImportRun.insert(run)


async def runs(actor: Actor, *, limit: int) -> list[asyncpg.Record]:
    """Runs of the scope, the newest first, without rows and content."""
    sql = f"{_RUNS} ORDER BY r.created_at DESC, r.id DESC LIMIT $3"
    return await fetch(sql, actor.provider_id, actor.areas, limit)


async def run(actor: Actor, id: UUID) -> asyncpg.Record | None:
    """One run of the scope, without rows and content."""
    rows = await fetch(f"{_RUNS} AND r.id = $3", actor.provider_id, actor.areas, id)
    return rows[0] if rows else None


async def report(actor: Actor, id: UUID) -> asyncpg.Record | None:
    """The report of a run of the scope."""
    sql = f"SELECT r.report, r.problem, r.state FROM import_run r WHERE {_IN_SCOPE} AND r.id = $3"
    rows = await fetch(sql, actor.provider_id, actor.areas, id)
    return rows[0] if rows else None


async def content(actor: Actor, id: UUID) -> bytes:
    """The sealed file of a run of the scope."""
    sql = f"SELECT r.content FROM import_run r WHERE {_IN_SCOPE} AND r.id = $3"
    return bytes((await fetch(sql, actor.provider_id, actor.areas, id))[0]["content"])


async def claim_run(actor: Actor, id: UUID, *, stale_before: datetime, now: datetime) -> asyncpg.Record | None:
    """Takes a previewed run (or one whose applying process is gone) for applying; None if it is in another state."""
    rows = await fetch(
        f"UPDATE import_run r SET state = 'applying', done = 0, problem = NULL, changed_at = $5 WHERE {_IN_SCOPE} "
        "AND r.id = $3 AND (r.state = 'previewed' OR r.state = 'applying' AND r.changed_at < $4) RETURNING r.content",
        actor.provider_id,
        actor.areas,
        id,
        stale_before,
        now,
    )
    return rows[0] if rows else None


async def set_run(actor: Actor, id: UUID, **values: Any) -> None:
    """Other values of a run."""
    del actor
    await ImportRun.update({**values}).where(ImportRun.id == id)


async def heartbeat(actor: Actor, id: UUID, *, state: str, done: int, total: int, now: datetime) -> None:
    """How far a run is, as long as it is in that state."""
    del actor
    await fetch(
        "UPDATE import_run SET done = $3, total = $4, changed_at = $5 WHERE id = $1 AND state = $2",
        id,
        state,
        done,
        total,
        now,
    )


async def give_back(actor: Actor, *, stale_before: datetime, now: datetime, own: list[UUID] | None) -> None:
    """Runs whose process is gone: what was half applied was rolled back and can be applied again."""
    del actor
    for state, to, problem in (("applying", "previewed", None), ("reading", "failed", "UNAVAILABLE")):
        await fetch(
            "UPDATE import_run SET state = $2, problem = $3, done = 0, changed_at = $5, "
            "content = CASE WHEN $2 = 'failed' THEN NULL ELSE content END "
            "WHERE state = $1 AND (changed_at < $4 OR id = ANY($6::uuid[]))",
            state,
            to,
            problem,
            stale_before,
            now,
            own or [],
        )


async def forget(actor: Actor, *, problem: str, previewed_before: datetime, now: datetime) -> None:
    """Files that nobody applied are not kept."""
    del actor
    await fetch(
        "UPDATE import_run SET state = 'failed', problem = $3, content = NULL, changed_at = $2 "
        "WHERE state = 'previewed' AND changed_at < $1",
        previewed_before,
        now,
        problem,
    )
