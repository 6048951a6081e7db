"""Whom a provider serves, through HTTP: it acts while something of its own is in force, and reads for a tail more."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.households import scope
from doorstep.plans.rules import FINAL_STATES, NEXT_STATES
from support.desk import at, day
from support.sign_in import sign_in
from support.world import World

Headers = dict[str, str]

NEVER = {"acts": False, "reads": False}
TAIL = {"acts": False, "reads": True}
SERVES = {"acts": True, "reads": True}
LAST = -scope.READING_TAIL.days
"""What ended on this day is not read any more, what ended a day later is read for the last time today."""


@pytest.fixture
async def elder(world: World) -> AsyncIterator[UUID]:
    """In a home of their own, with nothing that binds them to the first provider."""
    home = await world.add_home("朝外第三社区9号楼301")
    elder = await world.add_elder("顾秀英", home)
    await fetch("DELETE FROM service_agreement WHERE elder = $1 AND provider = $2", elder, world.provider)
    yield elder


async def _agree(world: World, elder: UUID, since: int, until: int | None, *, provider: UUID | None = None) -> None:
    await fetch(
        "INSERT INTO service_agreement (id, elder, provider, valid_from, valid_to, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, $4, now())",
        elder,
        provider or world.provider,
        day(since),
        None if until is None else day(until),
    )


async def _plan(world: World, elder: UUID, *, plan: tuple[int, int] = (-200, 200), **item: Any) -> UUID:
    id = await world.add_plan_item(elder, **item)
    rows = await fetch(
        "UPDATE care_plan cp SET valid_from = $2, valid_to = $3 FROM plan_item pi WHERE pi.id = $1 AND cp.id = pi.plan "
        "RETURNING cp.id",
        id,
        *(day(one) for one in plan),
    )
    return rows[0]["id"]


async def _state(plan: UUID, state: str, since: int) -> None:
    await fetch(
        "INSERT INTO plan_state (id, plan, state, valid_from, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, clock_timestamp())",
        plan,
        state,
        day(since),
    )


async def _may(
    client: httpx.AsyncClient, headers: Headers, elder: UUID, *, caregiver: UUID | None = None
) -> dict[str, bool]:
    """What each way of reading and of acting answers; all of a kind say the same."""
    path = f"/api/v1/elders/{elder}"
    listed = await client.get("/api/v1/elders", headers=headers)
    found = await client.post("/api/v1/elders/search", headers=headers, json={"q": "顾秀"})
    reads = {200 if str(elder) in [one["id"] for one in page.json()["items"]] else 404 for page in (listed, found)}
    for of in ("", "/family", "/to-decide"):
        reads.add((await client.get(f"{path}{of}", headers=headers)).status_code)
    files = [(await client.get(f"{path}{of}", headers=headers)).json() for of in ("", "/family")]
    signed = {"purpose": "family_view", "given_by": "self", "given_on": str(day(0)), "text_version": "2026-11"}
    order = {
        "elder_id": str(elder),
        "service_type": "meal",
        "content": "delivery",
        "window_start": at(1, 9).isoformat(),
        "window_end": at(1, 10).isoformat(),
        "caregiver_ids": [str(caregiver)] if caregiver else [],
        "reason": "家属来电",
        "anyway": True,
    }
    acts = set()
    for of, body in (
        (f"{path}/statuses", {"kind": "away", "valid_from": str(day(-1)), "valid_to": str(day(0))}),
        (f"{path}/consents", signed),
        (f"{path}/invites", {"name": "顾红", "relation": "女儿"}),
        ("/api/v1/visits", order),
    ):
        answer = await client.post(of, headers=headers, json=body)
        assert answer.status_code == 201 or answer.json()["code"] == "NOT_FOUND", answer.text
        acts.add(answer.status_code)
    assert len(reads) == len(acts) == 1, (reads, acts)
    offered = [file.get("may_act", False) for file in files]
    assert offered == [acts == {201}] * 2, "the screens offer what is allowed"
    return {"acts": acts == {201}, "reads": reads == {200}}


@pytest.mark.parametrize(
    ("since", "until", "may"),
    [
        (-300, None, SERVES), (-300, 300, SERVES), (0, 1, SERVES), (-300, 0, TAIL), (-300, LAST + 1, TAIL),
        (-300, LAST, NEVER), (20, 300, SERVES), (-20, -20, NEVER),
    ],
)  # fmt: skip
async def test_an_agreement_serves_from_its_first_day_to_its_end(
    since: int, until: int | None, may: dict[str, bool], client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    await _agree(world, elder, since, until)
    assert await _may(client, await sign_in(world, "dispatcher"), elder) == may


@pytest.mark.parametrize(
    ("plan", "item", "may"),
    [
        ((-200, 200), (-200, 200), SERVES),
        ((-200, 0), (-200, 200), TAIL),
        ((-200, 200), (-200, 0), TAIL),
        ((-200, LAST), (-200, 200), NEVER),
        ((-200, 200), (-200, LAST), NEVER),
        ((10, 200), (-200, 200), SERVES),
        ((-200, 200), (10, 200), SERVES),
        ((-200, -10), (-10, 200), NEVER),  # never on the same day
    ],
)
async def test_an_item_serves_within_its_own_term_and_that_of_its_plan(
    plan: tuple[int, int],
    item: tuple[int, int],
    may: dict[str, bool],
    client: httpx.AsyncClient,
    world: World,
    elder: UUID,
) -> None:
    await _plan(world, elder, plan=plan, valid_from=day(item[0]), valid_to=day(item[1]))
    assert await _may(client, await sign_in(world, "dispatcher"), elder) == may


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
@pytest.mark.parametrize(("since", "may"), [(1, SERVES), (0, TAIL), (LAST + 1, TAIL), (LAST, NEVER), (-200, NEVER)])
async def test_a_plan_that_is_over_is_not_in_force_whatever_its_term(
    state: str, since: int, may: dict[str, bool], client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    await _state(await _plan(world, elder), state, since)
    assert await _may(client, await sign_in(world, "dispatcher"), elder) == may


@pytest.mark.parametrize("state", sorted({*NEXT_STATES} - FINAL_STATES - {None}))  # pyright: ignore[reportArgumentType]
async def test_a_plan_that_is_prepared_or_rests_serves(
    state: str, client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    await _state(await _plan(world, elder), state, -100)
    assert await _may(client, await sign_in(world, "dispatcher"), elder) == SERVES


async def test_the_end_of_a_plan_that_was_moved_counts_as_it_was_said_last(
    client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    plan = await _plan(world, elder)
    await _state(plan, "ended", 30)
    await _state(plan, "ended", -3)
    assert await _may(client, await sign_in(world, "dispatcher"), elder) == TAIL


async def test_what_other_providers_have_in_force_is_theirs(
    client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    await _plan(world, elder, provider=world.other_provider)
    await _plan(world, elder, valid_to=day(LAST))
    assert await _may(client, await sign_in(world, "manager"), elder) == NEVER


async def test_offices_above_the_providers_go_by_the_area(client: httpx.AsyncClient, world: World, elder: UUID) -> None:
    await _plan(world, elder, valid_to=day(LAST))
    await fetch("DELETE FROM service_agreement WHERE elder = $1", elder)
    officer = await sign_in(world, "officer")
    assert (await client.get(f"/api/v1/elders/{elder}", headers=officer)).status_code == 200
    assert await _may(client, await sign_in(world, "admin"), elder, caregiver=world.caregiver) == SERVES


async def test_what_stands_for_the_family_is_taken_back_as_long_as_it_is_read(
    client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    """What an elder does not want any more is heard for some time by who served them; then it is nobody's of theirs."""
    await _agree(world, elder, -300, 300)
    headers = await sign_in(world, "dispatcher")
    path = f"/api/v1/elders/{elder}"
    signed = {"purpose": "family_view", "given_by": "self", "given_on": str(day(0)), "text_version": "2026-11"}
    consents = (await client.post(f"{path}/consents", headers=headers, json=signed)).json()["consents"]
    invites = [
        (await client.post(f"{path}/invites", headers=headers, json={"name": "顾红", "relation": "女儿"})).json()
        for _ in range(2)
    ]
    secret = invites[0]["url"].rsplit("/", 1)[1]
    site = {"Origin": "https://dj.example.cn"}
    assert (await client.post("/api/v1/family/redeem", headers=site, json={"secret": secret})).status_code == 200
    client.cookies.clear()
    [link] = (await client.get(f"{path}/family", headers=headers)).json()["links"]
    await fetch("UPDATE service_agreement SET valid_to = $2 WHERE elder = $1", elder, day(LAST))
    version = {
        "valid_from": str(day(1)),
        "reason": "续签",
        "items": [
            {
                "provider_id": str(world.provider),
                "service_type": "meal",
                "content": "delivery",
                "frequency": "每日",
                "window_start": "11:00:00",
                "window_end": "12:30:00",
                "unit_price_fen": 1200,
            }
        ],
    }
    steps = (
        ("POST", f"elders/{elder}/plans", version, 404),
        ("POST", f"family-links/{link['id']}/end", {"reason": "搬走了"}, 204),
        ("DELETE", f"invites/{invites[1]['id']}", None, 204),
        ("POST", f"consents/{consents[0]['id']}/withdraw", {"withdrawn_on": str(day(0))}, 200),
    )
    for method, of, body, _ in steps:
        answer = await client.request(method, f"/api/v1/{of}", headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), of
    await fetch("UPDATE service_agreement SET valid_to = $2 WHERE elder = $1", elder, day(LAST + 1))
    family = (await client.get(f"{path}/family", headers=headers)).json()
    assert (family["consent"], len(family["invites"]), family["links"][0]["state"]) == ("in_force", 1, "live")
    for method, of, body, status in steps:
        answer = await client.request(method, f"/api/v1/{of}", headers=headers, json=body)
        assert answer.status_code == status, (of, answer.text)
    family = (await client.get(f"{path}/family", headers=headers)).json()
    assert (family["consent"], family["invites"], family["links"][0]["state"]) == ("ended", [], "ended")
    assert not await fetch("SELECT 1 FROM care_plan WHERE elder = $1", elder)


async def test_the_state_of_a_plan_is_said_by_who_serves(client: httpx.AsyncClient, world: World, elder: UUID) -> None:
    plan = await _plan(world, elder, valid_to=day(0))
    headers = await sign_in(world, "dispatcher")
    said = {"state": "suspended", "valid_from": str(day(0)), "valid_to": str(day(5)), "reason": "住院"}
    answer = await client.post(f"/api/v1/plans/{plan}/states", headers=headers, json=said)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    await _agree(world, elder, 0, 10)
    answer = await client.post(f"/api/v1/plans/{plan}/states", headers=headers, json=said)
    assert answer.status_code == 201, answer.text


async def test_the_plan_of_others_is_not_a_providers_to_end(
    client: httpx.AsyncClient, world: World, elder: UUID
) -> None:
    """It serves the elder by an agreement, and has nothing in this plan."""
    await _agree(world, elder, -9, None)
    plan = await _plan(world, elder, provider=world.other_provider)
    headers = await sign_in(world, "dispatcher")
    body = {"state": "ended", "valid_from": str(day(0))}
    refused = await client.post(f"/api/v1/plans/{plan}/states", json=body, headers=headers)
    assert refused.status_code == 404
    await world.add_plan_item(elder, plan=plan, service_type="cleaning", content="home_cleaning")
    assert (await client.post(f"/api/v1/plans/{plan}/states", json=body, headers=headers)).status_code == 201


async def test_homes_and_cards_are_for_who_serves(client: httpx.AsyncClient, world: World, elder: UUID) -> None:
    plan = await _plan(world, elder)
    [home] = await fetch("SELECT household AS id FROM elder WHERE id = $1", elder)
    headers = await sign_in(world, "dispatcher")

    async def listed() -> bool:
        answer = await client.get("/api/v1/households", headers=headers)
        return str(home["id"]) in [one["id"] for one in answer.json()["items"]]

    assert await listed()
    await _state(plan, "ended", 0)
    assert not await listed()
    card = {"household_ids": [str(home["id"])], "layout": "card", "format": "png"}
    answer = await client.post("/api/v1/cards", headers=headers, json=card)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_old_visits_stay_the_providers_own(client: httpx.AsyncClient, world: World, elder: UUID) -> None:
    await _plan(world, elder, valid_to=day(LAST))
    [home] = await fetch("SELECT household AS id FROM elder WHERE id = $1", elder)
    visit = await world.add_visit(elder, household=home["id"], start=clock.now() - timedelta(days=100))
    headers = await sign_in(world, "manager")
    assert (await client.get(f"/api/v1/elders/{elder}", headers=headers)).status_code == 404
    assert (await client.get(f"/api/v1/review/visits/{visit}", headers=headers)).status_code == 200
    history = await client.get(f"/api/v1/elders/{elder}/visits", headers=headers)
    assert [one["id"] for one in history.json()["items"]] == [str(visit)]


@pytest.mark.parametrize("by", ["plan", "agreement"])
async def test_only_who_serves_or_served_lately_is_told(
    client: httpx.AsyncClient, world: World, elder: UUID, by: str
) -> None:
    async def served(provider: UUID, until: int) -> None:
        await fetch("DELETE FROM service_agreement WHERE elder = $1 AND provider = $2", elder, provider)
        if by == "plan":
            await _plan(world, elder, provider=provider, valid_to=day(until))
        else:
            await _agree(world, elder, -200, until, provider=provider)

    await served(world.provider, 200)
    await served(world.other_provider, LAST)
    said = {"kind": "away", "valid_from": str(day(0)), "valid_to": str(day(3))}
    headers = await sign_in(world, "dispatcher")
    heard: list[UUID] = []
    for providers in ([world.provider], [world.provider, world.other_provider]):
        answer = await client.post(f"/api/v1/elders/{elder}/statuses", headers=headers, json=said)
        assert answer.status_code == 201, answer.text
        told = await fetch("SELECT provider FROM change WHERE kind = 'elder.status'")
        heard += providers
        assert sorted(one["provider"] for one in told) == sorted(heard)
        await served(world.other_provider, LAST + 1)


@pytest.mark.parametrize(
    ("kind", "before", "after", "status"),
    [
        ("deceased", None, -5, 403),
        ("hospital_stay", None, -5, 403),
        ("hospital_stay", None, -1, 403),
        ("hospital_stay", -2, None, 403),
        ("hospital_stay", -2, -3, 403),
        ("hospital_stay", None, 0, 201),  # back home today
        ("hospital_stay", None, 3, 201),
        ("hospital_stay", 3, 0, 201),
    ],
)
async def test_what_others_have_recorded_of_days_that_are_over_stands(
    kind: str, before: int | None, after: int | None, status: int,
    client: httpx.AsyncClient, world: World, elder: UUID,
) -> None:  # fmt: skip
    """A provider's own visits of those days may be held for it; who recorded it, and offices, correct it."""
    await _agree(world, elder, -300, None)
    at, since = f"/api/v1/elders/{elder}/statuses", {"kind": kind, "valid_from": str(day(-5))}

    def until(end: int | None) -> dict[str, Any]:
        return {**since, "valid_to": None if end is None else str(day(end))}

    officer, dispatcher = await sign_in(world, "officer"), await sign_in(world, "dispatcher")
    assert (await client.post(at, headers=officer, json=until(before))).status_code == 201
    answer = await client.post(at, headers=dispatcher, json=until(after))
    assert answer.status_code == status, answer.text
    assert (await client.post(at, headers=officer, json=until(-5))).status_code == 201
    # Their own they take back themselves.
    mine = {"kind": kind, "valid_from": str(day(-8))}
    for end in (None, str(day(-8))):
        answer = await client.post(at, headers=dispatcher, json={**mine, "valid_to": end})
        assert answer.status_code == 201, answer.text
