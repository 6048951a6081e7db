"""The sample roster: every row accepted, twice; the second time nothing is written."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from intake.conftest import Snapshot

ROWS = {"街乡": 43, "服务机构": 10, "护理员": 60, "老年人": 396, "照护计划": 843, "补贴标准": 5}


async def test_the_sample_imports_with_no_refused_row_and_then_changes_nothing(
    sample: Path, snapshot: Callable[[], Awaitable[Snapshot]]
) -> None:
    first = await service.apply(SYSTEM, sample.read_bytes(), sample.name)
    assert [row for row in first.rows if row.status == "refused"] == []
    assert {sheet.name: sheet.created for sheet in first.sheets} == ROWS
    before = await snapshot()
    second = await service.apply(SYSTEM, sample.read_bytes(), sample.name)
    assert (second.counts.unchanged, second.counts.created) == (sum(ROWS.values()), 0), [
        row for row in second.rows if row.status != "unchanged"
    ][:3]
    assert await snapshot() == before
