"""What really happens in homes: couples, two caregivers, nobody at home, mistakes taken back, late and out of order."""

from datetime import timedelta
from uuid import uuid4

import httpx

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import (
    DONE,
    arrive,
    came_and_left,
    count,
    leave,
    planned,
    planned_for_two,
    standing_clock,
    take_back,
    visit_row,
    walk_in,
)
from support.phone import Phone, claims
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed, print_code


async def test_a_couple_is_two_visits_of_one_scan(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    home = await print_code(world.couple_home)
    visits = [await planned(world, world.husband), await planned(world, world.wife)]
    both = [world.husband, world.wife]
    answer = (await phone.send(client, phone.event("check_in", visit_id=visits[0], elder_ids=both, token=home.token)))[
        0
    ]
    assert {v["visit_id"] for v in claims(answer["receipt"])["visits"]} == {str(visit) for visit in visits}
    assert (answer["codes"], [(await visit_row(v))["op_state"] for v in visits]) == ([], ["in_progress"] * 2)
    out = phone.event("check_out", visit_id=visits[0], elder_ids=both, token=home.token, **DONE)
    assert (await phone.send(client, out))[0]["codes"] == []
    assert [(await visit_row(v))["verify_state"] for v in visits] == ["auto_verified"] * 2


async def test_a_visit_of_two_caregivers_needs_both(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit, colleague = await planned_for_two(world)
    first = await phone.send(client, arrive(phone, visit, world.elder, card.token))
    second = await colleague.send(client, arrive(colleague, visit, world.elder, card.token))
    assert first[0]["codes"] == second[0]["codes"] == []
    assert (await phone.send(client, leave(phone, visit, world.elder, card.token)))[0]["codes"] == []
    assert (await visit_row(visit))["op_state"] == "in_progress"
    assert (await colleague.send(client, leave(colleague, visit, world.elder, card.token)))[0]["codes"] == []
    assert (await visit_row(visit))["verify_state"] == "auto_verified"


async def test_nobody_opened_the_attempt_is_kept_and_nothing_is_counted(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    event = phone.event("not_served", visit_id=visit, elder_ids=[world.elder], reason="no_answer", note="敲门三次")
    assert (await phone.send(client, event))[0]["verdict"] == "accepted"
    row = await visit_row(visit)
    assert (row["op_state"], row["reason"], row["verify_state"]) == ("not_served", "no_answer", "none")
    stored = (await fetch("SELECT note, distance_m FROM check_event"))[0]
    assert stored["note"] == "敲门三次" and stored["distance_m"] < 1


async def test_a_mistake_is_taken_back_within_fifteen_minutes_and_its_row_stays(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        neighbour = await print_code(world.couple_home)
        wrong = arrive(phone, visit, world.elder, neighbour.token)
        assert (await phone.send(client, wrong))[0]["codes"] == ["WRONG_HOUSEHOLD"]
        hands.move(minutes=14)
        undo = take_back(phone, wrong, reason="wrong_home")
        assert (await phone.send(client, undo))[0]["codes"] == []
        row = await visit_row(visit)
        assert (row["op_state"], row["started_at"], row["holds"], row["grade"]) == ("assigned", None, 0, None)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
    assert (await visit_row(visit))["verify_state"] == "auto_verified"
    assert await count("check_event") == 4


async def test_scan_and_undo_may_arrive_in_one_request(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    scan = arrive(phone, visit, world.elder, card.token)
    undo = take_back(phone, scan)
    answers = await phone.send(client, [scan, undo])
    assert [answer["verdict"] for answer in answers] == ["accepted", "accepted"]
    assert (await visit_row(visit))["op_state"] == "assigned"


async def test_a_check_out_taken_back_leaves_the_visit_running(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world, min_minutes=10)
    scan_in = arrive(phone, visit, world.elder, card.token)
    too_soon = leave(phone, visit, world.elder, card.token)
    undo = take_back(phone, too_soon)
    answers = await phone.send(client, [scan_in, too_soon, undo])
    assert (answers[1]["codes"], answers[2]["verdict"]) == (["TOO_SHORT"], "accepted")
    row = await visit_row(visit)
    assert (row["op_state"], row["ended_at"], row["holds"], row["verify_state"]) == ("in_progress", None, 0, "none")


async def test_nobody_annuls_for_somebody_else(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    scan = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, scan)
    other = await phone_of(world.colleague, place=HOME)
    answer = await other.send(client, take_back(other, scan))
    assert (answer[0]["verdict"], answer[0]["codes"]) == ("refused", ["ANNUL_IMPOSSIBLE"])
    assert (await visit_row(visit))["op_state"] == "in_progress"


async def test_a_walk_in_is_recorded_and_held(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    await world.add_plan_item(world.elder)
    fields = {"elder_ids": [world.elder], "token": card.token, "service_type": "meal", "content": "delivery"}
    answers = await phone.send(client, [phone.event("check_in", **fields), phone.event("check_out", **fields, **DONE)])
    assert answers[0]["codes"] == ["NO_PLANNED_VISIT"]
    visit = claims(answers[0]["receipt"])["visits"][0]["visit_id"]
    assert claims(answers[1]["receipt"])["visits"][0]["visit_id"] == visit
    row = await visit_row(visit)
    assert (row["kind"], row["op_state"], row["verify_state"], row["settle_state"]) == (
        "adhoc", "completed", "needs_review", "held",
    )  # fmt: skip


async def test_without_a_name_the_only_inhabitant_is_meant(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    answer = (await phone.send(client, phone.event("check_in", token=card.token)))[0]
    assert (answer["codes"], (await visit_row(visit))["op_state"]) == ([], "in_progress")


async def test_a_check_in_that_comes_after_its_check_out_closes_the_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        scan_in, scan_out = came_and_left(hands, phone, visit, world.elder, card.token)
        first = await phone.send(client, scan_out)
        assert set(first[0]["codes"]) == {"NOT_CHECKED_IN", "CHAIN_GAP"}
        await phone.send(client, scan_in)
    row = await visit_row(visit)
    assert (row["op_state"], row["ended_at"] - row["started_at"]) == ("completed", timedelta(minutes=20))


async def test_a_missed_visit_comes_alive_when_the_offline_phone_is_back(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, minutes=60)
        texts = came_and_left(hands, phone, visit, world.elder, card.token)
        hands.move(hours=5)
        await fetch("UPDATE visit SET op_state = 'missed' WHERE id = $1", visit)
        answers = await phone.send(client, texts)
    row = await visit_row(visit)
    assert [answer["codes"] for answer in answers] == [["LATE_SYNC"], ["LATE_SYNC"]]
    assert (row["op_state"], row["grade"], row["verify_state"]) == ("completed", "B", "needs_review")


async def test_a_cancelled_visit_stays_cancelled_and_the_care_is_kept_beside_it(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world, op_state="cancelled")
    answer = (await phone.send(client, arrive(phone, visit, world.elder, card.token)))[0]
    assert "NO_PLANNED_VISIT" in answer["codes"]
    touched = claims(answer["receipt"])["visits"][0]["visit_id"]
    assert touched != str(visit) and (await visit_row(visit))["op_state"] == "cancelled"
    finding = (await fetch("SELECT data FROM finding WHERE code = 'NO_PLANNED_VISIT'"))[0]
    assert str(visit) in finding["data"]


async def test_naming_another_elder_does_not_touch_the_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    [answer] = await phone.send(client, walk_in(phone, "check_in", world.wife, card.token, visit_id=visit))
    assert {"WRONG_HOUSEHOLD", "NO_PLANNED_VISIT"} <= set(answer["codes"])
    assert (await visit_row(visit))["op_state"] == "assigned"


async def test_an_unknown_elder_and_an_unknown_visit_are_kept_without_a_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    answer = (await phone.send(client, phone.event("check_in", visit_id=uuid4(), elder_ids=[uuid4()])))[0]
    assert answer["verdict"] == "accepted_with_findings"
    assert (await count("check_event"), await count("event_visit")) == (1, 0)


async def test_a_revoked_phones_waiting_records_are_kept_and_later_ones_refused(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        before = arrive(phone, visit, world.elder, card.token)
        hands.move(minutes=1)
        await fetch("UPDATE device SET revoked_at = $1", clock.now())
        hands.move(minutes=1)
        after = leave(phone, visit, world.elder, card.token)
        answers = await phone.send(client, [before, after])
    assert [answer["verdict"] for answer in answers] == ["accepted_with_findings", "refused"]
    refused = (await fetch("SELECT code, jws FROM refused_event"))[0]
    assert (refused["code"], refused["jws"]) == ("DEVICE_REVOKED", after)
