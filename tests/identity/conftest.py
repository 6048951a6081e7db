"""Office people with a password, and what a browser sends."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher

from doorstep.core import passwords
from doorstep.identity import service
from doorstep.identity.wire import SYSTEM, Role
from support.world import PASSWORD, World

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
SITE = {"Origin": "https://dj.example.cn"}
ELSEWHERE = {"Origin": "https://evil.example"}

SignIn = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def dispatcher(cheap_passwords: None, world: World) -> UUID:
    """The account `zhang` of the first provider's dispatcher."""
    return await service.create_account(
        SYSTEM,
        role=Role.DISPATCHER,
        login="Zhang",
        password=PASSWORD,
        display_name="张调度",
        provider_id=world.provider,
    )


@pytest.fixture
def sign_in(client: httpx.AsyncClient, dispatcher: UUID) -> SignIn:
    """Sign-in as `zhang` as the PWA does it; what is given replaces."""

    async def ask(login: str = "zhang", password: str = PASSWORD, totp: str | None = None) -> httpx.Response:
        body = {"login": login, "password": password, "totp": totp}
        return await client.post("/api/v1/sessions", json=body, headers=SITE)

    return ask


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cheap argon2id: the work factor of the real one has its own test, marked `costly`."""
    if "costly" in request.fixturenames:
        return
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)
    passwords._nobody.cache_clear()


@pytest.fixture
def costly() -> None:
    """Passwords as the product hashes them."""
    passwords._nobody.cache_clear()
