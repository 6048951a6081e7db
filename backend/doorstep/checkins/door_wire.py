"""What a phone carries: its days, what the rules need to judge without network, and the catalogue, in changes only."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from doorstep.checkins.wire import Heard
from doorstep.identity.wire import Named
from doorstep.plans.wire import Procedure, Task
from doorstep.visits.wire import DoorVisit


class DoorEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the phone's own day, as far as the server knows it."""

    event_id: UUID
    kind: str
    at: datetime
    verdict: str
    codes: list[str]
    annuls: UUID | None = None
    annulled: bool = False


class DoorFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was recorded for the visit's day when the list was made: what the rules need, and no place on earth.

    Only what is out of the ordinary is sent; the defaults are the visit that nothing speaks against.
    `assigned`: this caregiver is to go. `walk_in`: nobody planned it. `month`: a name for the month's number of such
    visits, see `month_used`. `contracted`: the cooperation agreement covers the type, null if there is none in force.
    `point`: the home's place is known to the server.
    """

    assigned: bool = True
    walk_in: bool = False
    item_in_plan: bool = True
    plan_state: str | None = "active"
    max_per_month: int | None = None
    month: str | None = None
    agreement: bool = True
    contracted: bool | None = True
    in_area: bool = True
    standing: str = "active"
    licence_ok: bool = True
    elder_statuses: list[str] = []
    point: bool = True


class DoorCall(DoorVisit, frozen=True, kw_only=True):
    """A call of the day, what was recorded for it, and what the rules need to know of it."""

    events: list[DoorEvent]
    facts: DoorFacts


class CareOffice(msgspec.Struct, frozen=True, kw_only=True):
    """The provider as the caregiver may ring it."""

    id: UUID
    name: str
    phone: str | None


class DoorDayOfCalls(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one civil day."""

    day: date
    visits: list[DoorCall]


class HeldCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate of the caregiver; null is an open end, `until` the last valid day."""

    kind: str
    since: date | None
    until: date | None


class DoorCarer(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules need to know of the caregiver. `employed_to` is the first day after."""

    employed_from: date | None
    employed_to: date | None
    held: list[HeldCertificate]


class DoorCatalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Checklists by content, procedures by `id@version`, certificates by service type: one of each list is needed."""

    tasks: dict[str, list[Task]]
    procedures: dict[str, Procedure]
    certificates: dict[str, list[list[str]]]


class DoorSync(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed for a phone since the cursor that it brought: the rest of its days is as it knows it.

    `days` holds the days that differ, each of them whole. `carer`, `catalogue` and `month_used` are null when they are
    unchanged. `month_used` counts by `facts.month` the visits of a month that have begun, each visit itself included.
    """

    epoch: UUID
    server_time: datetime
    anchor: str
    heard: Heard
    cursor: str
    first_day: date
    last_day: date
    days: list[DoorDayOfCalls]
    caregiver: Named
    provider: CareOffice
    emergency_numbers: list[str]
    carer: DoorCarer | None
    catalogue: DoorCatalogue | None
    month_used: dict[str, int] | None
