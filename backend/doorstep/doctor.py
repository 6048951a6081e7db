"""`doorstep doctor`: looks at everything that an installation stands on and says plainly what is wrong."""

import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import asyncpg
import click
from cryptography import x509

from doorstep import context, doctor_backup, doctor_reminders, web
from doorstep.core import clock, jws, keys, tokens, vault, workdays
from doorstep.core.problems import Problem
from doorstep.db import embedded, migrate
from doorstep.households import fonts
from doorstep.said import Said, good, note, wrong
from doorstep.settings import Settings

OLDEST, NEWEST = 15, 18
_MOST_SKEW = timedelta(seconds=2)
_LEAST_DISK, _GOOD_DISK = 500_000_000, 5_000_000_000
_FACTS = (
    *("check_event", "event_visit", "finding", "refused_event", "change", "epoch", "reminder_attempt", "call_note"),
    *("decision", "caregiver_word", "manual_edit", "sample_item", "inspection", "audit"),
)
_SEALED = (("elder", "name"), ("elder", "id_number"), ("household", "address"), ("caregiver", "phone"))


_MARKS = {"good": "✓", "note": "·", "wrong": "✗"}


async def examine(settings: Settings) -> bool:
    """Prints every finding; answers whether nothing is wrong."""
    count = dict.fromkeys(_MARKS, 0)
    async for said in findings(settings):
        count[said.level] += 1
        click.echo(f"{_MARKS[said.level]} {said.zh}\n  {said.en}")
    if count["wrong"]:
        click.echo(f"\n✗ 有 {count['wrong']} 处要修，修好后再运行一次 doorstep doctor")
        click.echo(f"  {count['wrong']} to be mended; run doorstep doctor again afterwards")
    else:
        click.echo(f"\n✓ 没有要修的（{count['note']} 处提示，标 ·）")
        click.echo(f"  nothing to be mended ({count['note']} notes, marked ·)")
    return not count["wrong"]


async def findings(settings: Settings) -> AsyncIterator[Said]:
    """Everything that is looked at, in the order in which an operator would mend it."""
    for said in (*_examined(settings), *_address(settings), *_tls(settings), *_disk(settings), *_keys(settings)):
        yield said
    for said in (*_fonts(), *_pwa(), *_calendar(clock.today())):
        yield said
    if not settings.database_url and not embedded.exists(settings.data_dir):
        yield note(
            "还没有数据库，第一次启动时在数据文件夹里建",
            "no database yet, the first start makes one in the data folder",
        )
        return
    try:
        with context.database(settings) as dsn:
            connection = await asyncpg.connect(dsn, timeout=10)
            try:
                async for said in _database(connection, settings):
                    yield said
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, embedded.EmbeddedUnusable, TimeoutError) as error:
        yield wrong(
            f"数据库连不上，请检查 DOORSTEP_DATABASE_URL 和数据库服务：{error}",
            f"the database cannot be reached, look at DOORSTEP_DATABASE_URL and its server: {error}",
        )


def _examined(settings: Settings) -> Iterator[Said]:
    """Run in another folder or without the service's environment, it would look at something else."""
    folder = settings.data_dir.resolve()
    kind = good if folder.is_dir() else note
    zh, en = ("", "") if folder.is_dir() else ("，还没有，第一次启动时建", ", not there yet, the first start makes it")
    yield kind(f"数据文件夹 {folder}（DOORSTEP_DATA_DIR）{zh}", f"data folder {folder} (DOORSTEP_DATA_DIR){en}")


def _address(settings: Settings) -> Iterator[Said]:
    url = settings.public_url
    try:
        tokens.qr_text(url, "1" + "0" * 26)
    except Problem as problem:
        yield wrong(
            f"公开地址不能印在卡上：{problem.detail}", f"the public address cannot be printed: {problem.detail_en}"
        )
    else:
        yield good(
            f"手机和住户卡用的地址 {url}（DOORSTEP_PUBLIC_URL）",
            f"phones and cards use the address {url} (DOORSTEP_PUBLIC_URL)",
        )
    host = url.partition("://")[2].partition(":")[0].lower()
    if host in ("localhost", "127.0.0.1"):
        yield note(
            "这个地址只有本机能打开，只够试用；手机要用，请设成它们打得开的 https 地址，再印卡",
            "only this machine can open that address, enough for a try; for phones set an https address that they can "
            "open, then print cards",
        )
    elif not settings.secure:
        yield wrong(
            "手机的摄像头和定位只在 https 下可用，请把 DOORSTEP_PUBLIC_URL 设成 https 地址",
            "a phone's camera and location need https: set DOORSTEP_PUBLIC_URL to an https address",
        )
    elif not settings.tls_certificate:
        yield note(
            "本服务自己不做 https，前面要有代理（或者设 DOORSTEP_TLS_CERTIFICATE）",
            "the server itself does not speak https: a proxy in front has to (or set DOORSTEP_TLS_CERTIFICATE)",
        )


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
        yield wrong(
            "证书没有私钥，请设 DOORSTEP_TLS_KEY", "there is no private key for the certificate: set DOORSTEP_TLS_KEY"
        )
    left = certificate.not_valid_after_utc - clock.now()
    if left < timedelta():
        yield wrong(f"证书已过期 {-left.days} 天，请换新", f"the certificate ran out {-left.days} days ago: renew it")
    else:
        kind = note if left < timedelta(days=14) else good
        yield kind(f"证书有效期还有 {left.days} 天", f"the certificate is valid for {left.days} more days")


def _disk(settings: Settings) -> Iterator[Said]:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.resolve().parent
    free = shutil.disk_usage(folder).free
    kind = wrong if free < _LEAST_DISK else note if free < _GOOD_DISK else good
    yield kind(f"磁盘剩余 {free / 1e9:.1f} GB", f"{free / 1e9:.1f} GB of disk are free")
    if not os.access(folder, os.W_OK):
        yield wrong(
            f"当前用户写不了 {folder}，请改权限", f"this user may not write to {folder}: change its permissions"
        )


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
                f"{path} 权限是 {mode:04o}，别人能读到密钥，请运行 chmod {allowed:o} {path}",
                f"{path} has mode {mode:04o}, so that others may read a key: chmod {allowed:o} {path}",
            )
    try:
        keys.install(settings)
    except (keys.KeyUnusable, OSError) as error:
        yield wrong(
            f"密钥不能用，请从备份取回 keys 文件夹：{error}",
            f"a key cannot be used, bring keys/ back from the backup: {error}",
        )
    else:
        yield good(
            "密钥可用；请把 keys 文件夹和数据库一起备份",
            "the keys can be used; keep the folder keys/ with every backup of the database",
        )


def _fonts() -> Iterator[Said]:
    try:
        regular, _ = fonts.find()
    except Problem as problem:
        yield wrong(f"没有印卡用的中文字体。{problem.detail}", f"no Chinese font to print cards: {problem.detail_en}")
    else:
        yield good(f"印卡用的字体 {regular.name}", f"the font of printed cards is {regular.name}")


def _pwa() -> Iterator[Said]:
    if (web.DIST / "index.html").is_file() and (web.DIST / "sw.js").is_file():
        yield good("手机端已构建", "the phones' app is built")
    else:
        yield wrong("手机端没有构建，请运行 make setup", "the phones' app is not built: run make setup")


def _calendar(today: date) -> Iterator[Said]:
    for year in (today.year, today.year + 1):
        try:
            workdays.is_working_day(date(year, 10, 1))
        except workdays.CalendarMissing:
            yield note(
                f"还不知道 {year} 年的放假安排（一般十一月公布），按工作日排的计划先不排到那一年；公布后请升级本程序",
                f"the holidays of {year} are not known yet (they come out in November): plans by working days wait; "
                "update this program then",
            )
        else:
            yield good(f"{year} 年的放假安排已有", f"the holidays of {year} are known")


async def _database(connection: asyncpg.Connection, settings: Settings) -> AsyncIterator[Said]:
    major = connection.get_server_version().major
    where, where_en = ("外部", "of your own") if settings.database_url else ("内置", "embedded")
    if OLDEST <= major <= NEWEST:
        yield good(f"PostgreSQL {major}（{where}）", f"PostgreSQL {major} ({where_en})")
    else:
        yield wrong(
            f"PostgreSQL {major} 不支持，请用 {OLDEST} 到 {NEWEST}",
            f"PostgreSQL {major}: {OLDEST} to {NEWEST} are supported",
        )
    for said in [*await _server(connection, settings), *await _schema(connection)]:
        yield said
    for said in await doctor_backup.findings(connection, settings):
        yield said
    if not await migrate.pending(connection):
        for said in await doctor_reminders.findings(connection, settings):
            yield said


async def _server(connection: asyncpg.Connection, settings: Settings) -> list[Said]:
    said = []
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")  # pyright: ignore[reportAssignmentType]
    skew = theirs - clock.now()
    if abs(skew) <= _MOST_SKEW:
        said.append(good("本机和数据库的时钟一致", "the clocks of this machine and of the database agree"))
    else:
        seconds = f"{abs(skew).total_seconds():.1f}"
        said.append(
            wrong(
                f"本机和数据库的时钟相差 {seconds} 秒，请让两边都自动对时",
                f"the clocks of this machine and of the database are off by {seconds} s: let both follow a time server",
            )
        )
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if await connection.fetchval("SELECT current_setting($1)", name) == "off":
            said.append(
                wrong(
                    f"{name} 关闭，断电会丢记录，请在数据库里打开",
                    f"{name} is off: a power cut loses records; switch it on in the database",
                )
            )
    most = int(await connection.fetchval("SELECT current_setting('max_connections')") or 0)
    # Beside the pool the stream listens for changes, and the worker inside does.
    wanted = settings.workers * (settings.pool_size + 1 + settings.worker_inside)
    if wanted > most - 3:
        said.append(
            wrong(
                f"需要 {wanted} 个连接，数据库只给 {most}：减少 DOORSTEP_WORKERS，或提高 max_connections",
                f"{wanted} connections wanted, {most} allowed: fewer DOORSTEP_WORKERS, or more max_connections",
            )
        )
    return said


async def _schema(connection: asyncpg.Connection) -> list[Said]:
    waiting, ran = await migrate.pending(connection), await migrate.applied(connection)
    if not ran:
        return [note("数据库是空的，第一次启动时建表", "the database is empty, the first start makes the tables")]
    if waiting:
        return [
            wrong(
                f"数据库还有 {len(waiting)} 步升级没有做，请运行 doorstep migrate",
                f"the database waits for {len(waiting)} upgrade(s): run doorstep migrate",
            )
        ]
    said = [good("数据库结构是最新的", "the tables are up to date")]
    if newer := ", ".join(sorted(ran - migrate.known())):
        said = [
            wrong(f"数据库比程序新，请升级程序：{newer}", f"the database is newer than the program, update it: {newer}")
        ]
    rows = await connection.fetch(
        "SELECT tgrelid::regclass::text AS place FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled = 'O'"
    )
    if bare := ", ".join(sorted(set(_FACTS) - {row["place"] for row in rows})):
        said.append(
            wrong(
                f"有人取消了证据表的只增保护，记录可能被改过：{bare}",
                f"somebody switched off what keeps evidence from being changed: {bare}",
            )
        )
    return said + await _stored(connection)


async def _stored(connection: asyncpg.Connection) -> list[Said]:
    try:
        safe, signer = vault.current(), jws.signer()
    except RuntimeError:
        rows = await connection.fetchval("SELECT EXISTS (SELECT FROM elder)")
        if not rows:
            return []
        return [
            wrong(
                "姓名和证件号是用已丢失的密钥加密的，请从备份取回 keys 文件夹",
                "names and numbers were encrypted with a key that is gone: bring keys/ back from the backup",
            )
        ]
    opened = 0
    for table, column in _SEALED:
        for row in await connection.fetch(f"SELECT {column} AS sealed FROM {table} ORDER BY id DESC LIMIT 20"):
            try:
                safe.open(row["sealed"], f"{table}.{column}")
            except vault.SealBroken:
                return [
                    wrong(
                        f"{table}.{column} 打不开：keys 文件夹不是这个数据库的",
                        f"{table}.{column} cannot be opened: keys/ is not the one of this database",
                    )
                ]
            opened += 1
    said = []
    if opened:
        said.append(
            good(f"抽查 {opened} 处加密的姓名和号码，都能打开", f"{opened} encrypted names and numbers tried, all open")
        )
    last = await connection.fetchval("SELECT receipt FROM check_event ORDER BY received_at DESC LIMIT 1")
    if last and jws.parse(last, typ="receipt+jws").header.kid != signer.kid:
        said.append(
            note("回执密钥换过，旧回执要用旧公钥验证", "the receipt key has changed: older receipts need the old one")
        )
    return said
