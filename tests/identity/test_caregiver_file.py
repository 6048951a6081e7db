"""One page about a caregiver: leave, certificates, the phones of now and before, what is next."""

import httpx

from doorstep.db.engine import fetch
from support.desk import Desk, at, day
from support.sign_in import phone_of
from support.world import World


async def test_everything_about_one_caregiver(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    former = await phone_of(world.caregiver)
    await fetch("UPDATE device SET revoked_at = now(), revoked_reason = '丢失', enrolled_at = now() - interval '1 day'")
    await phone_of(world.caregiver)
    await desk.done("POST", f"/caregivers/{world.caregiver}/leave", valid_from=str(day(9)), reason="探亲")
    ahead = await world.add_visit(world.elder, start=at(1, 10))
    await world.add_visit(world.elder, start=at(-1, 10))
    await world.add_visit(world.elder, start=at(2, 10), op_state="cancelled")
    file = await desk.get(f"/caregivers/{world.caregiver}")
    assert (file["name"], file["provider"]["name"]) == ("彭燕", "朝外照料中心")
    assert [(one["revoked_reason"], one["id"] == former.device_id) for one in file["phones"]] == [
        (None, False),
        ("丢失", True),
    ]
    assert [(one["valid_from"], one["valid_to"], one["reason"]) for one in file["leave"]] == [
        (str(day(9)), None, "探亲")
    ]
    assert {one["kind"] for one in file["certificates"] if one["valid"]} == {
        "health_certificate",
        "nurse_licence",
        "care_worker_certificate",
    }
    assert [(one["id"], one["elder"]["name"]) for one in file["next_visits"]] == [(str(ahead), "龚国栋")]
    assert file["phone_masked"].count("*") == 4


async def test_who_left_still_has_a_page(client: httpx.AsyncClient, world: World) -> None:
    desk = await Desk.open(client, world)
    await fetch("UPDATE caregiver SET employed_to = $1 WHERE id = $2", day(-1), world.caregiver)
    assert (await desk.get(f"/caregivers/{world.caregiver}"))["employed_to"] == str(day(-1))
