"""A phone in the hand of the world's caregiver, and homes with printed codes."""

import random
from dataclasses import dataclass
from uuid import UUID

import pytest

from doorstep.core import clock, tokens, vault
from doorstep.db.tables.homes import HouseholdCode
from support.phone import Phone
from support.sign_in import phone_of
from support.world import HOME, World


@dataclass
class Printed:
    """What is on a card."""

    token: str
    short_code: str


async def print_code(household: UUID, *, revoked: bool = False, seed: int = 0) -> Printed:
    """A code for a home, as the card screen would issue it."""
    entropy = random.Random(f"{household}{seed}").randbytes
    token, short = tokens.new_token(entropy), tokens.new_short_code(entropy)
    await HouseholdCode.insert(
        HouseholdCode(
            household=household,
            token_sha256=tokens.token_sha256(token),
            short_code_fingerprint=vault.current().fingerprint(short, "household_code.short_code"),
            version=1,
            issued_at=clock.now(),
            revoked_at=clock.now() if revoked else None,
        )
    )
    return Printed(token, short)


@pytest.fixture
async def phone(world: World) -> Phone:
    """The world's first caregiver, standing in the home."""
    return await phone_of(world.caregiver, place=HOME)


@pytest.fixture
async def card(world: World) -> Printed:
    """The card of the single elder's home."""
    return await print_code(world.home)
