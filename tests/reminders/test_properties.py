"""What holds whatever happens: one live reminder for each thing, nothing of no use, nothing after an answer."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core import clock
from doorstep.identity.wire import Actor, Role
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders import service
from doorstep.reminders.ports import Message, Sent
from doorstep.reminders.preferences import PRODUCT
from doorstep.reminders.rules import Standing
from doorstep.reminders.wire import PushPayload, Seen
from doorstep.visits import service as visits
from support.channels import Hands, accepted, ledger
from support.door import standing_clock
from support.sign_in import sign_in
from support.world import World

from .conftest import order
from .examples import LATE, MINUTE, NEXT, at

STEP = {"push": 1, "message": 2, "call": 3}


@given(
    reminder=st.sampled_from([NEXT, LATE]),
    gaps=st.lists(st.integers(0, 20), min_size=1, max_size=40),
    answers=st.lists(st.sampled_from(["reached", "later", "nobody"]), min_size=40, max_size=40),
    has_gateway=st.booleans(),
    is_urgent=st.booleans(),
)
def test_the_ladder_ends_goes_upwards_and_says_nothing_that_is_of_no_use(
    reminder: Standing, gaps: list[int], answers: list[str], has_gateway: bool, is_urgent: bool
) -> None:
    now, one, taken = at(7, 30), reminder, []
    next_at = one.due_at
    for gap, answer in zip(gaps, answers, strict=False):
        now = max(now + gap * MINUTE, next_at)
        decision = ladder.decide(
            one, needed=True, is_urgent=is_urgent, chosen=PRODUCT, has_gateway=has_gateway, now=now
        )
        if decision.step in STEP:
            assert one.due_at <= now < one.useless_at
            taken.append(STEP[decision.step])
        match decision.step:
            case "expire":
                assert now >= one.useless_at or not is_urgent
                break
            case "push":
                retry = now + 2 * MINUTE if answer == "later" else None
                after = ladder.after_push(
                    one,
                    reached=answer == "reached",
                    retry_at=retry,
                    is_urgent=is_urgent,
                    has_gateway=has_gateway,
                    now=now,
                )
                one = _moved(one, after.step, now)
                next_at = after.next_at
            case "message" | "call":
                one = _moved(one, STEP[decision.step], now)
                wait = ladder.patience(one.kind, one.step, is_urgent=is_urgent)
                next_at = min(now + wait, one.useless_at) if decision.step == "message" else one.useless_at
            case _:
                assert decision.until is not None
                assert decision.until > now
                next_at = decision.until
    assert taken == sorted(taken), "never a step back"
    counted = Counter(taken)
    assert counted[2] <= 1
    assert counted[3] <= 1
    assert has_gateway or counted[2] == 0
    assert one.kind in ladder.LADDER or set(taken) <= {1}


def _moved(one: Standing, step: int, now: datetime) -> Standing:
    return msgspec.structs.replace(one, step=step, sent_at=one.sent_at or now)


@pytest.mark.parametrize("seed", range(3))
async def test_a_day_of_everything_keeps_one_live_reminder_for_each_thing(
    client: httpx.AsyncClient,
    world: World,
    hands: Hands,
    turn: Callable[[], Awaitable[list[str]]],
    seed: int,
) -> None:
    chance = random.Random(seed)
    hands.has_gateway = chance.random() < 0.5
    people = [world.caregiver, world.colleague]
    for person in (*people, world.provider):
        hands.subscribe(person)
    client.headers.update(await sign_in(world, "dispatcher"))
    answered: set[str] = set()
    made: list[UUID] = []
    with standing_clock() as hand:
        hand.at = clock.day_bounds(clock.today())[0] + timedelta(hours=6)
        await turn()
        for _ in range(30):
            await _something(client, world, chance, made, people)
            hand.move(minutes=chance.choice([1, 4, 12, 35, 70]))
            await visits.sweep()
            await turn_and_check(turn, hands, answered)
            rows = await ledger()
            live = Counter(row["thing"] for row in rows if row["state"] in ("planned", "sent"))
            assert [thing for thing, count in live.items() if count > 1] == []
            assert [row for row in rows if row["state"] == "acknowledged" and row["next_at"]] == []
            if chance.random() < 0.4 and (open_ := [row for row in rows if row["state"] == "sent"]):
                row = chance.choice(open_)
                me = Actor(role=Role.CAREGIVER, caregiver_id=row["person"], provider_id=world.provider)
                await service.seen(me, Seen(acknowledged=[row["id"]]))
                answered.add(str(row["id"]))
    assert {row["state"] for row in await ledger() if str(row["id"]) in answered} <= {"acknowledged"}


async def turn_and_check(turn: Callable[[], Awaitable[list[str]]], hands: Hands, answered: set[str]) -> None:
    """Whatever is pushed is of use and has not been answered."""
    told: list[Message] = []

    def taken(message: Message) -> Sent:
        told.append(message)
        return accepted(message)

    hands.answer = taken
    await turn()
    for message in told:
        said = msgspec.json.decode(message.payload, type=PushPayload)
        assert said.useless > clock.now()
        assert str(said.id) not in answered


async def _something(
    client: httpx.AsyncClient, world: World, chance: random.Random, made: list[UUID], people: list[UUID]
) -> None:
    """One thing that an office does; whether it may just now is not asked."""
    start = clock.now() + timedelta(minutes=chance.choice([15, 45, 120, 600]))
    window = {"window_start": start.isoformat(), "window_end": (start + timedelta(minutes=40)).isoformat()}
    what = chance.randrange(4)
    if what == 0 or not made:
        who = [str(chance.choice(people))] if chance.random() < 0.8 else []
        answer = await client.post("/api/v1/visits", json=order(world, caregiver_ids=who, **window))
        if answer.status_code == 201:
            made.append(UUID(answer.json()["visits"][0]["id"]))
        return
    visit = chance.choice(made)
    if what == 1:
        body = {"caregiver_ids": [str(chance.choice(people))]}
        answer = await client.put(f"/api/v1/visits/{visit}/caregivers", json=body)
    elif what == 2:
        answer = await client.put(f"/api/v1/visits/{visit}/window", json={**window, "reason": "改时间"})
    else:
        answer = await client.post(f"/api/v1/visits/{visit}/cancel", json={"reason": "不用了"})
    assert answer.status_code < 500, answer.text
