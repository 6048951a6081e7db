"""What the rules may know about an event: phones, codes, homes, visits with their dated plan facts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from doorstep.checkins.wire import CheckPayload, Kind
from doorstep.core.geo import Point

Severity = str


class Flag(msgspec.Struct, frozen=True):
    """A finding about to be written. The severity comes from the closed list."""

    code: str
    data: dict[str, Any] = {}


class Certificate(msgspec.Struct, frozen=True, array_like=True):
    """A qualification of the caregiver; None is an open end. `until` is the last valid day."""

    kind: str
    since: date | None
    until: date | None


class Phone(msgspec.Struct):
    """A device row and who carries it; `last_*` move on as the pass goes through its events."""

    id: UUID
    public_key: bytes
    caregiver: UUID
    provider: UUID
    revoked_at: datetime | None
    last_seq: int
    last_hash: bytes | None
    employed_from: date | None = None
    employed_to: date | None = None  # half-open
    certificates: tuple[Certificate, ...] = ()


class Code(msgspec.Struct, frozen=True):
    """A printed code that was found, live or replaced."""

    household: UUID
    revoked: bool


class Home(msgspec.Struct, frozen=True):
    """A household's point and who lives there."""

    id: UUID
    point: Point | None
    geofence_m: int
    elders: tuple[UUID, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """What an event did to a visit, how well it is proven, and the holds that it brought (codes)."""

    event: UUID
    caregiver: UUID
    kind: str
    effect: str
    at: datetime
    tasks: int = 0
    acknowledged: tuple[str, ...] = ()
    grade: str = "A"
    holds: tuple[str, ...] = ()


class Interval(msgspec.Struct, frozen=True):
    """Another visit of the same caregiver, half-open; `end` None is still running."""

    visit: UUID
    household: UUID
    start: datetime
    end: datetime | None


class VisitFacts(msgspec.Struct):
    """A visit, and what was true for it on its civil day according to what is recorded now."""

    id: UUID
    elder: UUID
    household: UUID
    provider: UUID
    area: UUID
    kind: str
    service_type: str
    content: str
    service_day: date
    window_start: datetime
    window_end: datetime
    min_minutes: int
    max_minutes: int
    carers_needed: int
    op_state: str
    verify_state: str
    settle_state: str
    grade: str | None
    holds: int
    started_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    walk_in: bool  # nobody planned it: it began with a scan at the door
    assigned: frozenset[UUID]
    item_in_plan: bool
    item_content: str | None  # of the plan's item that covers the visit
    plan_state: str | None
    month_used: int
    max_per_month: int | None
    agreement: bool
    point: bool  # the home's place is known
    contracted_types: frozenset[str] | None  # None: no cooperation agreement in force
    in_area: bool
    standing: str | None
    licence_until: date | None
    elder_statuses: frozenset[str]
    safety_procedure: str | None = None
    needed_qualifications: tuple[frozenset[str], ...] = ()
    links: list[Link] = []  # in the order in which the server heard of them; annulled ones are not among them
    hold_codes: list[str] = []  # as stored: why the money is held, a code for each of `holds`
    placed: tuple[str, ...] = ()  # codes of holds that stand in no record
    answered: frozenset[UUID] = frozenset()  # events whose holds a person's decision has answered
    last_decision: str | None = None  # accept or reject, whatever was asked since
    entered: bool = False  # somebody in the office wrote or changed it by hand
    replaces: UUID | None = None  # a cancelled visit that a walk-in stands for
    cancelled_at: datetime | None = None
    taken_off: dict[UUID, datetime] = {}  # caregivers who were to go, and when the office sent others instead
    moved_from: dict[UUID, datetime] = {}  # homes where the elder lived when it was planned, and when that changed
    changed: bool = False


class Timing(msgspec.Struct, frozen=True):
    """The bracket [earliest, received] and the instant inside it that the records use."""

    at: datetime
    earliest: datetime | None
    grade: str
    flags: tuple[Flag, ...] = ()


class Seen(msgspec.Struct, kw_only=True):
    """One event on its way through the pass."""

    index: int
    text: str
    hash: bytes
    payload: CheckPayload
    phone: Phone
    received_at: datetime
    anchor_at: datetime | None = None
    timing: Timing
    token_sha256: bytes | None = None
    short_code_fingerprint: bytes | None = None
    code: Code | None = None
    home: Home | None = None
    named: VisitFacts | None = None  # the visit that it names, if there is one for this phone
    predecessor_known: bool = False
    fork: bool = False
    target: list[tuple[UUID, Link]] = []  # of an annulment: visit and what the annulled event did to it

    @property
    def kind(self) -> Kind:
        """What happened."""
        return self.payload.kind
