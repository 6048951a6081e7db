"""Holds that people place and decisions that they take, between the records of phones."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from doorstep.checkins import service
from doorstep.checkins.service import DecidedAlready
from doorstep.core.problems import NotFound
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import Actor, Role
from support.door import Hands, arrive, leave, planned, standing_clock, visit_row
from support.phone import Phone
from support.world import World

from .conftest import Printed

OBJECTION = "FAMILY_OBJECTION"


async def manager(world: World) -> Actor:
    """Somebody who decides."""
    return Actor(role=Role.MANAGER, account_id=await world.add_account("manager"), provider_id=world.provider)


async def served(client: httpx.AsyncClient, world: World, phone: Phone, token: str | None) -> UUID:
    """A visit of twenty minutes; without the card's code it is held."""
    with standing_clock() as hands:
        return await served_by(hands, client, world, phone, token)


async def served_by(hands: Hands, client: httpx.AsyncClient, world: World, phone: Phone, token: str | None) -> UUID:
    """The same, of a test that has its own clock."""
    visit = await planned(world)
    await phone.send(client, arrive(phone, visit, world.elder, token))
    hands.move(minutes=20)
    await phone.send(client, leave(phone, visit, world.elder, token))
    return visit


async def axes(visit: UUID) -> tuple[str, str, list[str]]:
    """Both axes and why it is held."""
    row = await visit_row(visit)
    assert row["holds"] == len(row["hold_codes"])
    return row["verify_state"], row["settle_state"], sorted(row["hold_codes"])


async def place(visit: UUID, code: str = OBJECTION, source: UUID | None = None) -> bool:
    """As a family's objection does."""
    async with unit_of_work():
        return await service.place_hold(Actor(role=Role.FAMILY), visit, code, source)


async def lift(visit: UUID, code: str = OBJECTION, source: UUID | None = None) -> bool:
    """As its withdrawal does."""
    async with unit_of_work():
        return await service.lift_hold(Actor(role=Role.FAMILY), visit, code, source)


async def decide(actor: Actor, visit: UUID, decision: Any, *, seen: UUID | None = None) -> UUID:
    """A decision about what stands."""
    looked_at = await look(visit, seen)
    async with unit_of_work():
        return (await service.decide(actor, visit, decision, "other", "看过", looked_at)).id


async def look(visit: UUID, last: UUID | None) -> service.LookedAt:
    """What stands now."""
    rows = await fetch(
        "SELECT event AS id FROM event_visit WHERE visit = $1 UNION SELECT id FROM visit_hold WHERE visit = $1", visit
    )
    return service.LookedAt(codes=(await visit_row(visit))["hold_codes"], shown=[row["id"] for row in rows], last=last)


async def told(visit: UUID) -> list[str]:
    """What people did, as features below read it."""
    rows = await fetch("SELECT kind FROM change WHERE subject = $1 AND kind <> 'visit.checked' ORDER BY id", visit)
    return [row["kind"] for row in rows]


async def test_an_objection_holds_and_its_withdrawal_frees(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, source = await served(client, world, phone, card.token), uuid4()
    assert await axes(visit) == ("auto_verified", "unsettled", [])
    assert await place(visit, source=source)
    assert not await place(visit, source=source)
    assert await axes(visit) == ("reopened", "held", [OBJECTION])
    assert not await lift(visit, source=uuid4())
    assert await lift(visit, source=source)
    assert await axes(visit) == ("auto_verified", "unsettled", [])
    assert await told(visit) == ["visit.held", "visit.released"]


async def test_two_objections_hold_until_both_are_gone(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, one, other = await served(client, world, phone, card.token), uuid4(), uuid4()
    await place(visit, source=one)
    await place(visit, source=other)
    await lift(visit, source=one)
    assert await axes(visit) == ("reopened", "held", [OBJECTION])
    await lift(visit, source=other)
    assert await axes(visit) == ("auto_verified", "unsettled", [])


async def test_a_missed_visit_is_held_by_an_objection(world: World) -> None:
    visit = await planned(world, op_state="missed")
    await place(visit)
    assert await axes(visit) == ("none", "held", [OBJECTION])
    await lift(visit)
    assert await axes(visit) == ("none", "unsettled", [])


async def test_accepting_answers_every_hold_of_now(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    visit = await served(client, world, phone, None)
    await place(visit)
    assert (await axes(visit))[:2] == ("needs_review", "held")
    await decide(await manager(world), visit, "accept")
    assert await axes(visit) == ("verified", "unsettled", [])
    assert not await lift(visit)


async def test_a_record_after_a_decision_opens_the_visit_again_and_says_why(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit, actor = await served_by(hands, client, world, phone, None), await manager(world)
        first = await decide(actor, visit, "accept")
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        assert await axes(visit) == ("reopened", "held", ["ALREADY_IN_PROGRESS"])
        await decide(actor, visit, "accept", seen=first)
        assert await axes(visit) == ("verified", "unsettled", [])


async def test_a_record_after_a_rejection_changes_nothing(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await served_by(hands, client, world, phone, None)
        await decide(await manager(world), visit, "reject")
        assert await axes(visit) == ("rejected", "not_payable", [])
        [answer] = await phone.send(client, arrive(phone, visit, world.elder, card.token))
        assert answer["codes"] == ["ALREADY_IN_PROGRESS"]
    assert await axes(visit) == ("rejected", "not_payable", [])


async def test_what_led_to_a_rejection_stands_again_when_the_caregiver_objects(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    visit, actor = await served(client, world, phone, None), await manager(world)
    before = (await axes(visit))[2]
    first = await decide(actor, visit, "reject")
    await place(visit)
    assert (await axes(visit))[0] == "rejected"
    await lift(visit)
    await place(visit, "CAREGIVER_OBJECTS")
    assert await axes(visit) == ("reopened", "held", sorted([*before, "CAREGIVER_OBJECTS"]))
    await decide(actor, visit, "accept", seen=first)
    assert await axes(visit) == ("verified", "unsettled", [])


async def test_a_question_answers_nothing(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    visit = await served(client, world, phone, None)
    before = await axes(visit)
    await decide(await manager(world), visit, "ask")
    assert await axes(visit) == before
    [asked] = await fetch("SELECT caregiver FROM decision WHERE visit = $1", visit)
    assert asked["caregiver"] == world.caregiver


@pytest.mark.parametrize("settled", ["in_statement", "paid", "clawed_back"])
async def test_money_that_is_settled_is_not_moved_here(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, settled: str
) -> None:
    visit = await served(client, world, phone, card.token)
    await fetch("UPDATE visit SET settle_state = $2 WHERE id = $1", visit, settled)
    await place(visit)
    assert await axes(visit) == ("reopened", settled, [OBJECTION])
    await decide(await manager(world), visit, "reject")
    assert await axes(visit) == ("rejected", settled, [])


async def test_what_was_not_looked_at_is_not_decided(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    visit, actor = await served(client, world, phone, None), await manager(world)
    before = await look(visit, None)
    await place(visit)
    now = await look(visit, None)
    known: list[dict[str, Any]] = [{"codes": before.codes}, {"shown": before.shown}, {"last": uuid4()}]
    for fields in known:
        with pytest.raises(DecidedAlready):
            async with unit_of_work():
                await service.decide(actor, visit, "accept", "other", None, msgspec.structs.replace(now, **fields))
    await decide(actor, visit, "accept")
    with pytest.raises(DecidedAlready):
        await decide(actor, visit, "reject")


async def test_a_hold_needs_a_visit_and_a_code_of_the_list(world: World) -> None:
    with pytest.raises(NotFound):
        await place(uuid4())
    with pytest.raises(ValueError, match="TOO_SHORT"):
        await place(await planned(world), "TOO_SHORT")


async def test_a_late_record_of_a_decided_missed_visit_is_looked_at(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, op_state="missed")
        await place(visit)
        await decide(await manager(world), visit, "reject")
        assert await axes(visit) == ("none", "unsettled", [])
        hands.move(minutes=5)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token, tasks=[]))
    assert await axes(visit) == ("needs_review", "held", ["TASKS_MISSING"])
