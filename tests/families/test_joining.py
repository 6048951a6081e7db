"""From the elder's consent to a device that sees: links and codes that work once, and what ends them."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.visits import Change
from doorstep.families import rules
from support.sign_in import agree, family_token, link_family
from support.timing import later
from support.world import World

from .conftest import SITE, Ask, Headers

REDEEM = "/api/v1/family/redeem"
COOKIE = "doorstep_family"
Invite = Callable[..., Awaitable[dict[str, Any]]]


def signed(**values: Any) -> dict[str, Any]:
    today = clock.today().isoformat()
    return {"purpose": "family_view", "given_by": "self", "given_on": today, "text_version": "2026-11", **values}


@pytest.fixture
def consent(client: httpx.AsyncClient, world: World, office: Headers) -> Invite:
    """Records a consent of the single elder over HTTP."""

    async def record(elder: UUID | None = None, **values: Any) -> dict[str, Any]:
        path = f"/api/v1/elders/{elder or world.elder}/consents"
        answer = await client.post(path, headers=office, json=signed(**values))
        assert answer.status_code == 201, answer.text
        return answer.json()

    return record


@pytest.fixture
def invite(client: httpx.AsyncClient, world: World, office: Headers) -> Invite:
    """A new invitation for the daughter of the single elder."""

    async def make(elder: UUID | None = None, relation: str = "女儿") -> dict[str, Any]:
        path = f"/api/v1/elders/{elder or world.elder}/invites"
        answer = await client.post(path, headers=office, json={"name": "龚晓梅", "relation": relation})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def secret_of(invite: dict[str, Any]) -> dict[str, str]:
    return {"secret": invite["url"].rsplit("/", 1)[1]}


async def redeem(client: httpx.AsyncClient, body: dict[str, Any], cookie: str | None = None) -> httpx.Response:
    """As a browser that has this cookie, or none."""
    client.cookies.clear()
    headers = {**SITE, **({"Cookie": f"{COOKIE}={cookie}"} if cookie else {})}
    answer = await client.post(REDEEM, headers=headers, json=body)
    client.cookies.clear()
    return answer


async def refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await redeem(client, body)
    assert (answer.status_code, answer.json()["code"]) == (410, "INVITE_INVALID")
    assert COOKIE not in answer.cookies


async def elders(client: httpx.AsyncClient, token: str) -> list[str]:
    answer = await client.get("/api/v1/family/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["elders"]]


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
    linked = {"id": str(world.elder), "name": "龚国栋", "relation": "女儿"}
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


async def test_without_consent_nobody_is_invited(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite
) -> None:
    path, body = f"/api/v1/elders/{world.elder}/invites", {"name": "龚晓梅", "relation": "女儿"}
    answer = await client.post(path, headers=office, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONSENT_MISSING")
    before = (clock.today() - timedelta(days=3)).isoformat()
    recorded = await consent(given_on=before)
    ended = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"
    assert (await client.post(ended, headers=office, json={"withdrawn_on": before})).status_code == 200
    assert (await client.post(path, headers=office, json=body)).json()["code"] == "CONSENT_MISSING"


@pytest.mark.parametrize(
    "values",
    [
        {"given_on": "2999-01-01"}, {"given_on": "gestern"}, {"purpose": "advertising"}, {"given_by": "neighbour"},
        {"given_by": "agent"}, {"given_by": "guardian", "giver_name": ""}, {"text_version": ""}, {"extra": 1},
        {"giver_name": "a\u0000b"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_consent_that_is_none(
    values: dict[str, Any], client: httpx.AsyncClient, world: World, office: Headers
) -> None:
    path = f"/api/v1/elders/{world.elder}/consents"
    answer = await client.post(path, headers=office, json=signed(**values))
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "INPUT_INVALID"


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
    kinds = [row["kind"] for row in await Change.select(Change.kind).where(Change.subject == world.elder)]
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


def on(offset: int) -> date:
    return clock.today() + timedelta(days=offset)


@pytest.mark.parametrize(
    ("withdrawn_on", "after_days", "sees"),
    [(0, 0, False), (-5, 0, False), (3, 0, True), (3, 2, True), (3, 3, False), (3, 30, False)],
)
async def test_a_withdrawn_consent_ends_access_from_its_day_on(
    withdrawn_on: int,
    after_days: int,
    sees: bool,
    client: httpx.AsyncClient,
    world: World,
    office: Headers,
    consent: Invite,
    invite: Invite,
) -> None:
    recorded = await consent(given_on=on(-10).isoformat())
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    waiting = await invite()
    ended = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"
    answer = await client.post(ended, headers=office, json={"withdrawn_on": on(withdrawn_on).isoformat()})
    assert answer.status_code == 200, answer.text
    visit = await world.add_visit(world.elder, start=clock.now() - timedelta(days=20))
    headers = {"Authorization": f"Bearer {token}"}
    with later(timedelta(days=after_days)):
        assert await elders(client, token) == ([str(world.elder)] if sees else [])
        for path in (f"elders/{world.elder}/visits", f"visits/{visit}"):
            status = (await client.get(f"/api/v1/family/{path}", headers=headers)).status_code
            assert status == (200 if sees else 404)
    if not sees and after_days == 0:
        await refused(client, secret_of(waiting))
        # A new consent brings no old link back, and the same device can be invited anew.
        await consent()
        assert await elders(client, token) == []
        assert (await redeem(client, secret_of(await invite()), token)).status_code == 200
        assert await elders(client, token) == [str(world.elder)]


async def test_a_new_consent_before_the_old_one_ends_keeps_the_links(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    recorded = await consent(given_on=on(-10).isoformat())
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    await consent(text_version="2027-01")
    ended = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"
    assert (await client.post(ended, headers=office, json={"withdrawn_on": on(0).isoformat()})).status_code == 200
    assert await elders(client, token) == [str(world.elder)]
    family = await get(f"/elders/{world.elder}/family", office)
    assert [one["in_force"] for one in family["consents"]] == [True, False]


async def test_a_withdrawal_can_become_known_to_be_earlier_but_not_later(
    client: httpx.AsyncClient, office: Headers, consent: Invite
) -> None:
    recorded = await consent(given_on=on(-10).isoformat())
    path = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"

    async def withdraw(offset: int) -> tuple[int, str | None]:
        answer = await client.post(path, headers=office, json={"withdrawn_on": on(offset).isoformat()})
        return answer.status_code, answer.json().get("code") or answer.json()["consents"][0]["withdrawn_on"]

    assert await withdraw(-11) == (400, "INPUT_INVALID")
    assert await withdraw(5) == (200, on(5).isoformat())
    assert await withdraw(5) == (200, on(5).isoformat())
    assert await withdraw(6) == (409, "CONSENT_ENDED")
    assert await withdraw(-2) == (200, on(-2).isoformat())


async def test_of_a_couple_only_who_agreed_is_seen(client: httpx.AsyncClient, world: World, get: Ask) -> None:
    daughter = {"Authorization": f"Bearer {await family_token(world.wife)}"}
    his, hers = await world.add_visit(world.husband), await world.add_visit(world.wife)
    assert (await get(f"/family/visits/{hers}", daughter))["elder_id"] == str(world.wife)
    [day] = (await get(f"/family/elders/{world.wife}/visits", daughter))["days"]
    assert [visit["id"] for visit in day["visits"]] == [str(hers)]
    for path in (f"elders/{world.husband}/visits", f"elders/{world.husband}/month?month=2026-11", f"visits/{his}"):
        assert (await client.get(f"/api/v1/family/{path}", headers=daughter)).status_code == 404


async def test_a_link_without_any_consent_shows_nothing(client: httpx.AsyncClient, world: World) -> None:
    token = await family_token(world.elder)
    [member] = await fetch("SELECT id FROM family_member")
    account = await world.add_account("dispatcher")
    await link_family(member["id"], world.husband, account)
    assert await elders(client, token) == [str(world.elder)]
    await agree(world.husband, account, given_on=on(-1), withdrawn_on=on(0))
    assert await elders(client, token) == [str(world.elder)]


async def test_other_offices_find_no_family(
    client: httpx.AsyncClient, world: World, outsiders: list[Headers], daughter: Headers
) -> None:
    ids = {
        table: (await fetch(f"SELECT id FROM {table}"))[0]["id"]
        for table in ("consent", "family_invite", "family_link")
    }
    for headers in outsiders[:2]:
        for method, path, body in (
            ("GET", f"/elders/{world.elder}/family", None),
            ("POST", f"/elders/{world.elder}/consents", signed()),
            ("POST", f"/elders/{world.elder}/invites", {"name": "x", "relation": "x"}),
            ("POST", f"/consents/{ids['consent']}/withdraw", {"withdrawn_on": on(0).isoformat()}),
            ("DELETE", f"/invites/{ids['family_invite']}", None),
            ("POST", f"/family-links/{ids['family_link']}/end", {"reason": "x"}),
            ("POST", f"/consents/{uuid4()}/withdraw", {"withdrawn_on": on(0).isoformat()}),
            ("DELETE", f"/invites/{uuid4()}", None),
            ("POST", f"/family-links/{uuid4()}/end", {"reason": "x"}),
        ):
            answer = await client.request(method, f"/api/v1{path}", headers=headers, json=body)
            assert answer.status_code == 404, (path, answer.text)
