"""Which visits belong to one series: the same service to the same elder again and again, at about the same time."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec


class Member(msgspec.Struct, frozen=True):
    """A visit of the same elder, provider, service and content; `minute` of the day at which its window begins."""

    id: UUID
    day: date
    minute: int


def members(anchor: Member, all: Sequence[Member]) -> list[UUID]:
    """The anchor and one visit of each later day, in order.

    Lunch and dinner of one day are two series. A visit of another day belongs to that of the anchor's day which is
    nearest in time, so that a new version of the plan, which moves lunch by an hour, does not end the series of lunch.
    """
    mates = [one.minute for one in all if one.day == anchor.day and one.id != anchor.id]
    later: dict[date, list[Member]] = {}
    for one in all:
        if one.day > anchor.day and _nearest(one.minute, anchor.minute, mates):
            later.setdefault(one.day, []).append(one)
    found = [anchor.id]
    for _, there in sorted(later.items()):
        found.append(min(there, key=lambda one: (abs(one.minute - anchor.minute), one.id)).id)
    return found


def _nearest(minute: int, anchor: int, mates: Iterable[int]) -> bool:
    return all(abs(minute - anchor) <= abs(minute - mate) for mate in mates)
