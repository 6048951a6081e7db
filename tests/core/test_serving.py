"""`doorstep serve` as an operator runs it: it owns the embedded database, ends cleanly, and logs no secret."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from doorstep import serving
from doorstep.core import opaque
from doorstep.db import embedded
from support.folders import data_folder
from support.server import free_port
from support.until import until


class Served:
    """The command in a process of its own, with its own data folder."""

    def __init__(self, folder: Path) -> None:
        self.data_dir, self.port, self.log = folder, free_port(), folder / f"log-{uuid4()}"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, *, workers: int) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        command = [sys.executable, "-c", "from doorstep.cli import main; main()", "serve"]
        command += ["--port", str(self.port), "--workers", str(workers)]
        environment["DOORSTEP_DATA_DIR"] = str(self.data_dir)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: ASYNC220
        await until(self.answers, seconds=90)

    async def answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/api/v1/health")).status_code == 200
        except httpx.HTTPError:
            return False

    async def port_is_free(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One data folder for all of them: what the first start makes, the next ones find."""
    with data_folder() as made:
        yield made


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    command = Served(folder)
    yield command
    command.clean_up()


@pytest.mark.parametrize(
    ("workers", "how"), [(1, signal.SIGTERM), (1, signal.SIGINT), (1, signal.SIGHUP), (2, signal.SIGTERM)]
)
async def test_it_stops_what_it_started(served: Served, workers: int, how: signal.Signals) -> None:
    await served.start(workers=workers)
    assert embedded.postmaster(served.data_dir)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        await client.get("/E/SECRETSECRET?phone=13800000001")
        await client.get("/Q/1SECRETTOKEN")
        await client.get("/F/SECRETSECRET")
    assert served.end(how) == 0
    assert embedded.postmaster(served.data_dir) is None
    said = served.log.read_text()
    assert "GET /E/… " in said
    assert "GET /F/… " in said
    assert "SECRET" not in said
    assert "13800000001" not in said
    assert "127.0.0.1:" not in said.replace(f"127.0.0.1:{served.port}", "")
    assert "Traceback" not in said


async def _office(served: Served) -> dict[str, str]:
    """A session of an officer who sees everything, written straight into the server's database."""
    token = opaque.new_token()
    db = await asyncpg.connect(embedded.start(served.data_dir))
    await db.execute(
        "WITH account AS (INSERT INTO account (id, role, display_name, login, password_hash, created_at) "
        "VALUES (gen_random_uuid(), 'admin', 'x', $1, '!', now()) RETURNING id) "
        "INSERT INTO session (id, token_sha256, account, created_at, last_seen_at, expires_at) "
        "SELECT gen_random_uuid(), $2, id, now(), now(), now() + interval '1 hour' FROM account",
        uuid4().hex,
        opaque.digest(token),
    )
    await db.close()
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("workers", [1, 2])
async def test_an_open_stream_ends_cleanly_and_at_once_when_the_server_stops(served: Served, workers: int) -> None:
    await served.start(workers=workers)
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=20) as client,
        client.stream("GET", "/api/v1/live", headers=await _office(served)) as stream,
    ):
        chunks = stream.aiter_bytes()
        assert b"retry" in await anext(chunks)
        began = time.monotonic()
        ended = asyncio.create_task(asyncio.to_thread(served.end, signal.SIGTERM))
        # A stream that is cut off raises RemoteProtocolError instead.
        assert [chunk async for chunk in chunks] == []
        ended_after = time.monotonic() - began
        assert await ended == 0
    assert ended_after < serving._GRACE - 2, "not waited for until the grace is over"
    said = served.log.read_text()
    assert "Traceback" not in said
    assert "Cancel" not in said, "nothing had to be cancelled"


async def test_after_sigkill_the_workers_end_and_the_next_start_takes_over(served: Served) -> None:
    await served.start(workers=2)
    started = embedded.postmaster(served.data_dir)
    served.end(signal.SIGKILL)
    await until(served.port_is_free)
    assert embedded.postmaster(served.data_dir) == started
    await served.start(workers=1)
    assert embedded.postmaster(served.data_dir) == started
    assert served.end(signal.SIGTERM) == 0
    assert embedded.postmaster(served.data_dir) is None
