"""A phone that a restored backup has forgotten is enrolled again under its old id: what it signed stands."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from doorstep.db.tables.people import Device
from support.phone import Phone
from support.sign_in import phone_of, sign_in
from support.world import World

REDEEM = "/api/v1/enrolments/redeem"


async def redeem(client: httpx.AsyncClient, world: World, phone: Phone, **fields: Any) -> httpx.Response:
    office = await sign_in(world, "dispatcher")
    made = await client.post("/api/v1/enrolments", json={"caregiver_id": str(world.caregiver)}, headers=office)
    answer = await client.post(REDEEM, json=phone.redemption(made.json()["secret"], **fields))
    client.cookies.clear()
    return answer


@pytest.fixture
def stranger(world: World) -> Phone:
    """Signed its records under an id that is not in the database: a backup of before its enrolment was restored."""
    phone = Phone(device_id=str(uuid4()))
    phone.caregiver = {"id": str(world.caregiver)}
    return phone


async def test_its_old_records_are_genuine_again(client: httpx.AsyncClient, world: World, stranger: Phone) -> None:
    old = [stranger.event("check_in", elder_ids=[world.elder]) for _ in range(3)]
    assert (await stranger.post(client, old)).status_code == 401
    former = {"former_device_id": stranger.device_id, "former_caregiver_id": str(world.caregiver)}
    answer = await redeem(client, world, stranger, **former)
    assert answer.status_code == 201
    assert answer.json()["device_id"] == stranger.device_id
    stranger.learn(answer.json())
    verdicts = [item["verdict"] for item in await stranger.send(client, old)]
    assert "refused" not in verdicts


async def test_an_id_that_is_known_is_not_given_again(client: httpx.AsyncClient, world: World, stranger: Phone) -> None:
    other = await phone_of(world.colleague)
    answer = await redeem(client, world, stranger, former_device_id=other.device_id)
    assert answer.status_code == 201
    assert answer.json()["device_id"] != other.device_id
    known = await Device.objects().get(Device.id == UUID(other.device_id))
    assert known is not None
    assert known.public_key == other.point()


async def test_in_other_hands_it_gets_a_new_id(client: httpx.AsyncClient, world: World, stranger: Phone) -> None:
    former = {"former_device_id": stranger.device_id, "former_caregiver_id": str(world.colleague)}
    answer = await redeem(client, world, stranger, **former)
    assert answer.status_code == 201
    assert answer.json()["device_id"] != stranger.device_id


async def test_what_is_no_id_is_refused(client: httpx.AsyncClient, world: World, stranger: Phone) -> None:
    assert (await redeem(client, world, stranger, former_device_id="x")).status_code == 400
