"""One run: the driver's clock, its schedule, the server's life. Everything is drawn from one seed."""

from __future__ import annotations

import asyncio
import heapq
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import asyncpg

from doorstep.core import clock, keys
from doorstep.db import engine
from doorstep.settings import Settings
from fleet.backup import Backup, epoch_of
from fleet.city import WORKS, Carer, City
from fleet.day import Mornings
from fleet.door import Door
from fleet.faults import Dice
from fleet.ledger import read
from fleet.network import Network, Parcel
from fleet.office import Office
from fleet.phone import FleetPhone
from fleet.process import ServerProcess
from fleet.server import START
from fleet.verdict import Verdict, judge

Step = Callable[[], object]
"""What it returns is awaited if it can be."""

TICK = timedelta(seconds=60)
DAYS_PER_KILL = 3
ENOUGH = 60
"""Rounds of five minutes in which every phone must be empty when nothing goes wrong any more."""


@dataclass(frozen=True)
class Options:
    """What a run is drawn from."""

    seed: int = 1
    phones: int = 200
    days: int = 30
    works: float = field(default=WORKS, metadata={"help": "how likely a caregiver works on a day"})
    way_to_break: str = field(default="", metadata={"help": "break the server"})


class Run:
    """A district's weeks with one server, from the first morning to the verdict."""

    def __init__(self, settings: Settings, options: Options, *, folder: Path) -> None:
        self.now, self._order = START, 0
        self.settings, self.days = settings, options.days
        self.dice = Dice(options.seed)
        self.city = City(self.dice, phones=options.phones, days=options.days, works=options.works)
        self.server = ServerProcess(settings, way_to_break=options.way_to_break)
        self._deaf = options.way_to_break == "restore"
        self.network = Network(self.dice, self.server.url)
        self.office = Office(self.city, self.network, settings.database_url)
        self.door = Door(self.city, self.later, self.tapped)
        self.mornings = Mornings(self.city, self.office, self.later, self.wake)
        self.backup = Backup(settings.database_url, folder)
        self.server_errors: list[str] = []
        self._steps: list[tuple[datetime, int, Step]] = []
        self._ready: dict[int, FleetPhone] = {}
        self._kills = 0
        self._dumped_at = 0

    def later(self, at: datetime, step: Step) -> None:
        """Puts a step on the clock; steps of one moment keep their order."""
        self._order += 1
        heapq.heappush(self._steps, (max(at, self.now), self._order, step))

    def wake(self, phone: FleetPhone) -> None:
        """The phone looks whether it has something to send, at the end of this tick."""
        self._ready[id(phone)] = phone

    def tapped(self, phone: FleetPhone) -> None:
        """A new record: the phone tries at once, and a minute later if it was just starting again."""
        self.wake(phone)
        self.later(self.now + timedelta(minutes=1), lambda: self.wake(phone))

    async def play(self) -> Verdict:
        """The whole run."""
        with clock.running_from(lambda: self.now):
            await self._prepare()
            try:
                await asyncio.to_thread(self.server.start)
                self._plan_days()
                await self._go_on()
                await self._calm_down()
                signing = (await self.network.call("GET", "/api/v1/keys", self.now)).json()
            finally:
                await self.network.hang_up()
                await asyncio.to_thread(self.server.close)
            ledger = await read(self.settings.database_url)
            return judge(self.city.truth, ledger, self.city.phones, signing, self.server_errors)

    async def _prepare(self) -> None:
        keys.install(self.settings)
        await engine.open_pool(self.settings.database_url, size=2)
        db = await asyncpg.connect(self.settings.database_url)
        try:
            await self.city.build(db)
        finally:
            await db.close()
            await engine.close_pool()

    def _plan_days(self) -> None:
        rng = self.dice.rng
        dumped = rng.randrange(max(1, self.days // 3), max(2, self.days - 1))
        for offset in range(self.days):
            day = START.date() + timedelta(days=offset)
            settled = offset in (dumped, dumped + 1)
            self.later(clock.at(day, time(4)), lambda d=day, s=settled: self.mornings.draw(d, settled=s))
            self.later(clock.at(day, time(6)), self._contacts)
            self.later(clock.at(day, time(7)), lambda d=day: self.door.begin_day(d))
            for hour in (9, 15):
                at = clock.at(day, time(hour)) + self.dice.span(0, 120)
                ahead = day + timedelta(days=hour // 15)
                self.later(at, lambda d=ahead: self.office.edit_day(d))
            for hour in range(8, 24, 2):
                self.later(clock.at(day, time(hour)), self._sweep)
            if offset == dumped:
                self.later(clock.at(day, time(13)), self._dump)
                self.later(clock.at(day, time(13)) + timedelta(hours=rng.randint(3, 26)), self._restore)
        for _ in range(1 + self.days // DAYS_PER_KILL):
            day = START.date() + timedelta(days=rng.randrange(self.days))
            self.later(clock.at(day, time(8)) + self.dice.span(0, 60 * 10), self._order_kill)

    async def _go_on(self) -> None:
        """Plays all steps; at the end of each tick the phones that have something to send do so at once."""
        while self._steps:
            at = self._steps[0][0]
            end = at + TICK
            while self._steps and self._steps[0][0] < end:
                self.now, _, step = heapq.heappop(self._steps)
                result = step()
                if inspect.isawaitable(result):
                    await result
            self.now = end
            await self._send()

    async def _send(self) -> None:
        ready, self._ready = list(self._ready.values()), {}
        for _ in range(20):
            due = [phone for phone in ready if phone.due(self.now)]
            if not due:
                break
            parcels = [self.network.parcel(phone, self.now) for phone in due]
            dies = self._kills > 0 and self.network.mark_death(parcels)
            await self.network.carry(parcels, self.now)
            if dies:
                self._kills -= 1
                await self._restart()
            for parcel in parcels:
                self._settle(parcel)
        await self.network.deliver_late(self.now)

    def _settle(self, parcel: Parcel) -> None:
        phone, answer = parcel.phone, parcel.answer
        if answer is None or answer.status_code != 200:
            if answer is not None:
                self.server_errors.append(f"{self.now} {answer.status_code} {answer.text[:200]}")
            phone.failed(self.dice.rng, self.now)
            if phone.next_try is not None:
                self.later(phone.next_try, lambda: self.wake(phone))
            return
        body = answer.json()
        if self.dice.strikes("crash_before_receipts"):
            self._crash(phone)
            return
        if len(body["receipts"]) > 1 and self.dice.strikes("torn_receipts"):
            phone.take(parcel.records, body["receipts"][: len(body["receipts"]) // 2])
            self._crash(phone)
            return
        self._heard(phone, epoch_of(answer))
        phone.take(parcel.records, body["receipts"])
        phone.take_anchor(body["anchor"], self.now)

    def _crash(self, phone: FleetPhone) -> None:
        phone.restart()
        self.later(self.now + timedelta(minutes=1), lambda: self.wake(phone))

    def _heard(self, phone: FleetPhone, epoch: str | None) -> None:
        """With each answer the phone learns the epoch, and its owner how the office's book stands."""
        if not self._deaf and phone.learn_epoch(epoch, self.now):
            self.dice.counts["sent_again"] += len(phone.waiting)
            self.later(self.now, lambda: self.wake(phone))
        owner = self._owner(phone)
        if owner is not None:
            owner.version = self.office.version

    def _owner(self, phone: FleetPhone) -> Carer | None:
        return next((carer for carer in self.city.carers.values() if carer.phone is phone), None)

    async def _contacts(self) -> None:
        """In the morning each phone with a network asks for its day."""
        calls = self.city.truth.by_day.get(clock.today(), [])
        wanted = {carer for call in calls if call.plan for carer in call.plan.assigned}
        for carer in self.city.carers.values():
            if carer.id in wanted and carer.phone.online(self.now):
                await self._contact(carer.phone)

    async def _contact(self, phone: FleetPhone) -> None:
        answer = await self.network.call("GET", "/api/v1/door/sync", self.now, headers=phone.wire.headers)
        if answer.status_code == 200:
            phone.take_anchor(answer.json()["anchor"], self.now)
        elif not phone.revoked:
            self.server_errors.append(f"{self.now} day {answer.status_code} {answer.text[:200]}")
        self._heard(phone, epoch_of(answer))

    async def _sweep(self) -> None:
        answer = await self.network.call("POST", "/test/sweep", self.now)
        if answer.status_code != 200:
            self.server_errors.append(f"{self.now} sweep {answer.status_code} {answer.text[:200]}")

    def _order_kill(self) -> None:
        self._kills += 1

    async def _restart(self) -> None:
        await self.network.hang_up()
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)

    def _dump(self) -> None:
        self._dumped_at = self.office.version
        self.backup.take()

    async def _restore(self) -> None:
        self.dice.counts["restored"] += 1
        await self.network.hang_up()
        await asyncio.to_thread(self.server.stop)
        await self.backup.restore()
        self.office.forget_since(self._dumped_at, self.now)
        await asyncio.to_thread(self.server.start)

    async def _calm_down(self) -> None:
        """Nothing goes wrong any more: every phone finds its network and sends until nothing waits."""
        self.dice.calm = True
        await self.network.deliver_all(self.now)
        for phone in self.city.phones:
            phone.offline_until = None
            await self._contact(phone)
        for _ in range(ENOUGH):
            waiting = [phone for phone in self.city.phones if phone.waiting]
            if not waiting:
                return
            for phone in waiting:
                self.wake(phone)
            self.now += timedelta(minutes=5)
            await self._send()
