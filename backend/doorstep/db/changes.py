"""The append-only table of changes: written in the transaction of what happened, read on from a cursor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.db import audit, engine


class NewChange(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened: `kind` is `<thing>.<what>`, such as `visit.missed`; `data` never holds personal data."""

    kind: str
    subject: UUID
    data: dict[str, Any] = {}
    provider: UUID | None = None
    area: UUID | None = None
    at: datetime | None = None


INSERT = """
INSERT INTO change (kind, subject, at, data, provider, area)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::jsonb[], $5::uuid[], $6::uuid[])
"""


async def record(
    *,
    kind: str,
    subject: UUID,
    data: dict[str, Any] | None = None,
    provider: UUID | None = None,
    area: UUID | None = None,
) -> None:
    """Writes one change inside the current unit of work."""
    await record_all([NewChange(kind=kind, subject=subject, data=data or {}, provider=provider, area=area)])


async def record_all(changes: Sequence[NewChange]) -> None:
    """Writes many changes with one statement inside the current unit of work.

    :raises RuntimeError: outside of a unit of work, where a change could be told of something that is then rolled back.
    """
    if engine.DB.current_transaction.get() is None:
        raise RuntimeError("a change is written in the unit of work of what it tells")
    if not changes:
        return
    audit.about(changes[0].subject, provider=changes[0].provider, area=changes[0].area)
    await engine.fetch(INSERT, *columns(changes))


def columns(changes: Sequence[NewChange]) -> list[list[Any]]:
    """The arguments of `INSERT`."""
    now = clock.now()
    return [
        [change.kind for change in changes],
        [change.subject for change in changes],
        [change.at or now for change in changes],
        [msgspec.json.encode(change.data).decode() for change in changes],
        [change.provider for change in changes],
        [change.area for change in changes],
    ]
