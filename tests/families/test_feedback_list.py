"""The office's list of what families said: by its days, page by page, what of it is overdue, and whom it names."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.door import arrive, leave, planned, standing_clock
from support.sign_in import phone_of, sign_in
from support.timing import later
from support.world import HOME, World

from .conftest import Ask, Headers


async def test_the_list_goes_by_days_and_page_by_page(world: World, daughter: Headers, say: Ask, get: Ask) -> None:
    said: dict[str, str] = {}
    start = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
    for offset, kind in ((0, "object"), (1, "ask"), (2, "ask"), (3, "object")):
        visit = await world.add_visit(world.elder, op_state="missed", start=start - timedelta(days=1))
        with later(start + timedelta(days=offset) - clock.now()):
            body = {"kind": kind, "text": "为什么", **({"reason": "nobody_came"} if kind == "object" else {})}
            said[(await say(daughter, visit, **body)).json()["id"]] = kind
    ids = list(said)
    # Due: 23rd, 20th, 23rd, 26th.
    in_order = [ids[1], ids[0], ids[2], ids[3]]
    with later(datetime(2026, 11, 23, 2, 0, tzinfo=UTC) - clock.now()):
        manager = await sign_in(world, "manager")
        listed = await get("/feedback", manager)
        assert [item["id"] for item in listed["items"]] == in_order
        assert [item["overdue"] for item in listed["items"]] == [True, False, False, False]
        assert (listed["open"], listed["overdue"], listed["next"]) == (4, 1, None)
    manager = await sign_in(world, "manager")
    for state, expected in (("open", in_order), ("all", ids[::-1]), ("closed", [])):
        found, cursor = [], None
        for _ in range(4):
            page = await get("/feedback", manager, state=state, limit=1, **({"cursor": cursor} if cursor else {}))
            found += [item["id"] for item in page["items"]]
            cursor = page["next"]
        assert found == expected
        assert cursor is None
    questions = await get("/feedback", manager, kind="ask")
    assert [item["id"] for item in questions["items"]] == [ids[1], ids[2]]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"cursor": "bnVsbA"}, {"state": "x"}, {"kind": "x"}, {"limit": "0"}]
)
async def test_a_list_that_is_none(query: dict[str, str], client: httpx.AsyncClient, manager: Headers) -> None:
    answered = await client.get("/api/v1/feedback", headers=manager, params=query)
    assert answered.status_code == 400


async def test_what_is_overdue_is_counted_also_when_its_day_became_known_later(
    world: World, daughter: Headers, manager: Headers, say: Ask, get: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await world.add_visit(world.elder, op_state="missed")
    with later(datetime(2026, 12, 30, 2, 0, tzinfo=UTC) - clock.now()):
        said = await say(daughter, visit, kind="object", reason="nobody_came")
        assert said.json()["answer_due_on"] is None
    assert (await get("/feedback", manager))["overdue"] == 0
    monkeypatch.setattr("doorstep.families.rules.nth_working_day_after", lambda day, number: date(2027, 1, 8))
    for today, overdue in ((8, False), (9, True)):
        with later(datetime(2027, 1, today, 2, 0, tzinfo=UTC) - clock.now()):
            listed = await get("/feedback", await sign_in(world, "manager"))
            [item] = listed["items"]
            assert (item["answer_due_on"], item["overdue"], listed["overdue"]) == ("2027-01-08", overdue, overdue)


@pytest.mark.parametrize("came", [True, False])
async def test_it_names_who_came_as_the_queue_does_else_who_was_to_go(
    came: bool, client: httpx.AsyncClient, world: World, daughter: Headers, manager: Headers, say: Ask, get: Ask
) -> None:
    with standing_clock() as hands:
        visit = await planned(world, caregivers=[world.colleague])
        if came:
            phone = await phone_of(world.caregiver, place=HOME)
            await phone.send(client, arrive(phone, visit, world.elder, None))
            hands.move(minutes=20)
            await phone.send(client, leave(phone, visit, world.elder, None))
        else:
            await fetch("UPDATE visit SET op_state = 'missed' WHERE id = $1", visit)
        said = await say(daughter, visit, kind="object", reason="other", text="不是她")
    assert said.status_code == 201, said.text
    [queued] = (await get("/review/queue", manager))["items"]
    [listed] = (await get("/feedback", manager))["items"]
    assert listed["visit"]["caregivers"] == [one["name"] for one in queued["visit"]["caregivers"]]
    assert listed["visit"]["caregivers"] == ["彭燕" if came else "毛桂芳"]
