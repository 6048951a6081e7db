"""Every code at the door, each produced over HTTP by a situation that differs from a perfect visit in one thing."""

from __future__ import annotations

import httpx
import pytest

from doorstep.core import problems
from support.phone import Phone
from support.world import World

from . import situations_plan, situations_presence
from .conftest import Printed
from .scene import SITUATIONS, Scene, Situation

# Obstacles before an assignment, produced by the visits feature; holds that people place.
BY_OTHERS = {
    *("ON_LEAVE", "NOT_EMPLOYED", "NO_CAREGIVER", "TRAVEL"),
    *("FAMILY_OBJECTION", "CAREGIVER_OBJECTS", "INSPECTION_DIFFERS", "MANUAL_ENTRY"),
}


@pytest.mark.parametrize(("code", "play"), SITUATIONS, ids=[play.__name__ for _, play in SITUATIONS])
async def test_code(
    code: str, play: Situation, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    codes = await play(Scene(client, world, phone, card))
    assert sorted(set(codes)) == sorted(code.split())


assert situations_plan and situations_presence  # their import fills the list


def test_every_code_of_the_closed_list_has_its_situation() -> None:
    shown = {code for codes, _ in SITUATIONS for code in codes.split()}
    assert shown == set(problems.codes().findings) - BY_OTHERS
