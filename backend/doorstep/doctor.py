"""`doorstep doctor`: looks at everything that an installation stands on and says plainly what is wrong."""

import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import asyncpg
import click
from cryptography import x509

from doorstep import context, web
from doorstep.core import clock, jws, keys, tokens, vault, workdays
from doorstep.core.problems import Problem
from doorstep.db import embedded, migrate
from doorstep.households import fonts
from doorstep.settings import Settings

OLDEST, NEWEST = 15, 18
_MOST_SKEW = timedelta(seconds=2)
_LEAST_DISK, _GOOD_DISK = 500_000_000, 5_000_000_000
_FACTS = ("check_event", "event_visit", "finding", "refused_event", "change")
_SEALED = (("elder", "name"), ("elder", "id_number"), ("household", "address"), ("caregiver", "phone"))


class Said(NamedTuple):
    """One line: good, worth knowing, or wrong."""

    level: Literal["good", "note", "wrong"]
    zh: str
    en: str


def good(zh: str, en: str) -> Said:
    """All is as it should be."""
    return Said("good", zh, en)


def note(zh: str, en: str) -> Said:
    """Worth knowing, nothing to mend."""
    return Said("note", zh, en)


def wrong(zh: str, en: str) -> Said:
    """To be mended."""
    return Said("wrong", zh, en)


_MARKS = {"good": "✓", "note": "·", "wrong": "✗"}


async def examine(settings: Settings) -> bool:
    """Prints every finding; answers whether nothing is wrong."""
    wrong_ones = 0
    async for said in findings(settings):
        wrong_ones += said.level == "wrong"
        click.echo(f"{_MARKS[said.level]} {said.zh} / {said.en}")
    if wrong_ones:
        click.echo(f"\n有 {wrong_ones} 处问题 / {wrong_ones} thing(s) wrong")
    else:
        click.echo("\n一切正常 / all is well")
    return not wrong_ones


async def findings(settings: Settings) -> AsyncIterator[Said]:
    """Everything that is looked at, in the order in which an operator would mend it."""
    for said in (*_address(settings), *_tls(settings), *_disk(settings), *_keys(settings)):
        yield said
    for said in (*_fonts(), *_pwa(), *_calendar(clock.today())):
        yield said
    try:
        with context.database(settings) as dsn:
            connection = await asyncpg.connect(dsn, timeout=10)
            try:
                async for said in _database(connection, settings):
                    yield said
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, embedded.EmbeddedUnusable, TimeoutError) as error:
        yield wrong(f"数据库连不上：{error}", f"the database cannot be reached: {error}")


def _address(settings: Settings) -> Iterator[Said]:
    url = settings.public_url
    try:
        text = tokens.qr_text(url, "1" + "0" * 26)
    except Problem as problem:
        yield wrong(
            f"公开地址不能印在卡上：{problem.detail}", f"the public address cannot be printed: {problem.detail_en}"
        )
    else:
        yield good(
            f"公开地址 {url}，二维码 {len(text)} 个字符", f"public address {url}, {len(text)} characters in a code"
        )
    host = url.partition("://")[2].partition(":")[0].lower()
    if not settings.secure and host not in ("localhost", "127.0.0.1"):
        yield wrong("手机的摄像头和定位需要 https", "camera and location of a phone need https")


def _tls(settings: Settings) -> Iterator[Said]:
    if not settings.tls_certificate:
        return
    try:
        for path in (settings.tls_certificate, settings.tls_key or settings.tls_certificate):
            content = Path(path).read_bytes()
        certificate = x509.load_pem_x509_certificate(Path(settings.tls_certificate).read_bytes())
    except (OSError, ValueError) as error:
        yield wrong(f"证书读不了：{error}", f"the certificate cannot be read: {error}")
        return
    if b"PRIVATE KEY" not in content:
        yield wrong("证书没有私钥", "there is no private key for the certificate")
    left = certificate.not_valid_after_utc - clock.now()
    kind = wrong if left < timedelta() else note if left < timedelta(days=14) else good
    yield kind(f"证书有效期还有 {left.days} 天", f"the certificate is valid for {left.days} more days")


def _disk(settings: Settings) -> Iterator[Said]:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.resolve().parent
    free = shutil.disk_usage(folder).free
    kind = wrong if free < _LEAST_DISK else note if free < _GOOD_DISK else good
    yield kind(f"磁盘剩余 {free / 1e9:.1f} GB", f"{free / 1e9:.1f} GB of disk are free")
    if not os.access(folder, os.W_OK):
        yield wrong(f"数据文件夹不可写：{folder}", f"the data folder cannot be written: {folder}")


def _keys(settings: Settings) -> Iterator[Said]:
    files = [settings.keys_dir / "receipt.pem"]
    if not settings.root_key:
        files.append(settings.keys_dir / "root.key")
    missing = ", ".join(file.name for file in files if not file.exists())
    if missing:
        yield note(
            f"密钥还没有生成，第一次启动时生成：{missing}", f"no keys yet, the first start makes them: {missing}"
        )
        return
    for path, allowed in ((settings.keys_dir, 0o700), *((file, 0o600) for file in files)):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~allowed:
            yield wrong(
                f"{path} 权限是 {mode:04o}，应为 {allowed:04o}", f"{path} has mode {mode:04o}, not {allowed:04o}"
            )
    try:
        keys.install(settings)
    except (keys.KeyUnusable, OSError) as error:
        yield wrong(f"密钥不能用：{error}", f"a key cannot be used: {error}")
    else:
        yield good(f"密钥可用，回执密钥 {jws.signer().kid}", f"keys are usable, receipt key {jws.signer().kid}")


def _fonts() -> Iterator[Said]:
    try:
        regular, _ = fonts.find()
    except Problem as problem:
        yield wrong(f"没有中文字体：{problem.detail}", f"no Chinese font: {problem.detail_en}")
    else:
        yield good(f"字体 {regular.name}", f"font {regular.name}")


def _pwa() -> Iterator[Said]:
    if (web.DIST / "index.html").is_file() and (web.DIST / "sw.js").is_file():
        yield good("手机端已构建", "the PWA is built")
    else:
        yield wrong("手机端没有构建，请运行 make setup", "the PWA is not built: make setup")


def _calendar(today: date) -> Iterator[Said]:
    for year in (today.year, today.year + 1):
        try:
            workdays.is_working_day(date(year, 10, 1))
        except workdays.CalendarMissing:
            yield note(
                f"{year} 年的放假安排还没有，依赖工作日的计划不会排到那一年",
                f"the holidays of {year} are not known: plans by working days are not expanded into it",
            )
        else:
            yield good(f"{year} 年的放假安排已有", f"the holidays of {year} are known")


async def _database(connection: asyncpg.Connection, settings: Settings) -> AsyncIterator[Said]:
    major = connection.get_server_version().major
    where = "外部" if settings.database_url else "内置"
    kind = good if OLDEST <= major <= NEWEST else wrong
    yield kind(f"PostgreSQL {major}（{where}）", f"PostgreSQL {major}, {OLDEST} to {NEWEST} are supported")
    for said in [*await _server(connection, settings), *await _schema(connection)]:
        yield said


async def _server(connection: asyncpg.Connection, settings: Settings) -> list[Said]:
    said = []
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")  # pyright: ignore[reportAssignmentType]
    skew = theirs - clock.now()
    kind = good if abs(skew) <= _MOST_SKEW else wrong
    seconds = f"{abs(skew).total_seconds():.1f}"
    said.append(kind(f"数据库时钟相差 {seconds} 秒", f"the clock of the database is off by {seconds} s"))
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if await connection.fetchval("SELECT current_setting($1)", name) == "off":
            said.append(wrong(f"{name} 关闭，断电会丢记录", f"{name} is off: a power cut loses records"))
    most = int(await connection.fetchval("SELECT current_setting('max_connections')") or 0)
    wanted = settings.workers * (settings.pool_size + 1)  # one beside the pool listens for changes
    if wanted > most - 3:
        said.append(wrong(f"需要 {wanted} 个连接，数据库只给 {most}", f"{wanted} connections wanted, {most} allowed"))
    return said


async def _schema(connection: asyncpg.Connection) -> list[Said]:
    waiting, ran = await migrate.pending(connection), await migrate.applied(connection)
    if not ran:
        return [note("数据库是空的，第一次启动时建表", "the database is empty, the first start makes the tables")]
    if waiting:
        return [wrong(f"有 {len(waiting)} 个升级没有做：doorstep migrate", f"{len(waiting)} pending: doorstep migrate")]
    said = [good("数据库是最新版本", "the database is up to date")]
    if newer := ", ".join(sorted(ran - migrate.known())):
        said.append(wrong(f"数据库比程序新：{newer}", f"the database is newer than the program: {newer}"))
    rows = await connection.fetch(
        "SELECT tgrelid::regclass::text AS place FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled = 'O'"
    )
    if bare := ", ".join(sorted(set(_FACTS) - {row["place"] for row in rows})):
        said.append(wrong(f"这些表失去了只增保护：{bare}", f"no longer append-only: {bare}"))
    return said + await _stored(connection)


async def _stored(connection: asyncpg.Connection) -> list[Said]:
    try:
        safe, signer = vault.current(), jws.signer()
    except RuntimeError:
        rows = await connection.fetchval("SELECT EXISTS (SELECT FROM elder)")
        return [wrong("数据是用丢失的密钥加密的", "the data was sealed with a key that is gone")] if rows else []
    opened = 0
    for table, column in _SEALED:
        for row in await connection.fetch(f"SELECT {column} AS sealed FROM {table} ORDER BY id DESC LIMIT 20"):
            try:
                safe.open(row["sealed"], f"{table}.{column}")
            except vault.SealBroken:
                return [wrong(f"{table}.{column} 打不开，密钥不对", f"{table}.{column} cannot be opened: wrong key")]
            opened += 1
    said = [good(f"抽查 {opened} 个加密字段，都能打开", f"{opened} sealed fields tried, all open")] if opened else []
    last = await connection.fetchval("SELECT receipt FROM check_event ORDER BY received_at DESC LIMIT 1")
    if last and jws.parse(last, typ="receipt+jws").header.kid != signer.kid:
        said.append(
            note("回执密钥换过，旧回执要用旧公钥验证", "the receipt key has changed: older receipts need the old one")
        )
    return said
