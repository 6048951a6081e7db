"""Queries of what families say: one's own for a member, those of visits in the scope for the office."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.families import Feedback
from doorstep.families.history_store import who
from doorstep.identity.wire import Actor

_SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"
_OPEN = "f.kind IN ('ask', 'object') AND f.outcome IS NULL"
_DUE = "COALESCE(f.answer_due_on, '0001-01-01')"

_VISIT = """
SELECT v.id, v.elder, v.provider, h.area FROM visit v JOIN household h ON h.id = v.household
JOIN family_link l ON l.elder = v.elder AND l.member = $1 AND l.ended_at IS NULL
WHERE v.id = $2 FOR NO KEY UPDATE OF v
"""

_MINE = """
SELECT f.* FROM feedback f JOIN family_link l ON l.elder = f.elder AND l.member = f.member AND l.ended_at IS NULL
WHERE f.member = $1
"""

_ITEM = f"""
SELECT f.*, m.name AS member_name, (SELECT l.relation FROM family_link l WHERE l.member = f.member
    AND l.elder = f.elder ORDER BY l.created_at DESC LIMIT 1) AS relation,
  v.service_type, v.content, v.window_start, v.window_end, v.started_at, v.ended_at, v.op_state, v.holds,
  e.name AS elder_name, v.provider, p.name AS provider_name, h.area, h.community, acc.display_name AS answered_by_name,
  array(WITH who AS ({who("ARRAY[v.id]")}) SELECT c.name FROM who JOIN caregiver c ON c.id = who.caregiver
    WHERE who.rank = (SELECT min(rank) FROM who) ORDER BY who.at, c.id) AS caregivers
FROM feedback f JOIN visit v ON v.id = f.visit JOIN household h ON h.id = v.household
JOIN elder e ON e.id = f.elder JOIN provider p ON p.id = v.provider JOIN family_member m ON m.id = f.member
LEFT JOIN account acc ON acc.id = f.answered_by
WHERE {_SCOPE}
"""

_WAITING = f"""{_ITEM} AND {_OPEN} AND ($3::text IS NULL OR f.kind = $3)
  AND ($4::date IS NULL OR ({_DUE}, f.at, f.id) > ($4, $5::timestamptz, $6::uuid))
ORDER BY {_DUE}, f.at, f.id LIMIT $7
"""

_NEWEST = f"""{_ITEM} AND ($3::text IS NULL OR f.kind = $3) AND ($4::bool IS NOT TRUE OR NOT ({_OPEN}))
  AND ($5::timestamptz IS NULL OR (f.at, f.id) < ($5, $6::uuid))
ORDER BY f.at DESC, f.id DESC LIMIT $7
"""

_OPEN_ONES = f"""
SELECT f.kind, f.at, f.outcome, f.answer_due_on
FROM feedback f JOIN visit v ON v.id = f.visit JOIN household h ON h.id = v.household WHERE {_SCOPE} AND {_OPEN}
"""


async def lock_visit(actor: Actor, visit: UUID) -> Record | None:
    """A visit of an elder of the member's live links, locked: what is said about it is said one after the other."""
    return _first(await fetch(_VISIT, actor.family_member_id, visit))


async def mine(actor: Actor, visits: Sequence[UUID]) -> list[Record]:
    """What the member who asks said about visits, in order."""
    sql = f"{_MINE} AND f.visit = ANY($2::uuid[]) ORDER BY f.at, f.id"
    return await fetch(sql, actor.family_member_id, list(visits))


async def my_one(actor: Actor, id: UUID) -> Record | None:
    """One thing that the member who asks said."""
    return _first(await fetch(f"{_MINE} AND f.id = $2", actor.family_member_id, id))


async def unseen(actor: Actor) -> list[Record]:
    """Answers to the member who asks that were not opened yet, the newest first."""
    sql = f"{_MINE} AND f.answered_at IS NOT NULL AND f.seen_at IS NULL ORDER BY f.answered_at DESC, f.id LIMIT 50"
    return await fetch(sql, actor.family_member_id)


async def saw(actor: Actor, ids: Sequence[UUID]) -> None:
    """The member who asks has seen these answers."""
    row = Feedback
    await row.update({row.seen_at: clock.now()}).where(
        row.id.is_in(list(ids)), row.member == actor.family_member_id, row.seen_at.is_null()
    )


async def insert(actor: Actor, row: Feedback) -> None:
    """What the member who asks says about a visit that the caller has read within the links."""
    del actor
    await Feedback.insert(row)


async def withdraw(actor: Actor, id: UUID) -> None:
    """The member who asks takes it back."""
    await Feedback.update({Feedback.outcome: "withdrawn"}).where(
        Feedback.id == id, Feedback.member == actor.family_member_id, Feedback.outcome.is_null()
    )


async def waiting(
    actor: Actor, *, kind: str | None, after: tuple[date, datetime, UUID] | None, limit: int
) -> list[Record]:
    """What waits for an answer in the scope, by the day on which it is due; a day that is not known comes first."""
    return await fetch(_WAITING, actor.provider_id, actor.areas, kind, *(after or (None, None, None)), limit)


async def newest(
    actor: Actor, *, kind: str | None, closed: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Record]:
    """Everything in the scope, or only what waits for nothing, the newest first."""
    return await fetch(_NEWEST, actor.provider_id, actor.areas, kind, closed, *(after or (None, None)), limit)


async def open_ones(actor: Actor) -> list[Record]:
    """Of everything that waits in the scope, whatever its kind, what its day of the answer follows from."""
    return await fetch(_OPEN_ONES, actor.provider_id, actor.areas)


async def one(actor: Actor, id: UUID, *, lock: bool = False) -> Record | None:
    """One thing that was said about a visit of the scope; locked with its visit."""
    tail = "FOR NO KEY UPDATE OF v, f" if lock else ""
    return _first(await fetch(f"{_ITEM} AND f.id = $3 {tail}", actor.provider_id, actor.areas, id))


async def about(actor: Actor, visit: UUID) -> list[Record]:
    """Everything that was said about a visit of the scope, in order."""
    return await fetch(f"{_ITEM} AND f.visit = $3 ORDER BY f.at, f.id", actor.provider_id, actor.areas, visit)


async def answer(actor: Actor, id: UUID, *, outcome: str, sealed: bytes) -> None:
    """Writes the office's answer."""
    values: dict[Any, Any] = {
        Feedback.outcome: outcome,
        Feedback.answer: sealed,
        Feedback.answered_at: clock.now(),
        Feedback.answered_by: actor.account_id,
    }
    await Feedback.update(values).where(Feedback.id == id, Feedback.outcome.is_null())


def _first(rows: list[Record]) -> Record | None:
    return rows[0] if rows else None
