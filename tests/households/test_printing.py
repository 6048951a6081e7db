"""New cards through HTTP: what is printed, what is stored, what is void afterwards."""

import asyncio
import base64
import io
import os
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar
from PIL import Image

from doorstep.core import clock, tokens, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import Problem
from doorstep.core.tokens import Entropy
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.homes import Household, HouseholdCode, ServiceAgreement
from doorstep.db.tables.organisations import Provider
from doorstep.db.tables.plans import Programme
from doorstep.db.tables.visits import Change
from doorstep.households import fonts, printing, service, store
from doorstep.households.store import CodeChanged, NewCode
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.settings import Settings
from support import print as printed
from support.sign_in import sign_in
from support.world import World

CARDS = "/api/v1/cards"


@pytest.fixture
def settings(dsn: str, font_cache: object, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One data folder for all tests here: the fonts are taken out of their collection once."""
    return Settings(
        database_url=dsn, data_dir=tmp_path_factory.getbasetemp() / "printing", public_url="https://dj.example.cn"
    )


@pytest.fixture
async def dispatcher(world: World) -> dict[str, str]:
    return await sign_in(world, "dispatcher")


@pytest.fixture
async def database(dsn: str, app: Litestar) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def post(client: httpx.AsyncClient, headers: dict[str, str], *homes: UUID, **fields: str) -> httpx.Response:
    body = {"household_ids": [str(home) for home in homes], **fields}
    return await client.post(CARDS, headers=headers, json=body)


async def test_a_sheet_of_cards(client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]) -> None:
    phone = vault.current().seal("13928104482", "provider.contact_phone")
    await Provider.update({Provider.contact_phone: phone}).where(Provider.id == world.provider)
    await Programme.update({Programme.funder_mark: "彩票公益金资助"}).where(Programme.id == world.programme)
    await world.add_plan_item(world.elder)
    answer = await post(client, dispatcher, world.couple_home, world.home)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="doorstep-cards-')
    texts = printed.codes(answer.content)
    codes = await service.resolve_codes([tokens.token_sha256(tokens.token_of_qr(text)) for text in texts], [])
    homes = [codes[tokens.token_sha256(tokens.token_of_qr(text))].household for text in texts]
    assert homes == [world.couple_home, world.home]
    said = "".join(printed.words(answer.content))
    for wanted in (
        "沈、文家",
        "朝外第二社区16号楼1单元404",
        "朝外照料中心热线",
        "139 2810 4482",
        "彩票公益金资助",
        "第 1 版",
    ):
        assert wanted in said
    for unwanted in ("国栋", "树森", "玉梅", "1101001900"):
        assert unwanted not in said


async def test_the_short_code_of_a_card_is_the_one_that_is_stored(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]
) -> None:
    answer = await post(client, dispatcher, world.home, layout="card")
    typed = next(line for line in printed.words(answer.content) if line.count("-") == 2 and len(line) == 11)
    fingerprint = service.short_code_fingerprint(tokens.parse_short_code(typed))
    known = await service.resolve_codes([], [fingerprint])
    assert known[fingerprint].household == world.home
    assert not known[fingerprint].revoked


async def test_a_png_is_one_page(client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]) -> None:
    answer = await post(client, dispatcher, world.home, layout="card", format="png")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (1011, 638)
    assert len(printed.codes(answer.content)) == 1
    refused = await post(client, dispatcher, world.home, world.couple_home, layout="card", format="png")
    assert (refused.status_code, refused.json()["code"]) == (400, "INPUT_INVALID")
    assert await HouseholdCode.count().where(HouseholdCode.household == world.couple_home) == 0


async def test_a_new_card_voids_the_old_one(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]
) -> None:
    prints = []
    for _ in range(3):
        answer = await post(client, dispatcher, world.home, layout="card")
        prints.append(tokens.token_sha256(tokens.token_of_qr(printed.codes(answer.content)[0])))
    known = await service.resolve_codes(prints, [])
    assert [(known[code].version, known[code].revoked) for code in prints] == [(1, True), (2, True), (3, False)]
    rows = await HouseholdCode.select().where(HouseholdCode.household == world.home).order_by(HouseholdCode.version)
    assert [row["revoked_at"] for row in rows[:2]] == [row["issued_at"] for row in rows[1:]]
    assert rows[1]["revoked_by"] == rows[2]["issued_by"] is not None
    changes = await Change.select().where(Change.kind == "home.code_issued").output(load_json=True)
    assert [(row["subject"], row["data"], row["area"]) for row in changes] == [
        (world.home, {"version": version}, world.subdistrict) for version in (1, 2, 3)
    ]


async def test_only_hashes_are_stored(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str], database: asyncpg.Connection
) -> None:
    answer = await post(client, dispatcher, world.home, world.couple_home)
    secrets: list[str] = []
    for text in printed.codes(answer.content):
        token = tokens.token_of_qr(text)
        raw = token.encode()
        secrets += [token, raw.hex(), base64.b64encode(raw).decode()]
    lines = [line for line in printed.words(answer.content) if line.count("-") == 2 and len(line) == 11]
    secrets += [form for line in lines[-2:] for form in (line, line.replace("-", ""))]
    assert len(secrets) == 10
    tables = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        for (row,) in await database.fetch(f'SELECT t::text FROM "{table}" t'):
            assert not [secret for secret in secrets if secret.lower() in row.lower()], table


async def test_one_live_code_survives_a_race(world: World, settings: Settings) -> None:
    async def issue() -> str:
        try:
            await service.issue_and_draw(SYSTEM, [world.home], layout="card", format="png", settings=settings)
        except Problem as problem:
            return problem.code
        return "issued"

    outcomes = await asyncio.gather(*(issue() for _ in range(6)))
    assert set(outcomes) <= {"issued", "CONFLICT"}
    issued = outcomes.count("issued")
    rows = await HouseholdCode.select().where(HouseholdCode.household == world.home).order_by(HouseholdCode.version)
    assert [row["version"] for row in rows] == list(range(1, issued + 1))
    assert [row["revoked_at"] is None for row in rows] == [False] * (issued - 1) + [True]


async def test_whoever_comes_second_does_not_void_the_card_just_printed(world: World, settings: Settings) -> None:
    first, second = [await planned(world.home, settings) for _ in range(2)]
    async with unit_of_work():
        await store.replace_codes(SYSTEM, first, clock.now())
    with pytest.raises(CodeChanged):
        async with unit_of_work():
            await store.replace_codes(SYSTEM, second, clock.now())
    rows = await HouseholdCode.select(HouseholdCode.token_sha256, HouseholdCode.revoked_at)
    assert rows == [{"token_sha256": first[0].token_sha256, "revoked_at": None}]


async def planned(home: UUID, settings: Settings) -> list[NewCode]:
    cards, _ = await printing.draw_new(
        SYSTEM, [home], layout="card", format="png", settings=settings, entropy=os.urandom
    )
    return [card.code for card in cards]


async def test_a_used_short_code_is_drawn_again(world: World, settings: Settings) -> None:
    def repeating() -> Entropy:
        draws = iter([b"\0\0\0\1", b"\0\0\0\1", b"\0\0\0\2", *(bytes([at]) * 16 for at in range(9))])
        return lambda _count: next(draws)

    await service.issue_and_draw(
        SYSTEM, [world.home, world.couple_home], layout="card", format="pdf", settings=settings, entropy=repeating()
    )
    prints = {
        service.short_code_fingerprint(tokens.new_short_code(lambda _count, n=n: bytes([0, 0, 0, n]))) for n in (1, 2)
    }
    rows = await HouseholdCode.select(HouseholdCode.short_code_fingerprint).output(as_list=True)
    assert set(rows) == prints


async def test_a_character_without_a_glyph_stops_the_printing(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]
) -> None:
    await post(client, dispatcher, world.home)
    odd = await world.add_home("朝外第二社区16号楼1单元\U0003ffff405")
    await world.add_elder("龚小妹", odd)
    nameless = await world.add_home("朝外第二社区16号楼1单元406")
    await world.add_elder("\U000323af明", nameless)
    answer = await post(client, dispatcher, world.home, odd, nameless)
    assert (answer.status_code, answer.json()["code"]) == (422, "GLYPH_MISSING")
    errors = answer.json()["errors"]
    assert [error["field"] for error in errors] == ["household_ids[1]", "household_ids[2]"]
    assert "U+3FFFF" in errors[0]["message"]
    assert "16号楼1单元" in errors[0]["message"]
    assert "U+323AF" in errors[1]["message_en"]
    row = await HouseholdCode.select().where(HouseholdCode.household == world.home)
    assert [(code["version"], code["revoked_at"]) for code in row] == [(1, None)]


async def test_without_a_font_nothing_is_revoked(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(client, dispatcher, world.home)

    def no_font(*_: object) -> fonts.Faces:
        return fonts.find(()) and pytest.fail("found")

    monkeypatch.setattr(fonts, "load", no_font)
    answer = await post(client, dispatcher, world.home)
    assert (answer.status_code, answer.json()["code"]) == (500, "FONT_MISSING")
    assert "fonts-noto-cjk" in answer.json()["detail_en"]
    assert await HouseholdCode.count().where(HouseholdCode.revoked_at.is_null()) == 1


async def test_an_address_that_cannot_be_printed_is_said(world: World, settings: Settings) -> None:
    wrong = Settings(
        database_url="", data_dir=settings.data_dir, public_url="https://far-too-long.care-for-elders.example.cn"
    )
    with pytest.raises(tokens.PublicUrlUnusable):
        await service.issue_and_draw(SYSTEM, [world.home], layout="card", format="pdf", settings=wrong)
    assert await HouseholdCode.count() == 0


async def test_only_homes_in_scope_get_a_card(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]
) -> None:
    strange = await world.add_home("朝外第二社区16号楼1单元501")
    answer = await post(client, dispatcher, world.home, strange)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    answer = await post(client, dispatcher, uuid7())
    assert answer.status_code == 404
    assert await HouseholdCode.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"household_ids": []},
        {"household_ids": ["x"]},
        {"household_ids": [str(UUID(int=at)) for at in range(201)]},
        {"household_ids": [str(UUID(int=1))], "layout": "poster"},
        {"household_ids": [str(UUID(int=1))], "format": "gif"},
        {"household_ids": [str(UUID(int=1))], "copies": 2},
    ],
)
async def test_a_wrong_order_is_refused(
    client: httpx.AsyncClient, dispatcher: dict[str, str], body: dict[str, object]
) -> None:
    answer = await client.post(CARDS, headers=dispatcher, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INPUT_INVALID")


async def test_a_home_asked_for_twice_gets_one_card(
    client: httpx.AsyncClient, world: World, dispatcher: dict[str, str]
) -> None:
    answer = await post(client, dispatcher, world.home, world.home)
    assert len(printed.codes(answer.content)) == 1


async def test_an_office_above_the_providers_prints_the_providers_of_the_home(world: World, settings: Settings) -> None:
    for provider, phone in ((world.provider, "13928104482"), (world.other_provider, "13920325585")):
        sealed = vault.current().seal(phone, "provider.contact_phone")
        await Provider.update({Provider.contact_phone: sealed}).where(Provider.id == provider)
    content = await service.issue_and_draw(SYSTEM, [world.home], layout="card", format="pdf", settings=settings)
    said = "".join(printed.words(content))
    for wanted in ("朝外照料中心", "139 2810 4482", "安贞社区养老服务驿站", "139 2032 5585"):
        assert wanted in said


async def test_homes_that_wait_for_their_first_card(world: World, settings: Settings) -> None:
    assert set(await service.homes_without_code(SYSTEM)) == {world.home, world.couple_home}
    await service.issue_and_draw(SYSTEM, [world.home], layout="card", format="pdf", settings=settings)
    assert await service.homes_without_code(SYSTEM) == [world.couple_home]
    await ServiceAgreement.delete(force=True)
    manager = Actor(role=Role.MANAGER, provider_id=world.provider)
    assert await service.homes_without_code(manager) == []
    assert await Household.count() == 2
