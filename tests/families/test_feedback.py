"""What a family says: confirmed, rated, asked, objected to; held, taken back, answered by somebody who may."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from checkins.conftest import print_code
from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.people import Account
from doorstep.db.tables.review import ManualEdit
from doorstep.db.tables.visits import Change
from doorstep.families import rules, service
from doorstep.identity.wire import SYSTEM
from support.door import arrive, leave, planned, standing_clock, visit_row
from support.sign_in import agree, family_token, link_family, office_token, phone_of, sign_in
from support.timing import later
from support.world import HOME, World

from .conftest import Ask, Headers

Answer = Callable[..., Awaitable[httpx.Response]]
OBJECT = {"kind": "object", "reason": "nobody_came"}


@pytest.fixture
async def done(client: httpx.AsyncClient, world: World) -> UUID:
    """A visit of an hour ago that the machine has accepted, by real records."""
    card = await print_code(world.home)
    with standing_clock() as hands:
        hands.move(hours=-1)
        phone = await phone_of(world.caregiver, place=HOME)
        visit = await planned(world)
        await phone.send(client, arrive(phone, visit, world.elder, card.token))
        hands.move(minutes=20)
        await phone.send(client, leave(phone, visit, world.elder, card.token))
    return visit


@pytest.fixture
def answer(client: httpx.AsyncClient) -> Answer:
    """What somebody in an office answers."""

    async def ask(headers: Headers, id: str, outcome: str, text: str = "已核实") -> httpx.Response:
        body = {"outcome": outcome, "text": text}
        return await client.post(f"/api/v1/feedback/{id}/answer", headers=headers, json=body)

    return ask


async def money(visit: UUID) -> tuple[str, str, int]:
    row = await visit_row(visit)
    return row["verify_state"], row["settle_state"], row["holds"]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_confirmed_and_rated(world: World, daughter: Headers, done: UUID, say: Ask, get: Ask) -> None:
    assert (await say(daughter, done, kind="confirm")).status_code == 201
    assert (await say(daughter, done, kind="rate", score=5, text="  很好  ")).status_code == 201
    mine = (await get(f"/family/visits/{done}", daughter))["feedback"]
    assert [(one["kind"], one["score"], one["text"]) for one in mine] == [("confirm", None, None), ("rate", 5, "很好")]
    assert all(one["answer_due_on"] is None and one["outcome"] is None for one in mine)
    assert await money(done) == ("auto_verified", "unsettled", 0)


async def test_an_objection_holds_the_money_until_the_day_of_the_answer(
    world: World, daughter: Headers, manager: Headers, done: UUID, say: Ask, get: Ask
) -> None:
    sunday = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    with later(sunday - clock.now()):
        said = (await say(daughter, done, **OBJECT, text="没有人来过")).json()
    assert (said["outcome"], said["answer_due_on"]) == (None, "2026-11-27")
    assert await money(done) == ("reopened", "held", 1)
    [hold] = await fetch("SELECT * FROM visit_hold")
    assert (hold["code"], str(hold["source"]), hold["lifted_at"]) == ("FAMILY_OBJECTION", said["id"], None)
    [item] = (await get("/feedback", manager))["items"]
    assert (item["id"], item["member"], item["relation"], item["text"]) == (said["id"], "龚晓梅", "女儿", "没有人来过")
    assert (item["visit"]["id"], item["visit"]["elder"]["name"]) == (str(done), "龚国栋")
    assert item["visit"]["caregivers"] == ["彭燕"]
    [change] = await Change.objects().where(Change.kind == "feedback.given")
    assert (change.subject, change.provider, change.area) == (done, world.provider, world.subdistrict)
    assert "没有人来过" not in str(change.data)
    [stored] = await fetch("SELECT text FROM feedback")
    assert "没有人来过".encode() not in stored["text"]


@pytest.mark.parametrize(
    ("outcome", "state", "holds"),
    [("dismissed", ("auto_verified", "unsettled"), 0), ("upheld", ("reopened", "held"), 1)],
)
async def test_an_objection_is_answered_and_the_family_reads_it(
    outcome: str,
    state: tuple[str, str],
    holds: int,
    world: World,
    daughter: Headers,
    manager: Headers,
    done: UUID,
    say: Ask,
    get: Ask,
    answer: Answer,
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    answered = await answer(manager, said["id"], outcome, "电话核实，护理员来过")
    assert answered.status_code == 200, answered.text
    assert (answered.json()["outcome"], answered.json()["answered_by"]) == (outcome, "测试manager")
    assert await money(done) == (*state, holds)
    me = await get("/family/me", daughter)
    assert [(one["feedback_id"], one["visit_id"]) for one in me["answers"]] == [(said["id"], str(done))]
    [mine] = (await get(f"/family/visits/{done}", daughter))["feedback"]
    assert (mine["outcome"], mine["answer"]) == (outcome, "电话核实，护理员来过")
    assert (await get("/family/me", daughter))["answers"] == [], "opening the visit is seeing the answer"
    assert (await get("/feedback", manager))["items"] == []
    assert code(await answer(manager, said["id"], outcome)) == (409, "FEEDBACK_CLOSED")
    [change] = await Change.objects().where(Change.kind == "feedback.answered")
    assert change.subject == done


async def test_an_objection_is_taken_back(
    client: httpx.AsyncClient, daughter: Headers, manager: Headers, done: UUID, say: Ask, get: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    for _ in range(2):
        back = await client.post(f"/api/v1/family/feedback/{said['id']}/withdraw", headers=daughter)
        assert (back.status_code, back.json()["outcome"]) == (200, "withdrawn")
    assert await money(done) == ("auto_verified", "unsettled", 0)
    assert code(await answer(manager, said["id"], "upheld")) == (409, "FEEDBACK_CLOSED")
    assert (await get("/feedback", manager))["items"] == []
    assert await Change.count().where(Change.kind == "feedback.withdrawn") == 1
    # What was taken back can be said again.
    assert (await say(daughter, done, **OBJECT)).json()["id"] != said["id"]
    assert await money(done) == ("reopened", "held", 1)


async def test_what_was_answered_or_needs_no_answer_is_not_taken_back(
    client: httpx.AsyncClient, daughter: Headers, manager: Headers, done: UUID, say: Ask, answer: Answer
) -> None:
    objection = (await say(daughter, done, **OBJECT)).json()["id"]
    await answer(manager, objection, "upheld")
    confirmed = (await say(daughter, done, kind="confirm")).json()["id"]
    for id in (objection, confirmed):
        back = await client.post(f"/api/v1/family/feedback/{id}/withdraw", headers=daughter)
        assert code(back) == (409, "FEEDBACK_CLOSED")
    assert await money(done) == ("reopened", "held", 1)


async def test_the_same_thing_sent_again_says_nothing_twice(daughter: Headers, done: UUID, say: Ask) -> None:
    for body in ({"kind": "confirm"}, {"kind": "rate", "score": 3}, OBJECT, {"kind": "ask", "text": "几点来"}):
        first, again = await say(daughter, done, **body), await say(daughter, done, **body)
        assert first.json() == again.json()
    assert (await fetch("SELECT count(*) AS n FROM feedback"))[0]["n"] == 4
    assert (await fetch("SELECT count(*) AS n FROM visit_hold"))[0]["n"] == 1


async def test_one_objection_at_a_time_for_each_member(
    world: World, daughter: Headers, manager: Headers, done: UUID, say: Ask, answer: Answer
) -> None:
    first = (await say(daughter, done, **OBJECT)).json()
    assert code(await say(daughter, done, kind="object", reason="too_short")) == (409, "OBJECTION_OPEN")
    son = {"Authorization": f"Bearer {await family_token(world.elder)}"}
    second = (await say(son, done, **OBJECT)).json()
    assert second["id"] != first["id"]
    assert (await money(done))[2] == 2
    await answer(manager, first["id"], "dismissed")
    assert await money(done) == ("reopened", "held", 1), "the son's still stands"
    await answer(manager, second["id"], "dismissed")
    assert await money(done) == ("auto_verified", "unsettled", 0)


async def test_what_another_member_said_is_theirs(
    client: httpx.AsyncClient, world: World, daughter: Headers, done: UUID, say: Ask, get: Ask
) -> None:
    said = (await say(daughter, done, **OBJECT, text="没有人来过")).json()
    son = {"Authorization": f"Bearer {await family_token(world.elder)}"}
    assert (await get(f"/family/visits/{done}", son))["feedback"] == []
    back = await client.post(f"/api/v1/family/feedback/{said['id']}/withdraw", headers=son)
    assert code(back) == (404, "NOT_FOUND")
    assert (await money(done))[2] == 1


STATES: list[tuple[dict[str, Any], set[str]]] = [
    ({"op_state": "assigned"}, {"ask"}),
    ({"op_state": "cancelled"}, {"ask"}),
    ({"op_state": "missed"}, {"ask", "object"}),
    ({"op_state": "not_served"}, {"ask", "object"}),
    ({"op_state": "in_progress", "started_at": ...}, {"ask", "object", "confirm", "rate"}),
    ({"op_state": "unclosed", "started_at": ...}, {"ask", "object", "confirm", "rate"}),
    ({"op_state": "completed", "started_at": ...}, {"ask", "object", "confirm", "rate"}),
]


@pytest.mark.parametrize(("values", "allowed"), STATES, ids=[str(values["op_state"]) for values, _ in STATES])
async def test_what_can_be_said_when(
    values: dict[str, Any], allowed: set[str], world: World, daughter: Headers, say: Ask
) -> None:
    fields: dict[str, Any] = {name: clock.now() if value is ... else value for name, value in values.items()}
    visit = await world.add_visit(world.elder, **fields)
    for body in ({"kind": "confirm"}, {"kind": "rate", "score": 1}, {"kind": "ask", "text": "为什么"}, OBJECT):
        answered = await say(daughter, visit, **body)
        if body["kind"] in allowed:
            assert answered.status_code == 201, answered.text
        else:
            assert code(answered) == (422, "VISIT_NOT_YET"), body


@pytest.mark.parametrize(
    "body",
    [
        {}, {"kind": "praise"}, {"kind": "rate"}, {"kind": "rate", "score": 0}, {"kind": "rate", "score": 6},
        {"kind": "rate", "score": 2.5}, {"kind": "confirm", "score": 3}, {"kind": "object"}, {"kind": "ask"},
        {"kind": "ask", "text": "  "}, {"kind": "object", "reason": "other"}, {"kind": "object", "reason": "x"},
        {"kind": "ask", "reason": "other", "text": "x"}, {"kind": "ask", "text": "x" * 1001},
        {"kind": "ask", "text": "a\u0000b"}, {"kind": "confirm", "extra": 1},
    ],
    ids=str,
)  # fmt: skip
async def test_what_says_nothing(body: dict[str, Any], daughter: Headers, done: UUID, say: Ask) -> None:
    assert code(await say(daughter, done, **body)) == (400, "INPUT_INVALID")


async def test_one_visit_does_not_fill_the_list(
    daughter: Headers, done: UUID, say: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_SAID", 3)
    for number in range(3):
        assert (await say(daughter, done, kind="ask", text=f"问题{number}")).status_code == 201
    assert code(await say(daughter, done, kind="ask", text="再问")) == (429, "TOO_MANY_REQUESTS")


async def test_without_a_calendar_an_objection_stands_and_its_day_follows(
    daughter: Headers, manager: Headers, done: UUID, say: Ask, get: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (await say(daughter, done, kind="ask", text="几点来")).json()
    with later(datetime(2026, 12, 30, 2, 0, tzinfo=UTC) - clock.now()):
        said = await say(daughter, done, **OBJECT)
        assert (said.status_code, said.json()["answer_due_on"]) == (201, None)
    assert await money(done) == ("reopened", "held", 1)
    listed = await get("/feedback", manager)
    assert [item["id"] for item in listed["items"]] == [said.json()["id"], ask["id"]], (
        "no day is known: looked at first"
    )
    monkeypatch.setattr("doorstep.families.rules.nth_working_day_after", lambda day, number: date(2027, 1, 8))
    [first, _] = (await get("/feedback", manager))["items"]
    assert first["answer_due_on"] == "2027-01-08"


@pytest.mark.parametrize(
    ("kind", "outcome", "text"),
    [("ask", "upheld", "x"), ("ask", "dismissed", "x"), ("object", "answered", "x"), ("object", "upheld", "  ")],
)
async def test_an_answer_that_is_none(
    kind: str, outcome: str, text: str, daughter: Headers, manager: Headers, done: UUID, say: Ask, answer: Answer
) -> None:
    body = {"kind": kind, "text": "为什么", **({"reason": "other"} if kind == "object" else {})}
    said = (await say(daughter, done, **body)).json()
    assert code(await answer(manager, said["id"], outcome, text)) == (400, "INPUT_INVALID")


async def test_a_question_holds_nothing_and_is_answered(
    daughter: Headers, manager: Headers, done: UUID, say: Ask, get: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, kind="ask", text="下次能早点吗")).json()
    assert await money(done) == ("auto_verified", "unsettled", 0)
    assert (await answer(manager, said["id"], "answered", "可以")).status_code == 200
    [mine] = (await get(f"/family/visits/{done}", daughter))["feedback"]
    assert (mine["outcome"], mine["answer"]) == ("answered", "可以")


async def test_nobody_answers_about_their_own_work(
    world: World, daughter: Headers, done: UUID, say: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    clerk, caregiver = await world.add_account("manager"), await world.add_account("manager")
    values = {"visit": done, "kind": "times", "reason_code": "x", "made_by": clerk, "at": clock.now()}
    await ManualEdit.insert(ManualEdit(id=uuid7(), **values))
    await Account.update({Account.caregiver: world.caregiver}).where(Account.id == caregiver)
    for account in (clerk, caregiver):
        headers = {"Authorization": f"Bearer {await office_token(account)}"}
        assert code(await answer(headers, said["id"], "dismissed")) == (403, "OWN_WORK")
    assert (await money(done))[2] == 1
    colleague = await world.add_account("manager")
    await Account.update({Account.caregiver: world.colleague}).where(Account.id == colleague)
    headers = {"Authorization": f"Bearer {await office_token(colleague)}"}
    assert (await answer(headers, said["id"], "dismissed")).status_code == 200


async def test_what_was_entered_for_somebody_is_their_own_work(
    world: World, daughter: Headers, say: Ask, answer: Answer
) -> None:
    visit = await world.add_visit(world.elder, op_state="completed", started_at=clock.now(), caregivers=[])
    said = (await say(daughter, visit, **OBJECT)).json()
    clerk, entered = await world.add_account("manager"), await world.add_account("manager")
    values = {"visit": visit, "kind": "entry", "reason_code": "x", "made_by": clerk, "at": clock.now()}
    await ManualEdit.insert(ManualEdit(id=uuid7(), caregiver=world.colleague, **values))
    await Account.update({Account.caregiver: world.colleague}).where(Account.id == entered)
    headers = {"Authorization": f"Bearer {await office_token(entered)}"}
    assert code(await answer(headers, said["id"], "dismissed")) == (403, "OWN_WORK")


@pytest.mark.parametrize(("role", "status"), [("dispatcher", 403), ("auditor", 403), ("officer", 200), ("admin", 200)])
async def test_who_reads_and_who_answers(
    role: str, status: int, world: World, daughter: Headers, done: UUID, say: Ask, get: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    headers = await sign_in(world, role)
    assert [item["id"] for item in (await get("/feedback", headers))["items"]] == [said["id"]]
    assert (await answer(headers, said["id"], "dismissed")).status_code == status


async def test_other_offices_read_and_answer_nothing(
    daughter: Headers, outsiders: list[Headers], done: UUID, say: Ask, get: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    for headers in outsiders:
        listed = await get("/feedback", headers, state="all")
        assert (listed["items"], listed["open"]) == ([], 0)
    for headers in (outsiders[0], outsiders[2]):
        assert code(await answer(headers, said["id"], "dismissed")) == (404, "NOT_FOUND")
    assert (await money(done))[2] == 1


async def test_after_access_ended_nothing_can_be_said_and_what_was_said_stands(
    client: httpx.AsyncClient, world: World, daughter: Headers, manager: Headers, done: UUID, say: Ask, answer: Answer
) -> None:
    said = (await say(daughter, done, **OBJECT)).json()
    await fetch("UPDATE consent SET withdrawn_on = $1", clock.today())
    assert code(await say(daughter, done, kind="confirm")) == (404, "NOT_FOUND")
    back = await client.post(f"/api/v1/family/feedback/{said['id']}/withdraw", headers=daughter)
    assert code(back) == (404, "NOT_FOUND")
    assert (await money(done))[2] == 1
    assert (await answer(manager, said["id"], "dismissed")).status_code == 200


async def test_the_page_of_a_visit_finds_what_was_said(world: World, daughter: Headers, done: UUID, say: Ask) -> None:
    await say(daughter, done, kind="rate", score=2)
    await say(daughter, done, **OBJECT)
    assert [one.kind for one in await service.feedback_about(SYSTEM, done)] == ["rate", "object"]
    assert await service.feedback_about(SYSTEM, await world.add_visit(world.elder)) == []


async def test_a_member_of_two_elders_says_it_of_the_right_one(
    world: World, manager: Headers, say: Ask, get: Ask
) -> None:
    headers = {"Authorization": f"Bearer {await family_token(world.elder)}"}
    [member] = await fetch("SELECT id FROM family_member")
    account = await world.add_account("dispatcher")
    await agree(world.wife, account)
    await link_family(member["id"], world.wife, account)
    visit = await world.add_visit(world.wife, op_state="missed")
    assert (await say(headers, visit, **OBJECT)).status_code == 201
    [item] = (await get("/feedback", manager))["items"]
    assert item["visit"]["elder"]["id"] == str(world.wife)
