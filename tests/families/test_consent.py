"""Consent by its days: given, withdrawn late, early or ahead, given again; of whom it is and whose offices see it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.reminders import Watch
from doorstep.families import service
from support.sign_in import agree, family_token, link_family
from support.timing import later
from support.world import World

from .conftest import Ask, Headers, Invite
from .devices import COOKIE, elders, on, redeem, refused, secret_of, signed


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


@pytest.mark.parametrize("told", ["at once", "by the clock"])
async def test_a_gap_before_a_newer_consent_ends_the_link_and_what_is_told(
    told: str, client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    recorded = await consent(given_on=on(-30).isoformat())
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    waiting = await invite()
    path = f"/api/v1/family/elders/{world.elder}/watch"
    headers = {"Authorization": f"Bearer {token}"}
    await client.put(path, headers=headers, json={"arrived": True, "left": True, "changed": True})
    for table in ("family_link", "family_invite"):
        await fetch(f"UPDATE {table} SET created_at = created_at - interval '1 day'")
    await consent(given_on=on(0).isoformat())
    # It becomes known only now that the first one was over yesterday already, a day before the second.
    if told == "at once":
        ended = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"
        await client.post(ended, headers=office, json={"withdrawn_on": on(-1).isoformat()})
        assert (await get(f"/elders/{world.elder}/family", office))["links"][0]["state"] == "ended"
        [row] = await fetch("SELECT revoked_at FROM family_invite WHERE used_at IS NULL")
        assert row["revoked_at"] is not None
    else:
        await fetch("UPDATE consent SET withdrawn_on = $1 WHERE given_on < $1", on(-1))
        assert await service.end_lapsed() == 1
    assert await elders(client, token) == []
    assert await Watch.count().where(Watch.ended_at.is_null()) == 0
    await refused(client, secret_of(waiting))


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


async def test_a_withdrawal_known_before_ends_what_is_told_without_being_asked(
    client: httpx.AsyncClient, world: World, office: Headers, consent: Invite, invite: Invite, get: Ask
) -> None:
    recorded = await consent(given_on=on(-10).isoformat())
    token = (await redeem(client, secret_of(await invite()))).cookies[COOKIE]
    wanted = {"arrived": True, "left": False, "changed": True}
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/family/elders/{world.elder}/watch"
    assert (await client.put(path, headers=headers, json=wanted)).json() == wanted
    assert (await get("/family/me", headers))["elders"][0]["watch"] == ["arrived", "changed"]
    ended = f"/api/v1/consents/{recorded['consents'][0]['id']}/withdraw"
    await client.post(ended, headers=office, json={"withdrawn_on": on(2).isoformat()})
    assert await service.end_lapsed() == 0
    assert await Watch.count().where(Watch.ended_at.is_null()) == 2
    with later(timedelta(days=2)):
        assert await service.end_lapsed() == 1
        assert await service.end_lapsed() == 0
    assert await Watch.count().where(Watch.ended_at.is_null()) == 0


async def test_what_is_told_ends_with_the_link(
    client: httpx.AsyncClient, world: World, office: Headers, daughter: Headers, get: Ask
) -> None:
    path = f"/api/v1/family/elders/{world.elder}/watch"
    await client.put(path, headers=daughter, json={"arrived": True, "left": True, "changed": True})
    [link] = (await get(f"/elders/{world.elder}/family", office))["links"]
    await client.post(f"/api/v1/family-links/{link['id']}/end", headers=office, json={"reason": "x"})
    assert await Watch.count().where(Watch.ended_at.is_null()) == 0
    again = await client.put(path, headers=daughter, json={"arrived": True, "left": True, "changed": True})
    assert again.status_code == 404
