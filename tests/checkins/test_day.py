"""What a phone carries: its days by cursor, only what changed, within the bytes that a phone may pay for."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from doorstep.checkins import dated, day
from doorstep.core import clock, vault
from doorstep.db import epoch
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.visits import service as visits
from support.door import arrive, leave
from support.phone import Phone, claims, matches
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed, print_code

TODAY = clock.today()
NOON = clock.day_bounds(TODAY)[0] + timedelta(hours=12)
SAMPLE = {"meal": "delivery", "cleaning": "home_cleaning", "bathing": "bath_at_home", "medical": "round_visit"}


async def sync(client: httpx.AsyncClient, phone: Phone, cursor: str | None = None) -> tuple[dict[str, Any], int]:
    """The answer and its size."""
    query = {"cursor": cursor} if cursor is not None else {}
    answer = await client.get("/api/v1/door/sync", headers=phone.headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json(), len(answer.content)


def on(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def sent(answer: dict[str, Any]) -> list[str]:
    return [one["day"] for one in answer["days"]]


def calls_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for one in answer["days"] for call in one["visits"]]


async def week(world: World, *, calls: int = 12) -> dict[int, list[UUID]]:
    """A caregiver with many calls every day, in homes with cards, each by a plan with a monthly number."""
    kinds = list(SAMPLE.items())
    made: dict[int, list[UUID]] = {}
    people = []
    for number in range(calls):
        home = await world.add_home(f"朝外第二社区{number + 20}号楼{number % 4 + 1}单元{number + 401}")
        await fetch("UPDATE household SET access_notes = '门禁按 401 再按铃，电梯坏时走西侧楼梯' WHERE id = $1", home)
        elder = await world.add_elder("欧阳秀英", home)
        await print_code(home)
        kind, content = kinds[number % 4]
        item = await world.add_plan_item(elder, service_type=kind, content=content, max_per_month=30)
        people.append((elder, home, item, kind, content))
    for offset in range(-1, 8):
        made[offset] = [
            await world.add_visit(
                elder,
                household=home,
                plan_item=item,
                service_type=kind,
                content=content,
                start=NOON + timedelta(days=offset, hours=number - 4),
                caregivers=[world.caregiver, world.colleague],
                carers_needed=2,
            )
            for number, (elder, home, item, kind, content) in enumerate(people)
        ]
    return made


async def test_a_first_contact_brings_yesterday_today_and_seven_days(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    item = await world.add_plan_item(world.elder, service_type="bathing", content="bath_at_home", max_per_month=4)
    what = {"plan_item": item, "service_type": "bathing", "content": "bath_at_home"}
    near = await world.add_visit(world.elder, start=NOON, **what)
    far = await world.add_visit(world.elder, start=NOON + timedelta(days=7), **what)
    await world.add_visit(world.elder, start=NOON + timedelta(days=8), **what)
    answer, _ = await sync(client, phone)
    assert sent(answer) == [on(offset) for offset in range(-1, 8)]
    assert (answer["first_day"], answer["last_day"]) == (on(-1), on(7))
    assert [call["id"] for call in calls_of(answer)] == [str(near), str(far)]
    call = calls_of(answer)[0]
    home, catalogue = call["household"], answer["catalogue"]
    assert matches(card.token, home["code_salt"], home["code_hash"])
    assert not matches((await print_code(world.couple_home)).token, home["code_salt"], home["code_hash"])
    assert [task["code"] for task in catalogue["tasks"]["bath_at_home"]] == call["tasks"]
    assert catalogue["procedures"][call["safety_procedure"]]["id"] == "bathing-safety"
    assert catalogue["procedures"][call["emergency_procedure"]]["version"] == "1"
    assert answer["emergency_numbers"] == ["12349", "120", "110"]
    assert (answer["caregiver"]["name"], answer["provider"]["name"]) == ("彭燕", "朝外照料中心")
    assert catalogue["certificates"]["bathing"] == [
        ["health_certificate"],
        ["care_worker_certificate", "nurse_licence"],
    ]
    assert {one["kind"] for one in answer["carer"]["held"]} >= {"health_certificate", "nurse_licence"}
    assert (answer["heard"], answer["epoch"]) == ({"seq": None}, str(epoch.current().id))
    phone.take_anchor(answer["anchor"])
    [receipt] = await phone.send(client, arrive(phone, near, world.elder, card.token))
    assert "TIME_UNPROVEN" not in receipt["codes"]
    assert (await sync(client, phone))[0]["heard"] == {"seq": 1}


async def test_no_coordinate_and_no_token_ever_travels(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    await world.add_visit(world.elder, start=NOON)
    text = (await client.get("/api/v1/door/sync", headers=phone.headers)).text
    for secret in (card.token, card.short_code, str(HOME[0]), str(HOME[1]), '"lat"', '"lon"', "110100"):
        assert secret not in text


async def test_twelve_visits_cost_20_kb_and_an_unchanged_week_less_than_one(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    await week(world)
    whole, bytes_whole = await sync(client, phone)
    assert [len(one["visits"]) for one in whole["days"]] == [12] * 9
    same, bytes_same = await sync(client, phone, whole["cursor"])
    assert (same["days"], same["catalogue"], same["carer"], same["month_used"]) == ([], None, None, None)
    await fetch("UPDATE visit SET max_minutes = 90 WHERE service_day = $1", TODAY)
    today, bytes_day = await sync(client, phone, whole["cursor"])
    assert sent(today) == [on(0)]
    # A phone that knows nothing, with one day of twelve visits ahead: the catalogue and everything else comes along.
    await fetch("UPDATE assignment SET ended_at = now() WHERE service_day <> $1", TODAY)
    first, bytes_first = await sync(client, phone)
    assert len(calls_of(first)) == 12
    print(f"first contact with 12 visits {bytes_first} B, a changed day of 12 {bytes_day} B, unchanged {bytes_same} B, "
          f"first contact with 9 days of 12 {bytes_whole} B")  # fmt: skip
    assert bytes_first <= 20_000
    assert bytes_day <= 20_000
    assert bytes_same < 1_000


Change = Callable[[World, dict[int, list[UUID]]], Awaitable[object]]


async def _address(world: World, made: dict[int, list[UUID]]) -> None:
    sealed = vault.current().seal("搬到 9 号楼", "household.address")
    await fetch("UPDATE household SET address = $1 WHERE id = $2", sealed, world.couple_home)


async def _card_changed(world: World, made: dict[int, list[UUID]]) -> None:
    await fetch("UPDATE household_code SET revoked_at = now() WHERE household = $1", world.couple_home)
    await print_code(world.couple_home, seed=2)


async def _card_gone(world: World, made: dict[int, list[UUID]]) -> None:
    await fetch("UPDATE household_code SET revoked_at = now() WHERE household = $1", world.couple_home)


async def _colleague(world: World, made: dict[int, list[UUID]]) -> None:
    await visits.reassign(SYSTEM, made[2][0], [world.caregiver, world.colleague])


async def _taken_away(world: World, made: dict[int, list[UUID]]) -> None:
    await visits.reassign(SYSTEM, made[2][0], [world.colleague])


async def _cancelled(world: World, made: dict[int, list[UUID]]) -> None:
    await visits.cancel(SYSTEM, made[2][0], "老人住院")


async def _plan(world: World, made: dict[int, list[UUID]]) -> None:
    await fetch("UPDATE plan_state SET valid_to = $1 WHERE valid_to IS NULL", TODAY + timedelta(days=2))


async def _status(world: World, made: dict[int, list[UUID]]) -> None:
    await world.add_status(world.husband, "hospital_stay", since=TODAY + timedelta(days=2))


@pytest.mark.parametrize(
    "change", [_address, _card_changed, _card_gone, _colleague, _taken_away, _cancelled, _plan, _status]
)
async def test_a_change_sends_exactly_its_day(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed, change: Change
) -> None:
    """The husband is visited in two days, the other elder today and tomorrow."""
    await print_code(world.couple_home)
    await world.add_plan_item(world.elder)
    item = await world.add_plan_item(world.husband)
    made = {
        0: [await world.add_visit(world.elder, start=NOON)],
        1: [await world.add_visit(world.elder, start=NOON + timedelta(days=1))],
        2: [await world.add_visit(world.husband, plan_item=item, start=NOON + timedelta(days=2))],
    }
    before, _ = await sync(client, phone)
    await change(world, made)
    after, _ = await sync(client, phone, before["cursor"])
    assert sent(after) == [on(2)]
    assert (await sync(client, phone, after["cursor"]))[0]["days"] == []


async def test_a_recorded_visit_changes_its_own_day_and_the_months_number(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    item = await world.add_plan_item(world.elder, max_per_month=30)
    visit = await world.add_visit(world.elder, plan_item=item)
    ahead = [await world.add_visit(world.elder, plan_item=item, start=NOON + timedelta(days=n)) for n in (1, 2)]
    before, _ = await sync(client, phone)
    months = {call["id"]: call["facts"]["month"] for call in calls_of(before)}
    assert set(before["month_used"].values()) == {0}
    await phone.send(client, arrive(phone, visit, world.elder, card.token))
    inside, _ = await sync(client, phone, before["cursor"])
    today = clock.civil_date(clock.now()).isoformat()
    assert sent(inside) == [today]
    assert inside["month_used"][months[str(visit)]] == 1
    same_month = [id for id in ahead if months[str(id)] == months[str(visit)]]
    assert len(same_month) == sum((TODAY + timedelta(days=n)).month == TODAY.month for n in (1, 2))
    await phone.send(client, leave(phone, visit, world.elder, card.token))
    done, _ = await sync(client, phone, inside["cursor"])
    assert (sent(done), done["month_used"], done["catalogue"]) == ([today], None, None)
    [call] = calls_of(done)
    assert (call["op_state"], [event["kind"] for event in call["events"]]) == ("completed", ["check_in", "check_out"])


async def test_a_new_certificate_is_told_without_the_days(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    await world.add_visit(world.elder, start=NOON)
    before, _ = await sync(client, phone)
    await fetch("UPDATE qualification SET valid_until = $1 WHERE kind = 'nurse_licence'", TODAY)
    after, _ = await sync(client, phone, before["cursor"])
    assert (after["days"], after["catalogue"]) == ([], None)
    licence = next(one for one in after["carer"]["held"] if one["kind"] == "nurse_licence")
    assert licence["until"] == TODAY.isoformat()


@pytest.mark.parametrize("broken", ["", "x", "ü中", "A" * 5000, "AAAA" * 25, "____" * 25, "-.,!", "%00", "QUJD\n"])
async def test_a_broken_cursor_is_none(client: httpx.AsyncClient, world: World, phone: Phone, broken: str) -> None:
    answer, _ = await sync(client, phone, broken)
    assert len(answer["days"]) == 9
    assert answer["catalogue"] is not None


async def test_another_phones_cursor_knows_nothing(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    other = await phone_of(world.colleague)
    theirs, _ = await sync(client, other)
    mine, _ = await sync(client, phone, theirs["cursor"])
    assert len(mine["days"]) == 9
    assert mine["catalogue"] is not None and mine["carer"] is not None
    assert (theirs["cursor"][:4], theirs["cursor"] != mine["cursor"]) == (mine["cursor"][:4], True)


async def test_the_next_morning_only_the_new_day_is_new(
    client: httpx.AsyncClient, world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for offset in range(9):
        await world.add_visit(world.elder, start=NOON + timedelta(days=offset))
    before, _ = await sync(client, phone)
    monkeypatch.setattr(clock, "today", lambda: TODAY + timedelta(days=1))
    after, _ = await sync(client, phone, before["cursor"])
    assert (sent(after), after["first_day"], after["last_day"]) == ([on(8)], on(0), on(8))


async def test_facts_say_what_the_rules_need(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    item = await world.add_plan_item(world.elder, service_type="bathing", content="bath_at_home", max_per_month=2)
    await world.add_visit(world.elder, plan_item=item, start=NOON, service_type="bathing", content="bath_at_home")
    await world.add_visit(world.husband, start=NOON + timedelta(hours=1))
    await world.add_status(world.husband, "away", since=TODAY)
    await fetch("UPDATE service_agreement SET valid_to = $1 WHERE elder = $2", TODAY, world.husband)
    await fetch("UPDATE household SET lat = NULL, lon = NULL, coord_system = NULL WHERE id = $1", world.couple_home)
    await fetch("UPDATE cooperation_agreement SET service_types = '{bathing}'")
    good, bad = (call["facts"] for call in calls_of((await sync(client, phone))[0]))
    month = good.pop("month")
    assert isinstance(month, str) and len(month) == 8
    assert good == {"max_per_month": 2}, "only what is out of the ordinary is sent"
    assert bad == {
        "item_in_plan": False,
        "plan_state": None,
        "agreement": False,
        "contracted": False,
        "elder_statuses": ["away"],
        "point": False,
    }
    await fetch("UPDATE cooperation_agreement SET valid_to = $1", TODAY)
    await fetch("UPDATE provider SET licence_until = $1", TODAY - timedelta(days=1))
    facts = calls_of((await sync(client, phone))[0])[0]["facts"]
    assert (facts["contracted"], facts["licence_ok"]) == (None, False)


async def test_a_walk_in_is_in_the_days_of_who_recorded_it(
    client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    await world.add_plan_item(world.elder)
    fields = {"elder_ids": [world.elder], "token": card.token, "service_type": "meal", "content": "delivery"}
    scan = phone.event("check_in", **fields)
    await phone.send(client, scan)
    [call] = calls_of((await sync(client, phone))[0])
    assert (call["op_state"], call["facts"]) == ("in_progress", {"assigned": False, "walk_in": True})
    assert [event["event_id"] for event in call["events"]] == [claims(scan)["event_id"]]
    colleague = await phone_of(world.colleague, place=HOME)
    assert calls_of((await sync(client, colleague))[0]) == []


async def test_a_phone_of_another_provider_sees_nothing_of_it(client: httpx.AsyncClient, world: World) -> None:
    await world.add_visit(world.elder)
    stranger = await phone_of(world.stranger, place=HOME)
    assert calls_of((await sync(client, stranger))[0]) == []


async def test_what_is_true_of_a_week_is_read_by_index(world: World, phone: Phone, dsn: str) -> None:
    """Two years of such weeks are stored; the statements touch the pages of this one."""
    made = await week(world, calls=6)
    await fetch(
        "WITH made AS (INSERT INTO visit (id, elder, household, provider, plan_item, kind, service_type, content, "
        "service_day, ordinal, window_start, window_end, min_minutes, max_minutes, carers_needed, op_state, "
        "verify_state, settle_state, holds, created_at, changed_at) "
        "SELECT gen_random_uuid(), elder, household, provider, plan_item, kind, service_type, content, "
        "service_day - 9 * g, ordinal, window_start, window_end, min_minutes, max_minutes, carers_needed, 'completed', "
        "verify_state, settle_state, holds, created_at, changed_at FROM visit, generate_series(1, 80) g RETURNING id) "
        "INSERT INTO assignment (id, visit, caregiver, assigned_at) "
        "SELECT gen_random_uuid(), made.id, $1, now() FROM made",
        world.caregiver,
    )
    ids = "{" + ",".join(str(id) for day_ids in made.values() for id in day_ids) + "}"
    db = await asyncpg.connect(dsn)
    await db.execute("ANALYZE")
    await db.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    await db.execute(f"PREPARE facts (uuid[]) AS {dated.VISITS_READ}")
    await db.execute(f"PREPARE own (uuid, uuid[]) AS {day._OWN}")
    await db.execute(f"PREPARE who (uuid) AS {day._WHO}")
    for call, most in (
        (f"facts ('{ids}')", 40 * 54),
        (f"own ('{world.caregiver}', '{ids}')", 4 * 54),
        (f"who ('{phone.device_id}')", 30),
    ):
        [[text]] = await db.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {call}")
        [whole] = json.loads(text)
        pages = whole["Plan"]["Shared Hit Blocks"] + whole["Plan"]["Shared Read Blocks"]
        scans = set(_scanned(whole["Plan"])) - {"area", "provider", "cooperation_agreement", "provider_standing"}
        print(call[:5], pages, "pages", whole["Execution Time"], "ms")
        assert not scans, (call[:5], scans)
        assert pages < most, (call[:5], pages)
    await db.close()


def _scanned(plan: dict[str, Any]) -> list[str]:
    """Tables that the plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for below in plan.get("Plans", []) for name in _scanned(below)]


def test_the_days_of_a_cursor_end_with_the_calendar() -> None:
    last = day._Kept(
        {date.max - timedelta(days=n): b"123456" for n in range(9)}, dict.fromkeys(day._SECTIONS, b"abcdef")
    )
    assert day._read(day._write(last)) == last
