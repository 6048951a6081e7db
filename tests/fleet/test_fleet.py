"""A small fleet against the real server: nothing lost, nothing doubled, nothing unexplained, and the same again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doorstep.settings import Settings
from fleet.__main__ import one
from fleet.run import Options
from fleet.verdict import Verdict


@dataclass
class Place:
    """Where a run lives."""

    settings: Settings
    folder: Path

    async def run(self, *, phones: int, days: int, way_to_break: str = "") -> tuple[dict[str, Any], Verdict]:
        """Busy days, with a restored backup in them."""
        options = Options(phones=phones, days=days, works=0.9, way_to_break=way_to_break)
        return await one(self.settings, options, folder=self.folder)


@pytest.fixture
def place(own_dsn: str, tmp_path: Path) -> Place:
    """An own database: the fleet drops and restores it."""
    return Place(Settings(database_url=own_dsn, data_dir=tmp_path, public_url="https://dj.example.cn"), tmp_path)


async def test_a_small_fleet_ends_with_the_known_truth(place: Place) -> None:
    figures, verdict = await place.run(phones=12, days=3)
    assert verdict.clean, (verdict.lost, verdict.doubled, verdict.unexplained)
    assert figures["events"] >= 50
    assert figures["faults"]["restored"] == 1
    assert figures["server_errors"] == 0


@pytest.mark.parametrize("way", ["idempotency", "loss", "restore"])
async def test_a_broken_server_is_found(place: Place, way: str) -> None:
    _, verdict = await place.run(phones=6, days=2, way_to_break=way)
    assert verdict.doubled if way == "idempotency" else verdict.lost
