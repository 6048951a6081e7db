"""Queries of late notices: what was recorded since, which visits it reaches, what no longer holds them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

_LOCK = 0x6C617465  # "late": one reader at a time
READER = "review.late"

_NEXT = """
SELECT transaction::text AS transaction, id, subject FROM change
WHERE (transaction, id) > ($1::text::xid8, $2::bigint) AND transaction < $3::text::xid8 AND kind = 'elder.status'
ORDER BY transaction, id LIMIT $4
"""

_CODE = "CASE s.kind WHEN 'deceased' THEN 'ELDER_DECEASED' ELSE 'ELDER_ABSENT_STATUS' END"
_COVERS = "s.valid_from <= v.service_day AND (s.valid_to IS NULL OR v.service_day < s.valid_to)"

# What was known at the door stands in its findings; what a person has looked at is not brought up again.
_REACHED = f"""
SELECT DISTINCT ON (v.id, n.code) v.id AS visit, n.code, s.id AS status
FROM elder_status s JOIN visit v ON v.elder = s.elder AND {_COVERS}
CROSS JOIN LATERAL (SELECT {_CODE} AS code) n
WHERE s.elder = ANY($1::uuid[]) AND s.kind = ANY($2::text[]) AND ($3::uuid IS NULL OR v.id = $3)
  AND v.op_state IN ('in_progress', 'unclosed', 'completed')
  AND NOT EXISTS (SELECT FROM finding f WHERE f.visit = v.id AND f.code = n.code
    AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = f.event))
  AND NOT EXISTS (SELECT FROM visit_hold h WHERE h.visit = v.id AND h.code = n.code
    AND (h.lifted_at IS NULL OR (h.lifted_by IS NOT NULL AND (h.source = s.id OR h.lifted_at > s.recorded_at))))
ORDER BY v.id, n.code, s.recorded_at
"""

_GONE = f"""
SELECT h.visit, h.code, h.source FROM elder_status s JOIN visit_hold h ON h.source = s.id AND h.lifted_at IS NULL
JOIN visit v ON v.id = h.visit
WHERE s.elder = ANY($1::uuid[]) AND NOT ({_COVERS}) ORDER BY h.visit
"""


async def lock(actor: Actor) -> bool:
    """Whether this process may read on until the end of the transaction."""
    del actor
    return (await fetch("SELECT pg_try_advisory_xact_lock($1) AS mine", _LOCK))[0]["mine"]


async def cursor(actor: Actor) -> tuple[int, int]:
    """How far the reader has come; from the very beginning at first."""
    del actor
    rows = await fetch("SELECT transaction, change FROM reader_cursor WHERE reader = $1", READER)
    return (rows[0]["transaction"], rows[0]["change"]) if rows else (0, 0)


async def put_cursor(actor: Actor, transaction: int, change: int, now: datetime) -> None:
    """Moves it."""
    del actor
    await fetch(
        "INSERT INTO reader_cursor (reader, transaction, change, moved_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (reader) DO UPDATE SET transaction = excluded.transaction, change = excluded.change, "
        "moved_at = excluded.moved_at",
        *(READER, transaction, change, now),
    )


async def horizon(actor: Actor) -> int:
    """Below this all transactions have ended."""
    del actor
    return int((await fetch("SELECT change_horizon()::text AS horizon"))[0]["horizon"])


async def notices(actor: Actor, after: tuple[int, int], below: int, limit: int) -> list[Record]:
    """What was recorded about elders since, in order."""
    del actor
    return await fetch(_NEXT, str(after[0]), after[1], str(below), limit)


async def reached(
    actor: Actor, elders: Collection[UUID], kinds: Collection[str], *, visit: UUID | None = None
) -> list[Record]:
    """(visit, code, status): begun visits on days that such a status covers, of which nothing says so yet.

    `visit`: that one only.
    """
    del actor
    return await fetch(_REACHED, list(elders), sorted(kinds), visit)


async def gone(actor: Actor, elders: Collection[UUID]) -> list[Record]:
    """(visit, code, source): visits held by a status that covers their day no longer."""
    del actor
    return await fetch(_GONE, list(elders))
