"""What the rows of a roster say, once they are read. Pure data."""

from datetime import date, time

import msgspec
from msgspec import UnsetType


class AreaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A subdistrict."""

    name: str
    kind: str | None
    point: tuple[float, float] | None


class ProviderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A provider with what it is contracted for."""

    name: str
    uscc: str
    legal_kind: str
    site_kind: str
    area: str
    service_types: tuple[str, ...]
    coverage: tuple[str, ...] | None
    contact_name: str | None
    contact_phone: str | None
    licence_until: date | None


class CaregiverRow(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver with certificates that share one expiry."""

    name: str
    phone: str
    provider: str
    certificates: tuple[str, ...] | UnsetType
    valid_until: date | None


class Status(msgspec.Struct, frozen=True):
    """A status that holds; `since` only where the office names the day."""

    kind: str
    level: str | None = None
    since: date | None = None


class ElderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An elder with home, statuses and family contact. `governed`: the kinds of status that this file speaks about."""

    name: str
    id_number: str
    birth_date: date
    sex: str
    phone: str | None
    hukou: str | None
    area: str
    community: str | None
    address: str
    access_notes: str | None
    point: tuple[float, float] | None
    coord_system: str | None
    governed: frozenset[str]
    statuses: tuple[Status, ...]
    family_name: str | None
    family_phone: str | None
    family_relation: str | None
    agreement_signed_on: date | None


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item of an elder's plan; `ends_on` is the last day."""

    id_number: str
    elder_name: str | None
    service_type: str
    content: str
    frequency: str
    recurrence: str
    window: tuple[time, time]
    min_minutes: int
    max_minutes: int
    carers: int
    provider: str
    price_fen: int
    ratio_bp: int
    starts_on: date
    ends_on: date
    risks: tuple[str, ...]


class CapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A monthly cap; `total` is over all types."""

    service_type: str
    cap_fen: int


Value = AreaRow | ProviderRow | CaregiverRow | ElderRow | PlanRow | CapRow
