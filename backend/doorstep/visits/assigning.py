"""Who goes: obstacles of a caregiver for a visit, and the automatic assignment of a horizon. Pure and deterministic.

A window such as 11:00-12:30 says when the caregiver comes, not how long it takes: several deliveries fit into one. Two
visits overlap when they cannot both be served, so a caregiver's day is checked as a round: visits in the order of the
end of their windows, each with its minutes, with a way between two homes and none inside one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

WAY = timedelta(minutes=10)
"""Between two homes; our own figure, the policy documents give none."""

NOT_EMPLOYED = "NOT_EMPLOYED"
ON_LEAVE = "ON_LEAVE"
QUALIFICATION_MISSING = "QUALIFICATION_MISSING"
OVERLAP = "OVERLAP"
NO_CAREGIVER = "NO_CAREGIVER"


class Certificate(msgspec.Struct, frozen=True):
    """A qualification with its term; `until` is the last valid day, None has no end."""

    kind: str
    since: date | None = None
    until: date | None = None

    def valid_on(self, day: date) -> bool:
        """Both ends count."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Absence(msgspec.Struct, frozen=True):
    """A leave on [since, until)."""

    since: date
    until: date | None = None


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """A caregiver as assignment sees them; employed on [employed_from, employed_to)."""

    id: UUID
    provider: UUID
    employed_from: date | None = None
    employed_to: date | None = None
    certificates: tuple[Certificate, ...] = ()
    leave: tuple[Absence, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as assignment sees it; `needs`: one certificate of each set; `series`: who is served with what."""

    id: UUID
    provider: UUID
    household: UUID
    elder: UUID
    series: UUID
    day: date
    window_start: datetime
    window_end: datetime
    minutes: int
    carers: int = 1
    needs: tuple[frozenset[str], ...] = ()


class Unassigned(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that stays planned, with what stood in the way of how many caregivers."""

    visit: UUID
    reasons: dict[str, int]


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """A visit and who goes."""

    visit: UUID
    caregivers: tuple[UUID, ...]


def obstacles(worker: Worker, call: Call, round_of_day: Iterable[Call]) -> list[str]:
    """Codes of everything that speaks against this caregiver; `round_of_day` are the other visits near that time."""
    against = []
    employed = (worker.employed_from is None or worker.employed_from <= call.day) and (
        worker.employed_to is None or call.day < worker.employed_to
    )
    if worker.provider != call.provider or not employed:
        against.append(NOT_EMPLOYED)
    if any(away.since <= call.day and (away.until is None or call.day < away.until) for away in worker.leave):
        against.append(ON_LEAVE)
    held = {certificate.kind for certificate in worker.certificates if certificate.valid_on(call.day)}
    if any(held.isdisjoint(one_of) for one_of in call.needs):
        against.append(QUALIFICATION_MISSING)
    if not can_be_served([*(other for other in round_of_day if other.id != call.id), call]):
        against.append(OVERLAP)
    return against


def usual_way(here: UUID, there: UUID) -> timedelta:
    """Between two homes of whose distance nothing is asked."""
    return timedelta() if here == there else WAY


def can_be_served(calls: Sequence[Call], way: Callable[[UUID, UUID], timedelta] = usual_way) -> bool:
    """Whether one caregiver can come to all these visits inside their windows: the window is when a visit begins.

    Sufficient, not necessary: the round goes by the end of the windows, which is right for windows that are equal or
    follow each other.
    """
    free: datetime | None = None
    home: UUID | None = None
    for call in sorted(calls, key=lambda call: (call.window_end, call.window_start, call.household, call.id)):
        start = call.window_start
        if free is not None and home is not None:
            start = max(start, free + way(home, call.household))
        if start > call.window_end:
            return False
        free, home = start + timedelta(minutes=call.minutes), call.household
    return True


def assign(
    calls: Iterable[Call],
    workers: Iterable[Worker],
    *,
    taken: Mapping[UUID, Sequence[Call]],
    usual: Mapping[UUID, Sequence[UUID]],
) -> tuple[list[Assigned], list[Unassigned]]:
    """Assigns a horizon, day by day.

    Preferred in this order: who usually serves this elder with this, who is in the same home or with the same elder
    that day, who has the least to do in the horizon. `taken` are the visits that each caregiver already has; `usual`
    names the caregivers of the last visit of a series. Nobody is assigned to a visit for which there are too few.
    """
    staff: dict[UUID, list[Worker]] = defaultdict(list)
    for worker in workers:
        staff[worker.provider].append(worker)
    rounds: dict[tuple[UUID, date], list[Call]] = defaultdict(list)
    load: dict[UUID, int] = defaultdict(int)

    def take(worker: UUID, call: Call) -> None:
        rounds[worker, call.day].append(call)
        load[worker] += call.minutes + WAY // timedelta(minutes=1)

    for worker, have in taken.items():
        for call in have:
            take(worker, call)
    habit = {series: list(who) for series, who in usual.items()}
    done: list[Assigned] = []
    left: list[Unassigned] = []
    for call in sorted(calls, key=lambda call: (call.window_start, call.window_end, call.household, call.id)):
        reasons: dict[str, int] = defaultdict(int)
        fit: list[tuple[tuple[bool, int, int, bytes], UUID]] = []
        for worker in staff[call.provider]:
            beside = [
                other
                for offset in (-1, 0, 1)
                for other in rounds.get((worker.id, call.day + timedelta(days=offset)), ())
                if near(other, call)
            ]
            against = obstacles(worker, call, beside)
            for code in against:
                reasons[code] += 1
            if not against:
                rank = (
                    worker.id not in habit.get(call.series, ()),
                    min((_nearness(other, call) for other in beside), default=2),
                    load[worker.id],
                    _tie(worker.id, call.day),
                )
                fit.append((rank, worker.id))
        if len(fit) < call.carers:
            left.append(Unassigned(visit=call.id, reasons=dict(reasons) or {NO_CAREGIVER: 1}))
            continue
        chosen = tuple(who for _, who in sorted(fit)[: call.carers])
        for who in chosen:
            take(who, call)
        habit[call.series] = list(chosen)
        done.append(Assigned(visit=call.id, caregivers=chosen))
    return done, left


def near(other: Call, call: Call) -> bool:
    """Visits of the same round: windows less than half a day apart."""
    half_day = timedelta(hours=12)
    return other.window_start < call.window_end + half_day and call.window_start < other.window_end + half_day


def _nearness(other: Call, call: Call) -> int:
    if other.household == call.household:
        return 0
    return 1 if other.elder == call.elder else 2


def _tie(worker: UUID, day: date) -> bytes:
    """The same order on every run, another one each day."""
    return hashlib.sha256(worker.bytes + day.toordinal().to_bytes(4, "big")).digest()[:8]
