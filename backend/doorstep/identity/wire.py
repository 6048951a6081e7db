"""Who acts (the actor that goes into every store function, roles, scopes) and what identity says on the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import Line, Secret


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
FAMILY = frozenset({Role.FAMILY})

FAMILY_COOKIE = "doorstep_family"
"""A handler that opens or ends a family's session puts (this, token or None) into `request.state.renewed`."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a scope: a provider, a set of areas (the subtree), or everything when both are None.

    A family member has none of these: what they may see are the elders of their links, while consent is in force.
    `system` is the server itself (commands, worker) and is never made from a request.
    """

    role: Role
    account_id: UUID | None = None
    caregiver_id: UUID | None = None
    device_id: UUID | None = None
    family_member_id: UUID | None = None
    display_name: str = ""
    provider_id: UUID | None = None
    area_ids: frozenset[UUID] | None = None
    session_id: UUID | None = None

    @property
    def areas(self) -> list[UUID] | None:
        """The area scope as a query parameter: None means every area."""
        return None if self.area_ids is None else sorted(self.area_ids)

    @property
    def works_for(self) -> UUID | None:
        """The provider whose work is the actor's own. An auditor who looks at one provider alone is not of it."""
        return None if self.role is Role.AUDITOR else self.provider_id


SYSTEM = Actor(role=Role.SYSTEM, display_name="system")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something by its id and name."""

    id: UUID
    name: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in account with its scope."""

    account_id: UUID
    role: Role
    display_name: str
    provider: Named | None
    area: Named | None


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign-in; `totp` is the one-time code of accounts that have one."""

    login: Line
    password: Secret
    totp: Annotated[str, Meta(max_length=20)] | None = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The token for programs (browsers get it as a cookie) and who it stands for."""

    token: str
    me: Me


class QualificationTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of certificate and the last day it is good for; null: without end."""

    kind: str
    valid_until: date | None


class DeviceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver's live phone, and from `reported_at` on what it last said of itself (see :class:`PhoneStatus`)."""

    id: UUID
    enrolled_at: datetime
    last_seen_at: datetime | None
    platform: str | None
    app_version: str | None
    reported_at: datetime | None
    waiting: int | None
    oldest_waiting_at: datetime | None
    persisted: bool | None
    standalone: bool | None


class CaregiverItem(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver as the office's list shows them. `first_visit_at`: when the first of today's visits begins."""

    id: UUID
    name: str
    phone_masked: str | None
    provider: Named
    qualifications: list[QualificationTerm]
    device: DeviceSeen | None
    visits_today: int
    first_visit_at: datetime | None


class CaregiverList(msgspec.Struct, frozen=True, kw_only=True):
    """The caregivers in the actor's scope."""

    items: list[CaregiverItem]


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver's absence on [valid_from, valid_to); without an end it is open."""

    id: UUID
    valid_from: date
    valid_to: date | None
    reason: str | None
    recorded_at: datetime


_FIRST, _LAST = date(1990, 1, 1), date(2199, 12, 31)


def _dated(*days: date | None) -> None:
    if any(day is not None and not _FIRST <= day <= _LAST for day in days):
        raise ValueError("the dates lie between 1990 and 2199")


class NewLeave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A leave; `valid_to` is the first day back."""

    valid_from: date
    valid_to: date | None = None
    reason: Line | None = None

    def __post_init__(self) -> None:
        _dated(self.valid_from, self.valid_to)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is the first day back")


class LeaveEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first day back."""

    valid_to: date

    def __post_init__(self) -> None:
        _dated(self.valid_to)


CertificateKind = Literal["health_certificate", "nurse_licence", "care_worker_certificate"]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it was recorded; `valid_until` is the last valid day. A replaced one counts no more."""

    id: UUID
    kind: str
    valid_from: date | None
    valid_until: date | None
    recorded_at: datetime
    recorded_by: str | None
    replaced_at: datetime | None
    valid: bool


class NewCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate with its term. One of the same kind that covers some of the same days is replaced from today on."""

    kind: CertificateKind
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        _dated(self.valid_from, self.valid_until)
        if self.valid_from is not None and self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until is the last valid day")


class FormerPhone(DeviceSeen, frozen=True, kw_only=True):
    """A phone that a caregiver has, or had."""

    revoked_at: datetime | None
    revoked_reason: str | None
    revoked_by: str | None


class NextCall(msgspec.Struct, frozen=True, kw_only=True):
    """One of a caregiver's next visits."""

    id: UUID
    elder: Named
    service_type: str
    content: str
    window_start: datetime
    window_end: datetime
    op_state: str


class CaregiverFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one caregiver."""

    id: UUID
    name: str
    initials: str
    phone_masked: str | None
    provider: Named
    employed_from: date | None
    employed_to: date | None
    leave: list[Leave]
    certificates: list[Certificate]
    phones: list[FormerPhone]
    next_visits: list[NextCall]


class EnrolmentOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose phone is to be enrolled."""

    caregiver_id: UUID


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time enrolment code for the screen. The secret is shown once and cannot be read again."""

    id: UUID
    url: str
    secret: str
    qr_svg: str
    expires_at: datetime


class EnrolmentState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the code was used yet, and by which device."""

    id: UUID
    state: Literal["waiting", "used", "expired"]
    device_id: UUID | None


_Coordinate = Annotated[str, Meta(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]


class PhoneKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A P-256 public key as a JWK."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: _Coordinate
    y: _Coordinate


class Redemption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phone that redeems an enrolment code; `proof` is a JWS `enrol+jws` by `public_key` over {"secret": …}.

    `former_device_id` is what a phone was called that still holds records signed with this key: a server that does not
    know it, because it was restored from an older backup, calls it so again. `former_caregiver_id` is whose it was:
    in other hands it gets a new id.
    """

    secret: Secret
    public_key: PhoneKey
    proof: Annotated[str, Meta(max_length=1000)]
    platform: Line | None = None
    app_version: Line | None = None
    former_device_id: UUID | None = None
    former_caregiver_id: UUID | None = None


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """What an enrolled phone keeps. A lost answer is given again to the same key."""

    device_id: UUID
    caregiver: Named
    provider: Named
    token: str
    anchor: str


class PhoneStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a phone says of itself: records without a receipt, and how safe they are there. Null: it cannot tell."""

    waiting: Annotated[int, Meta(ge=0, le=1_000_000)]
    oldest_waiting_at: Annotated[datetime, Meta(tz=True)] | None
    persisted: bool | None
    standalone: bool | None
    app_version: Line


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a phone is no longer trusted."""

    reason: Line


class ServerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key of the server as a JWK."""

    kty: str
    crv: str
    use: str
    alg: str
    kid: str
    x: str
    y: str


class ServerKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The JWKS by which anybody can verify a receipt."""

    keys: list[ServerKey]


class DeviceKey(msgspec.Struct, frozen=True, kw_only=True):
    """What other features need of a phone."""

    id: UUID
    caregiver_id: UUID
    provider_id: UUID
    public_key: bytes
    revoked_at: datetime | None
