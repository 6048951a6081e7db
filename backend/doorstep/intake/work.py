"""One import on its way: how each row ended, what is known of the district so far, whose rows may be touched."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from piccolo.table import Table

from doorstep.core import clock, vault
from doorstep.identity.wire import Actor
from doorstep.intake import store
from doorstep.intake.layout import Kind
from doorstep.intake.rules import Parsed, Terms
from doorstep.intake.rules_rows import area_key
from doorstep.intake.wire import Fault, RowCode, RowStatus


def grouped(rows: Iterable[Any], column: str) -> dict[Any, list[Any]]:
    """Rows by the value of a column, their order kept."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups


def opened(sealed: bytes | None, purpose: str) -> str | None:
    """The text of a sealed column."""
    return None if sealed is None else vault.current().open(bytes(sealed), purpose)


_BREATH = 25
"""Rows between two moments in which the server may answer others."""


@dataclass
class Progress:
    """How far an import is; read by whoever shows it."""

    done: int = 0
    total: int = 0


@dataclass
class Outcome:
    """How a row ended."""

    parsed: Parsed
    status: RowStatus | None = None
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)

    def refuse(self, code: RowCode, at: str | None = None, **data: Any) -> None:
        """The row is kept out."""
        self.status = RowStatus.REFUSED
        self.faults.append(self.parsed.fault(code, at, **data))

    def notice(self, code: RowCode, at: str | None = None, **data: Any) -> None:
        """Worth knowing, the row counts."""
        self.notices.append(self.parsed.fault(code, at, **data))

    def touched(self, *, new: bool, changed: bool) -> None:
        """An accepted row; what is new stays new whatever else changes with it."""
        if new:
            self.status = RowStatus.CREATED
        elif changed and self.status is not RowStatus.CREATED:
            self.status = RowStatus.UPDATED
        elif self.status is None:
            self.status = RowStatus.UNCHANGED


@dataclass
class KnownProvider:
    """A provider of the file or of the database."""

    id: UUID
    name: str
    area: UUID
    contracts: list[tuple[frozenset[str], date, date | None]] = field(default_factory=list)
    """Service types with their half-open term."""

    def contracted(self, service_type: str, first: date, last: date) -> bool:
        """Whether an agreement covers the type on some day of [first, last]."""
        return any(
            service_type in types and since <= last and (until is None or until > max(first, since))
            for types, since, until in self.contracts
        )


@dataclass
class KnownElder:
    """An elder of the file or of the database."""

    id: UUID
    name: str
    area: UUID
    signed_on: date | None
    served: bool
    """Whether the actor may plan for them: an office for anybody, a provider for whom it serves or this file brings."""


@dataclass
class Work:
    """What the steps of one import share."""

    actor: Actor
    terms: Terms
    outcomes: list[Outcome]
    district_name: str
    progress: Progress
    now: datetime = field(default_factory=clock.now)
    district: UUID | None = None
    areas: dict[str, UUID] = field(default_factory=dict)
    made_areas: set[UUID] = field(default_factory=set)
    """Made by this import, so that no scope can hold them yet."""
    providers: dict[str, KnownProvider] = field(default_factory=dict)
    elders: dict[str, KnownElder] = field(default_factory=dict)
    moved: list[UUID] = field(default_factory=list)
    """Elders who were known and live in another home now."""
    written: int = 0
    _steps: int = 0

    @property
    def today(self) -> date:
        """The civil date of the import."""
        return self.terms.today

    @property
    def from_now(self) -> date:
        """From when a change of a dated fact counts: today, or the first day of a roster that is still to come."""
        return max(self.today, self.terms.first_day)

    def rows(self, kind: Kind) -> list[Outcome]:
        """The rows of a kind that are not refused, in the order of the file."""
        return [one for one in self.outcomes if one.parsed.kind is kind and one.status is not RowStatus.REFUSED]

    def refused(self, kind: Kind) -> set[str]:
        """What the refused rows of a kind would have been."""
        return {
            one.parsed.refers_to
            for one in self.outcomes
            if one.parsed.kind is kind and one.status is RowStatus.REFUSED and one.parsed.refers_to
        }

    def area(self, name: str) -> UUID | None:
        """A subdistrict by its name as an office writes it."""
        return self.areas.get(area_key(name, self.district_name))

    @property
    def unlimited(self) -> bool:
        """Whether the actor may touch everything."""
        return self.actor.provider_id is None and self.actor.area_ids is None

    @property
    def of_district(self) -> bool:
        """Whether the actor answers for the district as a whole."""
        return self.unlimited or (self.actor.provider_id is None and self.district in (self.actor.area_ids or ()))

    def may_area(self, area: UUID | None) -> bool:
        """Whether a place is in the actor's scope."""
        return self.actor.area_ids is None or area in self.actor.area_ids or area in self.made_areas

    def may_provider(self, provider: UUID | None) -> bool:
        """Whether a provider's matters are in the actor's scope."""
        return self.actor.provider_id is None or provider == self.actor.provider_id

    async def insert(self, rows: list[Any]) -> None:
        """New rows of one table."""
        self.written += len(rows)
        await store.insert(self.actor, rows)

    async def update(self, table: type[Table], changes: dict[UUID, dict[str, Any]]) -> None:
        """Changed columns of rows."""
        changes = {id: values for id, values in changes.items() if values}
        self.written += len(changes)
        await store.update(self.actor, table, changes)

    async def step(self) -> None:
        """One row further."""
        self.progress.done += 1
        await self.breathe()

    async def breathe(self) -> None:
        """Now and then others get their turn."""
        self._steps += 1
        if self._steps % _BREATH == 0:
            await asyncio.sleep(0)
