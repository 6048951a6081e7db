"""Yesterday's backup is put back under live phones: they notice, send again, and the end is whole.

A real server process; what the phones keep is all there is of the time between the backup and its restoration.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from doorstep import backup, context
from doorstep.core import keys
from doorstep.settings import Settings
from support.door import DONE, arrive, leave
from support.phone import EPOCH, Phone, b64, claims, unb64
from support.server import Server
from support.sign_in import phone_of, sign_in
from support.world import HOME, World

from .conftest import Printed, print_code

VISITS = """
SELECT v.id, v.elder, v.kind, v.op_state, v.started_at, v.ended_at,
  array(SELECT ev.event FROM event_visit ev WHERE ev.visit = v.id ORDER BY 1) AS events
FROM visit v ORDER BY v.id
"""


@dataclass
class District:
    """The server, who works, and what is to be done."""

    settings: Settings
    server: Server
    world: World
    office: dict[str, str]
    card: Printed
    couples: Printed
    first: Phone
    second: Phone
    third: UUID
    visits: dict[str, UUID]
    dump: Path
    late: Phone = field(default_factory=lambda: Phone(place=HOME))

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.server.url, timeout=20)

    @property
    def phones(self) -> list[Phone]:
        return [self.first, self.second, self.late]

    async def enrol(self, **former: str) -> None:
        """The third caregiver's phone, by a code of the office."""
        async with self.http() as http:
            order = {"caregiver_id": str(self.third)}
            ticket = (await http.post("/api/v1/enrolments", json=order, headers=self.office)).json()
            answer = await http.post("/api/v1/enrolments/redeem", json=self.late.redemption(ticket["secret"], **former))
            assert answer.status_code == 201, answer.text
            self.late.learn(answer.json())
            self.late.hear(answer.headers[EPOCH])


@pytest.fixture
async def district(own_dsn: str, tmp_path: Path) -> AsyncIterator[District]:
    settings = Settings(database_url=own_dsn, data_dir=tmp_path, public_url="https://dj.example.cn")
    keys.install(settings)
    async with context.connected(own_dsn, pool_size=4):
        world = await World.create()
        item = await world.add_plan_item(world.elder)
        third = await world.add_caregiver("后来的")
        names = {"done": [world.caregiver], "begun": [world.caregiver], "mistake": [world.caregiver]}
        names |= {"joint": [world.caregiver, world.colleague], "late": [third], "waits": [world.colleague]}
        made = District(
            settings=settings,
            server=Server(settings),
            world=world,
            office=await sign_in(world, "dispatcher"),
            card=await print_code(world.home),
            couples=await print_code(world.couple_home),
            first=await phone_of(world.caregiver, place=HOME),
            second=await phone_of(world.colleague, place=HOME),
            third=third,
            visits={
                name: await world.add_visit(
                    world.elder, plan_item=item, caregivers=who, carers_needed=len(who), ordinal=number
                )
                for number, (name, who) in enumerate(names.items(), 1)
            },
            dump=tmp_path / "yesterday.dump",
        )
    made.server.start()
    yield made
    made.server.stop()


async def before(d: District, http: httpx.AsyncClient) -> str:
    """Until the backup; answers the record that is taken back after it."""
    elder, token = d.world.elder, d.card.token
    mistake = arrive(d.first, d.visits["mistake"], elder, token)
    await d.first.send(http, arrive(d.first, d.visits["done"], elder, token))
    await d.first.send(http, leave(d.first, d.visits["done"], elder, token))
    await d.first.send(http, [mistake, arrive(d.first, d.visits["begun"], elder, token)])
    await d.second.send(http, arrive(d.second, d.visits["joint"], elder, token))
    return claims(mistake)["event_id"]


async def after(d: District, http: httpx.AsyncClient, mistake: str) -> None:
    """From the backup on: what the restored database has never seen."""
    elder, token = d.world.elder, d.card.token
    await d.first.send(http, d.first.event("annul", annuls=mistake, reason="mistake"))
    await d.first.send(http, leave(d.first, d.visits["begun"], elder, token))
    await d.first.send(http, arrive(d.first, d.visits["joint"], elder, token))
    refused = await d.first.send(http, d.first.event("annul", annuls=uuid4(), reason="mistake"))
    assert refused[0]["verdict"] == "refused"
    for phone in (d.second, d.first):
        await phone.send(http, leave(phone, d.visits["joint"], elder, token))
    walk_in = {"elder_ids": [d.world.wife], "service_type": "meal", "content": "delivery", "token": d.couples.token}
    await d.second.send(http, d.second.event("check_in", **walk_in))
    await d.second.send(http, d.second.event("check_out", **walk_in, **DONE))
    await d.enrol()
    await d.late.send(http, arrive(d.late, d.visits["late"], elder, token))
    await d.late.send(http, leave(d.late, d.visits["late"], elder, token))


async def comes_back(d: District, http: httpx.AsyncClient, phone: Phone, waiting: list[str]) -> None:
    """A phone that finds the network again: what waits first, then what the server may have forgotten."""
    if waiting:
        await phone.send(http, waiting)
    answer = await http.get("/api/v1/door/sync", headers=phone.headers)
    if answer.status_code == 401:
        assert (await phone.post(http, phone.sent)).status_code == 401
        former = {"former_device_id": phone.device_id, "former_caregiver_id": str(d.third)}
        await d.enrol(**former)
        assert phone.device_id == former["former_device_id"]
    else:
        phone.hear(answer.json()["epoch"], answer.json()["heard"])
    while again := phone.to_send_again():
        await phone.send(http, again[:3])


async def rows(dsn: str, sql: str) -> list[dict[str, Any]]:
    db = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await db.fetch(sql)]
    finally:
        await db.close()


def genuine(receipt: str, jwk: dict[str, str]) -> bool:
    """Verified with nothing but the server's published key."""
    x, y = (int.from_bytes(unb64(jwk[name])) for name in "xy")
    head, body, signature = receipt.split(".")
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    return True


@dataclass
class End:
    """How both databases stand, the lost one and the restored one."""

    lost: list[dict[str, Any]]
    now: list[dict[str, Any]]
    stored: list[str]
    refused: list[str]
    key: dict[str, str]


async def play(d: District, *, deaf: bool) -> End:
    """The whole day. Deaf phones do not send again what was answered once."""
    dsn = d.settings.database_url
    async with d.http() as http:
        mistake = await before(d, http)
        await asyncio.to_thread(backup.take, dsn, d.dump, d.settings.data_dir)
        await after(d, http, mistake)
    offline = arrive(d.second, d.visits["waits"], d.world.elder, d.card.token)
    await asyncio.to_thread(d.server.stop)
    done = await asyncio.to_thread(backup.restore, dsn, d.dump)
    name = dsn.partition("?")[0].rsplit("/", 1)[1]
    lost = await rows(dsn.replace(name, str(done.kept_as)), VISITS)
    await rows(dsn, f'DROP DATABASE "{done.kept_as}"')
    await asyncio.to_thread(d.server.start)
    async with d.http() as http:
        if deaf:
            await d.second.send(http, offline)
        else:
            for phone, waiting in ((d.second, [offline]), (d.first, []), (d.late, [])):
                await comes_back(d, http, phone, waiting)
        key = (await http.get("/api/v1/keys")).json()["keys"][0]
    return End(
        lost=lost,
        now=await rows(dsn, VISITS),
        stored=[row["jws"] for row in await rows(dsn, "SELECT jws FROM check_event")],
        refused=[row["jws"] for row in await rows(dsn, "SELECT jws FROM refused_event")],
        key=key,
    )


def differences(d: District, end: End) -> list[str]:
    """Records that are not there exactly once, and visits that do not stand as they stood."""
    made = [record.text for phone in d.phones for record in phone.records.values()]
    stored = end.stored + end.refused
    found = [f"{claims(text)['kind']}: {stored.count(text)} times" for text in made if stored.count(text) != 1]
    found += ["not of a phone" for text in stored if text not in made]
    waits = d.visits["waits"]
    then, now = ({row["id"]: row for row in state if row["id"] != waits} for state in (end.lost, end.now))
    return found + [f"visit {id}" for id in then.keys() | now.keys() if then.get(id) != now.get(id)]


async def test_nothing_is_lost_nothing_is_doubled_and_every_visit_stands_as_it_stood(district: District) -> None:
    end = await play(district, deaf=False)
    assert differences(district, end) == []
    assert len(end.stored) == 15
    assert len(end.refused) == 1
    states = sorted(row["op_state"] for row in end.now)
    assert states == ["assigned", "completed", "completed", "completed", "completed", "completed", "in_progress"]

    proofs = [(id, receipt) for phone in district.phones for id, all in phone.proofs.items() for receipt in all]
    texts = {id: record.text for phone in district.phones for id, record in phone.records.items()}
    for id, receipt in proofs:
        assert genuine(receipt, end.key)
        said = claims(receipt)
        assert said["event_hash"] == b64(hashlib.sha256(texts[id].encode()).digest())
    # What was answered before and after the restore has two receipts, and both name the same visits.
    twice = [[claims(receipt) for receipt in all] for phone in district.phones for all in phone.proofs.values()]
    twice = [two for two in twice if len(two) > 1]
    assert len(twice) == 10
    for one, two in twice:
        assert one["received_at"] < two["received_at"]
        assert {visit["visit_id"] for visit in one["visits"]} == {visit["visit_id"] for visit in two["visits"]}


async def test_phones_that_do_not_send_again_are_caught_by_this_test(district: District) -> None:
    end = await play(district, deaf=True)
    found = differences(district, end)
    assert found.count("check_out: 0 times") == 5
    assert found.count("annul: 0 times") == 2
    assert sum(line.startswith("visit") for line in found) >= 4
