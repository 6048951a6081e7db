"""Live sessions: how they end, whom they stand for, and what a browser may be made to do with them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Router, get, post
from litestar.di import NamedDependency, Provide
from msgspec.structs import replace

from doorstep.app import create_app
from doorstep.core import clock, opaque
from doorstep.db.tables.people import Account, Caregiver, Device, EnrolmentTicket, Session
from doorstep.identity import access, service
from doorstep.identity.wire import PHONE, SYSTEM, Actor
from doorstep.settings import Settings
from doorstep.visits import worker
from identity.conftest import ELSEWHERE, SITE, SignIn
from support.phone import Phone
from support.sign_in import office_token, phone_of, ticket
from support.timing import later
from support.world import World


async def test_signing_out_ends_the_session_at_once(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    token = (await sign_in()).json()["token"]
    answer = await client.delete("/api/v1/sessions/current", headers=SITE)
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert "doorstep_office" not in client.cookies
    again = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert again.status_code == 401
    assert again.json()["code"] == "NOT_SIGNED_IN"


async def test_signing_out_leaves_other_sessions_alone(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    other = (await sign_in()).json()["token"]
    await sign_in()
    await client.delete("/api/v1/sessions/current", headers=SITE)
    assert (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {other}"})).status_code == 200


async def test_an_office_session_lives_twelve_hours_used_or_not(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    token = {"Authorization": f"Bearer {(await sign_in()).json()['token']}"}
    with later(timedelta(hours=11, minutes=59)):
        assert (await client.get("/api/v1/me", headers=token)).status_code == 200
    with later(timedelta(hours=12, seconds=1)):
        assert (await client.get("/api/v1/me", headers=token)).status_code == 401


async def test_a_disabled_account_is_out_at_the_next_request(
    sign_in: SignIn, client: httpx.AsyncClient, dispatcher: UUID
) -> None:
    await sign_in()
    await service.disable_account(SYSTEM, account_id=dispatcher)
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await sign_in()).json()["code"] == "LOGIN_FAILED"


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "%00", "é" * 43, "null"])
async def test_a_token_that_is_none_is_nobody(client: httpx.AsyncClient, world: World, token: str) -> None:
    for headers in ({b"authorization": f"Bearer {token}".encode()}, {b"cookie": f"doorstep_office={token}".encode()}):
        answer = await client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "NOT_SIGNED_IN"


async def test_a_phones_token_opens_no_office_route(client: httpx.AsyncClient, world: World) -> None:
    phone = await phone_of(world.caregiver)
    assert (await client.get("/api/v1/me", headers=phone.headers)).status_code == 403


async def test_an_area_scope_is_the_subtree(world: World) -> None:
    officer = await service.actor_of(await office_token(await world.add_account("officer")))
    assert officer is not None
    assert officer.area_ids == {world.subdistrict}
    district = await world.add_account("officer")
    await Account.update({Account.area: world.district}).where(Account.id == district)
    actor = await service.actor_of(await office_token(district))
    assert actor is not None
    assert actor.area_ids == {world.district, world.subdistrict, world.other_subdistrict}
    assert actor.provider_id is None


async def test_a_phone_acts_for_its_caregiver(world: World) -> None:
    phone = await phone_of(world.caregiver)
    actor = await service.actor_of(phone.token)
    assert actor is not None
    assert (str(actor.device_id), actor.caregiver_id) == (phone.device_id, world.caregiver)
    assert (actor.provider_id, actor.area_ids, actor.display_name) == (world.provider, None, "彭燕")


async def test_last_use_is_written_at_most_once_a_minute(world: World) -> None:
    phone = await phone_of(world.caregiver)

    async def seen() -> tuple[Any, Any, Any]:
        session = await Session.select(Session.last_seen_at, Session.expires_at).first()
        device = await Device.select(Device.last_seen_at).first()
        assert session is not None
        assert device is not None
        return session["last_seen_at"], session["expires_at"], device["last_seen_at"]

    before = await seen()
    with later(timedelta(seconds=58)):
        await service.actor_of(phone.token)
    assert await seen() == before
    with later(timedelta(seconds=61)) as now:
        await service.actor_of(phone.token)
    assert await seen() == (now, now + timedelta(days=400), now)


async def test_a_phone_in_use_stays_signed_in(world: World) -> None:
    phone = await phone_of(world.caregiver)
    with later(timedelta(days=399)):
        assert await service.actor_of(phone.token)
    with later(timedelta(days=798)):
        assert await service.actor_of(phone.token)
    with later(timedelta(days=1199)):
        assert await service.actor_of(phone.token) is None


async def test_who_has_left_the_provider_is_signed_out(world: World) -> None:
    phone = await phone_of(world.caregiver)
    await Caregiver.update({Caregiver.employed_to: clock.today()}).where(Caregiver.id == world.caregiver)
    assert await service.actor_of(phone.token) is None


# What another site's page can make a browser do.


async def test_another_site_cannot_use_the_cookie(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    await sign_in()
    for headers in (
        ELSEWHERE,
        {"Origin": "null"},
        {"Origin": "https://dj.example.cn.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://dj.example.cn"},
        {},
    ):
        answer = await client.delete("/api/v1/sessions/current", headers=headers)
        assert answer.status_code == 403, headers
        assert answer.json()["code"] == "CROSS_SITE"
    assert (await client.get("/api/v1/me", headers=ELSEWHERE)).status_code == 200, "reading changes nothing"
    assert (
        await client.delete("/api/v1/sessions/current", headers={"Sec-Fetch-Site": "same-origin"})
    ).status_code == 204


async def test_a_bearer_token_needs_no_origin(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    token = (await sign_in()).json()["token"]
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {token}", **ELSEWHERE}
    assert (await client.delete("/api/v1/sessions/current", headers=headers)).status_code == 204


async def test_the_public_address_is_ours_behind_a_proxy_too(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    await sign_in()
    headers = {**SITE, "Host": "10.0.0.7:8000"}
    assert (await client.delete("/api/v1/sessions/current", headers=headers)).status_code == 204


# A phone's own routes, and cookies without HTTPS: routes of the test's own, so that it needs no other feature.


@pytest.fixture
def product(settings: Settings) -> Litestar:
    """An app of its own for each test here: routes are added to it."""
    return create_app(settings)


@pytest.fixture
def phone_routes(app: Litestar) -> None:
    @get("/who", opt={"roles": PHONE})
    async def who(actor: NamedDependency[Actor]) -> str:
        return str(actor.device_id)

    @post("/act", opt={"roles": PHONE})
    async def act(actor: NamedDependency[Actor]) -> str:
        return str(actor.device_id)

    router = Router(
        "/api/v1/test",
        route_handlers=[who, act],
        guards=[access.authorise],
        dependencies={"actor": Provide(access.provide_actor)},
    )
    app.register(router)


@pytest.mark.usefixtures("phone_routes")
async def test_a_phones_cookie_is_renewed_by_each_use(client: httpx.AsyncClient, world: World) -> None:
    phone = Phone()
    secret = await ticket(world.caregiver, await world.add_account("dispatcher"))
    redeemed = await client.post("/api/v1/enrolments/redeem", json=phone.redemption(secret), headers=SITE)
    first = redeemed.headers["set-cookie"]
    assert "doorstep_device=" in first
    assert f"Max-Age={400 * 86_400}" in first
    assert "SameSite=strict" in first
    assert "HttpOnly" in first
    assert "Secure" in first
    used = await client.get("/api/v1/test/who")
    assert used.text == redeemed.json()["device_id"]
    assert used.headers["set-cookie"] == first
    assert (await client.post("/api/v1/test/act", headers=SITE)).status_code == 201
    assert (await client.post("/api/v1/test/act", headers=ELSEWHERE)).status_code == 403
    assert "set-cookie" not in (await client.get("/api/v1/health")).headers


@pytest.mark.usefixtures("phone_routes")
async def test_an_office_session_is_no_phone(client: httpx.AsyncClient, world: World) -> None:
    token = await office_token(await world.add_account("admin"))
    answer = await client.get("/api/v1/test/who", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "NOT_ALLOWED"
    client.cookies.set("doorstep_office", token, domain="dj.example.cn", path="/api/v1")
    assert (await client.get("/api/v1/test/who")).status_code == 401, "the office's cookie is not read there"


async def test_without_https_the_cookie_still_works(app: Litestar, sign_in: SignIn) -> None:
    app.state.settings = replace(app.state.settings, public_url="http://192.168.1.5:8000")
    # A demo in a local network: browsers take no Secure cookie over HTTP.
    answer = await sign_in()
    assert answer.status_code == 201
    assert "Secure" not in answer.headers["set-cookie"]


async def test_what_ended_a_month_ago_is_forgotten_by_the_sweep(world: World) -> None:
    now, day = clock.now(), timedelta(days=1)
    account, phone = await world.add_account("manager"), (await phone_of(world.caregiver)).device_id
    lives = {
        "ran out": (now - 31 * day, None),
        "ran out lately": (now - 29 * day, None),
        "ended": (now + 300 * day, now - 31 * day),
        "ended lately": (now + 300 * day, now - 29 * day),
        "live": (now + 300 * day, None),
    }
    for name, (expires_at, revoked_at) in lives.items():
        await Session.insert(
            Session(
                token_sha256=opaque.digest(name),
                account=account if name.startswith("ran") else None,
                device=None if name.startswith("ran") else phone,
                created_at=now - 40 * day,
                last_seen_at=now - 40 * day,
                expires_at=expires_at,
                revoked_at=revoked_at,
            )
        )
    for name, (expires_at, used_at) in {
        "unused": (now - 31 * day, None),
        "unused lately": (now - 29 * day, None),
        "used": (now - 31 * day, now - 31 * day),
    }.items():
        await EnrolmentTicket.insert(
            EnrolmentTicket(
                caregiver=world.caregiver,
                secret_sha256=opaque.digest(name),
                created_by=account,
                created_at=now - 32 * day,
                expires_at=expires_at,
                used_at=used_at,
            )
        )
    await worker.run_once()
    digests = await Session.select(Session.token_sha256).output(as_list=True)
    assert {name for name in lives if opaque.digest(name) in digests} == {"ran out lately", "ended lately", "live"}
    left = await EnrolmentTicket.select(EnrolmentTicket.secret_sha256).output(as_list=True)
    names = ("unused", "unused lately", "used")
    assert {name for name in names if opaque.digest(name) in left} == {"unused lately", "used"}
