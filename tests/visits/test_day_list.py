"""The office's list of a day through HTTP: what each filter shows is what its number says."""

from datetime import time, timedelta
from typing import Any

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.sign_in import phone_of, sign_in
from support.world import World

NOON = clock.at(clock.today(), time(12))


@pytest.fixture
async def day(world: World) -> dict[str, Any]:
    """A day seen at noon: one visit of each kind that a filter tells apart."""
    start, soon = NOON - timedelta(hours=3), NOON - timedelta(hours=1)
    kinds = {
        "coming": {"start": soon},
        "late": {"start": start},
        "late_and_nobody": {"start": start, "caregivers": []},
        "missed": {"start": start, "op_state": "missed"},
        "begun_late": {"start": start, "op_state": "in_progress", "started_at": start + timedelta(minutes=130)},
        "held": {"start": start, "op_state": "completed", "started_at": start, "ended_at": soon, "holds": 2},
    }
    ids = {name: str(await world.add_visit(world.elder, **values)) for name, values in kinds.items()}
    # A colleague whose phone was not heard since; it may hold what happened.
    silent = await world.add_visit(world.elder, start=NOON - timedelta(hours=4), caregivers=[world.colleague])
    await phone_of(world.colleague)
    await fetch("UPDATE device SET enrolled_at = $1, last_seen_at = $1", NOON - timedelta(hours=3))
    return {**ids, "silent": str(silent)}


FILTERS = {
    "planned": {"late_and_nobody"},
    "missed": {"missed"},
    "unknown": {"silent"},
    "late": {"late", "late_and_nobody", "begun_late"},
    "held": {"held"},
    None: {"coming", "late", "late_and_nobody", "missed", "begun_late", "held", "silent"},
}


@pytest.mark.parametrize("searched", ["", "龚"])
@pytest.mark.parametrize("chosen", FILTERS)
async def test_a_filter_shows_what_its_number_says(
    client: httpx.AsyncClient,
    world: World,
    day: dict[str, Any],
    chosen: str | None,
    searched: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "_source", lambda: NOON)
    headers = await sign_in(world, "dispatcher")
    query: dict[str, Any] = {"day": clock.today().isoformat(), "limit": 2}
    query |= {"op_state": chosen} if chosen else {}
    query |= {"q": searched} if searched else {}
    seen: list[str] = []
    page: dict[str, Any] = {}
    while not page or page["next"]:
        query |= {"cursor": page["next"]} if page else {}
        if searched:
            page = (await client.post("/api/v1/visits/search", json=query, headers=headers)).json()
        else:
            page = (await client.get("/api/v1/visits", params=query, headers=headers)).json()
        seen += [row["id"] for row in page["items"]]
    assert sorted(seen) == sorted(day[name] for name in FILTERS[chosen])
    if chosen:
        assert page["counts"][chosen] == len(seen)


async def test_a_filter_that_is_none_is_refused(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get("/api/v1/visits", params={"op_state": "happy"}, headers=await sign_in(world, "auditor"))
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")
