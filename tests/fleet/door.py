"""What caregivers do: their rounds as they know them, at the door with the phone in their hand, forgetful at times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from doorstep.core import clock
from fleet.city import Carer, City
from fleet.phone import FleetPhone
from fleet.truth import Call, Made
from support.phone import Kind, claims

Later = Callable[[datetime, Callable[[], object]], None]

DONE = {
    "meal": ["meal_handed"],
    "cleaning": ["floor"],
    "medical": ["pressure"],
    "bathing": ["bath", "skin_check"],
}
ACKNOWLEDGED = ["emergency@1", "bathing-safety@1"]


class Door:
    """Lets the caregivers work. `later` puts a step on the driver's clock, `tap` tells of a new record."""

    def __init__(self, city: City, later: Later, tap: Callable[[FleetPhone], None]) -> None:
        self.city, self.dice, self.later, self.tap = city, city.dice, later, tap

    def begin_day(self, day: date) -> None:
        """The rounds of the day: what each caregiver knows of the book, one call after the other."""
        rng = self.dice.rng
        calls = self.city.truth.by_day.get(day, [])
        for carer in self.city.carers.values():
            mine = sorted((call for call in calls if self._knows(carer, call)), key=lambda call: call.start)
            free = None
            for home_calls in _by_home(mine):
                start = home_calls[0].start + timedelta(seconds=rng.randint(-300, 1200))
                start = start if free is None else max(start, free + timedelta(minutes=10))
                free = start + self.dice.span(15, 40)
                for number, call in enumerate(home_calls):
                    self._schedule(carer, call, start + number * timedelta(seconds=20), free)
            if mine and free is not None and self.dice.strikes("walk_in"):
                self._walk_in(carer, day, free + timedelta(minutes=15))

    def _knows(self, carer: Carer, call: Call) -> bool:
        plan = call.as_of(carer.version)
        return plan is not None and carer.id in plan.assigned and not plan.cancelled and not plan.gone

    def _schedule(self, carer: Carer, call: Call, start: datetime, end: datetime) -> None:
        dice = self.dice
        if dice.strikes("not_served"):
            if dice.rng.random() < 0.5:
                self.later(start, lambda: self._act(carer, call, "check_in"))
            self.later(end, lambda: self._act(carer, call, "not_served", reason="no_answer"))
            return
        if not dice.strikes("forgotten_check_in"):
            if dice.strikes("annulled"):
                first = start
                self.later(first, lambda: self._mistake(carer, call, first))
                start += timedelta(minutes=6)
            self.later(start, lambda: self._act(carer, call, "check_in"))
        if not dice.strikes("forgotten_check_out"):
            end = max(end, start + timedelta(minutes=5))
            self.later(end, lambda: self._act(carer, call, "check_out"))

    def _mistake(self, carer: Carer, call: Call, at: datetime) -> None:
        made = self._act(carer, call, "check_in")
        if made is not None:
            # Most take the wrong one back before they begin anew; some do it afterwards.
            wait = self.dice.span(0.5, 5) if self.dice.rng.random() < 0.8 else self.dice.span(7, 12)
            self.later(at + wait, lambda: self._take_back(carer, call, made))

    def _take_back(self, carer: Carer, call: Call, made: Made) -> None:
        if carer.hand.wire.device_id == made.device:
            self._act(carer, call, "annul", annuls=made.event_id, reason="mistake")

    def _walk_in(self, carer: Carer, day: date, at: datetime) -> None:
        """A neighbour asks, or the call was never written into the book: an elder who has no call that day."""
        visited = {call.elder for call in self.city.truth.by_day.get(day, [])}
        elders = [(elder, home) for home in self.city.homes.values() for elder in home.elders if elder not in visited]
        if not elders:
            return
        elder, home = self.dice.rng.choice(elders)
        service_type, content = self.dice.rng.choice((("meal", "delivery"), ("cleaning", "home_cleaning")))
        call = Call(elder, home.id, at, None, service_type, content)
        self.city.truth.add(call, day)
        self._schedule(carer, call, at, at + self.dice.span(12, 25))

    def _act(self, carer: Carer, call: Call, kind: Kind, **fields: Any) -> Made | None:
        """One tap. It counts from the moment it is stored; a crash before that makes the caregiver tap again."""
        now, phone, dice = clock.now(), carer.hand, self.dice
        if kind == "check_in" and call.visit and not self._still_goes(carer, call):
            return None
        record = phone.draft(dice.rng, now, kind, **self._payload(carer, call, kind), **fields)
        if dice.strikes("crash_before_store"):
            phone.restart()
            if dice.rng.random() < 0.8:
                self.later(now + timedelta(seconds=45), lambda: self._again(carer, call, kind, fields))
            return None
        phone.store(record)
        made = Made(
            event_id=record.event_id,
            hash=record.hash,
            device=phone.wire.device_id,
            seq=claims(record.text)["seq"],
            kind=kind,
            at=now,
            carer=carer.id,
            clock_right=phone.clock_error == timedelta(),
            annuls=fields.get("annuls"),
        )
        self.city.truth.stored(made, call)
        if dice.strikes("crash_after_store"):
            phone.restart()
        self.tap(phone)
        return made

    def _again(self, carer: Carer, call: Call, kind: Kind, fields: dict[str, Any]) -> None:
        self._act(carer, call, kind, **fields)

    def _still_goes(self, carer: Carer, call: Call) -> bool:
        """Who has read meanwhile that the call is somebody else's, or off, does not go."""
        return self._knows(carer, call) or any(made.carer == carer.id for made in call.made)

    def _payload(self, carer: Carer, call: Call, kind: Kind) -> dict[str, Any]:
        phone, dice = carer.hand, self.dice
        home = self.city.homes[call.home]
        phone.wire.place = None if dice.strikes("no_position") else home.place
        if kind == "annul":
            return {"capture": None}
        # On another's phone the call is not in the list, and neither is a walk-in: the code and the elder say it all.
        shown = call.visit is not None and phone is carer.phone and not dice.strikes("unplanned_scan")
        fields: dict[str, Any] = {
            "visit_id": str(call.visit) if shown else None,
            "elder_ids": [str(call.elder)],
            "token": home.token,
            "service_type": None if shown else call.service_type,
            "content": None if shown else call.content,
        }
        if kind == "check_out":
            fields |= {"tasks": DONE[call.service_type], "acknowledged": ACKNOWLEDGED}
        return fields


def _by_home(calls: list[Call]) -> list[list[Call]]:
    """Calls in one home at one time are one stay: a couple, each with a visit of their own."""
    stays: list[list[Call]] = []
    for call in calls:
        if stays and stays[-1][0].home == call.home and stays[-1][0].start == call.start:
            stays[-1].append(call)
        else:
            stays.append([call])
    return stays
