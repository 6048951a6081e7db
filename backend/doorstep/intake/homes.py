"""The homes of an import: one for each address of a subdistrict, at the first point that the file gives for it."""

import re
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import vault
from doorstep.core.geo import Point, distance_m
from doorstep.core.ids import uuid7
from doorstep.db.tables.homes import Household
from doorstep.intake import store
from doorstep.intake.cells import key, to_wgs84
from doorstep.intake.roster import ElderRow
from doorstep.intake.wire import RowCode
from doorstep.intake.work import Outcome, Work, opened

_SAME_POINT_M = 30.0
"""Two points of one address within this are one: offices geocode by hand."""


class Homes:
    """What is there, what the file says, what is to be written. Of several rows the first that says a thing decides it,
    so that the same file always says the same."""

    def __init__(self, work: Work, there: dict[bytes, asyncpg.Record], pointed: dict[bytes, Outcome]) -> None:
        self._work = work
        self._there = there
        self._pointed = pointed
        self._settled: dict[bytes, UUID] = {}
        self._said: set[tuple[bytes, str]] = set()
        self._made: dict[UUID, Household] = {}
        self._changes: dict[UUID, dict[str, Any]] = {}

    @classmethod
    async def of(cls, work: Work, outcomes: list[Outcome]) -> "Homes":
        """The homes of these rows, those that are there looked up at once."""
        pointed: dict[bytes, Outcome] = {}
        prints: set[bytes] = set()
        for outcome in outcomes:
            row: ElderRow = outcome.parsed.value
            area = work.area(row.area)
            if area is None:
                continue
            print_ = fingerprint(area, row.address)
            prints.add(print_)
            if row.point is not None:
                known = pointed.get(print_)
                if known is None or (row.coord_system and not known.parsed.value.coord_system):
                    pointed[print_] = outcome
        there = await store.households(work.actor, prints)
        return cls(work, {bytes(row["address_fingerprint"]): row for row in there}, pointed)

    def settle(self, outcome: Outcome, area: UUID) -> tuple[UUID, bool]:
        """The home of a row, and whether this row changed it."""
        row: ElderRow = outcome.parsed.value
        print_ = fingerprint(area, row.address)
        old = self._there.get(print_)
        if print_ not in self._settled:
            self._settled[print_] = old["id"] if old else uuid7()
            if old is None:
                self._made[self._settled[print_]] = Household(
                    id=self._settled[print_],
                    area=area,
                    address=vault.current().seal(row.address, "household.address"),
                    address_fingerprint=print_,
                    created_at=self._work.now,
                )
        home = self._settled[print_]
        return home, self._put(outcome, home, old, self._told(outcome, print_))

    def _told(self, outcome: Outcome, print_: bytes) -> dict[str, Any]:
        """The columns that this row decides."""
        row: ElderRow = outcome.parsed.value
        told: dict[str, Any] = {}
        for name, words in (("community", row.community), ("access_notes", row.access_notes)):
            if words and (print_, name) not in self._said:
                self._said.add((print_, name))
                told[name] = words
        if row.point is None:
            return told
        first = self._pointed[print_]
        here, there = _wgs84(row), _wgs84(first.parsed.value)
        if first is outcome:
            lat, lon = here or (None, None)
            source = {"source_lat": row.point[0], "source_lon": row.point[1], "coord_system": row.coord_system}
            return told | source | {"lat": lat, "lon": lon}
        if here is not None and there is not None and distance_m(here, there) > _SAME_POINT_M:
            outcome.notice(RowCode.POINT_CONFLICT, "lat", row=first.parsed.number)
        return told

    def _put(self, outcome: Outcome, home: UUID, old: asyncpg.Record | None, told: dict[str, Any]) -> bool:
        """Keeps what differs; a blank cell changes nothing, a point that was set on the spot stays. So does a home in
        which another provider serves somebody: where its caregivers have to be is not for this one to say."""
        made = self._made.get(home)
        if made is not None:
            for name, value in told.items():
                if value is not None:
                    setattr(made, name, value)
            return False
        if old is None:
            return False
        seen = {**dict(old), **self._changes.get(home, {})}
        new = {}
        for name, value in told.items():
            if value is None or (name in ("lat", "lon") and seen["point_set_at"] is not None):
                continue
            differs = key(value) != key(seen[name]) if isinstance(value, str) else value != seen[name]
            if differs:
                new[name] = value
        # The conversion may gain digits from one version to the next; only another source moves the point.
        if not new.keys() & {"source_lat", "source_lon", "coord_system"} and seen["lat"] is not None:
            new.pop("lat", None)
            new.pop("lon", None)
        if new and not old["may_change"]:
            outcome.notice(RowCode.HOME_KEPT, "address")
            return False
        self._changes.setdefault(home, {}).update(new)
        return bool(new)

    async def write(self) -> None:
        """Homes before the elders who live in them."""
        await self._work.insert(list(self._made.values()))
        await self._work.update(Household, self._changes)


def _wgs84(row: ElderRow) -> Point | None:
    return to_wgs84(Point(*row.point), row.coord_system) if row.point and row.coord_system else None


_ROOM = re.compile(r"(室|号房|房)$")


def fingerprint(area: UUID, address: str) -> bytes:
    """The address for comparing, sealed: no blanks, one kind of dash, 404室 and 404 are one."""
    bare = _ROOM.sub("", key(address).replace("#", "号"))
    return vault.current().fingerprint(f"{area}/{bare}", "household.address")


def address_of(row: asyncpg.Record) -> str:
    """The address of a home in clear."""
    return opened(row["address"], "household.address") or ""
