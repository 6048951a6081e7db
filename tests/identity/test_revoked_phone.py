"""A revoked phone is told so, and only that: it gives up what it carries of elders, and keeps its records."""

from uuid import UUID

import httpx

from doorstep.identity import phones
from doorstep.identity.wire import SYSTEM
from support.sign_in import phone_of
from support.world import World


async def test_a_revoked_phone_learns_it_from_the_answer(client: httpx.AsyncClient, world: World) -> None:
    phone = await phone_of(world.caregiver)
    assert (await client.get("/api/v1/door/sync", headers=phone.headers)).status_code == 200
    await phones.revoke(SYSTEM, device_id=UUID(phone.device_id), reason="丢失")
    answer = await client.get("/api/v1/door/sync", headers=phone.headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "DEVICE_REVOKED")
    office = await client.get("/api/v1/me", headers=phone.headers)
    assert (office.status_code, office.json()["code"]) == (401, "NOT_SIGNED_IN")


async def test_a_phone_that_nobody_knows_is_not_told_to_give_anything_up(
    client: httpx.AsyncClient, world: World
) -> None:
    """A restored backup may not know the phone yet: it keeps what it has and enrols again."""
    for headers in ({}, {"Authorization": "Bearer unknown"}, {"Cookie": "doorstep_device=unknown"}):
        answer = await client.get("/api/v1/door/sync", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")
