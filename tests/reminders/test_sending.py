"""One turn of the worker against the ledger: claims, the ladder, leases, answers, and what nobody needs any more."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.reminders import CalendarFeed
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.reminders import planning, service
from doorstep.reminders.ports import Message, Sent
from doorstep.reminders.sending import Outbox
from doorstep.reminders.wire import Seen
from support.channels import Hands, accepted, ledger
from support.door import Hands as Clock
from support.world import World

from .due import attempts, call, remind, row

Turn = Callable[[], Awaitable[list[str]]]


def me(world: World) -> Actor:
    return Actor(role=Role.CAREGIVER, caregiver_id=world.caregiver, provider_id=world.provider)


async def test_a_message_says_when_and_nothing_of_whom_or_where(world: World, hands: Hands, time: Clock) -> None:
    hands.subscribe(world.caregiver)
    id = await call(world)
    await Outbox(hands).drain()
    [message] = hands.messages
    said = hands.payloads()[0]
    start = (time.at + timedelta(minutes=30)).astimezone(clock.CHINA)
    assert said == {
        "v": 1,
        "id": str(id),
        "kind": "next_call",
        "visit": str((await row(id))["visit"]),
        "at": f"{start:%H:%M}",
        "day": start.date().isoformat(),
        "topic": message.topic,
        "useless": said["useless"],
    }
    assert (message.ttl_s, message.urgent, len(message.topic)) == (40 * 60, True, 32)
    assert len(message.payload) < 400
    assert hands.applied == [accepted(message)]


async def test_nobody_answers_from_the_push_to_the_telephone(
    world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.has_gateway = True
    hands.subscribe(world.caregiver)
    hands.subscribe(world.provider)
    id = await call(world)
    assert await turn() == ["next_call"]
    time.move(minutes=4, seconds=59)
    assert await turn() == []
    time.move(seconds=1)
    await turn()
    assert hands.texts == [id]
    time.move(minutes=4, seconds=59)
    assert await turn() == []
    time.move(seconds=1)
    assert await turn() == ["caregiver_unreached"]
    assert [item.reminder_id for item in (await service.calls(SYSTEM)).items] == [id]
    assert [item.kind for item in (await service.desk(SYSTEM)).items] == ["caregiver_unreached"]
    time.move(minutes=40)
    assert await turn() == ["not_checked_in"]
    assert {one["state"] for one in await ledger(kind="next_call")} == {"expired"}
    assert (await service.calls(SYSTEM)).items == []
    kinds = [one["kind"] for one in await fetch("SELECT kind FROM change WHERE subject = $1 ORDER BY id", id)]
    assert kinds == ["reminder.due", "reminder.call"]


async def test_the_desk_hears_no_more_of_silence_about_a_call_that_is_cancelled(
    office: httpx.AsyncClient, world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.subscribe(world.provider)
    await planning.catch_up()
    id = await call(world)
    await turn()
    time.move(minutes=5)
    assert await turn() == ["caregiver_unreached"]
    visit = (await row(id))["visit"]
    answer = await office.post(f"/api/v1/visits/{visit}/cancel", json={"reason": "老人住院"})
    assert answer.status_code == 200, answer.text
    await turn()
    assert "caregiver_unreached" not in [item.kind for item in (await service.desk(SYSTEM)).items]


async def test_an_answer_ends_the_ladder(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    hands.has_gateway = True
    hands.subscribe(world.caregiver)
    id = await call(world)
    await turn()
    await service.seen(me(world), Seen(shown=[id], by="service_worker"))
    assert (await row(id))["state"] == "sent"
    await service.seen(me(world), Seen(acknowledged=[id], by="service_worker"))
    after = await row(id)
    assert (after["state"], after["acknowledged_by"], after["next_at"]) == ("acknowledged", "service_worker", None)
    time.move(minutes=20)
    assert await turn() == []
    assert hands.texts == []


async def test_who_answers_late_is_no_longer_out_of_reach(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    hands.subscribe(world.provider)
    id = await call(world)
    await turn()
    time.move(minutes=5)
    assert await turn() == ["caregiver_unreached"]
    await service.seen(me(world), Seen(acknowledged=[id]))
    assert (await service.desk(SYSTEM)).items == []
    assert (await service.calls(SYSTEM)).items == []
    assert (await row(id))["state"] == "acknowledged"


async def test_an_answer_while_the_message_is_under_way_is_not_written_over(
    world: World, hands: Hands, time: Clock
) -> None:
    hands.subscribe(world.caregiver)
    id = await call(world)
    outbox = Outbox(hands)
    assert await outbox.take(10) == 1
    await service.seen(me(world), Seen(acknowledged=[id]))
    await outbox.write()
    assert (await row(id))["state"] == "acknowledged"
    assert await attempts(id) == [("push", "accepted")]


async def test_without_push_the_gateway_comes_at_once(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    hands.has_gateway = True
    id = await call(world)
    await turn()
    assert hands.texts == [id]
    assert await attempts(id) == [("push", "no_channel")]


async def test_without_push_and_gateway_the_open_app_has_its_time_before_somebody_calls(
    world: World, turn: Turn, time: Clock
) -> None:
    id = await call(world)
    await turn()
    assert [item.id for item in (await service.due(me(world))).items] == [id]
    assert (await service.calls(SYSTEM)).items == []
    time.move(minutes=5)
    await turn()
    assert [item.reminder_id for item in (await service.calls(SYSTEM)).items] == [id]


async def test_a_calendar_that_was_fetched_today_shows_the_next_call_but_answers_nothing(
    world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.has_gateway = True
    await CalendarFeed.insert(
        CalendarFeed(
            caregiver=world.caregiver,
            token_sha256=b"x",
            created_at=clock.now(),
            fetched_at=clock.now() - timedelta(hours=23),
        )
    )
    id = await call(world)
    other = await remind(world, "not_checked_in")
    await turn()
    assert await attempts(id) == [("calendar", "accepted")]
    assert hands.texts == [other], "a calendar knows of calls only"
    time.move(minutes=5)
    await turn()
    assert hands.texts == [other, id]


async def test_a_push_service_that_asks_for_time_is_asked_again(
    world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.has_gateway = True
    hands.subscribe(world.caregiver)

    def later(message: Message) -> Sent:
        return Sent(
            reminder_id=message.reminder_id,
            subscription_id=message.target.id,
            outcome="later",
            status=429,
            retry_at=clock.now() + timedelta(minutes=2),
        )

    hands.answer = later
    id = await call(world)
    assert await turn() == ["next_call"]
    time.move(minutes=1)
    assert await turn() == []
    hands.answer = accepted
    time.move(minutes=1)
    assert await turn() == ["next_call"]
    assert await attempts(id) == [("push", "later"), ("push", "accepted")]
    time.move(minutes=3)
    await turn()
    assert hands.texts == [id], "five minutes after the first try, not after the last"


async def test_a_browser_that_rests_is_not_sent_to(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    hands.subscribe(world.caregiver, rests_until=clock.now() + timedelta(minutes=1))
    id = await call(world)
    assert await turn() == []
    assert await attempts(id) == [("push", "later")]
    time.move(minutes=1)
    assert await turn() == ["next_call"]


async def test_one_of_two_browsers_is_enough(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    gone = hands.subscribe(world.caregiver)
    hands.subscribe(world.caregiver)

    def one_is_gone(message: Message) -> Sent:
        if message.target.id == gone.id:
            return Sent(reminder_id=message.reminder_id, subscription_id=gone.id, outcome="gone", status=410)
        return accepted(message)

    hands.answer = one_is_gone
    id = await call(world)
    await turn()
    assert sorted(await attempts(id)) == [("push", "accepted"), ("push", "gone")]
    assert (await row(id))["next_at"] == time.at + timedelta(minutes=5)


async def test_a_test_goes_to_the_browser_that_it_tests(world: World, hands: Hands, turn: Turn, time: Clock) -> None:
    hands.subscribe(world.caregiver)
    other = hands.subscribe(world.caregiver)
    await remind(world, "test", about=str(other.id))
    await planning.catch_up()
    await Outbox(hands).drain()
    assert [message.target.id for message in hands.messages] == [other.id]


async def test_a_newer_one_takes_the_place_of_what_was_sent_before_it(
    world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.subscribe(world.caregiver)
    visit = await world.add_visit(world.elder, start=clock.now() + timedelta(minutes=31))
    first = await remind(world, "visit_changed", visit=visit, about=str(visit))
    assert await turn() == ["visit_changed"]
    time.move(minutes=1)
    assert await turn() == ["next_call"]
    second = (await ledger(kind="next_call"))[0]["id"]
    assert ((await row(first))["state"], (await row(second))["state"]) == ("replaced", "sent")
    assert (await row(first))["topic"] == (await row(second))["topic"]


async def test_what_is_not_urgent_waits_for_the_morning_and_what_is_urgent_does_not(
    world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.subscribe(world.caregiver)
    time.move(hours=12)  # ten in the evening
    tomorrow = await world.add_visit(world.wife, start=clock.now() + timedelta(hours=12))
    useless = clock.now() + timedelta(hours=13)
    changed = await remind(world, "visit_changed", visit=tomorrow, about=str(tomorrow), useless_at=useless)
    await call(world)
    assert await turn() == ["next_call"]
    assert (await row(changed))["next_at"] == time.at + timedelta(hours=9)
    time.move(hours=9)
    assert await turn() == ["visit_changed"]


async def test_what_is_over_is_never_said_again(
    office: httpx.AsyncClient, world: World, hands: Hands, turn: Turn, time: Clock
) -> None:
    hands.subscribe(world.caregiver)
    id = await call(world)
    await turn()
    await office.post(f"/api/v1/visits/{(await row(id))['visit']}/cancel", json={"reason": "不用来了"})
    await turn()
    assert (await row(id))["state"] == "cancelled"
    for _ in range(3):
        time.move(hours=1)
        assert "next_call" not in await turn()
