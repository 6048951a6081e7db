"""What the office did to a visit is one of a closed list: the pages have a sentence for each of it."""

import json
import re
from pathlib import Path
from typing import get_args

from doorstep.visits.wire import OfficeWhat, OpState

ROOT = Path(__file__).parents[2]
INNER = {"planned", "assigned", "checked"}
"""Changes that the story tells from other tables, or that are the phones' own."""
BY_TIME = {"missed", "unclosed"}
"""States that time alone brings about, told by the name of the state."""


def test_every_change_of_a_visit_has_its_word() -> None:
    told = {
        name
        for file in (ROOT / "backend/doorstep").rglob("*.py")
        for name in re.findall(r'"visit\.([a-z_]+)"', file.read_text("utf-8"))
    }
    assert {"held", "cancelled", "answered"} <= told, "changes are still written with their kinds in plain letters"
    assert set(get_args(OpState)) >= BY_TIME
    assert (told - INNER) | BY_TIME <= set(get_args(OfficeWhat))


def test_the_pages_read_the_same_list() -> None:
    schema = json.loads((ROOT / "schemas/openapi.json").read_text("utf-8"))
    said = schema["components"]["schemas"]["OfficeEntry"]["properties"]["what"]["enum"]
    assert sorted(said) == sorted(get_args(OfficeWhat))
