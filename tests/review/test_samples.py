"""Seeded samples: the same seed draws the same visits for everybody, and what is found about one holds it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.review import rules_samples
from support.door import visit_row
from support.sign_in import office_token

from .conftest import API, Desk, state

CASES = json.loads((Path(__file__).parents[2] / "schemas/examples/samples.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_draw_of_the_examples(case: dict[str, Any]) -> None:
    population = [UUID(one) for one in case["population"]]
    for order in (population, population[::-1], population * 2):
        assert [str(one) for one in rules_samples.draw(order, case["seed"], case["size"])] == case["drawn"]
        kept = rules_samples.packed(order)
        assert rules_samples.mark(kept).hex() == case["population_sha256"]
        assert rules_samples.unpacked(kept) == sorted(population)


async def verified(desk: Desk, number: int, **values: Any) -> list[UUID]:
    """Visits that were accepted, one a day."""
    made = []
    for ago in range(1, number + 1):
        start = clock.now() - timedelta(days=ago, minutes=5)
        times = {"started_at": start, "ended_at": start + timedelta(minutes=20)}
        states = {"op_state": "completed", "verify_state": "auto_verified", "grade": "A", **values}
        made.append(await desk.world.add_visit(desk.world.elder, start=start, **times, **states))
    return made


def period(since: int = 60, until: int = 0, **fields: Any) -> dict[str, Any]:
    """A body: what is drawn from."""
    first, last = clock.today() - timedelta(days=since), clock.today() - timedelta(days=until)
    return {"since": first.isoformat(), "until": last.isoformat(), "size": 3, "seed": "双色球 2026135", **fields}


def drawn(sample: dict[str, Any]) -> list[str]:
    """Its visits in order."""
    return [item["visit"]["id"] for item in sample["items"]]


async def test_everybody_draws_the_same_from_the_same(desk: Desk) -> None:
    visits = await verified(desk, 8)
    await verified(desk, 2, verify_state="needs_review")
    await verified(desk, 2, provider=desk.world.other_provider)
    mine = await desk.post("/review/samples", period(provider_id=str(desk.world.provider)), role="auditor")
    theirs = await desk.post("/review/samples", period(), role="manager")
    mark = rules_samples.mark(rules_samples.packed(visits)).hex()
    for sample, role in ((mine, "auditor"), (theirs, "manager")):
        assert drawn(sample) == [str(one) for one in rules_samples.draw(visits, sample["seed"], 3)]
        assert (sample["population"], sample["population_sha256"]) == (8, mark)
        at = f"{API}/review/samples/{sample['id']}/population.txt"
        answer = await desk.client.get(at, headers=desk.headers[role])
        assert answer.text.splitlines() == [str(one) for one in sorted(visits)]
    other = await desk.post("/review/samples", period(), role="officer")
    assert other["population"] == 10


async def test_nobody_knows_the_seed_before(desk: Desk) -> None:
    await verified(desk, 2)
    seeds = [(await desk.post("/review/samples", period()))["seed"] for _ in range(2)]
    numbers = {re.fullmatch("双色球 2026135 · ([0-9a-f]{32})", seed) for seed in seeds}
    assert len({found[1] for found in numbers if found}) == 2


async def test_drawn_again(desk: Desk) -> None:
    visits = await verified(desk, 6)
    sample = await desk.post("/review/samples", period(), role="officer")
    same = {"visits": drawn(sample), "same_draw": True, "same_population": True}
    at = f"/review/samples/{sample['id']}/again"
    assert await desk.get(at, role="auditor") == {**same, "no_longer": 0, "since_then": 0}
    # What was found about one of them, and what was verified since, changes nothing of the draw.
    await fetch("UPDATE visit SET verify_state = 'reopened' WHERE id = $1", UUID(drawn(sample)[0]))
    await verified(desk, 2)
    assert await desk.get(at, role="admin") == {**same, "no_longer": 1, "since_then": 2}
    kept = rules_samples.packed(visits[1:])
    await fetch("UPDATE sample SET population_ids = $2 WHERE id = $1", UUID(sample["id"]), kept)
    assert (await desk.get(at, role="admin"))["same_population"] is False
    # One of an older version says so, and raises no alarm.
    await fetch("UPDATE sample SET population_ids = NULL WHERE id = $1", UUID(sample["id"]))
    for of in (at, f"/review/samples/{sample['id']}/population.txt"):
        assert (await desk.get(of, role="admin", status=409))["code"] == "SAMPLE_NOT_KEPT"


async def test_the_period_is_half_open_and_the_server_may_choose_a_seed(desk: Desk) -> None:
    await verified(desk, 5)
    sample = await desk.post("/review/samples", period(3, 1, seed=None, size=9))
    assert len(drawn(sample)) == sample["population"] == 2
    assert len(sample["seed"]) == 32


async def test_what_is_found_is_counted_and_what_differs_holds(desk: Desk) -> None:
    await verified(desk, 4)
    sample = await desk.post("/review/samples", period(), role="officer")
    first, second, third = drawn(sample)
    at = f"/review/samples/{sample['id']}/items"
    await desk.post(f"{at}/{first}/inspections", {"kind": "call_back", "outcome": "not_reached"}, role="auditor")
    await desk.post(f"{at}/{first}/inspections", {"kind": "call_back", "outcome": "confirmed"}, role="auditor")
    differs = {"kind": "home_visit", "outcome": "did_not_happen", "note": "老人说那天没人来"}
    shown = await desk.post(f"{at}/{second}/inspections", differs, role="officer")
    assert (shown["outcomes"], shown["open"]) == ({"confirmed": 1, "did_not_happen": 1}, 1)
    assert [len(item["inspections"]) for item in shown["items"]] == [2, 1, 0]
    assert await state(UUID(first)) == ("auto_verified", "unsettled")
    assert await state(UUID(second)) == ("reopened", "held")
    assert (await visit_row(UUID(second)))["hold_codes"] == ["INSPECTION_DIFFERS"]
    page = await desk.get(f"/review/visits/{second}")
    assert [one["note"] for one in page["inspections"]] == ["老人说那天没人来"]
    assert (await desk.get("/review/queue"))["items"][0]["must_fix"] is True
    assert await state(UUID(third)) == ("auto_verified", "unsettled")
    [listed] = (await desk.get("/review/samples", role="auditor"))["items"]
    assert (listed["id"], listed["open"]) == (sample["id"], 1)


async def test_what_differs_is_described(desk: Desk) -> None:
    [visit] = await verified(desk, 1)
    sample = await desk.post("/review/samples", period())
    body = {"kind": "call_back", "outcome": "differs", "note": " "}
    at = f"/review/samples/{sample['id']}/items/{visit}/inspections"
    assert (await desk.post(at, body, status=422))["code"] == "REASON_NEEDED"
    await fetch("UPDATE account SET caregiver = $2 WHERE id = $1", desk.accounts["manager"], desk.world.caregiver)
    assert (await desk.post(at, {**body, "note": "少了一半"}, status=403))["code"] == "OWN_WORK"


async def test_it_names_who_came(desk: Desk) -> None:
    """Who calls the home asks about the person who was there."""
    [visit] = await verified(desk, 1, caregivers=[desk.world.colleague])
    await fetch(
        "INSERT INTO manual_edit (id, visit, kind, reason_code, before, after, caregiver, made_by, at)"
        " VALUES ($1, $2, 'entry', 'other', '{}', '{}', $3, $4, now())",
        *(uuid7(), visit, desk.world.caregiver, desk.accounts["manager"]),
    )
    sample = await desk.post("/review/samples", period())
    assert [one["id"] for one in sample["items"][0]["visit"]["caregivers"]] == [str(desk.world.caregiver)]


@pytest.mark.parametrize(
    ("role", "shown"), [("manager", "13800009999"), ("admin", "13800009999"), ("auditor", "138****9999")]
)
async def test_the_number_to_call_stands_by_it(desk: Desk, role: str, shown: str) -> None:
    phone = vault.current().seal("13800009999", "elder.phone")
    await fetch("UPDATE elder SET phone = $2 WHERE id = $1", desk.world.elder, phone)
    await verified(desk, 1)
    sample = await desk.post("/review/samples", period(), role=role)
    assert [item["contact"] for item in sample["items"]] == [shown]


async def test_each_sees_their_own_samples(desk: Desk) -> None:
    await verified(desk, 2)
    theirs = await desk.post("/review/samples", period(), role="officer")
    mine = await desk.post("/review/samples", period(), role="manager")
    listed = {
        role: [one["id"] for one in (await desk.get("/review/samples", role=role))["items"]]
        for role in ("manager", "auditor", "admin")
    }
    assert listed == {"manager": [mine["id"]], "auditor": [theirs["id"]], "admin": [mine["id"], theirs["id"]]}
    await desk.get(f"/review/samples/{theirs['id']}", role="manager", status=404)
    await desk.get("/review/samples", role="dispatcher", status=403)
    [visit, _] = drawn(theirs)
    body = {"kind": "call_back", "outcome": "confirmed"}
    await desk.post(f"/review/samples/{theirs['id']}/items/{visit}/inspections", body, role="manager", status=404)
    await desk.get(f"/review/samples/{theirs['id']}/population.txt", role="manager", status=404)
    await desk.post(f"/review/samples/{mine['id']}/items/{UUID(int=1)}/inspections", body, status=404)


async def test_nobody_inspects_themselves(desk: Desk) -> None:
    await verified(desk, 2)
    body = {"kind": "call_back", "outcome": "confirmed"}
    theirs = await desk.post("/review/samples", period(provider_id=str(desk.world.provider)), role="officer")
    at, page = f"/review/samples/{theirs['id']}", "/review/samples"

    async def told() -> list[tuple[Any, Any]]:
        """What the pages of the visits say to the provider of the draw."""
        pages = [await desk.get(f"/review/visits/{visit}") for visit in drawn(theirs)]
        return [(page["samples"], [one["sample_id"] for one in page["inspections"]]) for page in pages]

    async def hidden() -> None:
        assert (await desk.get(page))["items"] == [], "whom the office asks, the provider learns when all were reached"
        await desk.get(at, status=404)

    first, second = drawn(theirs)
    await hidden()
    assert await told() == [([], []), ([], [])]
    for visit in (first, second):
        await desk.post(f"{at}/items/{visit}/inspections", {**body, "outcome": "not_reached"}, role="officer")
    await hidden()
    assert await told() == [([], []), ([], [])], "who was not reached is asked again"
    for visit, left in ((first, 1), (second, 0)):
        shown = await desk.post(f"{at}/items/{visit}/inspections", body, role="officer")
        assert (shown["may_record"], shown["outcomes"].get("not_reached", 0)) == (True, left)
        if left:
            await hidden()
            assert await told() == [([], [None]), ([], [])]
    assert [one["id"] for one in (await desk.get(page))["items"]] == [theirs["id"]]
    assert await told() == [([theirs["id"]], [theirs["id"]] * 2)] * 2
    assert (await desk.get(at))["may_record"] is False
    refused = await desk.post(f"{at}/items/{drawn(theirs)[0]}/inspections", body, status=403)
    assert refused["code"] == "NOT_ALLOWED"
    mine = await desk.post("/review/samples", period())
    assert mine["may_record"] is True
    await desk.post(f"/review/samples/{mine['id']}/items/{drawn(mine)[0]}/inspections", body)


async def test_an_auditor_of_one_provider_is_not_that_provider(desk: Desk) -> None:
    await verified(desk, 3)
    account = await desk.world.add_account("auditor", login="shenji")
    await fetch("UPDATE account SET provider = $2, area = NULL WHERE id = $1", account, desk.world.provider)
    desk.headers["auditor"] = {"Authorization": f"Bearer {await office_token(account)}"}
    sample = await desk.post("/review/samples", period(size=2), role="auditor")
    assert (await desk.get("/review/samples", role="manager"))["items"] == [], "whom it asks is not told before"
    path = f"/review/samples/{sample['id']}/items/{drawn(sample)[0]}/inspections"
    found = {"kind": "call_back", "outcome": "confirmed"}
    await desk.post(path, found, role="manager", status=404)
    for visit in drawn(sample):
        await desk.post(path.replace(drawn(sample)[0], visit), found, role="auditor")
    assert len((await desk.get("/review/samples", role="manager"))["items"]) == 1
    await desk.post(path, found, role="manager", status=403)
    await desk.get(f"/review/visits/{drawn(sample)[0]}", role="auditor")
    rows = (await desk.get("/audit", role="manager"))["items"]
    assert [one["operation"] for one in rows if one["role"] == "auditor"] == [], "nor what the auditor reads"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"size": 0}, 400, "INPUT_INVALID"),
        ({"size": 501}, 400, "INPUT_INVALID"),
        ({"seed": ""}, 400, "INPUT_INVALID"),
        ({"until": "2026-01-01", "since": "2026-01-01"}, 422, "PERIOD_INVALID"),
        ({}, 422, "SAMPLE_EMPTY"),
    ],
)
async def test_what_is_not_drawn(desk: Desk, fields: dict[str, Any], status: int, code: str) -> None:
    assert (await desk.post("/review/samples", {**period(), **fields}, status=status))["code"] == code
