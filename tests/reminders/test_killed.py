"""Two real workers, a push service on loopback, and SIGKILL: each reminder once in the ledger and once on a phone."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import planning, push
from doorstep.reminders.rules import Wanted
from doorstep.reminders.wire_push import NewSubscription
from doorstep.settings import Settings, to_environment
from support.channels import ledger
from support.push_browser import Browser
from support.push_service import HANGS, PushService
from support.sign_in import phone_of
from support.until import until
from support.world import World

PEOPLE, EACH = 20, 50


class Workers:
    """Processes of `doorstep worker`."""

    def __init__(self, settings: Settings) -> None:
        self._environment = {**os.environ, **to_environment(settings)}
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._running.append(
            subprocess.Popen([sys.executable, "-c", "from doorstep.cli import main; main()", "worker"],
                             env=self._environment)
        )  # fmt: skip

    def kill(self, which: int) -> None:
        """SIGKILL: no goodbye."""
        gone = self._running.pop(which)
        gone.kill()
        gone.wait(20)

    def stop(self) -> list[int]:
        """SIGTERM, as an operator would; answers how they ended."""
        for process in self._running:
            process.terminate()
        ended = [process.wait(20) for process in self._running]
        self._running.clear()
        return ended

    def close(self) -> None:
        while self._running:
            self.kill(0)


@pytest.fixture
def workers_of() -> Iterator[list[Workers]]:
    made: list[Workers] = []
    yield made
    for one in made:
        one.close()


async def subscribed(world: World, service: PushService, settings: Settings, people: int) -> dict[UUID, Browser]:
    """Caregivers whose phones have subscribed there; the messages that test them are not wanted here."""
    found: dict[UUID, Browser] = {}
    for number in range(people):
        caregiver = await world.add_caregiver(f"护理员{number}")
        actor = await identity.actor_of((await phone_of(caregiver)).token)
        assert actor is not None
        browser = service.subscribe()
        await push.put(actor, msgspec.convert(browser.subscription, NewSubscription), settings)
        found[caregiver] = browser
    await fetch("UPDATE reminder SET state = 'cancelled', next_at = NULL WHERE kind = 'test'")
    return found


async def remind(world: World, people: list[UUID], each: int) -> None:
    """So many for everybody, due now."""
    now = clock.now()
    wanted = [
        Wanted(
            kind="not_checked_in",
            audience="caregiver",
            person=person,
            provider=world.provider,
            visit=None,
            about=str(uuid7()),
            occasion=now,
            due_at=now,
            useless_at=now + timedelta(hours=2),
        )
        for person in people
        for _ in range(each)
    ]
    async with unit_of_work():
        await planning.remind(SYSTEM, wanted)


async def _sent() -> int:
    rows = await fetch("SELECT count(*) AS n FROM reminder WHERE kind = 'not_checked_in' AND state = 'sent'")
    return rows[0]["n"]


@pytest.mark.parametrize("seed", [1])
async def test_each_of_a_thousand_is_effective_once_whoever_is_killed_and_when(
    world: World, settings: Settings, workers_of: list[Workers], seed: int
) -> None:
    chance = random.Random(seed)
    async with PushService() as service:
        settings = msgspec.structs.replace(settings, push_hosts=service.origin)
        phones = await subscribed(world, service, settings, PEOPLE)
        await remind(world, list(phones), EACH)
        workers_of.append(workers := Workers(settings))
        workers.start()
        workers.start()
        for mark in sorted(chance.sample(range(50, PEOPLE * EACH - 50), 4)):

            async def reached(mark: int = mark) -> bool:
                return len(service.taken) >= mark

            await until(reached, seconds=90)
            workers.kill(chance.randrange(2))
            # The killed one's leases end; of the living one's too, as if it had been slow.
            now = clock.now()
            await fetch("UPDATE reminder SET next_at = $1 WHERE claimed_by IS NOT NULL AND next_at > $1", now)
            workers.start()

        async def all_sent() -> bool:
            return await _sent() == PEOPLE * EACH

        await until(all_sent, seconds=120)
        # One that was started last may still have been on its way to its first look.
        assert set(workers.stop()) <= {0, -signal.SIGTERM}
        waiting = [message for browser in phones.values() for message in service.waiting(browser.endpoint)]
        assert len(waiting) == PEOPLE * EACH, "one on the phone for each, whatever was sent twice"
        said = {
            phones[person].read(message.body)["id"]
            for person in phones
            for message in service.waiting(phones[person].endpoint)
        }
    rows = await ledger(kind="not_checked_in")
    assert said == {str(row["id"]) for row in rows}
    assert len(rows) == PEOPLE * EACH == len({(row["thing"], row["occasion"]) for row in rows})
    assert {(row["state"], row["step"], row["claimed_by"]) for row in rows} == {("sent", 1, None)}
    tried = await fetch("SELECT count(DISTINCT reminder) AS n FROM reminder_attempt WHERE outcome = 'accepted'")
    assert tried[0]["n"] == PEOPLE * EACH


async def test_a_push_service_that_hangs_holds_up_nobody_who_has_another(
    world: World, settings: Settings, workers_of: list[Workers]
) -> None:
    async with PushService() as silent, PushService() as friendly:
        silent.answers["*"] = HANGS
        settings = msgspec.structs.replace(settings, push_hosts=f"{silent.origin},{friendly.origin}")
        waiting = await subscribed(world, silent, settings, 10)
        served = await subscribed(world, friendly, settings, 10)
        await remind(world, [*waiting, *served], 30)
        workers_of.append(workers := Workers(settings))
        workers.start()

        async def all_served() -> bool:
            return len(friendly.taken) == 300

        # A request that hangs is given up after ten seconds: nobody has waited for one.
        await until(all_served, seconds=60)
        rows = await fetch(
            "SELECT a.outcome FROM reminder_attempt a JOIN reminder r ON r.id = a.reminder "
            "WHERE r.person = ANY($1::uuid[]) AND a.outcome = 'timed_out'",
            list(waiting),
        )
        assert len(rows) <= 60, "the rest was not even tried"
