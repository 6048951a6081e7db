"""The known truth: the calls that were planned, what the office did to them, and what really happened at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class Plan:
    """What the office says about a call, from some version of its book on."""

    assigned: frozenset[UUID]
    cancelled: bool = False
    gone: bool = False  # ordered after the backup that was restored: the server does not know it any more


@dataclass(frozen=True)
class Made:
    """An event that a phone has durably stored. `carer` is who really was there, at the instant `at`."""

    event_id: str
    hash: bytes
    device: str
    seq: int
    kind: str
    at: datetime
    carer: UUID
    clock_right: bool = True
    annuls: str | None = None


@dataclass(eq=False)
class Call:
    """A visit as it really is: planned by the office, or a walk-in that only the people at the door know of."""

    elder: UUID
    home: UUID
    start: datetime
    visit: UUID | None = None  # None: a walk-in
    service_type: str = "meal"
    content: str = "delivery"
    carers: int = 1
    plans: list[tuple[int, Plan]] = field(default_factory=list)
    suspended: bool = False
    moved_to: Call | None = None
    made: list[Made] = field(default_factory=list)

    def as_of(self, version: int) -> Plan | None:
        """The plan that somebody knows who has read the office's book up to this version."""
        return next((plan for since, plan in reversed(self.plans) if since <= version), None)

    @property
    def plan(self) -> Plan | None:
        """The plan as it stands."""
        return self.plans[-1][1] if self.plans else None


@dataclass(frozen=True)
class Story:
    """What really happened in a call, in the words of the operation axis; `open` when nobody came."""

    state: str
    started: datetime | None = None
    ended: datetime | None = None


def story(call: Call) -> Story:
    """The story of all that was stored for the call, without what was taken back at the door."""
    taken_back = {made.annuls for made in call.made if made.kind == "annul"}
    live = sorted(
        (made for made in call.made if made.kind != "annul" and made.event_id not in taken_back),
        key=lambda made: made.at,
    )
    started: datetime | None = None
    ended: datetime | None = None
    here: set[UUID] = set()
    for made in live:
        if made.kind == "check_in":
            started = started or made.at
            here.add(made.carer)
        elif made.kind == "check_out" and made.carer in here:
            here.discard(made.carer)
            ended = made.at
        elif made.kind == "not_served":
            return Story("not_served", started, made.at if started else None)
    if started is None:
        return Story("open")
    return Story("running", started) if here else Story("completed", started, ended)


@dataclass
class Truth:
    """Everything that the driver knows."""

    calls: list[Call] = field(default_factory=list)
    made: list[tuple[Made, Call]] = field(default_factory=list)
    by_day: dict[date, list[Call]] = field(default_factory=dict)
    by_visit: dict[UUID, Call] = field(default_factory=dict)

    def add(self, call: Call, day: date) -> None:
        """A new call."""
        self.calls.append(call)
        self.by_day.setdefault(day, []).append(call)
        if call.visit is not None:
            self.by_visit[call.visit] = call

    def stored(self, made: Made, call: Call) -> None:
        """A phone has stored an event durably: from now on it may not be lost."""
        call.made.append(made)
        self.made.append((made, call))
