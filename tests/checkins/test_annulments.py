"""Taking back a record: only what is still as it was, by whom it was, and never what a person has decided."""

from datetime import datetime
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import arrive, both_inside, came_and_left, leave, planned, standing_clock, take_back, visit_row
from support.phone import Phone, claims
from support.sign_in import phone_of, sign_in
from support.world import HOME, World

from .conftest import Printed, print_code


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
    undo = take_back(phone, first)
    answers = await phone.send(client, [undo, phone.event("not_served", reason="absent")])
    assert answers[0]["verdict"] == "refused"
    assert [(await visit_row(visits[who]))["op_state"] for who in (stays, left)] == ["in_progress", "completed"]


async def test_who_left_cannot_take_the_visit_away_from_the_colleague_inside(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, a, _ = await both_inside(client, world, phone, card.token)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    await phone.send(client, take_back(phone, a))
    assert (await visit_row(visit))["op_state"] == "in_progress"
    answer = await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    assert "NOT_CHECKED_IN" not in answer[0]["codes"]
    assert (await visit_row(visit))["op_state"] == "completed"


async def test_the_first_cannot_take_back_what_the_colleague_already_did(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, a, _ = await both_inside(client, world, phone, card.token)
    await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    await phone.send(client, take_back(phone, a))
    assert (await visit_row(visit))["op_state"] != "assigned"  # the colleague served: now the worker would say missed


async def test_a_visit_is_never_running_with_nobody_inside(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, _, b = await both_inside(client, world, phone, card.token)
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    answer = await colleague.send(client, take_back(colleague, b))
    if answer[0]["verdict"] == "refused":
        return
    row = await visit_row(visit)
    assert row["op_state"] == "completed", "it runs, and no check-out can close it"


async def test_a_leave_taken_back_after_the_visit_closed_is_refused_or_reopens_it(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague, _, _ = await both_inside(client, world, phone, card.token)
    out = leave(phone, visit, world.elder, card.token)
    await phone.send(client, out)
    await colleague.send(client, leave(colleague, visit, world.elder, card.token))
    answer = await phone.send(client, take_back(phone, out))
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
    answer = await phone.send(client, take_back(phone, scan_out))
    if answer[0]["verdict"] == "refused":
        return
    row = await visit_row(visit)
    assert (row["op_state"], row["ended_at"]) == ("in_progress", None)


async def test_fifteen_minutes_do_not_depend_on_what_the_phone_claims(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in, scan_out = came_and_left(hands, phone, visit, world.elder, card.token)
        then = clock.now()
        await phone.send(client, [scan_in, scan_out])
        hands.move(days=30)
        undo = take_back(phone, scan_out, claimed_at=then.isoformat(), anchor=None, elapsed_ms=None)
        answer = await phone.send(client, undo)
    assert answer[0]["codes"] == ["ANNUL_IMPOSSIBLE"], (await visit_row(visit))["op_state"]


@pytest.mark.parametrize(("verify", "settle"), [("verified", "paid"), ("rejected", "not_payable")])
async def test_a_late_annulment_does_not_undo_a_persons_decision_or_a_payment(
    verify: str, settle: str, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in, scan_out = came_and_left(hands, phone, visit, world.elder, card.token)
        await phone.send(client, [scan_in, scan_out])
        hands.move(minutes=10)
        undo = take_back(phone, scan_out)  # made without network
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


async def twice(client, world, phone, card, hands, **values):
    """A check-in by mistake, then the real one: the second finds the visit in progress."""
    visit = await planned(world, **values)
    first = arrive(phone, visit, world.elder, card.token)
    hands.move(seconds=40)
    second = arrive(phone, visit, world.elder, card.token)
    hands.move(seconds=10)
    undo = take_back(phone, first)
    return visit, [first, second, undo], datetime.fromisoformat(claims(second)["claimed_at"])


@pytest.mark.parametrize("together", [True, False])
async def test_the_second_check_in_takes_the_place_of_the_first(
    together: bool, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit, texts, at = await twice(client, world, phone, card, hands)
        answers = await phone.send(client, texts) if together else [(await phone.send(client, t))[0] for t in texts]
        assert [answer["codes"] for answer in answers] == [[], ["ALREADY_IN_PROGRESS"], []]
        row = await visit_row(visit)
        assert (row["op_state"], row["started_at"], row["holds"], row["verify_state"]) == ("in_progress", at, 0, "none")
        page = (await client.get(f"/api/v1/visits/{visit}", headers=await sign_in(world, "dispatcher"))).json()
        assert [(e["effect"], e["annulled"]) for e in page["events"]][:2] == [("opened", True), ("opened", False)]
        [hold] = [one for one in page["findings"] if one["code"] == "ALREADY_IN_PROGRESS"]
        assert hold["answered"]
        hands.move(minutes=20)
        out = await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert out[0]["codes"] == []
    row = await visit_row(visit)
    assert (row["op_state"], row["verify_state"], round((row["ended_at"] - row["started_at"]).total_seconds())) == (
        "completed", "auto_verified", 1210,
    )  # fmt: skip


@pytest.mark.parametrize("together", [True, False])
async def test_the_second_can_be_taken_back_as_well(
    together: bool, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit, texts, _ = await twice(client, world, phone, card, hands)
        texts.append(take_back(phone, texts[1]))
        answers = await phone.send(client, texts) if together else [(await phone.send(client, t))[0] for t in texts]
        assert [answer["verdict"] for answer in answers][2:] == ["accepted", "accepted"]
        row = await visit_row(visit)
        assert (row["op_state"], row["started_at"], row["holds"]) == ("assigned", None, 0)
        again = await phone.send(client, arrive(phone, visit, world.elder, card.token))
    assert again[0]["codes"] == []


async def test_what_holds_the_first_holds_the_second_in_its_place(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    """A bath without certificate is not paid because its first check-in was a mistake."""
    await fetch("UPDATE qualification SET valid_until = '2020-01-01' WHERE caregiver = $1", world.caregiver)
    with standing_clock() as hands:
        visit, texts, _ = await twice(client, world, phone, card, hands)
        await phone.send(client, texts)
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
    row = await visit_row(visit)
    assert (row["verify_state"], row["settle_state"], row["holds"]) == ("needs_review", "held", 1)
    codes = await fetch(
        "SELECT code FROM finding WHERE visit = $1 AND event = $2", visit, UUID(claims(texts[1])["event_id"])
    )
    assert {one["code"] for one in codes} == {"ALREADY_IN_PROGRESS", "QUALIFICATION_MISSING"}


async def test_somebody_elses_check_in_does_not_take_the_place(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    colleague = await phone_of(world.colleague, place=HOME)
    first = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, first)
    await colleague.send(client, arrive(colleague, visit, world.elder, card.token))
    await phone.send(client, take_back(phone, first))
    assert (await visit_row(visit))["op_state"] == "assigned"
