"""The queue: visits that hold money, oldest first, by cause."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.core import paging, vault
from doorstep.identity.wire import Actor, Named
from doorstep.review import queue_store, rules
from doorstep.review.wire import GRADE, Due, Queue, QueueCounts, QueueItem, QueueVisit


async def page(
    actor: Actor,
    *,
    group: str | None = None,
    cause: str | None = None,
    provider_id: UUID | None = None,
    words: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Queue:
    """A page of the visits that wait, with the counts of the whole queue.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    rows = await queue_store.page(
        actor,
        must_fix=None if group is None else group == "must_fix",
        codes=rules.must_fix_codes(),
        cause=cause,
        provider=provider_id,
        found=await queue_store.named(actor, words) if words else None,
        after=after,
        limit=limit + 1,
    )
    more, rows = len(rows) > limit, rows[:limit]
    asked = await queue_store.asked(actor, [row["decision"] for row in rows if row["decision"]])
    last = rows[-1] if more else None
    return Queue(
        items=[_item(row, asked) for row in rows],
        counts=_counts(await queue_store.counts(actor)),
        next=paging.encode((last["window_start"], last["id"])) if last else None,
    )


def _counts(rows: Iterable[tuple[list[str], int]]) -> QueueCounts:
    must, may = 0, 0
    by_code: dict[str, int] = {}
    for codes, visits in rows:
        if rules.must_fix(codes):
            must += visits
        else:
            may += visits
        for code in set(codes) or {GRADE}:
            by_code[code] = by_code.get(code, 0) + visits
    return QueueCounts(must_fix=must, may_acknowledge=may, by_code=by_code)


def _item(row: Record, asked: Mapping[UUID, bool]) -> QueueItem:
    codes = sorted(set(row["hold_codes"]))
    answered = asked.get(row["decision"]) if row["decision"] else None
    return QueueItem(
        visit=brief(row),
        codes=codes,
        remarks=row["remarks"],
        must_fix=rules.must_fix(codes),
        since=row["held_at"] or row["ended_at"] or row["window_end"],
        objection=Due(answer_due_on=row["due"]) if row["objected"] else None,
        asked=None if answered is None else "answered" if answered else "waiting",
    )


def brief(row: Record) -> QueueVisit:
    """A visit as the queue and the samples show it."""
    same = ("id", "service_type", "content", "window_start", "window_end", "started_at", "ended_at")
    return QueueVisit(
        **{name: row[name] for name in (*same, "op_state", "verify_state", "settle_state", "grade")},
        elder=Named(id=row["elder"], name=vault.current().open(row["elder_name"], "elder.name")),
        provider=Named(id=row["provider"], name=row["provider_name"]),
        caregivers=[
            Named(id=id, name=name) for id, name in zip(row["caregiver_ids"], row["caregiver_names"], strict=True)
        ],
        community=row["community"] or "",
    )
