"""What the import's tests share: the sample's path, and the database as one comparable value."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from litestar import Litestar

import doorstep
from doorstep.db.engine import fetch

_TABLES = (
    *("area", "provider", "cooperation_agreement", "caregiver", "qualification", "household", "elder", "elder_status"),
    *(
        "family_contact",
        "service_agreement",
        "programme",
        "monthly_cap",
        "care_plan",
        "plan_state",
        "plan_item",
        "change",
    ),
)

Snapshot = dict[str, list[str]]


@pytest.fixture(scope="session")
def sample() -> Path:
    """The product's sample roster."""
    return Path(doorstep.__file__).parent / "sample" / "roster-2026.xlsx"


@pytest.fixture
def snapshot(app: Litestar) -> Callable[[], Awaitable[Snapshot]]:
    """Every row that an import may write, with the transaction that wrote it: equal means that nothing was written."""

    async def take() -> Snapshot:
        return {
            table: [
                row["line"] for row in await fetch(f"SELECT t.xmin::text || t::text AS line FROM {table} t ORDER BY 1")
            ]
            for table in _TABLES
        }

    return take
