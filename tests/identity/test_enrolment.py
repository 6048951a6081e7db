"""Enrolment: a one-time code binds one phone's key to one caregiver, and one caregiver has one live phone."""

import json
import re
from asyncio import gather
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from doorstep.core import anchors, clock
from doorstep.db.tables.people import Account, Caregiver, Device, EnrolmentTicket
from doorstep.db.tables.visits import Change
from doorstep.identity import service
from identity.conftest import SITE
from support.phone import Phone, b64
from support.sign_in import office_token, phone_of, sign_in
from support.timing import later
from support.world import World

REDEEM = "/api/v1/enrolments/redeem"
Headers = dict[str, str]
NewTicket = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def office(world: World) -> Headers:
    """A dispatcher of the first provider."""
    return await sign_in(world, "dispatcher")


@pytest.fixture
def new_ticket(client: httpx.AsyncClient, world: World, office: Headers) -> NewTicket:
    """A ticket made over HTTP."""

    async def make(caregiver: UUID | None = None) -> dict[str, Any]:
        body = {"caregiver_id": str(caregiver or world.caregiver)}
        answer = await client.post("/api/v1/enrolments", json=body, headers=office)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


async def live_devices(caregiver: UUID) -> list[str]:
    rows = await Device.select(Device.id).where(Device.caregiver == caregiver, Device.revoked_at.is_null())
    return [str(row["id"]) for row in rows]


def decoded(svg: str) -> str:
    """What a camera reads in the SVG, drawn by its own path."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \d+"', svg)[0])
    picture = Image.new("L", (size * 4, size * 4), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        left, top = int(x) * 4, int(y) * 4
        draw.rectangle((left, top, left + int(width) * 4 - 1, top + 3), fill=0)
    return zxingcpp.read_barcodes(picture)[0].text


async def test_from_the_code_on_the_screen_to_an_enrolled_phone(
    client: httpx.AsyncClient, world: World, office: Headers, new_ticket: NewTicket
) -> None:
    ticket = await new_ticket()
    secret = ticket["secret"]
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", secret)
    assert ticket["url"] == f"HTTPS://DJ.EXAMPLE.CN/E/{secret}"
    assert decoded(ticket["qr_svg"]) == ticket["url"]
    state = f"/api/v1/enrolments/{ticket['id']}"
    assert (await client.get(state, headers=office)).json() == {
        "id": ticket["id"],
        "state": "waiting",
        "device_id": None,
    }

    phone = Phone()
    answer = await client.post(REDEEM, json=phone.redemption(secret))
    assert answer.status_code == 201
    phone.learn(answer.json())
    assert phone.caregiver == {"id": str(world.caregiver), "name": "彭燕"}
    assert phone.provider == {"id": str(world.provider), "name": "朝外照料中心"}
    used = (await client.get(state, headers=office)).json()
    assert (used["state"], used["device_id"]) == ("used", phone.device_id)

    assert phone.anchor is not None
    assert clock.now() - anchors.open(phone.anchor, UUID(phone.device_id)) < timedelta(minutes=5)
    actor = await service.actor_of(phone.token)
    assert actor is not None
    assert actor.caregiver_id == world.caregiver
    key = (await service.devices([UUID(phone.device_id), uuid4()]))[UUID(phone.device_id)]
    assert (key.public_key, key.caregiver_id, key.provider_id) == (phone.point(), world.caregiver, world.provider)
    assert key.revoked_at is None

    items = (await client.get("/api/v1/caregivers", headers=office)).json()["items"]
    shown = {item["id"]: item for item in items}[str(world.caregiver)]
    assert shown["device"]["id"] == phone.device_id
    assert shown["device"]["platform"] == "test"


async def test_only_the_hash_of_the_secret_is_stored(new_ticket: NewTicket) -> None:
    ticket = await new_ticket()
    assert ticket["secret"] not in str(await EnrolmentTicket.select())


async def test_the_secret_may_be_typed(client: httpx.AsyncClient, new_ticket: NewTicket) -> None:
    secret = (await new_ticket())["secret"].lower().replace("0", "o").replace("1", "l")
    typed = "-".join(secret[at : at + 4] for at in range(0, 16, 4))
    assert (await client.post(REDEEM, json=Phone().redemption(typed))).status_code == 201


async def test_a_code_lives_ten_minutes(client: httpx.AsyncClient, office: Headers, new_ticket: NewTicket) -> None:
    ticket = await new_ticket()
    with later(timedelta(minutes=10, seconds=1)):
        answer = await client.post(REDEEM, json=Phone().redemption(ticket["secret"]))
        assert answer.status_code == 410
        assert answer.json()["code"] == "ENROLMENT_INVALID"
        state = await client.get(f"/api/v1/enrolments/{ticket['id']}", headers=office)
        assert state.json()["state"] == "expired"
    with later(timedelta(minutes=9, seconds=50)):
        assert (await client.post(REDEEM, json=Phone().redemption(ticket["secret"]))).status_code == 201


async def test_a_new_code_voids_the_one_before(
    client: httpx.AsyncClient, world: World, office: Headers, new_ticket: NewTicket
) -> None:
    old, others = await new_ticket(), await new_ticket(world.colleague)
    new = await new_ticket()
    assert (await client.post(REDEEM, json=Phone().redemption(old["secret"]))).status_code == 410
    assert (await client.get(f"/api/v1/enrolments/{old['id']}", headers=office)).json()["state"] == "expired"
    for ticket in (new, others):
        assert (await client.post(REDEEM, json=Phone().redemption(ticket["secret"]))).status_code == 201


async def test_a_code_works_once(client: httpx.AsyncClient, world: World, new_ticket: NewTicket) -> None:
    secret = (await new_ticket())["secret"]
    first = await Phone.enrol(client, secret)
    answer = await client.post(REDEEM, json=Phone().redemption(secret))
    assert answer.status_code == 410
    assert await live_devices(world.caregiver) == [first.device_id]


async def test_a_lost_answer_is_given_again_to_the_same_key_only(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket
) -> None:
    secret, phone = (await new_ticket())["secret"], Phone()
    lost = (await client.post(REDEEM, json=phone.redemption(secret))).json()
    with later(timedelta(minutes=30)):
        again = (await client.post(REDEEM, json=phone.redemption(secret))).json()
    assert again["device_id"] == lost["device_id"]
    assert await live_devices(world.caregiver) == [lost["device_id"]]
    assert await service.actor_of(lost["token"]) is None, "only one of the two answers is with the phone"
    assert await service.actor_of(again["token"])
    with later(timedelta(minutes=61)):
        assert (await client.post(REDEEM, json=phone.redemption(secret))).status_code == 410
    assert await Change.count().where(Change.kind == "device.enrolled") == 1


async def test_a_revoked_phone_cannot_ask_again(
    client: httpx.AsyncClient, office: Headers, new_ticket: NewTicket
) -> None:
    secret = (await new_ticket())["secret"]
    phone = await Phone.enrol(client, secret)
    await client.post(f"/api/v1/devices/{phone.device_id}/revoke", json={"reason": "丢失"}, headers=office)
    assert (await client.post(REDEEM, json=phone.redemption(secret))).status_code == 410


async def test_of_phones_racing_for_one_code_exactly_one_wins(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket
) -> None:
    secret = (await new_ticket())["secret"]
    answers = await gather(*(client.post(REDEEM, json=Phone().redemption(secret)) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [410] * 5
    won = next(answer for answer in answers if answer.status_code == 201)
    assert await live_devices(world.caregiver) == [won.json()["device_id"]]


async def test_codes_made_and_redeemed_at_once_leave_one_live_phone(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket
) -> None:
    async def enrol() -> int:
        secret = (await new_ticket())["secret"]
        return (await client.post(REDEEM, json=Phone().redemption(secret))).status_code

    answers = await gather(*(enrol() for _ in range(5)))
    assert set(answers) <= {201, 410}
    assert 201 in answers
    assert len(await live_devices(world.caregiver)) == 1


async def test_a_new_phone_replaces_the_old_one(client: httpx.AsyncClient, world: World, new_ticket: NewTicket) -> None:
    old = await Phone.enrol(client, (await new_ticket())["secret"])
    new = await Phone.enrol(client, (await new_ticket())["secret"])
    assert await live_devices(world.caregiver) == [new.device_id]
    row = await Device.objects().get(Device.id == old.device_id)
    assert row is not None
    assert row.revoked_reason == "replaced"
    assert await service.actor_of(old.token) is None
    assert await service.actor_of(new.token)
    told = await Change.select().where(Change.subject == world.caregiver).order_by(Change.id)
    assert [row["kind"] for row in told] == ["device.enrolled", "device.revoked", "device.enrolled"]
    assert json.loads(told[1]["data"])["device"] == old.device_id
    assert {row["provider"] for row in told} == {world.provider}


async def test_a_revoked_phone_is_out_at_the_next_request(
    client: httpx.AsyncClient, world: World, office: Headers, new_ticket: NewTicket
) -> None:
    phone = await Phone.enrol(client, (await new_ticket())["secret"])
    revoke = f"/api/v1/devices/{phone.device_id}/revoke"
    assert await service.actor_of(phone.token)
    assert (await client.post(revoke, json={"reason": "丢失"}, headers=office)).status_code == 204
    assert await service.actor_of(phone.token) is None
    assert (await client.get("/api/v1/me", headers=phone.headers)).status_code == 401
    assert (await client.post(revoke, json={"reason": "again"}, headers=office)).status_code == 204
    row = await Device.objects().get(Device.id == phone.device_id)
    assert row is not None
    assert row.revoked_reason == "丢失", "the first reason stays"
    assert await Change.count().where(Change.kind == "device.revoked") == 1


async def test_a_phone_can_say_that_it_is_not_this_caregivers(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket
) -> None:
    answer = await client.post(REDEEM, json=Phone().redemption((await new_ticket())["secret"]))
    gone = await client.delete("/api/v1/devices/current", headers=SITE)
    assert gone.status_code == 204
    assert "doorstep_device" not in client.cookies
    assert await live_devices(world.caregiver) == []
    assert await service.actor_of(answer.json()["token"]) is None
    row = await Device.select(Device.revoked_reason).first()
    assert row == {"revoked_reason": "declined"}


def other_key(secret: str) -> dict[str, Any]:
    return {**Phone().redemption(secret), "proof": Phone().redemption(secret)["proof"]}


def header(**replaced: Any) -> Callable[[str], dict[str, Any]]:
    def make(secret: str) -> dict[str, Any]:
        phone = Phone()
        head = {"alg": "ES256", "typ": "enrol+jws", **replaced}
        return {**phone.redemption(secret), "proof": phone.sign({"secret": secret}, head)}

    return make


def proof_of(text: str) -> Callable[[str], dict[str, Any]]:
    return lambda secret: {**Phone().redemption(secret), "proof": text}


def key(**replaced: Any) -> Callable[[str], dict[str, Any]]:
    def make(secret: str) -> dict[str, Any]:
        body = Phone().redemption(secret)
        return {**body, "public_key": {**body["public_key"], **replaced}}

    return make


PROOF, INPUT = "ENROLMENT_PROOF_INVALID", "INPUT_INVALID"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (other_key, PROOF),
        (lambda secret: Phone().redemption(secret, proof_secret="0" * 16), PROOF),
        (header(kid="device"), PROOF),
        (header(typ="checkin+jws"), PROOF),
        (header(alg="none"), PROOF),
        (header(alg="HS256"), PROOF),
        (proof_of("a.b"), PROOF),
        (proof_of("é.é.é"), PROOF),
        (proof_of("x" * 1001), INPUT),
        (key(x=b64(b"\x01" * 32)), PROOF),  # not on the curve
        (key(x=b64(b"\x00" * 32), y=b64(b"\x00" * 32)), PROOF),
        (key(x="AA"), INPUT),
        (key(crv="P-384"), INPUT),
        (key(d="secret"), INPUT),
    ],
)
async def test_a_wrong_proof_is_refused_and_the_code_stays_good(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket, body: Callable[[str], dict], code: str
) -> None:
    secret = (await new_ticket())["secret"]
    answer = await client.post(REDEEM, json=body(secret))
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert await live_devices(world.caregiver) == []
    assert await Phone.enrol(client, secret)


@pytest.mark.parametrize("secret", ["0" * 16, "X", "绑定码", "0" * 200])
async def test_an_unknown_code(client: httpx.AsyncClient, world: World, secret: str) -> None:
    answer = await client.post(REDEEM, json=Phone().redemption(secret))
    assert answer.status_code == 410
    assert answer.json()["code"] == "ENROLMENT_INVALID"


async def test_no_other_sites_page_enrols_a_browser(client: httpx.AsyncClient, new_ticket: NewTicket) -> None:
    body = Phone().redemption((await new_ticket())["secret"])
    answer = await client.post(REDEEM, json=body, headers={"Origin": "https://evil.example"})
    assert answer.json()["code"] == "CROSS_SITE"


# Whose phones.


@pytest.mark.parametrize("role", ["dispatcher", "manager"])
async def test_people_of_another_provider_are_not_to_be_seen(
    client: httpx.AsyncClient, world: World, office: Headers, new_ticket: NewTicket, role: str
) -> None:
    ticket = await new_ticket()
    phone = await phone_of(world.caregiver)
    stranger = await world.add_account(role)
    await Account.update({Account.provider: world.other_provider}).where(Account.id == stranger)
    headers = {"Authorization": f"Bearer {await office_token(stranger)}"}
    items = (await client.get("/api/v1/caregivers", headers=headers)).json()["items"]
    assert [item["id"] for item in items] == [str(world.stranger)]
    asked = [
        await client.post("/api/v1/enrolments", json={"caregiver_id": str(world.caregiver)}, headers=headers),
        await client.get(f"/api/v1/enrolments/{ticket['id']}", headers=headers),
        await client.post(f"/api/v1/devices/{phone.device_id}/revoke", json={"reason": "x"}, headers=headers),
    ]
    unknown = [
        await client.post("/api/v1/enrolments", json={"caregiver_id": str(uuid4())}, headers=headers),
        await client.get(f"/api/v1/enrolments/{uuid4()}", headers=headers),
        await client.post(f"/api/v1/devices/{uuid4()}/revoke", json={"reason": "x"}, headers=headers),
    ]
    assert [answer.status_code for answer in asked] == [404] * 3
    assert [answer.json() for answer in asked] == [answer.json() for answer in unknown]
    assert await service.actor_of(phone.token)


async def test_an_admin_sees_the_caregivers_of_all(client: httpx.AsyncClient, world: World) -> None:
    headers = await sign_in(world, "admin")
    items = (await client.get("/api/v1/caregivers", headers=headers)).json()["items"]
    assert {item["id"] for item in items} == {str(id) for id in (world.caregiver, world.colleague, world.stranger)}
    first = next(item for item in items if item["id"] == str(world.caregiver))
    assert first["phone_masked"] == "138****0001"
    assert first["provider"] == {"id": str(world.provider), "name": "朝外照料中心"}
    assert [term["kind"] for term in first["qualifications"]] == [
        "care_worker_certificate",
        "health_certificate",
        "nurse_licence",
    ]
    assert first["device"] is None


async def test_who_has_left_gets_no_phone(client: httpx.AsyncClient, world: World, office: Headers) -> None:
    await Caregiver.update({Caregiver.employed_to: clock.today()}).where(Caregiver.id == world.caregiver)
    answer = await client.post("/api/v1/enrolments", json={"caregiver_id": str(world.caregiver)}, headers=office)
    assert answer.status_code == 404
    items = (await client.get("/api/v1/caregivers", headers=office)).json()["items"]
    assert [item["id"] for item in items] == [str(world.colleague)]


async def test_who_leaves_before_the_phone_is_there_gets_none(
    client: httpx.AsyncClient, world: World, new_ticket: NewTicket
) -> None:
    secret = (await new_ticket())["secret"]
    await Caregiver.update({Caregiver.employed_to: clock.today()}).where(Caregiver.id == world.caregiver)
    assert (await client.post(REDEEM, json=Phone().redemption(secret))).status_code == 410
