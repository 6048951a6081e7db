"""What the import's tests share: the database as one comparable value."""

from collections.abc import Awaitable, Callable

import pytest
from litestar import Litestar

from doorstep.db.engine import fetch

_TABLES = (
    *("area", "provider", "cooperation_agreement", "caregiver", "qualification", "household", "elder", "elder_status"),
    *("family_contact", "service_agreement", "programme", "monthly_cap", "care_plan", "plan_state", "plan_item"),
    "change",
)

Snapshot = dict[str, list[str]]


@pytest.fixture
def snapshot(app: Litestar) -> Callable[[], Awaitable[Snapshot]]:
    """Every row that an import may write, with the transaction that wrote it: equal means that nothing was written."""

    async def take() -> Snapshot:
        sql = "SELECT t.xmin::text || t::text AS line FROM {} t ORDER BY 1"
        return {table: [row["line"] for row in await fetch(sql.format(table))] for table in _TABLES}

    return take
