"""What every command and the server need around them: keys, the database, its schema, the pool."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from doorstep.core import keys
from doorstep.db import embedded, engine, epoch
from doorstep.db import migrate as migrations
from doorstep.settings import Settings

T = TypeVar("T")


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The DSN: the district's own server, or the embedded one for as long as the block runs."""
    if settings.database_url:
        yield settings.database_url
    else:
        with embedded.held(settings.data_dir) as dsn:
            yield dsn


@asynccontextmanager
async def connected(dsn: str, *, pool_size: int) -> AsyncIterator[None]:
    """The migrated schema and the open pool of this process."""
    await migrations.migrate(dsn)
    await engine.open_pool(dsn, size=pool_size, on_connect=epoch.recognise)
    try:
        yield
    finally:
        await engine.close_pool()


def migrate(settings: Settings) -> list[str]:
    """Brings the schema to the newest version before anything else starts; answers what was run."""
    with database(settings) as dsn:
        return asyncio.run(migrations.migrate(dsn))


def run(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Runs the work of a command with everything around it, and takes it all down again."""
    keys.install(settings)

    async def inside() -> T:
        async with connected(dsn, pool_size=settings.pool_size):
            return await work()

    with database(settings) as dsn:
        return asyncio.run(inside())
