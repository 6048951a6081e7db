"""Which visits belong to one series: those of one plan item and of what takes its place; or the same order repeated."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec


class Planned(msgspec.Struct, frozen=True):
    """A plan item of the same elder, provider, service and content, in force on [since, until).

    `minute` of the day at which its window begins.
    """

    id: UUID
    minute: int
    since: date
    until: date

    def beside(self, other: "Planned") -> bool:
        """Whether both are in force on some day: two meals a day, or those of weekdays and those of weekends."""
        return self.since < other.until and other.since < self.until


def line(item: UUID, items: Sequence[Planned]) -> list[UUID]:
    """An item and those that take its place when it is over: a new version that moves lunch by an hour ends no lunch.

    Of what comes later each takes the place of the item that is nearest in time, and one at a time takes this one's.
    """
    own = next(one for one in items if one.id == item)
    mates = [one.minute for one in items if one.id != item and one.beside(own)]
    later = [one for one in items if own.until <= one.since < one.until and _nearest(one.minute, own.minute, mates)]
    later.sort(key=lambda one: (abs(one.minute - own.minute), one.id))
    heirs: list[Planned] = []
    for one in later:
        if not any(one.beside(heir) for heir in heirs):
            heirs.append(one)
    return [item, *(one.id for one in heirs)]


class Member(msgspec.Struct, frozen=True):
    """A visit of a line of items, or an order of the same elder, provider, service and content without an item.

    `minute` of the day at which its window begins.
    """

    id: UUID
    day: date
    minute: int
    item: UUID | None


def members(anchor: Member, all: Sequence[Member]) -> list[UUID]:
    """The anchor and the visits of later days, in order; of orders the one that is nearest in time each day.

    Lunch and dinner of one day are two series, whether planned or ordered.
    """
    after = sorted((one for one in all if one.day > anchor.day), key=lambda one: (one.day, one.minute, one.id))
    if anchor.item is not None:
        return [anchor.id, *(one.id for one in after)]
    mates = [one.minute for one in all if one.day == anchor.day and one.id != anchor.id]
    later: dict[date, list[Member]] = {}
    for one in after:
        if _nearest(one.minute, anchor.minute, mates):
            later.setdefault(one.day, []).append(one)
    nearest = (min(there, key=lambda one: (abs(one.minute - anchor.minute), one.id)) for there in later.values())
    return [anchor.id, *(one.id for one in nearest)]


def _nearest(minute: int, anchor: int, mates: Iterable[int]) -> bool:
    return all(abs(minute - anchor) <= abs(minute - mate) for mate in mates)
