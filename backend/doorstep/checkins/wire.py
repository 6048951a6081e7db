"""The check event as the phone signs it, the receipt as the server signs it, and what travels around them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL
from doorstep.identity.wire import Named
from doorstep.visits.wire import OfficeEntry, VisitWithPlan

EVENT_TYPE = "checkin+jws"
RECEIPT_TYPE = "receipt+jws"
MAX_EVENTS = 100
MAX_EVENT_CHARACTERS = 16_384

_MAX_INT = 2_147_483_647
_TEN_YEARS_MS = 315_360_000_000
_TWO_CENTURIES_MS = 6_311_520_000_000
_Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_@.-]+$(?!\n)")]
_Hash = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)")]
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
_Moment = Annotated[datetime, Meta(tz=True)]
_Finding = Annotated[str, Meta(max_length=40, pattern=r"^[A-Z][A-Z0-9_]*$(?!\n)")]
_Words = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]


class Kind(StrEnum):
    """What happened at the door."""

    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    NOT_SERVED = "not_served"
    ANNUL = "annul"


class Capture(StrEnum):
    """How the household code was read."""

    CAMERA = "camera"
    PHOTO = "photo"
    TYPED = "typed"


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the phone believes it is: WGS-84 degrees, metres, milliseconds. A null is what a NaN becomes in JSON."""

    lat: float | None
    lon: float | None
    accuracy_m: float | None = None
    age_ms: Annotated[int, Meta(ge=-_MAX_INT, le=_MAX_INT)] = 0


class Judged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the phone's own judge found when the event was signed, in the codes of codes.json.

    `rules` is the version of the law that it applied. `facts_at`: as of when it knew the plan, by the server's clock;
    null when it knew no more than the event itself.
    """

    codes: Annotated[list[_Finding], Meta(max_length=40)]
    rules: Annotated[str, Meta(max_length=16, pattern=NO_CONTROL)]
    facts_at: _Moment | None = None


class PhoneClock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the phone knows of its own clock. `zone_min`: minutes east of UTC.

    `jump_ms`: what the clock has gained on the monotonic one since the anchor came (also by sleeping), null after a
    restart. `restarts`: how often the app has started since then, each with a new monotonic clock.
    """

    zone_min: Annotated[int, Meta(ge=-1440, le=1440)]
    jump_ms: Annotated[int, Meta(ge=-_TWO_CENTURIES_MS, le=_TWO_CENTURIES_MS)] | None = None
    restarts: Annotated[int, Meta(ge=0, le=_MAX_INT)] = 0


class CheckPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload of a check event. `event_id` is the key for ever; `seq` and `prev` are the phone's chain.

    Phones of before the two judges sign neither `judged` nor `clock`.
    """

    event_id: UUID
    kind: Kind
    visit_id: UUID | None = None
    elder_ids: Annotated[list[UUID], Meta(max_length=8)] = []
    token: Annotated[str, Meta(max_length=64)] | None = None
    short_code: Annotated[str, Meta(max_length=32)] | None = None
    capture: Capture | None = None
    claimed_at: _Moment
    anchor: Annotated[str, Meta(max_length=1024)] | None = None
    elapsed_ms: Annotated[int, Meta(ge=0, le=_TEN_YEARS_MS)] | None = None
    position: Position | None = None
    position_error: Literal["denied", "unavailable", "timeout", "unsupported"] | None = None
    service_type: Literal["medical", "meal", "cleaning", "bathing"] | None = None
    content: _Code | None = None
    tasks: Annotated[list[_Code], Meta(max_length=40)] = []
    acknowledged: Annotated[list[_Code], Meta(max_length=10)] = []
    reason: (
        Literal[
            "absent",
            "no_answer",
            "refused",
            "hospital",
            "unsafe",
            "wrong_address",
            "mistake",
            "wrong_elder",
            "wrong_home",
        ]
        | None
    ) = None
    note: _Words | None = None
    photos: Annotated[list[_Digest], Meta(max_length=10)] = []
    annuls: UUID | None = None
    judged: Judged | None = None
    clock: PhoneClock | None = None
    app_version: Annotated[str, Meta(max_length=40, pattern=NO_CONTROL)] = ""
    seq: Annotated[int, Meta(ge=1, le=_MAX_INT)]
    prev: _Hash | None = None

    def __post_init__(self) -> None:
        if not 2000 <= self.claimed_at.year <= 2200:
            raise ValueError("claimed_at is not a time of this century")
        if (self.kind is Kind.ANNUL) != (self.annuls is not None):
            raise ValueError("annuls belongs to an annulment")
        if self.kind is Kind.NOT_SERVED and self.reason is None:
            raise ValueError("not_served needs a reason")
        if self.seq > 1 and self.prev is None:
            raise ValueError("prev is missing")


class CheckInBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """1 to 100 compact JWS, oldest first; each is answered by its own receipt."""

    events: Annotated[list[str], Meta(min_length=1)]


class TouchedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it stands after the event."""

    visit_id: UUID
    elder_id: UUID
    op_state: str
    grade: str | None


Verdict = Literal["accepted", "accepted_with_findings", "refused"]


class ReceiptPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What the server promises about one event. `event_hash` is base64url SHA-256 of the event's JWS text."""

    event_id: UUID | None
    event_hash: str
    device_id: UUID | None
    received_at: datetime
    verdict: Verdict
    codes: list[str]
    visits: list[TouchedVisit] = []


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of the batch; `receipt` is the JWS over :class:`ReceiptPayload`."""

    event_id: UUID | None
    verdict: str
    codes: list[str]
    receipt: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """The highest number of this phone's chain that the server has stored, null if none.

    Below a hole that a new event has just shown: a phone that holds receipts above it sends those again.
    """

    seq: int | None


class CheckInAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts in the order of the events, and a fresh anchor for the phone that sent them.

    Another `epoch` than before says that the database was restored from a backup: the phone sends again what it keeps.
    """

    receipts: list[EventAnswer]
    anchor: str | None
    server_time: datetime
    epoch: UUID
    heard: Heard


class EvidenceEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a visit with everything that speaks for or against it.

    The true time lies between `earliest_at` (proven by a signed anchor) and `received_at`; `at` is what is taken for
    it. `heard_at`: the phone's last contact with the server before it, also proven. Metres for distances.
    """

    event_id: UUID
    kind: str
    effect: str
    capture: str | None
    claimed_at: datetime
    received_at: datetime
    earliest_at: datetime | None
    at: datetime
    heard_at: datetime | None
    grade: str | None
    distance_m: float | None
    accuracy_m: float | None
    position_error: str | None
    verdict: str
    tasks: list[str]
    acknowledged: list[str]
    reason: str | None
    note: str | None
    caregiver: Named
    device_id: UUID
    seq: int
    codes: list[str]
    annulled: bool
    judged: Judged | None = None
    clock: PhoneClock | None = None


class EvidenceFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of a visit. Those of an annulled event no longer count, nor those that a later record answered."""

    code: str
    severity: str
    data: dict[str, Any]
    at: datetime
    event_id: UUID | None
    annulled: bool
    answered: bool


class KeptElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a phone made for this visit and that stands in another one (`visit_id`), or in none."""

    visit_id: UUID | None
    event_id: UUID
    kind: str
    claimed_at: datetime
    at: datetime
    heard_at: datetime | None
    received_at: datetime
    caregiver: Named
    codes: list[str]
    annulled: bool


class VisitEvidence(VisitWithPlan, frozen=True, kw_only=True):
    """One visit with its plan, everybody who was to go, and all its evidence. `geofence_m` is the home's circle.

    `office`: what the office did to it, and to the cancelled visits that its records name. `elsewhere`: records that
    name this visit and could not stand in it.
    """

    geofence_m: int
    point: bool
    events: list[EvidenceEvent]
    findings: list[EvidenceFinding]
    office: list[OfficeEntry]
    elsewhere: list[KeptElsewhere]
