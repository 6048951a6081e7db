"""Who acts: the actor that goes into every store function, roles and scopes."""

from enum import StrEnum
from uuid import UUID

import msgspec


class Role(StrEnum):
    """The roles of design and policy; `officer` is party A (subdistrict or district)."""

    CAREGIVER = "caregiver"
    FAMILY = "family"
    DISPATCHER = "dispatcher"
    MANAGER = "manager"
    OFFICER = "officer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


OFFICE = frozenset({Role.DISPATCHER, Role.MANAGER, Role.OFFICER, Role.AUDITOR, Role.ADMIN})
DISPATCH = frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMIN})
PHONE = frozenset({Role.CAREGIVER})


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a scope: a provider, a set of areas (the subtree), or everything when both are None.

    `system` is the server itself (commands, worker) and is never made from a request.
    """

    role: Role
    account_id: UUID | None = None
    caregiver_id: UUID | None = None
    device_id: UUID | None = None
    display_name: str = ""
    provider_id: UUID | None = None
    area_ids: frozenset[UUID] | None = None
    session_id: UUID | None = None

    @property
    def areas(self) -> list[UUID] | None:
        """The area scope as a query parameter: None means every area."""
        return None if self.area_ids is None else sorted(self.area_ids)


SYSTEM = Actor(role=Role.SYSTEM, display_name="system")
