"""Hard cases at the door: whose visit, which visit, which proof, in which order."""

from datetime import time, timedelta

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import (
    DONE,
    Hands,
    arrive,
    both_inside,
    came_and_left,
    leave,
    planned,
    standing_clock,
    take_back,
    visit_row,
    walk_in,
)
from support.phone import Kind, Phone, b64, unb64
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed, print_code


def near_text(text: str) -> str:
    """The same record with its signature damaged."""
    head, body, last = text.split(".")
    raw = bytearray(unb64(last))
    raw[5] ^= 1
    return f"{head}.{body}.{b64(bytes(raw))}"


async def test_a_typed_code_with_an_invented_token_is_not_a_live_scan(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    fields = {"short_code": card.short_code, "capture": "camera"}
    invented = "1" + "7" + "A" * 25
    answers = await phone.send(
        client,
        [
            arrive(phone, visit, world.elder, invented, **fields),
            leave(phone, visit, world.elder, invented, **fields),
        ],
    )
    row = await visit_row(visit)
    assert (row["grade"], row["verify_state"]) != ("A", "auto_verified"), answers


async def test_two_homes_at_once_in_one_request_is_an_overlap(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    other = await print_code(world.couple_home)
    here, there = await planned(world), await planned(world, world.wife)
    with standing_clock() as hands:
        texts = [arrive(phone, here, world.elder, card.token), arrive(phone, there, world.wife, other.token)]
        hands.move(seconds=60)
        texts += [leave(phone, here, world.elder, card.token), leave(phone, there, world.wife, other.token)]
        answers = await phone.send(client, texts)
    rows = [await visit_row(here), await visit_row(there)]
    assert "OVERLAP" in {code for answer in answers for code in answer["codes"]}, [r["verify_state"] for r in rows]


@pytest.mark.parametrize("kind", ["check_in", "not_served"])
async def test_a_phone_of_another_provider_does_not_move_this_providers_visit(
    kind: Kind, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    stranger = await phone_of(world.stranger, place=HOME)
    reason = {"reason": "refused"} if kind == "not_served" else {}
    await stranger.send(
        client, stranger.event(kind, visit_id=visit, elder_ids=[world.elder], token=card.token, **reason)
    )
    assert (await visit_row(visit))["op_state"] == "assigned"


async def test_nobody_else_ends_a_running_visit_by_saying_nobody_was_served(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    await phone.send(client, arrive(phone, visit, world.elder, card.token))
    colleague = await phone_of(world.colleague, place=HOME)
    await colleague.send(client, colleague.event("not_served", visit_id=visit, reason="no_answer"))
    answer = await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert ((await visit_row(visit))["op_state"], answer[0]["codes"]) == ("completed", [])


async def test_a_damaged_copy_does_not_sink_the_record_itself(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    text = arrive(phone, visit, world.elder, card.token)
    answers = await phone.send(client, [near_text(text), text])
    assert [answer["verdict"] for answer in answers] == ["refused", "accepted"], answers
    assert (await phone.send(client, text))[0]["verdict"] == "accepted"


async def evening(client, world, phone, card):
    """19:00: today's visit is done, tomorrow's is at 10:00."""
    item = await world.add_plan_item(world.elder)
    today = await world.add_visit(world.elder, plan_item=item)
    tomorrow = await world.add_visit(world.elder, plan_item=item, start=clock.now() + timedelta(hours=15))
    texts = [phone.event("check_in", token=card.token), phone.event("check_out", token=card.token, **DONE)]
    await phone.send(client, texts)
    assert (await visit_row(today))["op_state"] == "completed"
    return tomorrow


def at_seven() -> Hands:
    return Hands(clock.at(clock.today(), time(19)))


async def test_a_second_check_out_today_does_not_hold_tomorrows_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    hands = at_seven()
    with clock.running_from(lambda: hands.at):
        phone.reboot()
        tomorrow = await evening(client, world, phone, card)
        await phone.send(client, phone.event("check_out", token=card.token, **DONE))
    assert (await visit_row(tomorrow))["holds"] == 0


async def test_a_second_scan_today_does_not_open_tomorrows_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    hands = at_seven()
    with clock.running_from(lambda: hands.at):
        phone.reboot()
        tomorrow = await evening(client, world, phone, card)
        await phone.send(client, phone.event("check_in", token=card.token))
    assert (await visit_row(tomorrow))["op_state"] == "assigned"


async def test_what_an_event_opens_does_not_depend_on_other_phones_in_the_same_request(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    item = await world.add_plan_item(world.elder)
    old = await world.add_visit(world.elder, plan_item=item, start=clock.now() - timedelta(days=4), op_state="missed")
    colleague = await phone_of(world.colleague, place=HOME)
    late = colleague.event(
        "check_in", elder_ids=[world.wife], anchor=None, elapsed_ms=None,
        claimed_at=(clock.now() - timedelta(days=4)).isoformat(),
    )  # fmt: skip
    await phone.send(client, [late, walk_in(phone, "check_in", world.elder, card.token)])
    assert (await visit_row(old))["op_state"] == "missed"


async def test_care_instead_of_a_cancelled_meal_does_not_open_the_afternoons_cleaning(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    meal = await planned(world, op_state="cancelled")
    cleaning = await world.add_visit(
        world.elder, service_type="cleaning", content="laundry", start=clock.now() + timedelta(hours=3)
    )
    await phone.send(client, arrive(phone, meal, world.elder, card.token))
    assert (await visit_row(cleaning))["op_state"] == "assigned"


async def test_the_door_opened_after_all(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        await phone.send(client, phone.event("not_served", visit_id=visit, reason="no_answer"))
        hands.move(minutes=20)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
    rows = await fetch("SELECT op_state FROM visit")
    assert "completed" in [row["op_state"] for row in rows]


async def test_a_phone_that_had_no_network_for_a_month_is_heard(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        hands.move(days=26)
        visit = await planned(world)
        answer = await phone.send(client, arrive(phone, visit, world.elder, card.token))
    assert answer[0]["verdict"] != "refused", answer


async def test_an_annulment_that_forks_the_chain_says_so(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    scan = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, scan)
    undo = take_back(phone, scan, seq=1, prev=None)
    assert "CHAIN_FORK" in (await phone.send(client, undo))[0]["codes"]


async def test_a_replaced_phone_does_not_take_back_without_a_word(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan = arrive(phone, visit, world.elder, card.token)
        await phone.send(client, scan)
        then = clock.now()
        hands.move(days=1)
        await fetch("UPDATE device SET revoked_at = $1", clock.now())
        hands.move(days=1)
        undo = take_back(phone, scan, claimed_at=then.isoformat(), anchor=None, elapsed_ms=None)
        answer = await phone.send(client, undo)
    assert answer[0]["verdict"] != "accepted"


async def test_what_the_first_of_two_caregivers_did_counts(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, _, _ = await both_inside(client, world, phone, card.token)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    answer = await colleague.send(client, leave(colleague, visit, world.elder, card.token, tasks=[]))
    assert "TASKS_MISSING" not in answer[0]["codes"]


async def test_a_clock_ahead_does_not_make_twenty_proven_minutes_nothing(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, min_minutes=10)
        phone.clock_error = timedelta(days=1)
        texts = came_and_left(hands, phone, visit, world.elder, card.token)
        hands.move(hours=3)
        answers = await phone.send(client, texts)
    row = await visit_row(visit)
    assert "TOO_SHORT" not in answers[1]["codes"], row["ended_at"] - row["started_at"]


async def test_the_same_refused_text_twice_in_one_request_has_one_receipt_for_ever(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    good = phone.event("check_in", token=card.token)
    _, first, second = await phone.send(client, [good, "rubbish", "rubbish"])
    again = (await phone.send(client, [good, "rubbish"]))[1]
    assert first["receipt"] == second["receipt"] == again["receipt"]
