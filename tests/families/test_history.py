"""What a family sees: plain facts of real visits, days and months, changes by offices, and nothing else."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from checkins.conftest import Printed, print_code
from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.db.tables.people import Caregiver
from doorstep.db.tables.review import ManualEdit
from support.door import arrive, came_and_left, planned, standing_clock, take_back
from support.phone import Phone
from support.sign_in import family_token, phone_of
from support.world import HOME, World

from .conftest import Ask, Headers


@pytest.fixture
async def phone(world: World) -> Phone:
    """The world's first caregiver, standing in the home."""
    return await phone_of(world.caregiver, place=HOME)


@pytest.fixture
async def card(world: World) -> Printed:
    """The card of the single elder's home."""
    return await print_code(world.home)


def only(answer: dict[str, Any]) -> dict[str, Any]:
    [day] = answer["days"]
    [visit] = day["visits"]
    return visit


async def test_a_real_visit_from_coming_to_done(
    client: httpx.AsyncClient, world: World, daughter: Headers, phone: Phone, card: Printed, get: Ask
) -> None:
    with standing_clock() as hands:
        visit = await planned(world)
        path = f"/family/visits/{visit}"
        coming = await get(path, daughter)
        assert (coming["state"], coming["started_at"], coming["tasks"]) == ("coming", None, [])
        assert coming["caregivers"] == [{"surname": "彭", "role": "caregiver"}]
        assert coming["may_object"] is False
        came, left = came_and_left(hands, phone, visit, world.elder, card.token)
        await phone.send(client, came)
        now = await get(path, daughter)
        assert (now["state"], now["ended_at"]) == ("now", None)
        assert now["started_at"]
        await phone.send(client, left)
        done = only(await get(f"/family/elders/{world.elder}/visits", daughter))
        assert done == await get(path, daughter)
        assert (done["state"], done["tasks"], done["may_object"]) == ("done", ["meal_handed"], True)
        assert done["ended_at"]
        assert done["office"] == "朝外照料中心"
        assert (done["changes"], done["feedback"]) == ([], [])


async def test_who_came_counts_not_who_was_sent_and_what_was_taken_back_did_not_happen(
    client: httpx.AsyncClient, world: World, daughter: Headers, phone: Phone, card: Printed, get: Ask
) -> None:
    visit = await planned(world, caregivers=[world.colleague])
    first = arrive(phone, visit, world.elder, card.token)
    await phone.send(client, first)
    seen = await get(f"/family/visits/{visit}", daughter)
    assert [one["surname"] for one in seen["caregivers"]] == ["彭"]
    await phone.send(client, take_back(phone, first))
    seen = await get(f"/family/visits/{visit}", daughter)
    assert (seen["state"], [one["surname"] for one in seen["caregivers"]]) == ("coming", ["毛"])


async def test_of_a_couple_nobody_reads_what_was_done_for_the_other(
    client: httpx.AsyncClient, world: World, get: Ask
) -> None:
    """One record of the phone tells of both."""
    card = await print_code(world.couple_home)
    families = {
        elder: {"Authorization": f"Bearer {await family_token(elder)}"} for elder in (world.husband, world.wife)
    }
    bath = {"service_type": "bathing", "content": "bath_at_home"}
    with standing_clock() as hands:
        phone = await phone_of(world.caregiver, place=HOME)
        his, hers = await planned(world, world.husband), await planned(world, world.wife, **bath)
        both: dict[str, Any] = {"visit_id": his, "elder_ids": [world.husband, world.wife], "token": card.token}
        await phone.send(client, phone.event("check_in", **both))
        hands.move(minutes=45)
        done = {"tasks": ["meal_handed", "bath", "skin_check"], "acknowledged": ["emergency@1", "bathing-safety@1"]}
        await phone.send(client, phone.event("check_out", **both, **done))
    assert (await get(f"/family/visits/{his}", families[world.husband]))["tasks"] == ["meal_handed"]
    assert (await get(f"/family/visits/{hers}", families[world.wife]))["tasks"] == ["bath", "skin_check"]


async def test_a_nurse_is_one_where_a_licence_counts(world: World, daughter: Headers, get: Ask) -> None:
    bath = await world.add_visit(world.elder, service_type="bathing", content="bath")
    assert (await get(f"/family/visits/{bath}", daughter))["caregivers"] == [{"surname": "彭", "role": "nurse"}]
    await fetch("DELETE FROM qualification WHERE kind = 'nurse_licence'")
    assert (await get(f"/family/visits/{bath}", daughter))["caregivers"][0]["role"] == "caregiver"


async def test_days_are_civil_days_and_half_open(world: World, daughter: Headers, get: Ask) -> None:
    today = clock.today()
    start = clock.day_bounds(today)[0]
    made = {
        "yesterday": await world.add_visit(world.elder, start=start - timedelta(minutes=30)),
        "today": await world.add_visit(world.elder, start=start),
        "evening": await world.add_visit(world.elder, start=start + timedelta(hours=23)),
        "tomorrow": await world.add_visit(world.elder, start=start + timedelta(days=1)),
    }
    await world.add_visit(world.husband, start=start)
    path = f"/family/elders/{world.elder}/visits"
    answer = await get(path, daughter, since=str(today), until=str(today + timedelta(days=1)))
    [day] = answer["days"]
    assert day["day"] == str(today)
    assert [one["id"] for one in day["visits"]] == [str(made["today"]), str(made["evening"])]
    usual = await get(path, daughter)
    assert (usual["since"], usual["until"]) == (str(today - timedelta(days=6)), str(today + timedelta(days=8)))
    assert [day["day"] for day in usual["days"]] == [str(today + timedelta(days=offset)) for offset in (-1, 0, 1)]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-01-01", "until": "2026-03-05"}, {"since": "2026-01-02", "until": "2026-01-02"},
        {"since": "2026-01-02", "until": "2026-01-01"}, {"since": "0001-01-01", "until": "0001-01-02"},
        {"since": "9999-12-31"}, {"until": "0001-01-03"}, {"since": "x"}, {"until": "9999-12-31"},
    ],
    ids=str,
)  # fmt: skip
async def test_days_that_are_none(
    query: dict[str, str], client: httpx.AsyncClient, world: World, daughter: Headers
) -> None:
    path = f"/api/v1/family/elders/{world.elder}/visits"
    answer = await client.get(path, headers=daughter, params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


async def test_sixty_two_days_are_read_at_once(world: World, daughter: Headers, get: Ask) -> None:
    answer = await get(f"/family/elders/{world.elder}/visits", daughter, since="2026-01-01", until="2026-03-04")
    assert answer["days"] == []


async def test_a_month_at_a_glance(world: World, daughter: Headers, get: Ask) -> None:
    today = clock.today()
    start = clock.day_bounds(today)[0]
    await world.add_visit(world.elder, start=start, op_state="completed")
    await world.add_visit(world.elder, start=start + timedelta(hours=1), op_state="completed")
    await world.add_visit(world.elder, start=start + timedelta(hours=2), op_state="cancelled")
    await world.add_visit(world.husband, start=start, op_state="completed")
    answer = await get(f"/family/elders/{world.elder}/month", daughter, month=f"{today:%Y-%m}")
    assert answer["days"] == [{"day": str(today), "visits": 3, "counts": {"done": 2, "cancelled": 1}}]
    other = await get(f"/family/elders/{world.elder}/month", daughter, month="2024-02")
    assert (other["month"], other["days"]) == ("2024-02", [])


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "0001-01", "9999-12", "2026-1", "2026-11\n"])
async def test_a_month_that_is_none(month: str, client: httpx.AsyncClient, world: World, daughter: Headers) -> None:
    path = f"/api/v1/family/elders/{world.elder}/month"
    assert (await client.get(path, headers=daughter, params={"month": month})).status_code == 400


async def test_what_an_office_changed_later(
    client: httpx.AsyncClient, world: World, daughter: Headers, office: Headers, get: Ask
) -> None:
    visit = await world.add_visit(world.elder, start=clock.now() + timedelta(hours=3))
    sent = await client.put(
        f"/api/v1/visits/{visit}/caregivers", headers=office, json={"caregiver_ids": [str(world.colleague)]}
    )
    assert sent.status_code == 200, sent.text
    cancelled = await client.post(f"/api/v1/visits/{visit}/cancel", headers=office, json={"reason": "老人去儿子家"})
    assert cancelled.status_code == 200, cancelled.text
    seen = await get(f"/family/visits/{visit}", daughter)
    assert seen["state"] == "cancelled"
    told = [(one["what"], one["office"], one["why"], one["why_code"]) for one in seen["changes"]]
    assert told == [
        ("reassigned", "朝外照料中心", None, None),
        ("cancelled", "朝外照料中心", "老人去儿子家", None),
    ]
    assert [one["surname"] for one in seen["caregivers"]] == ["毛"]


async def test_another_time_and_a_step_taken_back(
    client: httpx.AsyncClient, world: World, daughter: Headers, office: Headers, get: Ask
) -> None:
    start = clock.now().replace(microsecond=0) + timedelta(hours=3)
    visit = await world.add_visit(world.elder, start=start)
    times = {"window_start": start + timedelta(hours=1), "window_end": start + timedelta(hours=2)}
    body = {name: at.isoformat() for name, at in times.items()} | {"reason": "护理员上午培训"}
    moved = await client.put(f"/api/v1/visits/{visit}/window", headers=office, json=body)
    assert moved.status_code == 200, moved.text
    [change] = (await get(f"/family/visits/{visit}", daughter))["changes"]
    assert (change["what"], change["why"], change["office"]) == ("rescheduled", "护理员上午培训", "朝外照料中心")
    assert datetime.fromisoformat(change["start_before"]) == start
    assert datetime.fromisoformat(change["start"]) == start + timedelta(hours=1)
    off = await client.post(f"/api/v1/visits/{visit}/cancel", headers=office, json={"reason": "老人不在家"})
    undone = await client.post(f"/api/v1/actions/{off.json()['action_id']}/undo", headers=office)
    assert undone.status_code == 200, undone.text
    seen = await get(f"/family/visits/{visit}", daughter)
    told = [(one["what"], one["why"]) for one in seen["changes"]]
    assert told == [("rescheduled", "护理员上午培训"), ("cancelled", "老人不在家"), ("restored", None)]
    assert seen["state"] == "coming"


async def test_an_order_taken_back_is_not_cancelled_for_the_reason_of_the_order(
    client: httpx.AsyncClient, world: World, daughter: Headers, office: Headers, get: Ask
) -> None:
    start = clock.now().replace(microsecond=0) + timedelta(hours=3)
    body = {
        "elder_id": str(world.elder),
        "service_type": "medical",
        "content": "round_visit",
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=1)).isoformat(),
        "reason": "家属来电",
    }
    ordered = await client.post("/api/v1/visits", headers=office, json=body)
    assert ordered.status_code == 201, ordered.text
    done = ordered.json()
    undone = await client.post(f"/api/v1/actions/{done['action_id']}/undo", headers=office)
    assert undone.status_code == 200, undone.text
    [change] = (await get(f"/family/visits/{done['visits'][0]['id']}", daughter))["changes"]
    assert (change["what"], change["why"], change["why_code"]) == ("cancelled", None, None)


async def test_what_the_server_withdrew_has_a_reason_of_the_list(
    client: httpx.AsyncClient, world: World, daughter: Headers, office: Headers, get: Ask
) -> None:
    start = clock.now() + timedelta(days=2)
    visit = await planned(world, start=start)
    day = clock.civil_date(start).isoformat()
    status = {"kind": "hospital_stay", "valid_from": day}
    await client.post(f"/api/v1/elders/{world.elder}/statuses", headers=office, json=status)
    assert (await client.post("/api/v1/visits/expand", headers=office, json={"days": 5})).status_code == 200
    [change] = (await get(f"/family/visits/{visit}", daughter))["changes"]
    assert (change["what"], change["why"], change["why_code"]) == ("cancelled", None, "elder_absent")


async def test_an_entry_by_hand_is_marked(world: World, daughter: Headers, get: Ask) -> None:
    visit = await world.add_visit(world.elder, op_state="completed", caregivers=[])
    account = await world.add_account("manager")
    await ManualEdit.insert(
        ManualEdit(
            id=uuid7(),
            visit=visit,
            kind="entry",
            reason_code="phone_broken",
            note="只给主管看",
            after='{"tasks": ["meal_handed", "box_collected"]}',
            caregiver=world.colleague,
            made_by=account,
            at=clock.now(),
        )
    )
    seen = await get(f"/family/visits/{visit}", daughter)
    [change] = seen["changes"]
    assert (change["what"], change["office"]) == ("recorded_by_hand", "朝外照料中心")
    assert (change["why"], change["why_code"]) == (None, "phone_broken")
    assert (seen["tasks"], seen["caregivers"][0]["surname"]) == (["meal_handed", "box_collected"], "毛")


async def test_a_silent_phone_is_not_a_missed_visit(world: World, daughter: Headers, get: Ask) -> None:
    await phone_of(world.caregiver)
    old = clock.now() - timedelta(hours=5)
    await fetch("UPDATE device SET last_seen_at = $1, enrolled_at = $1", old)
    visit = await world.add_visit(world.elder, start=clock.now() - timedelta(hours=4))
    assert (await get(f"/family/visits/{visit}", daughter))["state"] == "unknown"


async def _from_afar(world: World, client: httpx.AsyncClient, phone: Phone, card: Printed) -> UUID:
    with standing_clock():
        visit = await planned(world)
        far = {"lat": HOME[0] + 0.03, "lon": HOME[1], "accuracy_m": 10, "age_ms": 0}
        came = arrive(phone, visit, world.elder, card.token, position=far)
        await phone.send(client, came)
    return visit


async def test_what_families_never_see(
    client: httpx.AsyncClient, world: World, daughter: Headers, phone: Phone, card: Printed, get: Ask
) -> None:
    visit = await _from_afar(world, client, phone, card)
    found = {row["code"] for row in await fetch("SELECT code FROM finding WHERE visit = $1", visit)}
    assert "LOCATION_FAR" in found, "something is there that must not be shown"
    texts = ""
    fields: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            fields.update(value)
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    today = clock.today()
    for path in (
        "/family/me",
        f"/family/elders/{world.elder}/visits",
        f"/family/elders/{world.elder}/month?month={today:%Y-%m}",
        f"/family/visits/{visit}",
    ):
        answer = await client.get(f"/api/v1{path}", headers=daughter)
        assert answer.status_code == 200
        texts += answer.text
        walk(answer.json())
    people = await Caregiver.select(Caregiver.id, Caregiver.name)
    others = [str(world.husband), str(world.wife), "沈树森", "文玉梅", "LOCATION_FAR", "1380000", "needs_review"]
    for kept in [*others, *(one["name"] for one in people), *(str(one["id"]) for one in people)]:
        assert kept not in texts, kept
    hidden = {"lat", "lon", "distance_m", "accuracy_m", "grade", "holds", "hold_codes", "findings", "codes", "phone"}
    hidden |= {"verify_state", "settle_state", "op_state", "price", "unit_price_fen", "device_id", "caregiver_ids"}
    assert fields & (hidden | {"address", "household"}) == set()


@pytest.mark.parametrize("whose", ["another elder", "nobody"])
async def test_other_ids_are_not_found_for_every_route(
    whose: str, client: httpx.AsyncClient, world: World, daughter: Headers
) -> None:
    theirs = {"Authorization": f"Bearer {await family_token(world.wife)}"}
    hers = await world.add_visit(world.wife, op_state="completed", started_at=clock.now())
    said = await client.post(
        f"/api/v1/family/visits/{hers}/feedback", headers=theirs, json={"kind": "ask", "text": "几点来"}
    )
    assert said.status_code == 201, said.text
    elder, visit, feedback = world.wife, hers, UUID(said.json()["id"])
    if whose == "nobody":
        elder, visit, feedback = uuid7(), uuid7(), uuid7()
    for method, path, body in (
        ("GET", f"elders/{elder}/visits", None),
        ("GET", f"elders/{elder}/month?month=2026-11", None),
        ("GET", f"visits/{visit}", None),
        ("PUT", f"elders/{elder}/watch", {"arrived": True, "left": True, "changed": True}),
        ("POST", f"visits/{visit}/feedback", {"kind": "confirm"}),
        ("POST", f"visits/{visit}/feedback", {"kind": "object", "reason": "nobody_came"}),
        ("POST", f"feedback/{feedback}/withdraw", None),
    ):
        answer = await client.request(method, f"/api/v1/family/{path}", headers=daughter, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (path, answer.text)
    [row] = await fetch("SELECT holds FROM visit WHERE id = $1", hers)
    assert row["holds"] == 0
