"""Links and codes that work once, for a device that then sees, and what ends them."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from doorstep.db.engine import fetch
from doorstep.db.tables.people import Account
from doorstep.db.tables.visits import Change
from doorstep.families import rules
from support.sign_in import office_token
from support.timing import later
from support.world import World

from .conftest import Ask, Headers, Invite
from .devices import COOKIE, REDEEM, SITE, elders, redeem, refused, secret_of


async def test_from_consent_to_a_device_that_sees(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    await consent()
    made = await invite()
    assert re.fullmatch(r"https://dj\.example\.cn/F/[0-9A-HJKMNP-TV-Z]{26}", made["url"])
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", made["code"])
    assert made["qr_svg"].startswith("<svg")
    answer = await redeem(client, secret_of(made))
    assert answer.status_code == 200, answer.text
    joined = answer.json()
    linked = {"id": str(world.elder), "name": "龚国栋", "relation": "女儿", "watch": []}
    expected = {"elder_id": str(world.elder), "member": {"name": "龚晓梅"}, "elders": [linked]}
    assert joined == {**expected, "large_type": True, "answers": []}
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "Path=/api/v1", "SameSite=strict", "Secure", "Max-Age=34560000"):
        assert part.lower() in cookie.lower()
    me = await client.get("/api/v1/family/me", headers={"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"})
    assert me.json()["elders"] == [linked]
    assert COOKIE in me.cookies, "the cookie's time begins anew with every use"
    family = await get(f"/elders/{world.elder}/family", office)
    assert (family["consent"], family["invites"]) == ("in_force", [])
    [link] = family["links"]
    assert (link["name"], link["relation"], link["state"]) == ("龚晓梅", "女儿", "live")
    assert link["last_seen_at"]


async def test_no_secret_and_no_name_is_stored_or_told(
    client: httpx.AsyncClient, consent: Invite, invite: Invite
) -> None:
    await consent(given_by="agent", giver_name="龚大勇")
    made = await invite()
    token = (await redeem(client, secret_of(made))).cookies[COOKIE]
    stored = ""
    for table in ("consent", "family_invite", "family_link", "family_member", "session", "change"):
        stored += str([tuple(row) for row in await fetch(f"SELECT * FROM {table}")])
    for kept in (secret_of(made)["secret"], made["code"].replace("-", ""), token, "龚晓梅", "龚大勇"):
        assert kept not in stored
        assert kept.encode() not in stored.encode()


async def test_a_code_is_typed_as_people_type(client: httpx.AsyncClient, consent: Invite, invite: Invite) -> None:
    await consent()
    code = (await invite())["code"].lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert (await redeem(client, {"code": code})).status_code == 200


async def test_a_link_and_its_code_work_once(client: httpx.AsyncClient, consent: Invite, invite: Invite) -> None:
    await consent()
    made = await invite()
    assert (await redeem(client, secret_of(made))).status_code == 200
    await refused(client, secret_of(made))
    await refused(client, {"code": made["code"]})


async def test_a_device_that_got_no_answer_asks_again_and_nobody_else(
    client: httpx.AsyncClient, world: World, consent: Invite, invite: Invite
) -> None:
    await consent()
    made = await invite()
    body = {**secret_of(made), "attempt": "k3x9-made-up-by-the-device"}
    first = await redeem(client, body)
    again = await redeem(client, body)
    assert again.status_code == 200
    assert again.cookies[COOKIE] != first.cookies[COOKIE]
    assert await elders(client, again.cookies[COOKIE]) == [str(world.elder)]
    assert (await fetch("SELECT count(*) AS n FROM family_member"))[0]["n"] == 1
    await refused(client, {**body, "attempt": "something else of sixteen"})
    await refused(client, secret_of(made))
    with later(timedelta(hours=1, seconds=1)):
        await refused(client, body)


async def test_a_link_lives_two_days(client: httpx.AsyncClient, consent: Invite, invite: Invite) -> None:
    await consent()
    made = await invite()
    with later(timedelta(hours=48, seconds=1)):
        await refused(client, secret_of(made))
    with later(timedelta(hours=47)):
        assert (await redeem(client, secret_of(made))).status_code == 200


async def test_a_link_is_taken_back(
    client: httpx.AsyncClient, office: Headers, consent: Invite, invite: Invite
) -> None:
    await consent()
    made, used = await invite(), await invite()
    for _ in range(2):
        assert (await client.delete(f"/api/v1/invites/{made['id']}", headers=office)).status_code == 204
    await refused(client, secret_of(made))
    await redeem(client, secret_of(used))
    answer = await client.delete(f"/api/v1/invites/{used['id']}", headers=office)
    assert (answer.status_code, answer.json()["code"]) == (409, "INVITE_USED")


@pytest.mark.parametrize(
    "body",
    [{}, {"secret": "A" * 26, "code": "AAAA-AAAA"}, {"secret": ""}, {"code": 5}, {"code": "A", "attempt": "short"}],
    ids=str,
)
async def test_a_redemption_that_is_none(body: dict[str, Any], client: httpx.AsyncClient) -> None:
    assert (await redeem(client, body)).status_code == 400


@pytest.mark.parametrize("text", ["0" * 26, "é", "\u0000", "\ud7ff", "x" * 200, "../../x"])
async def test_what_is_no_secret_is_refused_like_a_used_one(text: str, client: httpx.AsyncClient) -> None:
    await refused(client, {"secret": text})
    await refused(client, {"code": text})


async def test_guessing_codes_is_limited_and_links_go_on(
    client: httpx.AsyncClient, consent: Invite, invite: Invite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CODES_AN_HOUR", 5)
    await consent()
    made, other = await invite(), await invite()
    with later(timedelta()):
        for number in range(5):
            await refused(client, {"code": f"0000-000{number}"})
        answer = await redeem(client, {"code": made["code"]})
        assert (answer.status_code, answer.json()["code"]) == (429, "LOGIN_LOCKED")
        assert int(answer.headers["retry-after"]) > 0
        assert (await redeem(client, secret_of(other))).status_code == 200
    with later(timedelta(hours=1, seconds=1)):
        assert (await redeem(client, {"code": made["code"]})).status_code == 200


async def test_another_sites_page_signs_nobody_in(client: httpx.AsyncClient, consent: Invite, invite: Invite) -> None:
    await consent()
    answer = await client.post(REDEEM, headers={"Origin": "https://evil.example"}, json=secret_of(await invite()))
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")


async def test_one_device_two_elders(client: httpx.AsyncClient, world: World, consent: Invite, invite: Invite) -> None:
    await consent()
    await consent(world.wife)
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    answer = await redeem(client, secret_of(await invite(world.wife, "儿媳")), token)
    assert answer.status_code == 200
    assert COOKIE not in answer.cookies, "the session goes on"
    assert [one["relation"] for one in answer.json()["elders"]] == ["女儿", "儿媳"]
    assert await elders(client, token) == [str(world.elder), str(world.wife)]
    # The same elder once more is no second link.
    again = await redeem(client, secret_of(await invite(world.wife, "儿媳")), token)
    assert len(again.json()["elders"]) == 2
    assert (await fetch("SELECT count(*) AS n FROM family_link"))[0]["n"] == 2


async def test_a_link_is_ended_by_the_office(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    await consent()
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    [link] = (await get(f"/elders/{world.elder}/family", office))["links"]
    for _ in range(2):
        answer = await client.post(
            f"/api/v1/family-links/{link['id']}/end", headers=office, json={"reason": "老人要求"}
        )
        assert answer.status_code == 204
    assert await elders(client, token) == []
    [link] = (await get(f"/elders/{world.elder}/family", office))["links"]
    assert (link["state"], link["ended_reason"]) == ("ended", "老人要求")


async def test_a_device_gives_up_what_it_sees(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    await consent()
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    headers = {**SITE, "Cookie": f"{COOKIE}={token}"}
    answer = await client.delete("/api/v1/family/session", headers=headers)
    assert answer.status_code == 204
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert (await client.get("/api/v1/family/me", headers=headers)).status_code == 401
    [link] = (await get(f"/elders/{world.elder}/family", office))["links"]
    assert (link["state"], link["ended_reason"]) == ("ended", "left")
    for provider in (world.provider, world.other_provider):
        told = Change.select(Change.kind).where(Change.subject == world.elder, Change.provider == provider)
        kinds = [row["kind"] for row in await told]
        assert kinds == ["consent.given", "family.invited", "family.linked", "family.link_ended"]


async def test_only_the_page_itself_may_use_the_cookie(
    client: httpx.AsyncClient, consent: Invite, invite: Invite
) -> None:
    await consent()
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    headers = {"Origin": "https://evil.example", "Cookie": f"{COOKIE}={token}"}
    answer = await client.put("/api/v1/family/settings", headers=headers, json={"large_type": False})
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")
    mine = {**SITE, "Cookie": f"{COOKIE}={token}"}
    assert (await client.put("/api/v1/family/settings", headers=mine, json={"large_type": False})).status_code == 200
    assert (await client.get("/api/v1/family/me", headers=mine)).json()["large_type"] is False


async def test_asking_again_and_joining_twice_are_told_where_the_first_was(
    client: httpx.AsyncClient, world: World, consent: Invite, invite: Invite
) -> None:
    await world.add_plan_item(world.elder)
    await consent()
    body = {**secret_of(await invite()), "attempt": "k3x9-made-up-by-the-device"}
    token = (await redeem(client, body)).cookies[COOKIE]
    assert (await redeem(client, body)).status_code == 200
    assert (await redeem(client, secret_of(await invite()), token)).status_code == 200
    rows = await fetch("SELECT subject, provider, area FROM audit WHERE operation = 'redeem_invite'")
    assert [tuple(row) for row in rows] == [(world.elder, world.provider, world.subdistrict)] * 3


async def test_of_two_providers_a_joining_lies_with_the_one_that_invited(
    client: httpx.AsyncClient, world: World, consent: Invite
) -> None:
    await consent()
    for provider in (world.provider, world.other_provider):
        await world.add_plan_item(world.elder, provider=provider)
    for provider in (world.provider, world.other_provider):
        account = await world.add_account("manager")
        await Account.update({Account.provider: provider}).where(Account.id == account)
        headers = {"Authorization": f"Bearer {await office_token(account)}"}
        body = {"name": "龚晓梅", "relation": "女儿"}
        made = await client.post(f"/api/v1/elders/{world.elder}/invites", headers=headers, json=body)
        assert (await redeem(client, secret_of(made.json()))).status_code == 200
        rows = await fetch("SELECT provider, area FROM audit WHERE operation = 'redeem_invite' ORDER BY id DESC")
        assert tuple(rows[0]) == (provider, world.subdistrict)


async def test_joining_and_settings_are_in_the_trail(
    client: httpx.AsyncClient, world: World, manager: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    await world.add_plan_item(world.elder)
    await consent()
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    [item] = (await get("/audit", manager, operation="redeem_invite"))["items"]
    [member] = await fetch("SELECT id FROM family_member")
    assert (item["subject"], item["person_id"]) == (str(world.elder), str(member["id"]))
    mine = {**SITE, "Cookie": f"{COOKIE}={token}"}
    assert (await client.put("/api/v1/family/settings", headers=mine, json={"large_type": False})).status_code == 200
    [row] = await fetch("SELECT person, role FROM audit WHERE operation = 'family_settings'")
    assert tuple(row) == (member["id"], "family")
