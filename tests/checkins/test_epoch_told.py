"""Every answer tells the epoch of the database, and a phone hears up to where the server knows it."""

from uuid import uuid4

import asyncpg
import httpx
import pytest

from doorstep.db import epoch
from doorstep.db.engine import fetch
from doorstep.settings import Settings
from support.phone import EPOCH, Phone, claims
from support.world import World

from .conftest import Printed


@pytest.mark.parametrize("path", ["health", "keys", "me", "nowhere", "door/sync"])
async def test_every_answer_of_the_api_tells_the_epoch(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/api/v1/{path}")).headers[EPOCH] == str(epoch.current().id)


async def test_a_refusal_tells_it_too(client: httpx.AsyncClient) -> None:
    stranger = Phone(device_id=str(uuid4()))
    answer = await stranger.post(client, [stranger.event("check_in")])
    assert answer.status_code == 401
    assert answer.headers[EPOCH] == str(epoch.current().id)


async def test_what_is_not_of_the_api_does_not(client: httpx.AsyncClient) -> None:
    assert EPOCH not in (await client.get("/Q/x")).headers


async def test_the_answer_says_how_far_the_server_knows_this_phone(
    client: httpx.AsyncClient, phone: Phone, card: Printed
) -> None:
    for number in range(1, 4):
        body = (await phone.post(client, [phone.event("check_in", token=card.token)])).json()
        assert body["epoch"] == str(epoch.current().id)
        assert body["heard"] == {"seq": number}


async def test_a_phone_of_which_nothing_is_stored(client: httpx.AsyncClient, phone: Phone) -> None:
    body = (await phone.post(client, [phone.sign({"nonsense": True})])).json()
    assert body["receipts"][0]["verdict"] == "refused"
    assert body["heard"] == {"seq": None}


async def forget(settings: Settings, phone: Phone, *, above: int) -> None:
    """The database as a copy of its files would bring it back: nothing but the records says so."""
    db = await asyncpg.connect(settings.database_url)
    await db.execute("SET session_replication_role = replica")
    await db.execute("DELETE FROM check_event WHERE seq > $1", above)
    await db.execute("DELETE FROM refused_event")
    await db.execute("DELETE FROM event_visit WHERE event NOT IN (SELECT id FROM check_event)")
    await db.execute("UPDATE device SET last_seq = $2 WHERE id = $1::text::uuid", phone.device_id, above)
    await db.close()


async def test_what_a_server_set_back_unnoticed_has_forgotten_goes_again(
    client: httpx.AsyncClient, settings: Settings, phone: Phone, card: Printed, world: World
) -> None:
    assert world.home
    texts = [phone.event("check_in", token=card.token) for _ in range(5)]
    refused = phone.event("annul", annuls=uuid4(), reason="mistake")
    assert (await phone.send(client, [*texts, refused]))[-1]["verdict"] == "refused"
    assert phone.to_send_again() == []
    await forget(settings, phone, above=2)
    # The next record tells of the hole, whatever comes before it in the same request.
    new = phone.event("check_in", token=card.token)
    await phone.send(client, [texts[0], new])
    assert phone.heard == 2
    assert phone.to_send_again() == [*texts[2:], refused, new]
    await phone.send(client, phone.to_send_again())
    assert phone.to_send_again() == []
    assert phone.heard == 7
    stored = [row["jws"] for row in await fetch("SELECT jws FROM check_event ORDER BY seq")]
    assert stored == [*texts, new]


async def test_a_hole_that_stays_does_not_make_a_phone_send_for_ever(
    client: httpx.AsyncClient, phone: Phone, card: Printed
) -> None:
    await phone.send(client, phone.event("check_in", token=card.token))
    phone.event("check_in", token=card.token)  # never sent: the phone has lost it
    await phone.send(client, phone.event("check_in", token=card.token))
    assert [claims(text)["seq"] for text in phone.to_send_again()] == [3]
    await phone.send(client, phone.to_send_again())
    assert phone.to_send_again() == []
