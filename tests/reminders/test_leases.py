"""Several workers on one ledger: claims and leases, silence and failures of what sends; each is sent, none is lost."""

import asyncio
from datetime import timedelta

import pytest

from doorstep.reminders import sending
from doorstep.reminders.ports import Message, Sent
from doorstep.reminders.sending import Outbox
from support.channels import Hands, accepted, ledger
from support.door import Hands as Clock
from support.until import until
from support.world import World

from .due import attempts, call, remind, row


async def test_a_lease_that_ended_is_another_worker_s_and_the_first_one_writes_nothing(
    world: World, hands: Hands, time: Clock
) -> None:
    hands.subscribe(world.caregiver)
    id = await call(world)
    dead, alive = Outbox(hands), Outbox(hands)
    assert await dead.take(10) == 1
    assert await alive.take(10) == 0, "nobody else touches it while the lease lasts"
    time.at += sending.LEASE
    assert await alive.take(10) == 1
    await alive.write()
    stands = await row(id)
    await dead.write()
    assert await row(id) == stands, "whose lease has ended writes nothing"
    assert [message.topic for message in hands.messages] == [stands["topic"]] * 2, "one place on the phone"


async def test_many_workers_at_once_send_each_once(world: World, hands: Hands, time: Clock) -> None:
    people = [await world.add_caregiver(f"护理员{n}") for n in range(10)]
    for person in people:
        hands.subscribe(person)
        for _ in range(10):
            await remind(world, "not_checked_in", person=person)
    outboxes = [Outbox(hands) for _ in range(4)]
    await asyncio.gather(*(outbox.drain(7) for outbox in outboxes))
    assert len(hands.messages) == 100
    assert len({message.reminder_id for message in hands.messages}) == 100
    assert {one["state"] for one in await ledger()} == {"sent"}


async def test_a_silent_push_service_holds_up_nobody_else(world: World, hands: Hands) -> None:
    silent, friendly = world.caregiver, world.colleague
    hands.subscribe(silent)
    hands.subscribe(friendly)
    hands.answer = lambda message: None if message.target.person == silent else accepted(message)
    for person in (silent, friendly) * 20:
        await remind(world, "not_checked_in", person=person)
    outbox = Outbox(hands)

    async def written() -> bool:
        while not outbox._finished.empty():
            await outbox.write()
        return len([one for one in await ledger(person=friendly) if one["state"] == "sent"]) == 20

    assert await outbox.take(100) == 40
    await until(written)
    assert {one["state"] for one in await ledger(person=silent)} == {"planned"}
    await outbox.close(0.01)


async def test_no_answer_at_all_is_an_answer_after_a_while(
    world: World, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LONGEST", 0.05)
    hands.subscribe(world.caregiver)
    hands.answer = lambda _message: None
    id = await call(world)
    outbox = Outbox(hands)
    await outbox.take(10)
    await outbox.write()
    assert await attempts(id) == [("push", "timed_out")]
    assert (await row(id))["state"] == "sent"


async def test_a_sender_that_breaks_loses_nothing(world: World, hands: Hands) -> None:
    hands.subscribe(world.caregiver)

    def broken(_message: Message) -> Sent:
        raise RuntimeError

    hands.answer = broken
    id = await call(world)
    outbox = Outbox(hands)
    await outbox.take(10)
    await outbox.write()
    assert await attempts(id) == [("push", "timed_out")]
    assert (await row(id))["next_at"] is not None


def test_the_lease_outlasts_the_longest_wait() -> None:
    assert timedelta(seconds=sending.LONGEST + 10) < sending.LEASE
