"""The demo leads from the printed card to a counted visit, on any date, and starts again with what is there."""

import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest

from doorstep import demo, network
from doorstep.app import create_app
from doorstep.core import clock
from doorstep.settings import Settings
from support import print as prints
from support.door import standing_clock
from support.folders import data_folder
from support.phone import Phone

PROGRAM = """
import sys
from datetime import datetime
from doorstep.core import clock
from doorstep.cli import main
if sys.argv[1] != "now":
    then = datetime.fromisoformat(sys.argv[1])
    clock._source = lambda: then
main(["demo", "--no-serve", *sys.argv[2:]])
"""


def run_demo(folder: Path, *, at: str = "now", options: tuple[str, ...] = ()) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, at, *options],
        env={**environment, "DOORSTEP_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Shown(NamedTuple):
    """A data folder and what the demo said twice."""

    folder: Path
    first: str
    again: str

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder / "demo", public_url="http://localhost:8000")


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    with data_folder() as folder:
        first = run_demo(folder)
        cards = {file: file.read_bytes() for file in (folder / "demo" / "cards").iterdir()}
        again = run_demo(folder)
        assert {file: file.read_bytes() for file in cards} == cards
        yield Shown(folder, first, again)


def hours_left(until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.now(UTC)) / timedelta(hours=1)


def secret(text: str) -> str:
    found = re.search(r"/E/([0-9A-Z]+)", text)
    assert found
    return found[1]


def test_one_screen_says_everything(shown: Shown) -> None:
    for text in (shown.first, shown.again):
        lines = text.splitlines()
        assert len(lines) < 50
        assert "http://localhost:" in text
        for login in demo.LOGINS:
            assert any(line.strip().startswith(login) for line in lines)
        assert "demo-home.png" in text
        assert "make demo-phone" in text
    assert "导入" not in shown.again, "the roster is imported once"
    assert secret(shown.first) != secret(shown.again)


def test_the_sheet_holds_ten_cards_and_the_picture_one(shown: Shown) -> None:
    cards = shown.folder / "demo" / "cards"
    sheet = prints.codes((cards / "sheet-of-ten.pdf").read_bytes())
    picture = prints.codes((cards / "demo-home.png").read_bytes())
    assert (len(set(sheet)), len(picture)) == (10, 1)
    assert picture[0] not in sheet


async def test_a_stranger_gets_a_counted_visit(shown: Shown) -> None:
    place = json.loads((shown.folder / "demo" / "browser.json").read_text())
    [code] = prints.codes((shown.folder / "demo" / "cards" / "demo-home.png").read_bytes())
    notes = msgspec.json.decode((shown.folder / "demo" / "demo.json").read_bytes(), type=demo.Notes)
    app = create_app(shown.settings)
    async with app.lifespan():
        transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            for login in demo.LOGINS:
                answer = await client.post("/api/v1/sessions", json={"login": login, "password": notes.password})
                assert answer.status_code == 201, login
                client.cookies.clear()
            office = {"authorization": f"Bearer {answer.json()['token']}"}
            phone = await Phone.enrol(client, secret(shown.again), place=(place["lat"], place["lon"]))
            days = (await client.get("/api/v1/door/sync", headers=phone.headers)).json()["days"]
            calls = [one for day in days if day["day"] == clock.today().isoformat() for one in day["visits"]]
            [call] = [one for one in calls if one["elder"]["id"] == str(notes.elder)
                      and one["content"] == "delivery" and hours_left(one["window_end"]) > 5]  # fmt: skip
            what = {"visit_id": call["id"], "elder_ids": [call["elder"]["id"]], "token": code.rsplit("/", 1)[1]}
            with standing_clock() as hands:
                [came] = await phone.send(client, phone.event("check_in", **what))
                hands.move(minutes=call["min_minutes"] + 1)
                done = {"tasks": call["tasks"][:1], "acknowledged": ["emergency@1"]}
                [left] = await phone.send(client, phone.event("check_out", **what, **done))
            assert (came["verdict"], left["verdict"]) == ("accepted", "accepted")
            visit = (await client.get(f"/api/v1/visits/{call['id']}", headers=office)).json()
    assert (visit["op_state"], visit["verify_state"], visit["grade"]) == ("completed", "auto_verified", "A")


def test_it_works_in_a_year_whose_holidays_are_not_published() -> None:
    with data_folder() as folder:
        said = run_demo(folder, at="2030-05-11T23:30:00+00:00")
    assert "2030 年放假安排尚未公布" in said
    assert "/E/" in said


def test_for_phones_there_is_a_certificate_and_a_code_to_scan(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    address = network.lan_address() or "192.168.7.7"
    folder = shown.folder / "tls"
    certificate, key = network.certificate(folder, [address, "localhost"])
    trusting = ssl.create_default_context(cafile=folder / "ca.pem")
    assert trusting.cert_store_stats()["x509_ca"] == 1
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    made = certificate.read_bytes()
    assert network.certificate(folder, [address]) == (certificate, key)
    assert certificate.read_bytes() == made
    network.certificate(folder, ["10.1.2.3"])
    assert certificate.read_bytes() != made
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert len(network.qr_in_terminal("HTTPS://192.168.1.5:8000/E/0123456789ABCDEF").splitlines()) < 25
