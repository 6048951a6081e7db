"""The law of the door, case by case, by the server's rules; the PWA's tests run the same file by the phone's."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from support.law import RULES, Story

CASES: list[dict[str, Any]] = RULES["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case(case: dict[str, Any]) -> None:
    story, expected = Story(case), case["expect"]
    effect, codes = story.play()
    states = (story.visit.op_state, story.visit.verify_state) if story.visit else (None, None)
    assert (effect, sorted(codes)) == (expected["effect"], sorted(expected["codes"]))
    assert states == (expected["op_state"], expected["verify_state"])


def test_the_table_is_worth_its_name() -> None:
    assert len(CASES) >= 60
    assert [name for name, times in Counter(case["name"] for case in CASES).items() if times > 1] == []
    # A phone that may be silent about much would judge nothing.
    assert sum("server_only" in case for case in CASES) <= len(CASES) / 20
