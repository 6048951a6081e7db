"""One embedded PostgreSQL for the run, an empty migrated database for each test, the app on the test's own loop."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import hypothesis
import pytest
from litestar import Litestar

from doorstep.app import create_app
from doorstep.core import keys
from doorstep.db import embedded
from doorstep.db.migrate import migrate
from doorstep.settings import Settings
from support import folders
from support.world import World

# How long an example takes says how busy the machine is, and nothing of the product.
hypothesis.settings.register_profile("doorstep", deadline=None)
hypothesis.settings.load_profile("doorstep")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """Data folder of the run's own server, stopped and removed at the end; what a killed run left goes first."""
    folders.sweep()
    folder = Path(tempfile.mkdtemp(prefix=folders.RUN))
    folder.chmod(0o755)
    with embedded.held(folder):
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _with_database(dsn: str, name: str) -> str:
    head, _, tail = dsn.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}?{tail}"


@pytest.fixture(scope="session")
async def template(server_dir: Path) -> str:
    """A migrated database that is only copied, never used."""
    dsn = embedded.start(server_dir)
    admin = await asyncpg.connect(dsn)
    # Nothing of a run outlives the machine, so nothing waits for its disk: a test's database costs a third.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        await admin.execute(f"ALTER SYSTEM SET {setting} = off")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.execute("CREATE DATABASE migrated")
    await admin.close()
    await migrate(_with_database(dsn, "migrated"))
    return dsn


@pytest.fixture(scope="session")
async def shared(template: str) -> str:
    """The database that the tests of a run use one after another."""
    admin = await asyncpg.connect(template)
    await admin.execute("CREATE DATABASE shared TEMPLATE migrated")
    await admin.close()
    return _with_database(template, "shared")


_EMPTY = """
SELECT string_agg(format('DELETE FROM %I', relname), ';') FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'migration'
"""


@pytest.fixture
async def dsn(shared: str) -> str:
    """An empty, migrated database: emptying one is far cheaper than copying another. Left connections are ended."""
    admin = await asyncpg.connect(shared)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    # The replica role passes by foreign keys and the triggers that keep evidence append-only.
    everything = await admin.fetchval(_EMPTY)
    await admin.execute(f"SET session_replication_role = replica; {everything}")
    await admin.close()
    return shared


@pytest.fixture
async def own_dsn(template: str) -> AsyncIterator[str]:
    """A migrated database that the test may spoil."""
    name = f"t{uuid4().hex}"
    admin = await asyncpg.connect(template)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
    yield _with_database(template, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    # A test that wants the worker runs it: beside another test's words it would only say its own.
    return Settings(database_url=dsn, data_dir=tmp_path, public_url="https://dj.example.cn", worker_inside=False)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The app, made once: it takes a third of a second, and holds nothing but its settings."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("product")))


@pytest.fixture
async def app(product: Litestar, settings: Settings) -> AsyncIterator[Litestar]:
    """The whole product, started and stopped as a server would."""
    product.state.settings = settings
    keys.install(settings)
    async with product.lifespan():
        yield product


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the app without a socket; a failure inside is an answer, as with a real server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="https://dj.example.cn") as http:
        yield http


@pytest.fixture
async def world(app: Litestar) -> World:
    """A small district with people in it, written straight into the tables."""
    return await World.create()
