"""The doctor finds what is wrong, and finds nothing where nothing is."""

import base64
import os
import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from doorstep import doctor, network, web
from doorstep.core import clock, keys
from doorstep.settings import Settings
from support.world import World


@pytest.fixture
def healthy(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with keys and a built PWA."""
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").touch()
    (dist / "sw.js").touch()
    monkeypatch.setattr(web, "DIST", dist)
    keys.install(settings)
    return settings


async def wrong(settings: Settings) -> str:
    """What it calls wrong; the tests' server does not wait for the disk, on purpose."""
    said = [said async for said in doctor.findings(settings)]
    known = ("fsync", "full_page_writes", "synchronous_commit")
    return "\n".join(one.en for one in said if one.level == "wrong" and not one.en.startswith(known))


async def test_nothing_is_wrong_with_what_works(healthy: Settings, world: World) -> None:
    assert world.elder
    assert await wrong(healthy) == ""


async def test_a_database_that_loses_records_is_wrong(healthy: Settings) -> None:
    said = [said.en async for said in doctor.findings(healthy) if said.level == "wrong"]
    assert any(line.startswith("fsync is off") for line in said)


async def test_no_database(healthy: Settings) -> None:
    away = msgspec.structs.replace(healthy, database_url="postgresql://doorstep@/x?host=/nowhere")
    assert "cannot be reached" in await wrong(away)


async def test_a_migration_that_was_not_run(healthy: Settings, own_dsn: str) -> None:
    healthy = msgspec.structs.replace(healthy, database_url=own_dsn)
    connection = await asyncpg.connect(own_dsn)
    await connection.execute("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")
    assert "1 upgrade(s): run doorstep migrate" in await wrong(healthy)
    await connection.execute("DELETE FROM migration")
    await connection.close()
    assert await wrong(healthy) == ""


async def test_a_table_that_is_no_longer_append_only(healthy: Settings, own_dsn: str) -> None:
    healthy = msgspec.structs.replace(healthy, database_url=own_dsn)
    connection = await asyncpg.connect(own_dsn)
    await connection.execute("ALTER TABLE finding DISABLE TRIGGER append_only")
    await connection.close()
    assert await wrong(healthy) == "somebody switched off what keeps evidence from being changed: finding"


async def test_keys_that_others_can_read(healthy: Settings) -> None:
    (healthy.keys_dir / "root.key").chmod(0o640)
    assert "has mode 0640" in await wrong(healthy)


async def test_the_wrong_key_for_what_is_stored(healthy: Settings, world: World) -> None:
    other = msgspec.structs.replace(healthy, root_key=base64.b64encode(os.urandom(32)).decode())
    assert "keys/ is not the one of this database" in await wrong(other)


async def test_a_broken_key(healthy: Settings) -> None:
    (healthy.keys_dir / "root.key").write_text("x")
    assert "a key cannot be used" in await wrong(healthy)


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://dj.example.cn", "need https"), ("https://a-name-that-is-much-too-long.example.cn", "cannot be printed")],
)
async def test_an_address_that_does_not_do(healthy: Settings, url: str, words: str) -> None:
    assert words in await wrong(msgspec.structs.replace(healthy, public_url=url))


async def test_a_pwa_that_is_not_built(healthy: Settings, tmp_path: Path) -> None:
    (tmp_path / "dist" / "sw.js").unlink()
    assert "not built" in await wrong(healthy)


async def test_a_full_disk(healthy: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))
    assert "of disk are free" in await wrong(healthy)


async def test_too_many_connections(healthy: Settings) -> None:
    assert "connections wanted" in await wrong(msgspec.structs.replace(healthy, workers=20, pool_size=10))


async def test_a_clock_that_is_off(healthy: Settings) -> None:
    now = clock.now()
    with clock.running_from(lambda: now + timedelta(minutes=3)):
        assert "off by" in await wrong(healthy)


async def test_certificates(healthy: Settings, tmp_path: Path) -> None:
    certificate, key = network.certificate(tmp_path / "tls", ["127.0.0.1", "localhost"])
    secured = msgspec.structs.replace(healthy, tls_certificate=str(certificate), tls_key=str(key))
    assert await wrong(secured) == ""
    assert "no private key" in await wrong(msgspec.structs.replace(secured, tls_key=""))
    assert "cannot be read" in await wrong(msgspec.structs.replace(secured, tls_certificate="/nowhere.pem"))
    later = clock.now() + timedelta(days=2000)
    with clock.running_from(lambda: later):
        assert "the certificate ran out" in await wrong(secured)


async def test_it_says_what_it_looks_at_and_leaves_it_as_it_is(healthy: Settings, tmp_path: Path) -> None:
    nothing = msgspec.structs.replace(healthy, database_url="", data_dir=tmp_path / "elsewhere")
    said = [said async for said in doctor.findings(nothing)]
    assert said[0] == doctor.note(
        f"数据文件夹 {tmp_path}/elsewhere（DOORSTEP_DATA_DIR），还没有，第一次启动时建",
        f"data folder {tmp_path}/elsewhere (DOORSTEP_DATA_DIR), not there yet, the first start makes it",
    )
    assert "no database yet" in said[-1].en
    assert not (tmp_path / "elsewhere").exists(), "looking makes nothing"


async def test_an_address_of_this_machine_is_no_good_for_phones(healthy: Settings) -> None:
    notes = {
        url: [said.en async for said in doctor.findings(settings) if said.level == "note"]
        for url in ("http://localhost:8000", "https://dj.example.cn")
        for settings in [msgspec.structs.replace(healthy, public_url=url)]
    }
    assert any("only this machine" in line for line in notes["http://localhost:8000"])
    assert not any("only this machine" in line for line in notes["https://dj.example.cn"])
    assert any("a proxy in front has to" in line for line in notes["https://dj.example.cn"])


async def test_it_prints_all_and_answers(healthy: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert not await doctor.examine(healthy)
    said = capsys.readouterr().out
    assert "✓ PostgreSQL 18" in said
    assert "✗ fsync" in said
