"""The simulated phone and the short ways in do what they say."""

from support.phone import claims
from support.sign_in import phone_of, sign_in
from support.world import World


async def test_a_phone_signs_a_chain(world: World) -> None:
    phone = await phone_of(world.caregiver)
    first, second = phone.event("check_in", elder_ids=[world.elder]), phone.event("check_out")
    assert claims(first)["elder_ids"] == [str(world.elder)]
    assert claims(first)["prev"] is None
    assert claims(second)["seq"] == 2
    assert claims(second)["prev"]


async def test_every_office_role_can_get_a_session(world: World) -> None:
    assert await sign_in(world, "dispatcher")
