"""A district runs its own PostgreSQL: migrations and a first request on every version that this machine has."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doorstep.app import create_app
from doorstep.db import embedded
from doorstep.db.engine import fetch
from doorstep.settings import Settings
from support.world import World

# Where distributions put them; on a machine without one, the embedded server's own programs stand in.
FOUND = sorted(Path("/usr/lib/postgresql").glob("1[5-8]/bin")) or [embedded.bin_dir()]


def _user() -> str | None:
    """PostgreSQL does not run as root: the user that its package made, or the embedded server's."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "pgserver", "nobody") if name in known)


@pytest.fixture(params=FOUND, ids=[str(path.parent.name) for path in FOUND])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of that version with its socket in its own folder; answers the DSN."""
    programs: Path = request.param
    home = Path(tempfile.mkdtemp(prefix="doorstep-pg-"))
    user = _user()
    if user:
        shutil.chown(home, user)

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(home / "data"), *arguments]
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)

    call("initdb", "-U", "doorstep", "--auth=trust", "--encoding=UTF8")
    call("pg_ctl", "-w", "-l", str(home / "log"), "-o", f"-h '' -k {home} -F", "start")
    yield f"postgresql://doorstep@/postgres?host={home}"
    call("pg_ctl", "-w", "-m", "immediate", "stop")
    shutil.rmtree(home, ignore_errors=True)


async def test_the_product_runs_on_it(server: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=server, data_dir=tmp_path, public_url="https://dj.example.cn"))
    async with app.lifespan():
        transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="https://dj.example.cn") as client:
            assert (await client.get("/api/v1/health")).status_code == 200
            assert (await client.get("/api/v1/me")).status_code == 401
        world = await World.create()
        visit = await world.add_visit(world.elder)
        assert [row["id"] for row in await fetch("SELECT id FROM visit")] == [visit]
