"""The fonts are made ready once for the run."""

from pathlib import Path

import pytest

from doorstep.households import fonts


@pytest.fixture(scope="session")
def font_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture(scope="session")
def faces(font_cache: Path) -> fonts.Faces:
    return fonts.load(font_cache)
