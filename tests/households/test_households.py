"""The list of homes with its scopes, search and pages; a home's point; the home behind a code at the door."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.core import clock, tokens, vault
from doorstep.core.ids import uuid7
from doorstep.db.tables.homes import Elder, Household, HouseholdCode, ServiceAgreement
from doorstep.db.tables.people import Account
from doorstep.db.tables.plans import PlanItem
from doorstep.db.tables.visits import Change
from doorstep.households import service
from support.phone import Phone
from support.sign_in import office_token, phone_of, sign_in
from support.world import World

LIST = "/api/v1/households"
DOOR = "/api/v1/door/home"


async def ask_homes(client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, Any]) -> httpx.Response:
    """The list, or the search when there are words: names and addresses never stand in a URL."""
    if query.get("q"):
        return await client.post(f"{LIST}/search", headers=headers, json=query)
    return await client.get(LIST, headers=headers, params=query)


async def homes(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    answer = await ask_homes(client, headers, query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def end_agreements(world: World, elder: UUID, provider: UUID) -> None:
    await ServiceAgreement.update({ServiceAgreement.valid_to: clock.today()}).where(
        ServiceAgreement.elder == elder, ServiceAgreement.provider == provider
    )


async def issue(home: UUID, serial: int = 1, *, revoked: bool = False) -> tuple[str, str]:
    """A code straight into the table: token and short code."""
    token = tokens.new_token(lambda count: serial.to_bytes(count, "big"))
    short = tokens.new_short_code(lambda count: serial.to_bytes(count, "big"))
    await HouseholdCode.insert(
        HouseholdCode(
            household=home,
            token_sha256=tokens.token_sha256(token),
            short_code_fingerprint=service.short_code_fingerprint(short),
            version=serial,
            issued_at=clock.now(),
            revoked_at=clock.now() if revoked else None,
        )
    )
    return token, short


async def test_the_list_says_what_is_needed(client: httpx.AsyncClient, world: World) -> None:
    await issue(world.home)
    rows = await homes(client, await sign_in(world, "dispatcher"))
    by_id = {row["id"]: row for row in rows}
    row = by_id[str(world.home)]
    assert row["code"].pop("issued_at")
    assert row == {
        "id": str(world.home),
        "address": "朝外第二社区16号楼1单元404",
        "community": "朝外第二社区",
        "subdistrict": "朝外",
        "elders": [{"id": str(world.elder), "name": "龚国栋"}],
        "code": {"version": 1},
        "point": True,
    }
    couple = by_id[str(world.couple_home)]
    assert [elder["name"] for elder in couple["elders"]] == ["沈树森", "文玉梅"]
    assert couple["code"] is None


async def test_a_provider_sees_the_homes_of_those_it_serves(client: httpx.AsyncClient, world: World) -> None:
    dispatcher = await sign_in(world, "dispatcher")
    await end_agreements(world, world.elder, world.provider)
    assert [row["id"] for row in await homes(client, dispatcher)] == [str(world.couple_home)]
    item = await world.add_plan_item(world.elder)
    assert len(await homes(client, dispatcher)) == 2
    await PlanItem.update({PlanItem.valid_to: clock.today()}).where(PlanItem.id == item)
    assert len(await homes(client, dispatcher)) == 1


async def test_a_provider_sees_only_its_own_elder_of_a_couple(client: httpx.AsyncClient, world: World) -> None:
    await end_agreements(world, world.husband, world.provider)
    dispatcher = await sign_in(world, "dispatcher")
    couple = next(row for row in await homes(client, dispatcher) if row["id"] == str(world.couple_home))
    assert [elder["name"] for elder in couple["elders"]] == ["文玉梅"]
    assert await homes(client, dispatcher, q="沈树森") == []


async def test_an_officer_sees_the_subtree(client: httpx.AsyncClient, world: World) -> None:
    officer = await world.add_account("officer")
    headers = {"Authorization": f"Bearer {await office_token(officer)}"}
    assert len(await homes(client, headers)) == 2
    await Account.update({Account.area: world.other_subdistrict}).where(Account.id == officer)
    assert await homes(client, headers) == []
    await Account.update({Account.area: world.district}).where(Account.id == officer)
    assert len(await homes(client, headers)) == 2


async def test_roles(client: httpx.AsyncClient, world: World) -> None:
    for role in ("dispatcher", "manager", "officer", "auditor", "admin"):
        for query in ({}, {"q": "龚"}):
            assert (await ask_homes(client, await sign_in(world, role), query)).status_code == 200
    phone = await phone_of(world.caregiver)
    for query in ({}, {"q": "龚"}):
        assert (await ask_homes(client, phone.headers, query)).status_code == 403
        assert (await ask_homes(client, {}, query)).status_code == 401
    point = {"lat": 39.9219, "lon": 116.4431, "accuracy_m": 20}
    cards = {"household_ids": [str(world.home)]}
    for role in ("officer", "auditor"):
        headers = await sign_in(world, role)
        assert (await client.put(f"{LIST}/{world.home}/point", headers=headers, json=point)).status_code == 403
        assert (await client.post("/api/v1/cards", headers=headers, json=cards)).status_code == 403
        assert (await client.post(DOOR, headers=headers, json={"short_code": "123-456-782"})).status_code == 403


@pytest.mark.parametrize("query", ["", "号楼"])
async def test_pages_hold_every_home_once(client: httpx.AsyncClient, world: World, query: str) -> None:
    for flat in range(7):
        home = await world.add_home(f"朝外第二社区16号楼2单元{flat}01")
        await Household.update({Household.community: ["朝外第一社区", None][flat % 2]}).where(Household.id == home)
        await world.add_elder(f"龚小{flat}", home)
    headers, seen, cursor = await sign_in(world, "dispatcher"), [], None
    while True:
        params = {"limit": 2, **({"q": query} if query else {}), **({"cursor": cursor} if cursor else {})}
        page = (await ask_homes(client, headers, params)).json()
        assert 1 <= len(page["items"]) <= 2
        seen += [(row["subdistrict"], row["community"], row["id"]) for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("16号楼", 1),
        ("朝外", 2),
        ("国栋", 1),
        ("  龚  ", 1),
        ("SSS", 1),
        ("wy", 1),
        ("１０１", 1),
        ("没有", 0),
        ("%", 0),
    ],
)
async def test_search(client: httpx.AsyncClient, world: World, query: str, found: int) -> None:
    for elder, initials in ((world.elder, "ggd"), (world.husband, "sss"), (world.wife, "wym")):
        await Elder.update({Elder.initials: initials}).where(Elder.id == elder)
    assert len(await homes(client, await sign_in(world, "dispatcher"), q=query)) == found


async def test_a_search_reads_on_past_the_first_chunk(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_CHUNK", 2)
    for flat in range(5):
        await world.add_elder("赖美玲", await world.add_home(f"安贞里{flat}"))
    await world.add_elder("毛桂芳", await world.add_home("最后一家"))
    dispatcher = await sign_in(world, "dispatcher")
    assert [row["address"] for row in await homes(client, dispatcher, q="最后")] == ["最后一家"]
    assert len(await homes(client, dispatcher, q="安贞里")) == 5


@pytest.mark.parametrize("query", ["", "朝外"])
async def test_homes_of_one_kind_are_found_by_the_server(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(service, "_CHUNK", 2)
    await issue(world.home)
    await issue(world.couple_home, 2, revoked=True)
    made = [await world.add_home(f"朝外第二社区16号楼2单元{flat}01", point=None) for flat in range(3)]
    for home in made:
        await world.add_elder("龚小妹", home)
    await issue(made[0], 3)
    headers = await sign_in(world, "dispatcher")
    bare = {str(world.couple_home), str(made[1]), str(made[2])}
    wanted = {"without_card": bare, "with_card": {str(world.home), str(made[0])}, "without_point": set(map(str, made))}
    for only, expected in wanted.items():
        found, cursor = [], None
        while True:
            asked = {"q": query, "only": only, "limit": 1, "cursor": cursor}
            page = (await ask_homes(client, headers, {name: value for name, value in asked.items() if value})).json()
            found += [row["id"] for row in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert (len(found), set(found)) == (len(expected), expected), only


async def test_the_list_says_how_many_homes_of_each_kind_there_are(client: httpx.AsyncClient, world: World) -> None:
    await issue(world.home)
    await world.add_elder("龚小妹", await world.add_home("朝外第二社区16号楼2单元101", point=None))
    headers = await sign_in(world, "dispatcher")
    page = (await ask_homes(client, headers, {"limit": 1, "only": "with_card"})).json()
    assert page["counts"] == {"all": 3, "without_card": 2, "with_card": 1, "without_point": 1}
    first = (await ask_homes(client, headers, {"limit": 1})).json()
    assert (await ask_homes(client, headers, {"limit": 1, "cursor": first["next"]})).json()["counts"] is None
    await end_agreements(world, world.elder, world.provider)
    assert (await ask_homes(client, headers, {})).json()["counts"]["all"] == 2, "of the scope"


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"only": "x"}])
async def test_wrong_parameters(client: httpx.AsyncClient, world: World, query: dict[str, Any]) -> None:
    headers = await sign_in(world, "dispatcher")
    for asked in (query, {"q": "龚", **query}):
        answer = await ask_homes(client, headers, asked)
        assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


@pytest.mark.parametrize(
    "body", [{}, {"q": ""}, {"q": None}, {"q": "很" * 101}, {"q": "a\0"}, {"q": "龚", "day": "2026-04-08"}]
)
async def test_a_search_that_is_none(client: httpx.AsyncClient, world: World, body: dict[str, Any]) -> None:
    answer = await client.post(f"{LIST}/search", headers=await sign_in(world, "dispatcher"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


@pytest.mark.parametrize("cursor", ["x", "中", "WyJhIl0", "WyJhIiwiYiIsImMiXQ"])
async def test_a_cursor_of_another_list(client: httpx.AsyncClient, world: World, cursor: str) -> None:
    headers = await sign_in(world, "dispatcher")
    for query in ({"cursor": cursor}, {"q": "龚", "cursor": cursor}):
        answer = await ask_homes(client, headers, query)
        assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR_INVALID")


async def test_a_point_is_set_on_the_spot(client: httpx.AsyncClient, world: World) -> None:
    account = await world.add_account("dispatcher")
    headers = {"Authorization": f"Bearer {await office_token(account)}"}
    point = {"lat": 39.923, "lon": 116.4431, "accuracy_m": 18.5}
    await Household.update({Household.source_lat: 1.0, Household.coord_system: "gcj02"}).where(
        Household.id == world.home
    )
    answer = await client.put(f"{LIST}/{world.home}/point", headers=headers, json=point)
    assert (answer.status_code, answer.content) == (204, b"")
    row = (await Household.select().where(Household.id == world.home))[0]
    assert (row["lat"], row["lon"], row["point_accuracy_m"]) == (39.923, 116.4431, 18.5)
    assert row["point_set_by"] == account
    assert clock.now() - row["point_set_at"] < timedelta(minutes=1)
    assert (row["source_lat"], row["coord_system"]) == (1.0, "gcj02")
    (change,) = await Change.select().where(Change.kind == "home.point_set").output(load_json=True)
    assert (change["subject"], change["provider"], change["area"]) == (world.home, world.provider, world.subdistrict)
    assert change["data"] == {"by": str(account), "moved_m": 122, "accuracy_m": 18.5}


async def test_the_first_point_of_a_home(client: httpx.AsyncClient, world: World) -> None:
    home = await world.add_home("朝外第二社区16号楼1单元505", point=None)
    await world.add_elder("龚小妹", home)
    headers = await sign_in(world, "manager")
    point = {"lat": 39.923, "lon": 116.4431, "accuracy_m": 18}
    assert (await client.put(f"{LIST}/{home}/point", headers=headers, json=point)).status_code == 204
    (change,) = await Change.select().where(Change.kind == "home.point_set").output(load_json=True)
    assert change["data"]["moved_m"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"lat":116.4431,"lon":39.9219,"accuracy_m":20}', "POINT_INVALID"),
        ('{"lat":"nan","lon":116.4431,"accuracy_m":20}', "POINT_INVALID"),
        ('{"lat":39.9219,"lon":"inf","accuracy_m":20}', "POINT_INVALID"),
        ('{"lat":39.9219,"lon":116.4431,"accuracy_m":2000}', "POINT_INVALID"),
        ('{"lat":NaN,"lon":116.4431,"accuracy_m":20}', "BODY_MALFORMED"),
        ('{"lat":1e999,"lon":116.4431,"accuracy_m":20}', "INPUT_INVALID"),
        ('{"lat":null,"lon":116.4431,"accuracy_m":20}', "INPUT_INVALID"),
        ('{"lat":39.9219,"accuracy_m":20}', "INPUT_INVALID"),
        ('{"lat":39.9219,"lon":116.4431,"accuracy_m":20,"radius":1}', "INPUT_INVALID"),
    ],
)
async def test_a_point_that_cannot_be(client: httpx.AsyncClient, world: World, body: str, code: str) -> None:
    headers = {**await sign_in(world, "dispatcher"), "content-type": "application/json"}
    answer = await client.put(f"{LIST}/{world.home}/point", headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await Change.count() == 0


async def test_swapped_coordinates_are_said_in_both_languages(client: httpx.AsyncClient, world: World) -> None:
    point = {"lat": 116.4, "lon": 39.9, "accuracy_m": 20}
    answer = await client.put(f"{LIST}/{world.home}/point", headers=await sign_in(world, "dispatcher"), json=point)
    said = answer.json()
    assert said["detail"] == "纬度和经度写反了：纬度应为 39.9，经度应为 116.4"
    assert said["detail_en"] == "latitude and longitude are swapped: the latitude should be 39.9, the longitude 116.4"


async def test_the_point_of_a_home_out_of_scope(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "dispatcher")
    strange = await world.add_home("朝外第二社区16号楼1单元501")
    point = {"lat": 39.9219, "lon": 116.4431, "accuracy_m": 20}
    for home in (strange, uuid7()):
        assert (await client.put(f"{LIST}/{home}/point", headers=headers, json=point)).status_code == 404
    assert await Household.count().where(Household.point_set_at.is_not_null()) == 0


@pytest.fixture
async def phone(world: World) -> Phone:
    return await phone_of(world.caregiver)


async def ask(client: httpx.AsyncClient, phone: Phone, **body: str) -> httpx.Response:
    return await client.post(DOOR, headers=phone.headers, json=body)


async def test_whoever_holds_the_code_finds_the_home(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    token, short = await issue(world.couple_home)
    expected = {
        "household": {"id": str(world.couple_home), "address": "朝外第一社区3号楼2单元101"},
        "elders": [{"id": str(world.husband), "name": "沈树森"}, {"id": str(world.wife), "name": "文玉梅"}],
    }
    for body in (
        {"token": token},
        {"token": token.lower()},
        {"short_code": short},
        {"short_code": f"{short[:3]} {short[3:]}"},
    ):
        answer = await ask(client, phone, **body)
        assert answer.status_code == 200
        assert answer.json() == expected


async def test_unknown_and_replaced_codes_are_answered_alike(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    token, short = await issue(world.home, 1, revoked=True)
    other = tokens.new_token(lambda count: bytes(count))
    answers = [
        await ask(client, phone, token=token),
        await ask(client, phone, short_code=short),
        await ask(client, phone, token=other),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "TOKEN_UNKNOWN")}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"token": "x"}, "TOKEN_MALFORMED"),
        ({"short_code": "123-456-781"}, "TOKEN_MALFORMED"),
        ({}, "INPUT_INVALID"),
        ({"token": "x", "short_code": "1"}, "INPUT_INVALID"),
        ({"token": "x" * 65}, "INPUT_INVALID"),
        ({"token": ""}, "INPUT_INVALID"),
    ],
)
async def test_what_is_no_code_at_all(client: httpx.AsyncClient, phone: Phone, body: dict[str, str], code: str) -> None:
    for _ in range(12):  # nothing is learnt from it, so it is not counted
        answer = await ask(client, phone, **body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_guessing_ends_after_ten_wrong_codes(client: httpx.AsyncClient, world: World, phone: Phone) -> None:
    _, right = await issue(world.home, 1)
    start = clock.now()
    for serial in range(2, 12):
        with clock.running_from(lambda at=serial: start + timedelta(minutes=at)):
            assert (await ask(client, phone, short_code=right)).status_code == 200
            wrong = tokens.new_short_code(lambda count, n=serial: n.to_bytes(count, "big"))
            assert (await ask(client, phone, short_code=wrong)).status_code == 404
    with clock.running_from(lambda: start + timedelta(minutes=30)):
        answer = await ask(client, phone, short_code=right)
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
        assert int(answer.headers["retry-after"]) == 32 * 60 + 1
        neighbour = await phone_of(world.colleague)
        assert (await ask(client, neighbour, short_code=right)).status_code == 200
    with clock.running_from(lambda: start + timedelta(minutes=62, seconds=1)):
        assert (await ask(client, phone, short_code=right)).status_code == 200
        assert (await ask(client, phone, short_code="000000000")).status_code == 404
        assert (await ask(client, phone, short_code=right)).status_code == 429


async def test_guesses_at_the_same_moment_are_counted_one_by_one(
    client: httpx.AsyncClient, world: World, phone: Phone
) -> None:
    guesses = [tokens.new_short_code(lambda count, n=n: n.to_bytes(count, "big")) for n in range(100, 130)]
    answers = await asyncio.gather(*(ask(client, phone, short_code=guess) for guess in guesses))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(404), statuses.count(429)) == (10, 20)


async def test_the_seal_is_not_on_the_wire(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get(LIST, headers=await sign_in(world, "dispatcher"))
    sealed = (await Household.select(Household.address).where(Household.id == world.home))[0]["address"]
    assert vault.current().open(sealed, "household.address") in answer.text
    assert "110100" not in answer.text
