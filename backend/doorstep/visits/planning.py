"""What a plan asks for against what is there: visits to make, visits to withdraw, days that cannot be decided. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from doorstep.visits import rules
from doorstep.visits.recurrence import WorkingDay
from doorstep.visits.rules import Item, NoCalendar, Occurrence


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of a plan item that is there already; it takes the place of `day`, also when it was moved to another."""

    id: UUID
    item: UUID
    day: date
    on: date
    ordinal: int
    op_state: str
    reason: str | None
    window_start: datetime

    @property
    def live(self) -> bool:
        """Whether it keeps its place: all but those that the server itself withdrew."""
        return self.op_state != "cancelled" or self.reason not in rules.WITHDRAWN_REASONS


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A visit to make; the ordinal is above 1 when an earlier one of that day was withdrawn."""

    occurrence: Occurrence
    ordinal: int


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between plan and visits."""

    create: list[Wanted]
    existing: dict[UUID, int]  # by plan item
    withdraw: list[tuple[UUID, str]]
    undecided: list[NoCalendar]


def reconcile(
    items: Iterable[Item],
    standing: Sequence[Standing],
    *,
    since: date,
    until: date,
    now: datetime,
    is_working_day: WorkingDay,
) -> Reconciled:
    """Compares the plans with the visits on [since, until).

    Withdrawn is only what has not begun and whose window still lies ahead; what people cancelled is never made again,
    and nothing is made whose window is over: nobody could have gone.
    """
    there: dict[tuple[UUID, date], list[Standing]] = defaultdict(list)
    for visit in standing:
        there[visit.item, visit.day].append(visit)
    create: list[Wanted] = []
    undecided: list[NoCalendar] = []
    open_days: set[tuple[UUID, date]] = set()
    by_id = {item.id: item for item in items}
    existing: dict[UUID, int] = defaultdict(int)
    for item in by_id.values():
        found, unknown = rules.occurrences(item, since, until, is_working_day)
        undecided += unknown
        open_days.update((item.id, gap.day) for gap in unknown)
        for occurrence in found:
            place = (item.id, occurrence.day)
            open_days.add(place)
            rows = there.get(place, ())
            if any(visit.live for visit in rows):
                existing[item.id] += 1
            elif occurrence.window_end > now:
                highest = max((visit.ordinal for visit in rows), default=0)
                create.append(Wanted(occurrence=occurrence, ordinal=highest + 1))
    withdraw = [
        (visit.id, _forbids(by_id.get(visit.item), visit.day) or rules.PLAN_CHANGED)
        for visit in standing
        if _ahead(visit, now) and visit.on == visit.day and (visit.item, visit.day) not in open_days
    ]
    withdraw += forbidden(by_id, [visit for visit in standing if visit.on != visit.day], now=now).items()
    return Reconciled(create=create, existing=existing, withdraw=withdraw, undecided=undecided)


def forbidden(items: Mapping[UUID, Item], standing: Iterable[Standing], *, now: datetime) -> dict[UUID, str]:
    """Visits ahead that plan or elder forbid now, with the reason. What the recurrence says is not asked."""
    reasons = ((visit.id, _forbidden(items.get(visit.item), visit)) for visit in standing if _ahead(visit, now))
    return {id: reason for id, reason in reasons if reason is not None}


def _ahead(visit: Standing, now: datetime) -> bool:
    return visit.op_state in rules.NOT_BEGUN and visit.window_start > now


def _forbidden(item: Item | None, visit: Standing) -> str | None:
    """Somebody chose the day of a visit that was moved: the item's own term is not asked for it."""
    if visit.on == visit.day:
        return _forbids(item, visit.day)
    return _stops(item, visit.on) if item is not None else None


def _forbids(item: Item | None, day: date) -> str | None:
    """Why there is to be no visit on that day, one of `rules.WITHDRAWN_REASONS`."""
    if item is None or not item.valid_from <= day < item.valid_to:
        return rules.PLAN_CHANGED
    return _stops(item, day)


def _stops(item: Item, day: date) -> str | None:
    names = {span.name for span in item.statuses if span.covers(day)}
    if rules.DECEASED in names:
        return rules.ELDER_DECEASED
    if names & rules.ABSENCES:
        return rules.ELDER_ABSENT
    return None if rules.state_on(item.plan_states, day) == "active" else rules.PLAN_NOT_ACTIVE
