"""What befalls phones and people between two days: restarts, no network, wrong clocks, swapped and replaced phones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from doorstep.core import clock
from fleet.city import Carer, City
from fleet.faults import MENDED
from fleet.office import Office
from fleet.phone import FleetPhone

Step = Callable[[], object]
"""What it returns is awaited if it can be."""


class Mornings:
    """Draws the faults of a day and puts them on the driver's clock."""

    def __init__(
        self, city: City, office: Office, later: Callable[[datetime, Step], None], wake: Callable[[FleetPhone], None]
    ) -> None:
        self.city, self.office, self.dice = city, office, city.dice
        self.later, self.wake = later, wake

    def draw(self, day: date, *, settled: bool) -> None:
        """The faults of one day. `settled`: nobody gets or loses a phone today."""
        working = {carer for call in self.city.truth.by_day.get(day, []) if call.plan for carer in call.plan.assigned}
        for carer in self.city.carers.values():
            if carer.id in working:
                self._phone(carer.phone, day)
        if not settled:
            self._people(day, [carer for carer in self.city.carers.values() if carer.id in working])

    def _at(self, day: date, first: int, last: int) -> datetime:
        """A moment of the day between two hours."""
        return clock.at(day, time(first)) + self.dice.span(0, (last - first) * 60)

    def _phone(self, phone: FleetPhone, day: date) -> None:
        dice = self.dice
        if dice.strikes("reboot"):
            self.later(self._at(day, 7, 18), phone.restart)
        if dice.strikes("offline_hours"):
            self._offline(phone, self._at(day, 5, 16), dice.span(20, 60 * 9))
        if dice.strikes("offline_days"):
            self._offline(phone, self._at(day, 5, 16), dice.span(60 * 24, 60 * 24 * 4))
        if phone.clock_error and dice.rng.random() < MENDED:
            phone.clock_error = timedelta()
        for fault in ("clock_offset", "clock_zone", "clock_year"):
            if dice.strikes(fault):
                phone.clock_error = dice.clock_error(fault)
        if dice.strikes("clock_jump"):
            error = dice.clock_error("clock_jump")
            self.later(self._at(day, 8, 17), lambda: self._jump(phone, error))

    def _offline(self, phone: FleetPhone, since: datetime, span: timedelta) -> None:
        def begin() -> None:
            until = clock.now() + span
            if phone.offline_until is None or phone.offline_until < until:
                phone.offline_until = until
                self.later(until, lambda: self.wake(phone))

        self.later(since, begin)

    @staticmethod
    def _jump(phone: FleetPhone, error: timedelta) -> None:
        phone.clock_error = error

    def _people(self, day: date, working: list[Carer]) -> None:
        dice = self.dice
        for carer in working:
            if dice.strikes("swapped"):
                other = dice.rng.choice(working)
                if other is not carer and carer.hand is carer.phone and other.hand is other.phone:
                    carer.hand, other.hand = other.hand, carer.hand
                    self.later(clock.at(day, time(22)), lambda a=carer, b=other: _back(a, b))
            elif dice.strikes("replaced"):
                self.later(self._at(day, 8, 17), lambda c=carer: self.office.enrol(c))
            elif dice.strikes("revoked"):
                lost = self._at(day, 8, 12)
                self.later(lost, lambda c=carer: self.office.revoke(c))
                self.later(lost + dice.span(60, 60 * 6), lambda c=carer: self.office.enrol(c))


def _back(one: Carer, other: Carer) -> None:
    """In the evening everybody has their own phone again."""
    one.hand, other.hand = one.phone, other.phone
