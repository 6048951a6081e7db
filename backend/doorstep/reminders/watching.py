"""Family members who asked to be told what happens in an elder's visits. Whether they may is known to families."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.reminders import store

WatchKind = Literal["arrived", "left", "changed"]
KINDS: tuple[WatchKind, ...] = get_args(WatchKind)

_STANDING = """
SELECT r.id FROM reminder r JOIN visit v ON v.id = r.visit
WHERE r.person = $1 AND r.audience = 'family' AND ($2::uuid IS NULL OR v.elder = $2) AND r.kind = ANY($3::text[])
  AND r.state IN ('planned', 'sent')
"""


async def watched(actor: Actor, person: UUID) -> dict[UUID, list[str]]:
    """Of which elders a person wants to hear what."""
    del actor
    rows = await fetch(
        "SELECT elder, kind FROM watch WHERE person = $1 AND ended_at IS NULL ORDER BY elder, kind", person
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        found[row["elder"]].append(row["kind"])
    return dict(found)


async def watch(actor: Actor, person: UUID, elder: UUID, kinds: Collection[WatchKind]) -> None:
    """From now on exactly these, inside the current unit of work. The caller has seen that the person may."""
    now = clock.now()
    await fetch(
        "UPDATE watch SET ended_at = $4 "
        "WHERE person = $1 AND elder = $2 AND ended_at IS NULL AND NOT kind = ANY($3::text[])",
        *(person, elder, list(kinds), now),
    )
    await _call_off(actor, person, elder, [one for one in KINDS if one not in kinds], now)
    await fetch(
        "INSERT INTO watch (id, person, elder, kind, created_at) "
        "SELECT n.id, $2, $3, n.kind, $5 FROM unnest($1::uuid[], $4::text[]) AS n(id, kind) "
        "ON CONFLICT (person, elder, kind) WHERE ended_at IS NULL DO NOTHING",
        *([uuid7() for _ in set(kinds)], person, elder, sorted(set(kinds)), now),
    )


async def unwatch(actor: Actor, person: UUID, elder: UUID | None = None) -> None:
    """Nothing any more of this elder, or of anybody, inside the current unit of work; what waits or stands is gone."""
    now = clock.now()
    await fetch(
        "UPDATE watch SET ended_at = $3 WHERE person = $1 AND ($2::uuid IS NULL OR elder = $2) AND ended_at IS NULL",
        *(person, elder, now),
    )
    await _call_off(actor, person, elder, KINDS, now)


async def _call_off(
    actor: Actor, person: UUID, elder: UUID | None, kinds: Collection[WatchKind], now: datetime
) -> None:
    ids = [row["id"] for row in await fetch(_STANDING, person, elder, list(kinds))]
    await store.lock(actor, ids=ids)
    await store.cancel(actor, ids, now)
