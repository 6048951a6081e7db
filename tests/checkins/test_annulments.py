"""Taking back a record: only what is still as it was, by whom it was, and never what a person has decided."""

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import arrive, leave, standing_clock, visit_row
from support.phone import Phone, claims
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed, print_code
from .test_stories import planned


async def couple_running(client, world, phone):
    home = await print_code(world.couple_home)
    visits = {who: await planned(world, who) for who in (world.husband, world.wife)}
    both = [world.husband, world.wife]
    first = phone.event("check_in", visit_id=visits[world.husband], elder_ids=both, token=home.token)
    await phone.send(client, first)
    return home, visits, first


@pytest.mark.parametrize("gone", ["husband", "wife"])
async def test_a_refused_annulment_changes_nothing_of_a_couple(
    gone: str, client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    home, visits, first = await couple_running(client, world, phone)
    left = getattr(world, gone)
    (stays,) = visits.keys() - {left}
    await phone.send(client, leave(phone, visits[left], left, home.token))
    undo = phone.event("annul", annuls=claims(first)["event_id"], reason="mistake")
    answers = await phone.send(client, [undo, phone.event("not_served", reason="absent")])
    assert answers[0]["verdict"] == "refused"
    assert [(await visit_row(visits[who]))["op_state"] for who in (stays, left)] == ["in_progress", "completed"]


async def joint(client, world, phone, card):
    colleague = await phone_of(world.colleague, place=HOME)
    visit = await planned(world, carers_needed=2, caregivers=[world.caregiver, world.colleague])
    a, b = arrive(phone, visit, world.elder, card.token), arrive(colleague, visit, world.elder, card.token)
    await phone.send(client, a)
    await colleague.send(client, b)
    return visit, colleague, a, b


async def test_who_left_cannot_take_the_visit_away_from_the_colleague_inside(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, a, _ = await joint(client, world, phone, card)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    await phone.send(client, phone.event("annul", annuls=claims(a)["event_id"], reason="mistake"))
    assert (await visit_row(visit))["op_state"] == "in_progress"
    answer = await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    assert "NOT_CHECKED_IN" not in answer[0]["codes"]
    assert (await visit_row(visit))["op_state"] == "completed"


async def test_the_first_cannot_take_back_what_the_colleague_already_did(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, a, _ = await joint(client, world, phone, card)
    await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    await phone.send(client, phone.event("annul", annuls=claims(a)["event_id"], reason="mistake"))
    assert (await visit_row(visit))["op_state"] != "assigned"  # the colleague served: now the worker would say missed


async def test_a_visit_is_never_running_with_nobody_inside(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, _, b = await joint(client, world, phone, card)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    answer = await colleague.send(client, colleague.event("annul", annuls=claims(b)["event_id"], reason="mistake"))
    if answer[0]["verdict"] == "refused":
        return
    row = await visit_row(visit)
    assert row["op_state"] == "completed", "it runs, and no check-out can close it"


async def test_a_leave_taken_back_after_the_visit_closed_is_refused_or_reopens_it(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, _, _ = await joint(client, world, phone, card)
    out = leave(phone, visit, world.elder, card.token)
    await phone.send(client, out)
    await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    answer = await phone.send(client, phone.event("annul", annuls=claims(out)["event_id"], reason="mistake"))
    if answer[0]["verdict"] == "refused":
        return
    again = await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert "NOT_CHECKED_IN" not in again[0]["codes"]


async def test_a_check_out_that_had_waited_can_be_taken_back(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    scan_in, scan_out = arrive(phone, visit, world.elder, card.token), leave(phone, visit, world.elder, card.token)
    await phone.send(client, scan_out)
    await phone.send(client, scan_in)
    answer = await phone.send(client, phone.event("annul", annuls=claims(scan_out)["event_id"], reason="mistake"))
    if answer[0]["verdict"] == "refused":
        return
    row = await visit_row(visit)
    assert (row["op_state"], row["ended_at"]) == ("in_progress", None)


async def test_fifteen_minutes_do_not_depend_on_what_the_phone_claims(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in = arrive(phone, visit, world.elder, card.token)
        hands.move(minutes=20)
        scan_out = leave(phone, visit, world.elder, card.token)
        then = clock.now()
        await phone.send(client, [scan_in, scan_out])
        hands.move(days=30)
        undo = phone.event(
            "annul", annuls=claims(scan_out)["event_id"], reason="mistake", claimed_at=then.isoformat(),
            anchor=None, elapsed_ms=None,
        )  # fmt: skip
        answer = await phone.send(client, undo)
    assert answer[0]["codes"] == ["ANNUL_IMPOSSIBLE"], (await visit_row(visit))["op_state"]


@pytest.mark.parametrize(("verify", "settle"), [("verified", "paid"), ("rejected", "not_payable")])
async def test_a_late_annulment_does_not_undo_a_persons_decision_or_a_payment(
    verify: str, settle: str, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in = arrive(phone, visit, world.elder, card.token)
        hands.move(minutes=20)
        scan_out = leave(phone, visit, world.elder, card.token)
        await phone.send(client, [scan_in, scan_out])
        hands.move(minutes=10)
        undo = phone.event("annul", annuls=claims(scan_out)["event_id"], reason="mistake")  # made without network
        hands.move(days=2)
        await fetch("UPDATE visit SET verify_state = $2, settle_state = $3 WHERE id = $1", visit, verify, settle)
        await phone.send(client, undo)
    row = await visit_row(visit)
    assert (row["verify_state"], row["settle_state"]) == (verify, settle)


async def test_a_stray_scan_does_not_unpay_a_paid_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    texts = [arrive(phone, visit, world.elder, card.token), leave(phone, visit, world.elder, card.token)]
    await phone.send(client, texts)
    await fetch("UPDATE visit SET settle_state = 'paid' WHERE id = $1 AND verify_state = 'auto_verified'", visit)
    await phone.send(client, arrive(phone, visit, world.elder, card.token))
    assert (await visit_row(visit))["settle_state"] == "paid"
