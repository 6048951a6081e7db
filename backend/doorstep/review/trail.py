"""The audit trail as it is read on a screen."""

from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from doorstep.core import moments, paging
from doorstep.db import audit
from doorstep.identity.wire import Actor
from doorstep.review import trail_store
from doorstep.review.wire_audit import AuditItem, AuditPage


async def page(
    actor: Actor,
    *,
    account: UUID | None,
    subject: UUID | None,
    operation: str | None,
    since: datetime | None,
    until: datetime | None,
    cursor: str | None,
    limit: int,
) -> AuditPage:
    """Who did or read what in one's scope.

    :raises InputInvalid: if `since` or `until` is no moment.
    :raises CursorInvalid: if the cursor is not one of this list.
    """
    moments.check(since=since, until=until)
    rows = await trail_store.page(
        actor,
        account=account,
        subject=subject,
        operation=operation,
        since=since,
        until=until,
        before=paging.decode(cursor, int) if cursor else None,
        limit=limit + 1,
    )
    more, rows = len(rows) > limit, rows[:limit]
    return AuditPage(
        items=[_item(row) for row in rows],
        next=paging.encode(rows[-1]["id"]) if more else None,
    )


def _item(row: Record) -> AuditItem:
    ids = msgspec.json.decode(row["data"])
    return AuditItem(
        **{name: row[name] for name in ("id", "at", "role", "name", "operation", "subject")},
        account_id=row["account"],
        person_id=row["person"],
        asked=ids.pop(audit.ASKED, {}),
        ids=ids,
    )
