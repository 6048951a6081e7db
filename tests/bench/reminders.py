"""Reminders that are due in the same minute, the whole way: claim, encrypt, sign, send to a local TLS sink, write down.

The sink, PostgreSQL and the workers share this machine's cores. `python -m bench.reminders [NUMBER]` runs it alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.district import District
from doorstep.core import clock, keys, vault
from doorstep.core.ids import uuid7
from doorstep.db import embedded, engine
from doorstep.db.migrate import migrate
from doorstep.reminders import gateway, planning, push, vapid
from doorstep.reminders.ports import Message, Target
from doorstep.settings import Settings, to_environment
from support.push_browser import Browser
from support.server import free_port
from support.until import until

ROOT = Path(__file__).parent.parent.parent
NUMBER = 50_000
CORES = 2
CAREGIVERS = 5_000
PATIENCE = 900

_CAREGIVERS = """
WITH person AS (
  INSERT INTO caregiver (id, provider, name, initials, phone, phone_fingerprint, created_at)
  SELECT gen_random_uuid(), $1, 'c' || n, 'c', '\\x00', sha256(('reminded' || n)::bytea), now()
  FROM generate_series(1, $2::int) n RETURNING id),
phone AS (
  INSERT INTO device (id, caregiver, public_key, enrolled_at, last_seq)
  SELECT gen_random_uuid(), id, '\\x00', now(), 0 FROM person RETURNING id, caregiver)
INSERT INTO session (id, token_sha256, device, created_at, last_seen_at, expires_at)
SELECT gen_random_uuid(), sha256(id::text::bytea), id, now(), now(), now() + interval '1 year' FROM phone
RETURNING id, (SELECT caregiver FROM phone p WHERE p.id = device) AS caregiver
"""
_SUBSCRIPTIONS = """
INSERT INTO push_subscription (id, audience, person, session, endpoint, endpoint_fingerprint, host, p256dh, auth,
  key_id, state, forbidden, failures, created_at, proven_at)
SELECT gen_random_uuid(), 'caregiver', n.person, n.session, n.endpoint, sha256(n.endpoint), '127.0.0.1', n.p256dh,
  n.auth, $6, 'working', 0, 0, now(), now()
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[]) AS n(person, session, endpoint, p256dh, auth)
"""
_VISITS = """
WITH elders AS (SELECT id, household, row_number() OVER (ORDER BY id) - 1 AS n FROM elder),
carers AS (SELECT person AS id, row_number() OVER (ORDER BY person) - 1 AS n FROM push_subscription),
made AS (
  INSERT INTO visit (id, elder, household, provider, kind, service_type, content, service_day, ordinal, window_start,
    window_end, min_minutes, max_minutes, carers_needed, op_state, verify_state, settle_state, holds, created_at,
    changed_at)
  SELECT gen_random_uuid(), e.id, e.household, $1, 'adhoc', 'meal', 'delivery', $2::date, g, $3::timestamptz,
    $3 + interval '1 hour', 0, 240, 1, 'assigned', 'none', 'unsettled', 0, now(), now()
  FROM generate_series(1, $4::int) g JOIN elders e ON e.n = g % (SELECT count(*) FROM elders) RETURNING id, ordinal)
INSERT INTO assignment (id, visit, caregiver, assigned_at)
SELECT gen_random_uuid(), made.id, c.id, now()
FROM made JOIN carers c ON c.n = made.ordinal % (SELECT count(*) FROM carers)
"""


def certificate(folder: Path) -> Path:
    """A certificate of this run for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "sink.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


class _Sink(asyncio.Protocol):
    """Takes messages as fast as one can: 201 to every POST, the count to a GET."""

    count, first, last = 0, 0.0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._held = transport, b""

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            head, _, rest = self._held.partition(b"\r\n\r\n")
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            self._held = rest[length:]
            self._answer(head.startswith(b"GET"))

    def _answer(self, asks: bool) -> None:
        kind, now = type(self), time.time()
        body = json.dumps({"count": kind.count, "first": kind.first, "last": kind.last}).encode() if asks else b""
        if not asks:
            kind.count += 1
            kind.first, kind.last = kind.first or now, now
        status = b"200 OK" if asks else b"201 Created"
        self._transport.write(  # pyright: ignore[reportAttributeAccessIssue]
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
        )


async def _serve_sink(port: int, file: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", port, ssl=tls)
    await server.serve_forever()


def encrypt_alone(settings: Settings, seconds: float = 2.0) -> float:
    """Messages that one core encrypts in a second, and does nothing else."""
    browser, key = Browser("https://push.example/x"), vapid.make(settings)
    target = Target(
        id=uuid7(), person=uuid7(), endpoint=browser.endpoint, host="h", p256dh=browser.p256dh, auth=browser.auth,
        key_id=key.id,
    )  # fmt: skip
    one = Message(reminder_id=uuid7(), target=target, payload=b"x" * 220, ttl_s=1, urgent=True, topic="t")
    done, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        gateway.encode(one)
        done += 1
    return done / spent


async def _load(db: asyncpg.Connection, settings: Settings, origin: str, number: int) -> None:
    """The district with phones that are subscribed, and so many visits that begin at the same moment."""
    district = await District.load(db)
    provider = district.world.provider
    rows = await db.fetch(_CAREGIVERS, provider, CAREGIVERS)
    browsers = [Browser("") for _ in range(64)]
    safe = vault.current()
    await db.execute(
        _SUBSCRIPTIONS,
        [row["caregiver"] for row in rows],
        [row["id"] for row in rows],
        [safe.seal(f"{origin}/wpush/v2/{row['id']}", push.ENDPOINT) for row in rows],
        [browsers[n % 64].p256dh for n in range(len(rows))],
        [safe.seal_bytes(browsers[n % 64].auth, push.AUTH) for n in range(len(rows))],
        vapid.make(settings).id,
    )
    start = clock.now() + timedelta(hours=3)
    await db.execute(_VISITS, provider, clock.civil_date(start), start, number)
    await db.execute("ANALYZE")


def _spawn(module: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *module], env={**os.environ, **environment}, cwd=ROOT / "tests")


def _worker(settings: Settings, file: Path) -> subprocess.Popen[bytes]:
    """The real command; the system's certificates are the sink's for it."""
    code = "from doorstep.cli import main; main(['worker'])"
    return _spawn(["-c", code], {**to_environment(settings), "SSL_CERT_FILE": str(file)})


async def _until(
    db: asyncpg.Connection, question: str, expected: int, processes: list[subprocess.Popen[bytes]]
) -> float:
    """Asks until the answer is that much; the time at which it was."""

    async def there() -> bool:
        assert all(one.poll() is None for one in processes), "a process ended"
        # The database waits a little before it counts: whoever asks all the time takes from what is measured.
        return int(await db.fetchval(f"SELECT ({question}) FROM pg_sleep(0.1)") or 0) >= expected

    await until(there, seconds=PATIENCE)
    return time.time()


async def _timed(db: asyncpg.Connection, settings: Settings, file: Path, port: int, workers: int) -> dict[str, Any]:
    """Releases everything to so many workers, and waits until the ledger has all answers."""
    number = int(await db.fetchval("SELECT count(*) FROM reminder WHERE kind = 'next_call'") or 0)
    before = (await asyncio.to_thread(_asked, port, file))["count"]
    running = [_worker(settings, file) for _ in range(workers)]
    try:
        listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doorstep reminders'"
        await _until(db, listening, workers, running)
        cpu = [psutil.Process(one.pid).cpu_times() for one in running]
        released = time.time()
        await db.execute("UPDATE reminder SET next_at = now(), due_at = now() WHERE kind = 'next_call'")
        written = "SELECT count(*) FROM reminder_attempt"
        had = int(await db.fetchval(written) or 0)
        end = await _until(db, written, had + number, running)
        spent = [psutil.Process(one.pid).cpu_times() for one in running]
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()
    came = await asyncio.to_thread(_asked, port, file)
    seconds = end - max(released, came["first"])
    used = sum(after.user + after.system - once.user - once.system for once, after in zip(cpu, spent, strict=True))
    return {
        "messages": came["count"] - before,
        "workers": workers,
        "seconds": round(seconds, 1),
        "per_second": round(number / seconds),
        "per_second_and_core": round(number / seconds / CORES),
        "worker_cpu_ms": round(used / number * 1000, 3),
    }


def _asked(port: int, file: Path) -> dict[str, Any]:
    import http.client

    tls = ssl.create_default_context(cafile=str(file))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=30)
    connection.request("GET", "/")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


async def measure(number: int = NUMBER, workers: int = CORES) -> dict[str, Any]:
    """All figures of a run of its own, with its own PostgreSQL."""
    folder, port, sink = _new_folder(), free_port(), None
    try:
        file = certificate(folder)
        dsn = embedded.start(folder)
        origin = f"https://127.0.0.1:{port}"
        settings = Settings(data_dir=folder, database_url=dsn, push_hosts=origin, public_url="https://dj.example.cn")
        keys.install(settings)
        alone = encrypt_alone(settings)
        sink = _spawn(["-m", "bench.reminders", "--sink", str(port), str(file)], {})
        await migrate(dsn)
        await engine.open_pool(dsn, size=2)
        db = await asyncpg.connect(dsn)
        await _load(db, settings, origin, number)
        begin = time.time()
        while await planning.catch_up():
            pass
        planned = time.time() - begin
        await db.execute("ANALYZE")
        figures = await _timed(db, settings, file, port, workers)
        await db.close()
    finally:
        if sink is not None:
            sink.terminate()
            sink.wait()
        await engine.close_pool()
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return {
        **figures,
        "encrypt_alone_per_core": round(alone),
        "ratio": round(figures["per_second_and_core"] / alone, 3),
        # By processor time, which a busy machine falsifies less.
        "ratio_of_worker": round(1000 / figures["worker_cpu_ms"] / alone, 3),
        "visits_planned_per_second": round(number / planned),
    }


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    folder.chmod(0o755)
    return folder


def main() -> None:
    """Alone, with so many as the first argument says; or the sink."""
    if sys.argv[1:2] == ["--sink"]:
        uvloop.run(_serve_sink(int(sys.argv[2]), sys.argv[3]))
        return
    figures = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER))
    print(", ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
