"""Decisions: who may take them, what they need, what they answer, and what the caregiver says to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from checkins.conftest import print_code
from doorstep.checkins import service as checkins
from doorstep.core import geo, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM, Role
from support.door import arrive, leave, planned, standing_clock, visit_row
from support.sign_in import phone_of
from support.world import HOME, PASSWORD

from .conftest import Desk, state


async def test_accepting_frees_the_money(desk: Desk) -> None:
    visit = await desk.held()
    done = await desk.decide(visit)
    assert (done["verify_state"], done["settle_state"]) == ("verified", "unsettled")
    page = await desk.get(f"/review/visits/{visit}")
    assert (page["codes"], page["why"], page["to_decide"], page["seen"]) == ([], [], False, done["id"])
    [decision] = page["decisions"]
    assert (decision["decided_by"], decision["codes"]) == ("测试manager", ["TOKEN_MISSING"])
    assert [one["answered"] for one in page["evidence"]["findings"] if one["severity"] == "hold"] == [True, True]


async def test_one_visit_says_why_and_where(desk: Desk) -> None:
    visit = await desk.held()
    page = await desk.get(f"/review/visits/{visit}", role="auditor")
    assert [one["code"] for one in page["why"]] == ["TOKEN_MISSING", "TOKEN_MISSING"]
    assert len(page["marks"]) == 2
    assert all(mark["distance_m"] < 5 and 0 <= mark["bearing_deg"] < 360 for mark in page["marks"])
    assert [device["events"] for device in page["devices"]] == [2]
    assert page["to_decide"] and not page["own_work"]
    assert not {"'lat'", "'lon'"} & set(str(page).replace(":", " ").split())


async def test_the_picture_shows_a_position_as_it_was_judged(desk: Desk) -> None:
    chinese = geo.gcj02_from_wgs84(geo.Point(*HOME))
    desk.phone.place = (chinese.lat, chinese.lon)
    page = await desk.get(f"/review/visits/{await desk.held()}")
    assert all(mark["distance_m"] < 5 for mark in page["marks"]), "a phone of the other system stands at the home"
    assert [round(one["distance_m"]) for one in page["evidence"]["events"]] == [
        round(mark["distance_m"]) for mark in page["marks"]
    ]


@pytest.mark.parametrize("decision", ["reject", "ask"])
@pytest.mark.parametrize("note", [None, "  "])
async def test_a_rejection_and_a_question_need_words(desk: Desk, decision: str, note: str | None) -> None:
    refused = await desk.decide(await desk.held(), decision, note=note, status=422)
    assert refused["code"] == "REASON_NEEDED"


async def test_what_may_be_acknowledged_needs_no_words(desk: Desk) -> None:
    await desk.decide(await desk.held(), note=None)


async def test_what_must_be_put_right_needs_words(desk: Desk) -> None:
    visit = await desk.held()
    await fetch("UPDATE visit SET hold_codes = '{OVERLAP}', holds = 1 WHERE id = $1", visit)
    assert (await desk.decide(visit, note=None, status=422))["code"] == "REASON_NEEDED"


async def test_a_reason_belongs_to_its_decision(desk: Desk) -> None:
    refused = await desk.decide(await desk.held(), "accept", reason_code="not_served", status=400)
    assert refused["errors"][0]["field"] == "reason_code"


async def test_nobody_decides_on_their_own_call(desk: Desk) -> None:
    visit = await desk.held()
    await fetch("UPDATE account SET caregiver = $2 WHERE id = $1", desk.accounts["manager"], desk.world.caregiver)
    assert (await desk.decide(visit, status=403))["code"] == "OWN_WORK"
    assert (await desk.get(f"/review/visits/{visit}"))["own_work"] is True
    assert await state(visit) == ("needs_review", "held")
    await desk.decide(visit, role="officer")


async def test_an_account_says_which_caregiver_it_is(desk: Desk) -> None:
    [row] = await fetch("SELECT phone FROM caregiver WHERE id = $1", desk.world.caregiver)
    phone = vault.current().open(row["phone"], "caregiver.phone")
    new: dict[str, Any] = {"role": Role.MANAGER, "login": "pengyan", "password": PASSWORD, "display_name": "彭燕"}
    account = await identity.create_account(SYSTEM, **new, provider_id=desk.world.provider, caregiver_phone=phone)
    [row] = await fetch("SELECT caregiver FROM account WHERE id = $1", account)
    assert row["caregiver"] == desk.world.caregiver
    new["login"] = "other"
    with pytest.raises(NotFound):
        await identity.create_account(SYSTEM, **new, provider_id=desk.world.other_provider, caregiver_phone=phone)


async def test_what_was_not_seen_is_not_decided(desk: Desk) -> None:
    visit = await desk.held()
    looked_at: list[dict[str, Any]] = [{"codes": []}, {"seen": str(uuid4())}, {"shown": []}]
    for fields in looked_at:
        assert (await desk.decide(visit, status=409, **fields))["code"] == "DECIDED_ALREADY"
    await desk.decide(visit)
    assert (await desk.decide(visit, status=409))["code"] == "DECIDED_ALREADY"


async def test_a_second_hold_of_the_same_code_was_not_looked_at(desk: Desk) -> None:
    visit = await desk.held()
    async with unit_of_work():
        await checkins.place_hold(SYSTEM, visit, "INSPECTION_DIFFERS", uuid4())
    page = await desk.get(f"/review/visits/{visit}")
    async with unit_of_work():
        await checkins.place_hold(SYSTEM, visit, "INSPECTION_DIFFERS", uuid4())
    assert (await desk.decide(visit, shown=page["shown"], status=409))["code"] == "DECIDED_ALREADY"
    await desk.decide(visit)


async def test_an_answer_that_came_meanwhile_was_not_looked_at(desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await desk.held(hands)
    asked = await desk.decide(visit, "ask")
    page = await desk.get(f"/review/visits/{visit}")
    await desk.say(asked["id"], "九点十分到的")
    assert (await desk.decide(visit, "reject", shown=page["shown"], status=409))["code"] == "DECIDED_ALREADY"
    await desk.decide(visit, "reject")


async def objected(desk: Desk, visit: UUID) -> UUID:
    """A family's objection that waits for its answer."""
    name = vault.current().seal("龚小红", "family_member.name")
    member, said, now = uuid7(), uuid7(), (await fetch("SELECT now() AS now"))[0]["now"]
    await fetch(
        "INSERT INTO family_member (id, name, large_type, created_at) VALUES ($1, $2, true, $3)", *(member, name, now)
    )
    await fetch(
        "INSERT INTO feedback (id, visit, member, elder, kind, at) VALUES ($1, $2, $3, $4, 'object', $5)",
        *(said, visit, member, desk.world.elder, now),
    )
    return said


async def test_a_family_is_answered_before_the_visit_is_accepted(desk: Desk) -> None:
    visit = await desk.held()
    await objected(desk, visit)
    assert (await desk.decide(visit, status=409))["code"] == "FAMILY_UNANSWERED"
    await desk.decide(visit, "reject")


async def missed_and_objected(desk: Desk) -> tuple[UUID, UUID]:
    """A visit to which nobody came, and the objection that holds it."""
    visit = await planned(desk.world, op_state="missed")
    said = await objected(desk, visit)
    async with unit_of_work():
        await checkins.place_hold(SYSTEM, visit, "FAMILY_OBJECTION", said)
    assert await state(visit) == ("none", "held")
    return visit, said


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_nor_is_a_visit_to_which_nobody_came_decided_before(desk: Desk, decision: str) -> None:
    visit, said = await missed_and_objected(desk)
    assert (await desk.decide(visit, decision, status=409))["code"] == "FAMILY_UNANSWERED"
    assert await state(visit) == ("none", "held")
    await desk.decide(visit, "ask")
    await fetch("UPDATE feedback SET outcome = 'upheld' WHERE id = $1", said)
    await desk.decide(visit, decision)
    assert await state(visit) == ("none", "unsettled")


async def test_what_was_rejected_as_missed_is_paid_by_no_machine(desk: Desk) -> None:
    card = await print_code(desk.world.home)
    with standing_clock() as hands:
        visit, said = await missed_and_objected(desk)
        await fetch("UPDATE feedback SET outcome = 'upheld' WHERE id = $1", said)
        await desk.decide(visit, "reject")
        await desk.phone.send(desk.client, arrive(desk.phone, visit, desk.world.elder, card.token))
        hands.move(minutes=20)
        await desk.phone.send(desk.client, leave(desk.phone, visit, desk.world.elder, card.token))
    row = await visit_row(visit)
    assert (row["op_state"], row["grade"], row["holds"]) == ("completed", "A", 0), "nothing speaks against it"
    assert await state(visit) == ("needs_review", "held")
    await desk.decide(visit)
    assert await state(visit) == ("verified", "unsettled")


@pytest.mark.parametrize("role", ["dispatcher", "auditor"])
async def test_who_reads_does_not_decide(desk: Desk, role: str) -> None:
    assert (await desk.decide(await desk.held(), role=role, status=403))["code"] == "NOT_ALLOWED"


async def test_another_providers_visit_is_not_there(desk: Desk) -> None:
    visit = await desk.held()
    await fetch("UPDATE visit SET provider = $2 WHERE id = $1", visit, desk.world.other_provider)
    assert (await desk.decide(visit, status=404))["code"] == "NOT_FOUND"


async def test_the_caregiver_answers_a_question_once(desk: Desk) -> None:
    visit = await desk.held()
    asked = await desk.decide(visit, "ask", note="几点到的？")
    [seen] = await desk.told()
    assert (seen["visit_id"], seen["note"], seen["may_answer"], seen["may_object"]) == (
        *(str(visit), "几点到的？"),
        *(True, False),
    )
    assert (await desk.get("/review/queue"))["items"][0]["asked"] == "waiting"
    [after] = (await desk.say(asked["id"], "九点十分到的"))["items"]
    assert (after["my_word"], after["may_answer"]) == ("九点十分到的", False)
    [item] = (await desk.get("/review/queue"))["items"]
    assert item["asked"] == "answered"
    assert (await desk.say(asked["id"], "再说一次", 409))["code"] == "OBJECTED_ALREADY"
    [decision] = (await desk.get(f"/review/visits/{visit}"))["decisions"]
    assert [word["text"] for word in decision["words"]] == ["九点十分到的"]
    await desk.decide(visit)


async def test_the_caregiver_objects_to_a_rejection_once(desk: Desk) -> None:
    visit = await desk.held()
    first = await desk.decide(visit, "reject")
    assert await state(visit) == ("rejected", "not_payable")
    assert [one["may_object"] for one in await desk.told()] == [True]
    await desk.say(first["id"], "我去了，家属可以证明")
    assert await state(visit) == ("reopened", "held")
    [item] = (await desk.get("/review/queue"))["items"]
    assert "CAREGIVER_OBJECTS" in item["codes"]
    second = await desk.decide(visit, "reject")
    assert [one["may_object"] for one in await desk.told()] == [False, False]
    for decision in (first, second):
        assert (await desk.say(decision["id"], "还是不同意", 409))["code"] == "OBJECTED_ALREADY"
    assert await state(visit) == ("rejected", "not_payable")


async def test_the_rejection_of_an_old_visit_reaches_the_caregiver(desk: Desk) -> None:
    """A late notice, a sample, an objection of a family: what is decided today may be of last quarter."""
    with standing_clock() as hands:
        hands.move(days=-100)
        await fetch("UPDATE device SET revoked_at = now()")
        desk.phone = await phone_of(desk.world.caregiver, place=HOME)
        visit = await desk.held(hands)
    decided = await desk.decide(visit, "reject")
    assert [one["id"] for one in await desk.told()] == [decided["id"]]
    await desk.say(decided["id"], "我去了")
    assert await state(visit) == ("reopened", "held")


async def test_an_acceptance_asks_for_no_words_and_an_old_question_neither(desk: Desk) -> None:
    visit = await desk.held()
    asked, accepted = await desk.decide(visit, "ask"), await desk.decide(visit)
    for decision in (asked, accepted):
        assert (await desk.say(decision["id"], "好的", 409))["code"] == "NOT_OPEN_TO_WORDS"


async def test_a_colleague_sees_and_says_nothing(desk: Desk) -> None:
    decision = await desk.decide(await desk.held(), "reject")
    desk.phone = await phone_of(desk.world.colleague)
    assert await desk.told() == []
    assert (await desk.say(decision["id"], "她去了", 404))["code"] == "NOT_FOUND"


async def test_who_is_told_of_a_decision(desk: Desk) -> None:
    visit = await desk.held()
    await desk.decide(visit, "reject")
    [change] = await fetch("SELECT data, provider FROM change WHERE kind = 'visit.decided' AND subject = $1", visit)
    assert str(desk.world.caregiver) in change["data"]
    assert "电话" not in change["data"]
    assert change["provider"] == desk.world.provider


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "maybe"},
        {"reason_code": "Not Served"},
        {"codes": None},
        {"seen": "1"},
        {"shown": None},
        {"more": 1},
        {"note": "x\x00"},
    ],
)
async def test_bad_bodies(desk: Desk, fields: dict[str, Any]) -> None:
    body = {
        "decision": "accept",
        "reason_code": "other",
        "note": "好",
        "codes": [],
        "seen": None,
        "shown": [],
        **fields,
    }
    visit = await planned(desk.world)
    assert (await desk.post(f"/review/visits/{visit}/decisions", body, status=400))["code"] == "INPUT_INVALID"


async def test_two_at_once_are_one_decision(desk: Desk) -> None:
    with standing_clock() as hands:
        visit = await desk.held(hands)
    await desk.decide(visit, "ask")
    page = await desk.get(f"/review/visits/{visit}")
    body = {"reason_code": "other", "note": "看过", **{name: page[name] for name in ("codes", "seen", "shown")}}
    await desk.post(f"/review/visits/{visit}/decisions", {"decision": "accept", **body})
    refused = await desk.post(f"/review/visits/{visit}/decisions", {"decision": "reject", **body}, status=409)
    assert refused["code"] == "DECIDED_ALREADY"
