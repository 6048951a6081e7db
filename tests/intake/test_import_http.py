"""Uploads through HTTP: preview, rows, apply, report; what cannot be read; who may; what a crash leaves."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from intake.books import SAMPLE, Book, protected
from support.sign_in import sign_in
from support.until import until
from support.world import World

URL = "/api/v1/imports"


async def _upload(
    client: httpx.AsyncClient, who: dict[str, str], content: bytes, name: str = "名册.xlsx"
) -> dict[str, Any]:
    answer = await client.post(URL, headers=who, files={"file": (name, content)})
    assert answer.status_code == 202, answer.text
    return await _ended(client, who, answer.json()["id"], "reading")


async def _ended(client: httpx.AsyncClient, who: dict[str, str], run: str, state: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def moved() -> bool:
        found.update((await client.get(f"{URL}/{run}", headers=who)).json())
        return found["state"] != state

    await until(moved, seconds=90)
    return found


async def test_an_upload_is_previewed_then_applied(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    book = Book.small()
    book.put("老年人", 3, "电话", "110")
    run = await _upload(client, admin, book.xlsx())
    rows = sum(len(sheet) - 2 for sheet in book.sheets.values())
    assert (run["state"], run["done"], run["total"], run["problem"]) == ("previewed", rows, rows, None)
    items = 1 + sum(row[0] == book.get("老年人", 3, "身份证号") for row in book.sheets["照护计划"])
    assert run["counts"]["refused"] == items
    assert [sheet["name"] for sheet in run["sheets"]] == list(book.sheets)
    homes = (await fetch("SELECT count(*) AS n FROM household"))[0]["n"]
    assert homes == 2, "the world's own: a preview writes nothing"

    refused = (await client.get(f"{URL}/{run['id']}/rows?status=refused&limit=1", headers=admin)).json()
    assert refused["items"][0] | {"summary": ""} == {
        "sheet": "老年人",
        "row": 3,
        "status": "refused",
        "column": "电话",
        "code": "PHONE_INVALID",
        "message": refused["items"][0]["message"],
        "message_en": refused["items"][0]["message_en"],
        "summary": "",
        "others": [],
    }
    seen = [*refused["items"]]
    while refused["next"]:
        page = f"{URL}/{run['id']}/rows?status=refused&limit=1&cursor={refused['next']}"
        refused = (await client.get(page, headers=admin)).json()
        seen += refused["items"]
    assert len(seen) == items
    one_sheet = (await client.get(f"{URL}/{run['id']}/rows?sheet=街乡&limit=500", headers=admin)).json()
    assert {row["sheet"] for row in one_sheet["items"]} == {"街乡"}

    before = (await client.get(f"{URL}/{run['id']}/report", headers=admin)).json()
    answer = await client.post(f"{URL}/{run['id']}/apply", headers=admin)
    assert (answer.status_code, answer.json()["state"]) == (202, "applying")
    done = await _ended(client, admin, run["id"], "applying")
    assert (done["state"], done["counts"]) == ("applied", run["counts"])
    assert (await client.get(f"{URL}/{run['id']}/report", headers=admin)).json() == before
    again = await client.post(f"{URL}/{run['id']}/apply", headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "IMPORT_NOT_PREVIEWED")
    assert (await client.get(URL, headers=admin)).json()["items"][0]["id"] == run["id"]
    (stored,) = await fetch("SELECT * FROM import_run")
    assert stored["content"] is None, "the file goes when it is in"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a workbook", "WORKBOOK_UNREADABLE"),
        (protected(), "WORKBOOK_PROTECTED"),
        ("甲,乙\n1,2\n".encode("gbk"), "WORKBOOK_NO_SHEET"),
    ],
)
async def test_what_cannot_be_read_says_why(client: httpx.AsyncClient, world: World, content: bytes, code: str) -> None:
    admin = await sign_in(world, "admin")
    run = await _upload(client, admin, content, "a.csv" if code == "WORKBOOK_NO_SHEET" else "a.xlsx")
    assert (run["state"], run["problem"]["code"]) == ("failed", code)
    assert run["problem"]["title"] and run["problem"]["title_en"]
    assert (await client.get(f"{URL}/{run['id']}/rows", headers=admin)).json() == {"items": [], "next": None}
    assert (await client.get(f"{URL}/{run['id']}/report", headers=admin)).status_code == 404
    assert (await client.post(f"{URL}/{run['id']}/apply", headers=admin)).status_code == 409


async def test_too_many_bytes_are_refused_at_once(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    answer = await client.post(URL, headers=admin, files={"file": ("a.xlsx", bytes(10_000_001))})
    assert (answer.status_code, answer.json()["code"]) == (422, "WORKBOOK_TOO_LARGE")
    answer = await client.post(URL, headers=admin, files={"other": ("a.xlsx", b"x")})
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


async def test_who_may_import_and_see_a_run(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.post(URL, files={"file": ("a.xlsx", b"x")})).status_code == 401
    for role in ("dispatcher", "auditor"):
        who = await sign_in(world, role)
        assert (await client.post(URL, headers=who, files={"file": ("a.xlsx", b"x")})).status_code == 403
    manager, colleague, officer = [await sign_in(world, role) for role in ("manager", "manager", "officer")]
    run = await _upload(client, manager, Book.small().xlsx())
    assert run["state"] == "previewed"
    assert (await client.get(f"{URL}/{run['id']}", headers=colleague)).status_code == 200
    assert (await client.get(f"{URL}/{run['id']}", headers=officer)).status_code == 404
    assert (await client.post(f"{URL}/{run['id']}/apply", headers=officer)).status_code == 404
    assert (await client.get(URL, headers=officer)).json() == {"items": []}
    assert (await client.get(URL, headers=await sign_in(world, "admin"))).json()["items"]


async def test_the_stored_file_and_report_hold_nothing_in_clear(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    book = Book.small()
    await _upload(client, admin, book.csv("老年人"), "老年人.csv")
    (stored,) = await fetch("SELECT * FROM import_run")
    assert str(book.get("老年人", 3, "姓名")).encode() not in bytes(stored["content"])
    for header in ("姓名", "身份证号", "电话", "详细地址", "家属电话"):
        assert str(book.get("老年人", 3, header)) not in stored["report"]


async def test_what_a_crash_leaves_can_be_applied_again(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    run = await _upload(client, admin, Book.small().xlsx())
    async with unit_of_work():
        await fetch("UPDATE import_run SET state = 'applying', changed_at = $1", clock.now())
    busy = await client.post(f"{URL}/{run['id']}/apply", headers=admin)
    assert busy.status_code == 409, "somebody is at it"
    async with unit_of_work():
        await fetch("UPDATE import_run SET changed_at = $1", clock.now() - service.STALE_AFTER - timedelta(seconds=1))
    assert (await client.post(f"{URL}/{run['id']}/apply", headers=admin)).status_code == 202
    assert (await _ended(client, admin, run["id"], "applying"))["state"] == "applied"


async def test_abandoned_runs_are_given_back(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    run = await _upload(client, admin, Book.small().xlsx())
    long_ago = clock.now() - timedelta(minutes=5)
    for state, becomes, problem in (("applying", "previewed", None), ("reading", "failed", "UNAVAILABLE")):
        async with unit_of_work():
            await fetch("UPDATE import_run SET state = $1, changed_at = $2", state, long_ago)
        await service.give_back_abandoned(SYSTEM)
        found = (await client.get(f"{URL}/{run['id']}", headers=admin)).json()
        assert (found["state"], found["problem"] and found["problem"]["code"]) == (becomes, problem)


async def test_an_upload_that_nobody_applies_is_forgotten(client: httpx.AsyncClient, world: World) -> None:
    admin = await sign_in(world, "admin")
    run = await _upload(client, admin, Book.small().xlsx())
    async with unit_of_work():
        await fetch("UPDATE import_run SET changed_at = $1", clock.now() - service.KEPT_FOR - timedelta(minutes=1))
    await service.give_back_abandoned(SYSTEM)
    found = (await client.get(f"{URL}/{run['id']}", headers=admin)).json()
    assert (found["state"], found["problem"]["code"]) == ("failed", "IMPORT_EXPIRED")
    assert (await fetch("SELECT content FROM import_run"))[0]["content"] is None


async def test_the_sample_through_http_counts_every_row(client: httpx.AsyncClient, world: World) -> None:
    run = await _upload(client, await sign_in(world, "admin"), SAMPLE.read_bytes(), SAMPLE.name)
    assert run["counts"]["refused"] == 0
    assert run["counts"]["created"] + run["counts"]["updated"] + run["counts"]["unchanged"] == 1357
