"""Facts about people reach visits at once: an elder's page and history, late notices, leave, certificates that move."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.core.workdays import CalendarMissing
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import FamilyContact
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.visits import acting, expansion
from support.desk import Desk, at, day, stands, told
from support.world import World


async def _status(desk: Desk, elder: UUID, kind: str, first: int, back: int | None = None) -> dict[str, Any]:
    body = {"kind": kind, "valid_from": str(day(first)), **({"valid_to": str(day(back))} if back is not None else {})}
    return await desk.done("POST", f"/elders/{elder}/statuses", **body)


async def _served(world: World, days: int, **more: Any) -> UUID:
    started = at(days, 11)
    return await world.add_visit(world.elder, start=started, started_at=started, op_state="completed", **more)


async def test_a_late_notice_of_death_lists_what_was_served_since_and_takes_off_what_is_ahead(
    client: httpx.AsyncClient, world: World
) -> None:
    desk = await Desk.open(client, world)
    item = await world.add_plan_item(world.elder)
    before = await _served(world, -3, plan_item=item)
    on_the_day = await _served(world, -2, plan_item=item)
    after = await _served(world, -1, plan_item=item)
    await _served(world, -1, verify_state="rejected")
    planned = await world.add_visit(world.elder, plan_item=item, start=at(1, 11))
    ordered = await world.add_visit(world.elder, start=at(2, 11))
    saved = await _status(desk, world.elder, "deceased", -2)
    assert saved["withdrawn"] == 2
    assert [(await stands(one))[0] for one in (planned, ordered)] == ["cancelled", "cancelled"]
    expected = [(str(one), "deceased") for one in (on_the_day, after)]
    assert [(one["visit"]["id"], one["status"]) for one in saved["to_decide"]] == expected
    later = await desk.get(f"/elders/{world.elder}/to-decide")
    assert [(one["visit"]["id"], one["status"]) for one in later["items"]] == expected
    assert (await stands(before))[0] == "completed", "nothing before its date changes"
    [kind] = [kind for kind, _ in await told(planned)]
    assert kind == "visit.cancelled"
    assert (await told(planned))[0][1]["caregivers"] == [str(world.caregiver)]


@pytest.mark.parametrize("decision", ["accept", "ask"])
async def test_what_somebody_has_decided_since_is_not_asked_again(
    client: httpx.AsyncClient, world: World, decision: str
) -> None:
    desk = await Desk.open(client, world)
    visit = await _served(world, -1)
    await _status(desk, world.elder, "hospital_stay", -2, 1)
    await fetch(
        "INSERT INTO decision (id, visit, decision, reason_code, codes, decided_by, at) "
        "SELECT gen_random_uuid(), $1, $2, 'x', '{}', id, now() FROM account LIMIT 1",
        visit,
        decision,
    )
    left = (await desk.get(f"/elders/{world.elder}/to-decide"))["items"]
    assert len(left) == (decision == "ask")


async def test_who_comes_home_earlier_is_planned_for_again_at_once(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await desk.done("POST", "/visits/expand", days=7)
    assert (await _status(desk, world.elder, "hospital_stay", 1, 6))["withdrawn"] == 5
    await _status(desk, world.elder, "hospital_stay", 1, 3)
    rows = await fetch("SELECT service_day FROM visit WHERE op_state <> 'cancelled' AND service_day > $1", day(0))
    assert sorted(row["service_day"] for row in rows) == [day(n) for n in (3, 4, 5, 6)]


async def test_an_elders_page(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await world.add_plan_item(world.elder)
    await world.add_status(world.elder, "living_alone", since=day(-30))
    name = vault.current().seal("龚小梅", "family_contact.name")
    phone = vault.current().seal("13811112222", "family_contact.phone")
    await FamilyContact.insert(FamilyContact(elder=world.elder, name=name, phone=phone, relation="女儿"))
    ahead = await world.add_visit(world.elder, start=at(1, 10))
    await _served(world, -1)
    page = await desk.get(f"/elders/{world.elder}")
    assert (page["name"], page["home"]["address"]) == ("龚国栋", "朝外第二社区16号楼1单元404")
    assert [one["kind"] for one in page["statuses"]] == ["living_alone"]
    assert [(one["name"], one["phone_masked"]) for one in page["contacts"]] == [("龚小梅", "138****2222")]
    assert [one["version"] for one in page["plans"]] == [1]
    assert [one["id"] for one in page["next_visits"]] == [str(ahead)]
    assert page["to_decide"] == []
    assert "13811112222" not in str(page)
    assert "id_number" not in page


async def test_an_elders_history_by_pages(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    made = [await _served(world, -n) for n in range(1, 6)]
    await _served(world, -2, provider=world.other_provider)
    await world.add_visit(world.husband, start=at(-1, 10))
    await world.add_visit(world.elder, start=at(1, 10))
    found, cursor = [], ""
    while True:
        page = await desk.get(f"/elders/{world.elder}/visits?limit=2{cursor}")
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&before={page['next']}"
    assert found == [str(one) for one in made], "the newest first, one's own only, nothing that is ahead"
    assert (await desk.ask("GET", f"/elders/{world.elder}/visits?before=x")).json()["code"] == "CURSOR_INVALID"


async def test_the_list_of_elders_and_its_search(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    for elder, initials in ((world.elder, "ggd"), (world.husband, "sss"), (world.wife, "wym")):
        await fetch("UPDATE elder SET initials = $2 WHERE id = $1", elder, initials)
    sealed = vault.current().seal("13900005678", "elder.phone")
    await fetch("UPDATE elder SET phone = $2 WHERE id = $1", world.wife, sealed)
    await world.add_plan_item(world.wife)
    await world.add_visit(world.wife, start=at(1, 10))
    await world.add_status(world.wife, "hospital_stay", since=day(-1))
    names, cursor = [], ""
    for _ in range(3):
        page = await desk.get(f"/elders?limit=1{cursor}")
        names += [one["name"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert (names, page["next"]) == (["龚国栋", "沈树森", "文玉梅"], None)
    [wife] = page["items"]
    assert (wife["statuses"], wife["plan"]["state"], wife["phone_tail"]) == (["hospital_stay"], "active", "5678")
    assert wife["next_visit_at"] is not None
    by_phone, by_address = ("5678", ["文玉梅"]), ("１６号楼", ["龚国栋"])
    for words, expected in (("SS", ["沈树森"]), ("玉", ["文玉梅"]), by_address, by_phone, ("567", []), ("没有", [])):
        answer = await desk.done("POST", "/elders/search", q=words)
        assert [one["name"] for one in answer["items"]] == expected, words


async def test_elders_of_others_do_not_exist(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await fetch("DELETE FROM service_agreement WHERE elder = $1 AND provider = $2", world.elder, world.provider)
    plan = {"valid_from": str(day(1)), "items": [], "reason": "x"}
    for elder in (world.elder, uuid7()):
        for method, path, body in (
            ("GET", "", {}),
            ("GET", "/to-decide", {}),
            ("POST", "/statuses", {"kind": "away", "valid_from": str(day(1))}),
            ("POST", "/plans", plan),
        ):
            answer = await desk.ask(method, f"/elders/{elder}{path}", **body)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
        assert (await desk.get(f"/elders/{elder}/visits"))["items"] == []
    assert "龚国栋" not in str(await desk.get("/elders"))
    assert (await desk.done("POST", "/elders/search", q="龚"))["items"] == []
    officer = await Desk.open(client, world, "officer")
    await fetch("UPDATE household SET area = $1", world.other_subdistrict)
    assert (await officer.ask("GET", f"/elders/{world.husband}")).status_code == 404
    assert (await officer.get("/elders"))["items"] == []


async def test_leave_leaves_visits_without_anybody(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await fetch("DELETE FROM qualification WHERE caregiver = $1 AND kind <> 'health_certificate'", world.colleague)
    meal = await world.add_visit(world.elder, start=at(2, 11))
    bath = await world.add_visit(world.husband, start=at(3, 11), service_type="bathing", content="bath_at_home")
    await world.add_visit(world.wife, start=at(5, 11))
    answer = await desk.done(
        "POST", f"/caregivers/{world.caregiver}/leave", valid_from=str(day(2)), valid_to=str(day(5)), reason="探亲"
    )
    found = [
        (one["visit"]["id"], one["reasons"], [who["name"] for who in one["suitable"]]) for one in answer["uncovered"]
    ]
    assert found == [(str(bath), ["ON_LEAVE"], []), (str(meal), ["ON_LEAVE"], ["毛桂芳"])], "nobody comes first"
    assert (await stands(meal))[2] == [world.caregiver], "a person sends somebody else"
    [(kind, data)] = await told(world.caregiver)
    assert (kind, data["valid_to"], "探亲" in str(data)) == ("caregiver.leave", str(day(5)), False)
    board = await desk.get(f"/board?day={day(4)}")
    assert {one["name"]: one["on_leave"] for one in board["caregivers"]} == {"彭燕": True, "毛桂芳": False}
    back = await desk.done("POST", f"/leave/{answer['leave_id']}/end", valid_to=str(day(3)))
    assert back["valid_to"] == str(day(3))
    board = await desk.get(f"/board?day={day(3)}")
    assert {one["name"]: one["on_leave"] for one in board["caregivers"]} == {"彭燕": False, "毛桂芳": False}
    early = await desk.ask("POST", f"/leave/{answer['leave_id']}/end", valid_to=str(day(1)))
    assert early.json()["code"] == "INPUT_INVALID"


async def test_who_is_being_sent_while_leave_is_recorded_is_told_of(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, other = await Desk.open(client, world), await Desk.open(client, world, "manager")
    visit = await world.add_visit(world.elder, start=at(2, 10))
    weighed, go_on = asyncio.Event(), asyncio.Event()
    made = acting.make

    async def slowly(*given: Any, **more: Any) -> Any:
        weighed.set()
        await go_on.wait()
        return await made(*given, **more)

    monkeypatch.setattr(acting, "make", slowly)
    sending = asyncio.create_task(desk.send(visit, world.colleague))
    await weighed.wait()
    leave = {"valid_from": str(day(1)), "valid_to": str(day(9))}
    recording = asyncio.create_task(other.done("POST", f"/caregivers/{world.colleague}/leave", **leave))
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    async with asyncio.timeout(20):
        while not recording.done() and not await fetch(waiting):
            continue
    go_on.set()
    assert (await sending).status_code == 200
    assert [one["visit"]["id"] for one in (await recording)["uncovered"]] == [str(visit)]


async def test_a_certificate_that_ends_earlier_changes_nothing_before(client: httpx.AsyncClient, world: World) -> None:
    """It was to hold for a year and was withdrawn last week; the office hears of it today."""
    desk = await Desk.open(client, world)
    ahead = await world.add_visit(world.elder, start=at(1, 11))
    before = {n: await _allowed(desk, world, n) for n in (-3, -1)}
    answer = await desk.done(
        "POST", f"/caregivers/{world.caregiver}/qualifications", kind="health_certificate", valid_until=str(day(-5))
    )
    assert [(one["visit"]["id"], one["reasons"]) for one in answer["uncovered"]] == [
        (str(ahead), ["QUALIFICATION_MISSING"])
    ]
    assert {n: await _allowed(desk, world, n) for n in (-3, -1, 0, 1)} == {**before, 0: False, 1: False}
    assert set(before.values()) == {True}
    mine = [one for one in answer["certificates"] if one["kind"] == "health_certificate"]
    assert [(one["valid_until"], one["replaced_at"] is None, one["valid"]) for one in mine] == [
        (str(day(-5)), True, False),
        (str(clock.today() + timedelta(days=400)), False, False),
    ]
    [(kind, data)] = await told(world.caregiver)
    assert (kind, data["replaced"]) == ("caregiver.certificate", 1)


async def _allowed(desk: Desk, world: World, days: int) -> bool:
    visit = await world.add_visit(world.elder, start=at(days, 20), caregivers=[])
    codes = await desk.foreseen({"visit_id": str(visit), "caregiver_ids": [str(world.caregiver)]})
    await fetch("DELETE FROM visit WHERE id = $1", visit)
    return "QUALIFICATION_MISSING" not in codes[str(visit)]


async def test_a_certificate_that_is_renewed_early_leaves_no_gap(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await fetch("UPDATE qualification SET valid_until = $1 WHERE kind = 'health_certificate'", day(4))
    path = f"/caregivers/{world.caregiver}/qualifications"
    body = {"kind": "health_certificate", "valid_from": str(day(4)), "valid_until": str(day(300))}
    await desk.done("POST", path, **body)
    assert [await _allowed(desk, world, n) for n in (0, 3, 4, 5)] == [True] * 4
    again = await desk.done("POST", path, **body)
    assert len([one for one in again["certificates"] if one["kind"] == "health_certificate"]) == 2, "once is enough"


async def test_bad_leave_and_certificates_and_those_of_others(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    path = f"/caregivers/{world.caregiver}"
    for part, body in (
        ("leave", {"valid_from": str(day(2)), "valid_to": str(day(2))}),
        ("leave", {"valid_from": "0001-01-01"}),
        ("leave", {"valid_from": str(day(2)), "reason": "x" * 300}),
        ("qualifications", {"kind": "driving_licence"}),
        ("qualifications", {"kind": "nurse_licence", "valid_from": str(day(2)), "valid_until": str(day(1))}),
    ):
        assert (await desk.ask("POST", f"{path}/{part}", **body)).json()["code"] == "INPUT_INVALID", body
    admin = await Desk.open(client, world, "admin")
    theirs = await admin.done("POST", f"/caregivers/{world.stranger}/leave", valid_from=str(day(2)))
    for method, where, body in (
        ("GET", f"/caregivers/{world.stranger}", {}),
        ("POST", f"/caregivers/{world.stranger}/leave", {"valid_from": str(day(2))}),
        ("POST", f"/caregivers/{world.stranger}/qualifications", {"kind": "nurse_licence"}),
        ("POST", f"/leave/{theirs['leave_id']}/end", {"valid_to": str(day(3))}),
    ):
        answer = await desk.ask(method, where, **body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), where


def _no_calendar(day: date) -> bool:
    """No year's calendar is known."""
    raise CalendarMissing(day)


async def _two_serve(world: World, admin: Desk) -> None:
    """A meal a day of the one provider; of the other a cleaning for which it has too few, and one on working days."""
    theirs: dict[str, Any] = {"provider": world.other_provider, "service_type": "cleaning", "content": "home_cleaning"}
    plans = [
        await world.add_plan_item(world.elder),
        await world.add_plan_item(world.elder, carers_needed=3, **theirs),
        await world.add_plan_item(world.elder, recurrence='{"kind":"working_days"}', **theirs),
    ]
    # One plan, as an office writes it.
    await fetch(
        "UPDATE plan_item SET plan = (SELECT plan FROM plan_item WHERE id = $2) WHERE id = ANY($1::uuid[])",
        *(plans, plans[-1]),
    )
    await admin.done("POST", "/visits/expand", days=7)


async def test_how_many_were_taken_off_is_told_of_ones_own(client: httpx.AsyncClient, world: World) -> None:
    admin, desk = await Desk.open(client, world, "admin"), await Desk.open(client, world)
    await _two_serve(world, admin)
    await fetch('UPDATE plan_item SET recurrence = \'{"kind":"daily"}\'')
    await admin.done("POST", "/visits/expand", days=7)
    assert (await _status(desk, world.elder, "hospital_stay", 1, 2))["withdrawn"] == 1
    assert (await _status(admin, world.elder, "away", 3, 4))["withdrawn"] == 3
    assert (await _status(desk, world.elder, "respite_stay", 5, 6))["withdrawn"] == 1
    rows = await fetch("SELECT provider, count(*) AS n FROM visit WHERE op_state = 'cancelled' GROUP BY provider")
    assert {row["provider"]: row["n"] for row in rows} == {world.provider: 3, world.other_provider: 6}, "all the same"
    await fetch("UPDATE visit SET op_state = 'planned', reason = NULL WHERE op_state = 'cancelled'")
    [plan] = await fetch("SELECT DISTINCT plan FROM plan_item")
    ended = {"state": "ended", "valid_from": str(day(1)), "reason": "迁出"}
    assert (await desk.done("POST", f"/plans/{plan['plan']}/states", **ended))["withdrawn"] == 6
    rows = await fetch("SELECT count(*) AS n FROM visit WHERE op_state = 'cancelled'")
    assert rows[0]["n"] == 18


async def test_a_new_plan_tells_of_ones_own_visits(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "is_working_day", _no_calendar)
    admin, desk = await Desk.open(client, world, "admin"), await Desk.open(client, world)
    await _two_serve(world, admin)
    meal = {"provider_id": str(world.provider), "service_type": "meal", "content": "delivery", "frequency": "每日"}
    limits = {"min_minutes": 3, "max_minutes": 60, "unit_price_fen": 1200}
    item = {**meal, **limits, "window_start": "17:00:00", "window_end": "18:00:00"}
    new = {"valid_from": str(day(1)), "items": [item], "reason": "改时间"}
    told = (await desk.done("POST", f"/elders/{world.elder}/plans", **new))["visits"]
    left = await fetch("SELECT 1 FROM visit WHERE provider = $1 AND op_state = 'planned'", world.other_provider)
    assert left, "theirs lack somebody"
    assert (told["unassigned"], told["calendar_missing"]) == ([], [])
    assert (told["created"], told["assigned"], told["withdrawn"]) == (6, 6, 6)
    everything = await expansion.expand(SYSTEM, days=7)
    assert everything.unassigned
    assert everything.calendar_missing


async def test_whose_own_it_is(world: World) -> None:
    """A provider's people hear of their provider's, officers of their areas', the others of everything."""
    row = {"provider": world.provider, "area": world.subdistrict}
    areas = {"ours": frozenset({world.subdistrict, world.district}), "not ours": frozenset({world.other_subdistrict})}
    for actor, own in (
        (Actor(role=Role.MANAGER, provider_id=world.provider), True),
        (Actor(role=Role.MANAGER, provider_id=world.other_provider), False),
        (Actor(role=Role.OFFICER, area_ids=areas["ours"]), True),
        (Actor(role=Role.OFFICER, area_ids=areas["not ours"]), False),
        (Actor(role=Role.ADMIN), True),
    ):
        assert expansion.is_of(actor, row) is own, actor
