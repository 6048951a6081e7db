"""A daughter who is linked to the single elder, and the office people around her."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from doorstep.db.tables.organisations import Provider
from doorstep.db.tables.people import Account
from support.sign_in import family_token, office_token, sign_in
from support.world import World

from .devices import signed

Headers = dict[str, str]
Ask = Callable[..., Awaitable[Any]]
Invite = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def daughter(world: World) -> Headers:
    """The header of a family member of the single elder."""
    return {"Authorization": f"Bearer {await family_token(world.elder)}"}


@pytest.fixture
async def office(world: World) -> Headers:
    """A dispatcher of the first provider."""
    return await sign_in(world, "dispatcher")


@pytest.fixture
async def manager(world: World) -> Headers:
    """A manager of the first provider."""
    return await sign_in(world, "manager")


@pytest.fixture
async def outsiders(world: World) -> list[Headers]:
    """People of offices that have nothing to do with the elder: of a third provider, and of another subdistrict."""
    third = Provider(
        name="第三家驿站",
        uscc="52110105MJ0000000X",
        legal_kind="enterprise",
        site_kind="station",
        area=world.other_subdistrict,
        created_at=(await Provider.objects().first()).created_at,  # pyright: ignore[reportOptionalMemberAccess]
    )
    await Provider.insert(third)
    found = []
    for role, scope in (
        ("manager", {"provider": third.id}),
        ("dispatcher", {"provider": third.id}),
        ("officer", {"area": world.other_subdistrict}),
    ):
        account = await world.add_account(role)
        await Account.update({**scope}).where(Account.id == account)
        found.append({"Authorization": f"Bearer {await office_token(account)}"})
    return found


@pytest.fixture
def get(client: httpx.AsyncClient) -> Ask:
    """The JSON of a GET that is answered."""

    async def ask(path: str, headers: Headers, **parameters: Any) -> Any:
        answer = await client.get(f"/api/v1{path}", headers=headers, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.fixture
def say(client: httpx.AsyncClient) -> Ask:
    """What the daughter says about a visit."""

    async def ask(headers: Headers, visit: UUID, **body: Any) -> httpx.Response:
        return await client.post(f"/api/v1/family/visits/{visit}/feedback", headers=headers, json=body)

    return ask


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
