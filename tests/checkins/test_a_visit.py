"""The main way: check in, check out, a receipt for each, counted; and the same event for ever the same answer."""

from datetime import timedelta
from uuid import UUID

import httpx

from doorstep.core import jws
from support.door import arrive, count, leave, planned, standing_clock, visit_row
from support.phone import Phone, b64, claims
from support.world import World

from .conftest import Printed


async def test_a_punctual_visit_with_all_proofs_is_counted(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, min_minutes=3)
        first = await phone.send(client, arrive(phone, visit, world.elder, card.token))
        assert (first[0]["verdict"], first[0]["codes"]) == ("accepted", [])
        assert (await visit_row(visit))["op_state"] == "in_progress"
        hands.move(minutes=20)
        phone.take_anchor(phone.anchor or "")
        second = await phone.send(client, leave(phone, visit, world.elder, card.token, anchor=None, elapsed_ms=None))
    row = await visit_row(visit)
    assert second[0]["codes"] == ["TIME_UNPROVEN"]
    assert (row["op_state"], row["grade"], row["verify_state"]) == ("completed", "C", "needs_review")


async def test_grade_a_without_a_hold_is_verified_by_itself(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, min_minutes=3)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        answers = await phone.send(client, leave(phone, visit, world.elder, card.token))
    row = await visit_row(visit)
    # Twenty minutes without a word from the server, but the monotonic clock proves when it was.
    assert answers[0]["codes"] == []
    assert (row["op_state"], row["grade"], row["verify_state"]) == ("completed", "A", "auto_verified")
    assert row["ended_at"] - row["started_at"] == timedelta(minutes=20)


async def test_the_receipt_names_the_exact_bytes_and_the_visit(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    text = arrive(phone, visit, world.elder, card.token)
    answer = (await phone.send(client, text))[0]
    promise = claims(answer["receipt"])
    assert promise["event_hash"] == b64(jws.sha256(text))
    assert promise["event_id"] == claims(text)["event_id"] == answer["event_id"]
    assert promise["device_id"] == phone.device_id
    assert [(v["visit_id"], v["op_state"]) for v in promise["visits"]] == [(str(visit), "in_progress")]
    assert jws.verified(jws.parse(answer["receipt"], typ="receipt+jws"), jws.signer().point())


async def test_a_repeated_event_is_one_row_and_one_receipt(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    visit = await planned(world)
    text = arrive(phone, visit, world.elder, card.token)
    first = await phone.send(client, text)
    again = await phone.send(client, [text, text])
    assert again == [first[0], first[0]]
    assert (await count("check_event"), await count("event_visit")) == (1, 1)
    twice = leave(phone, visit, world.elder, card.token)
    both = await phone.send(client, [twice, twice])
    assert both[0] == both[1]
    assert await count("check_event") == 2
    other = phone.event("check_in", event_id=UUID(first[0]["event_id"]))
    both = await phone.send(client, [other, other])
    assert [answer["codes"] for answer in both] == [["EVENT_ID_REUSED"]] * 2
    assert both[0] == both[1] == (await phone.send(client, other))[0]


async def test_a_whole_day_in_one_request(client: httpx.AsyncClient, world: World, phone: Phone, card: Printed) -> None:
    texts, visits = [], []
    with standing_clock() as hands:
        item = await world.add_plan_item(world.elder)
        for ordinal in range(1, 6):
            visit = await world.add_visit(world.elder, plan_item=item, ordinal=ordinal)
            visits.append(visit)
            texts.append(arrive(phone, visit, world.elder, card.token))
            hands.move(minutes=10)
            texts.append(leave(phone, visit, world.elder, card.token))
            hands.move(minutes=2)
        answers = await phone.send(client, list(reversed(texts)))
    assert {answer["verdict"] for answer in answers} <= {"accepted", "accepted_with_findings"}
    assert [(await visit_row(visit))["op_state"] for visit in visits] == ["completed"] * 5
    assert "CHAIN_GAP" not in {code for answer in answers for code in answer["codes"]}
    # Back online in one request: the bracket is proven, but it is not "online".
    assert {(await visit_row(visit))["grade"] for visit in visits[:4]} == {"B"}
