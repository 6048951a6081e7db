"""Queries of the audit trail, each in their own scope."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

# Of an area: what lies there, and of what lies nowhere, what its own accounts and providers do. A thing of another area
# is not told of, whoever from here has done it.
_PAGE = """
SELECT a.id, a.at, a.account, a.person, a.role, a.name, a.operation, a.subject, a.data
FROM audit a LEFT JOIN account acc ON acc.id = a.account LEFT JOIN provider p ON p.id = a.provider
WHERE ($1::uuid IS NULL OR a.provider = $1)
  AND ($2::uuid[] IS NULL OR a.area = ANY($2)
    OR (a.area IS NULL AND (acc.area = ANY($2) OR p.area = ANY($2))))
  AND ($3::uuid IS NULL OR a.account = $3 OR a.person = $3) AND ($4::uuid IS NULL OR a.subject = $4)
  AND ($5::text IS NULL OR a.operation = $5) AND ($6::timestamptz IS NULL OR a.at >= $6)
  AND ($7::timestamptz IS NULL OR a.at < $7) AND ($8::bigint IS NULL OR a.id < $8)
ORDER BY a.id DESC LIMIT $9
"""


async def page(
    actor: Actor,
    *,
    account: UUID | None,
    subject: UUID | None,
    operation: str | None,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    limit: int,
) -> list[Record]:
    """Rows of the trail, newest first."""
    return await fetch(_PAGE, actor.provider_id, actor.areas, account, subject, operation, since, until, before, limit)
