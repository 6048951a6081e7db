"""What goes over the wire of the audit trail."""

from datetime import datetime
from uuid import UUID

import msgspec


class AuditItem(msgspec.Struct, frozen=True, kw_only=True):
    """Who did or read what. `operation` is one of the API; `ids` are those of its address, `asked` the period and
    the filters of an auditor's read. A phone's or a family's doing has `person` instead of an account.
    """

    id: int
    at: datetime
    account_id: UUID | None
    person_id: UUID | None
    role: str
    name: str
    operation: str
    subject: UUID | None
    ids: dict[str, str]
    asked: dict[str, str]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    items: list[AuditItem]
    next: str | None
