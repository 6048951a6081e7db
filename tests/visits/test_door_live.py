"""The phone's stream: only what concerns its caregiver, by whom a change names and by who goes there."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest

from doorstep.core.ids import uuid7
from doorstep.db import changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor, Role
from doorstep.visits import live
from support.until import until
from support.world import World


class _Heard:
    """The subjects that one stream has told of."""

    def __init__(self, actor: Actor, last: str = "") -> None:
        self.subjects: list[UUID] = []
        self.reloads = 0
        self.cursor = ""
        self._stream = live.hub().follow(actor, last)
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._stream:
            parts = [line.partition(": ") for line in event.decode().splitlines()]
            lines: dict[str, str] = {name: value for name, _, value in parts}
            if lines.get("event") == "change":
                self.cursor = lines["id"]
                self.subjects.append(UUID(msgspec.json.decode(lines["data"])["subject"]))
            self.reloads += lines.get("event") == "reload"

    async def has(self, subject: UUID) -> None:
        async def heard() -> bool:
            return subject in self.subjects

        await until(heard)

    def close(self) -> None:
        self._task.cancel()


@pytest.fixture
def streams() -> Iterator[list[_Heard]]:
    opened: list[_Heard] = []
    yield opened
    for one in opened:
        one.close()


def _phone(world: World, caregiver: UUID) -> Actor:
    provider = world.other_provider if caregiver == world.stranger else world.provider
    return Actor(role=Role.CAREGIVER, caregiver_id=caregiver, provider_id=provider)


async def _tell(world: World, subject: UUID, kind: str = "visit.checked", **data: object) -> None:
    async with unit_of_work():
        await changes.record(kind=kind, subject=subject, data=data, provider=world.provider, area=world.subdistrict)


async def _opened(streams: list[_Heard], *actors: Actor) -> list[_Heard]:
    before = live.hub().clients
    streams += (found := [_Heard(actor) for actor in actors])

    async def all_open() -> bool:
        return live.hub().clients == before + len(actors)

    await until(all_open)
    return found


async def test_a_phone_hears_of_its_own_visits_and_reminders_only(world: World, streams: list[_Heard]) -> None:
    mine, theirs = await world.add_visit(world.elder), await world.add_visit(world.wife, caregivers=[world.colleague])
    me, colleague, stranger = await _opened(
        streams, *(_phone(world, who) for who in (world.caregiver, world.colleague, world.stranger))
    )
    reminder, taken, plan, card = uuid7(), uuid7(), uuid7(), uuid7()
    await _tell(world, mine)
    await _tell(world, theirs, "visit.cancelled")
    await _tell(world, reminder, "reminder.due", caregivers=[str(world.caregiver)])
    await _tell(world, plan, "visits.expanded", caregivers=[str(world.caregiver)])
    await _tell(world, card, "card.issued")
    await _tell(world, taken, "visit.assigned", caregivers=[str(world.colleague)], before=[str(world.caregiver)])
    for one in (me, colleague):
        await one.has(taken)
    assert me.subjects == [mine, reminder, taken]
    assert colleague.subjects == [theirs, taken]
    assert stranger.subjects == []


async def test_what_a_phone_missed_is_its_own_too(world: World, streams: list[_Heard]) -> None:
    mine = await world.add_visit(world.elder)
    theirs = await world.add_visit(world.wife, caregivers=[world.colleague])
    [me] = await _opened(streams, _phone(world, world.caregiver))
    await _tell(world, mine)
    await me.has(mine)
    me.close()
    await _tell(world, theirs)
    late = uuid7()
    await _tell(world, late, "reminder.due", caregivers=[str(world.caregiver)])
    streams.append(again := _Heard(_phone(world, world.caregiver), me.cursor))
    await again.has(late)
    assert (again.subjects, again.reloads) == ([late], 0)


@pytest.mark.parametrize("data", [{"caregivers": "x"}, {"caregivers": [1]}, {"before": "home"}, {"before": {"a": 1}}])
async def test_what_is_said_otherwise_still_reaches_who_goes_there(
    world: World, streams: list[_Heard], data: dict[str, object]
) -> None:
    mine = await world.add_visit(world.elder)
    [me] = await _opened(streams, _phone(world, world.caregiver))
    await _tell(world, mine, "visit.moved", **data)
    await me.has(mine)


async def test_a_family_hears_nothing_of_a_provider_s_stream(world: World, streams: list[_Heard]) -> None:
    mine = await world.add_visit(world.elder)
    family, me = await _opened(
        streams, Actor(role=Role.FAMILY, family_member_id=uuid7()), _phone(world, world.caregiver)
    )
    await _tell(world, mine)
    await me.has(mine)
    assert family.subjects == []
