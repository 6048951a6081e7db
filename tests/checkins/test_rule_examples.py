"""The law of the door, case by case, by the server's rules; the PWA's tests run the same file by the phone's."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from doorstep.checkins import rules, verdicts
from support.law import RULES, Story

CASES: list[dict[str, Any]] = RULES["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case(case: dict[str, Any]) -> None:
    story, expected = Story(case), case["expect"]
    effect, codes = story.play()
    states = (story.visit.op_state, story.visit.verify_state) if story.visit else (None, None)
    assert (effect, sorted(codes)) == (expected["effect"], sorted(expected["codes"]))
    assert states == (expected["op_state"], expected["verify_state"])


def test_what_two_rules_find_is_one_finding_with_the_data_of_both() -> None:
    story = Story(next(case for case in CASES if "far off as well" in case["name"]))
    story.play()
    _, judgement = story.last
    [effect] = judgement.effects
    [far] = [flag.data for flag in effect.flags if flag.code == "CLOCK_FAR"]
    assert far == {"seconds": -6600, "out_before_in_s": 6000}
    assert story.visit is not None
    assert story.visit.holds == 2  # and TOO_SHORT


def test_the_table_is_worth_its_name() -> None:
    assert len(CASES) >= 60
    assert [name for name, times in Counter(case["name"] for case in CASES).items() if times > 1] == []
    # A phone that may be silent about much would judge nothing.
    assert sum("server_only" in case for case in CASES) <= len(CASES) / 20


JUDGED_BY_BOTH = [case for case in CASES if "server_only" not in case and case["event"]["kind"] != "annul"]


@pytest.mark.parametrize("case", JUDGED_BY_BOTH, ids=lambda case: case["name"])
def test_the_verdict_of_a_phone_that_knows_the_law_is_no_contradiction(case: dict[str, Any]) -> None:
    story = Story(case)
    story.play()
    assert story.otherwise(case.get("phone", case["expect"]["codes"])) is None


def test_every_code_that_a_phone_knows_has_a_case() -> None:
    shown = {code for case in JUDGED_BY_BOTH for code in case.get("phone", case["expect"]["codes"])}
    assert shown | {"ANNUL_IMPOSSIBLE"} == verdicts.phone_knows()


def test_what_a_phone_knows_of_an_event_alone_and_of_a_joint_visit() -> None:
    scopes = RULES["phone_knows"]
    assert set(scopes["event"]) == verdicts.OF_EVENT
    assert set(scopes["joint"]) == verdicts.OF_JOINT
    assert verdicts.OF_EVENT < verdicts.OF_JOINT < verdicts.phone_knows()


def test_the_version_is_the_table_s() -> None:
    assert RULES["law"] == rules.LAW


@pytest.mark.parametrize("case", RULES["clocks"], ids=lambda case: case["name"])
def test_a_clock(case: dict[str, Any]) -> None:
    story = Story(case)
    story.play()
    seen, _ = story.last
    found = {flag.code: flag.data for flag in seen.timing.flags}
    assert set(found) == set(case["findings"])
    for code, data in case["findings"].items():
        assert {name: found[code].get(name) for name in data} == data, code


def test_every_cause_has_a_clock() -> None:
    shown = {data.get("cause") for case in RULES["clocks"] for data in case["findings"].values()} - {None}
    assert shown == {"zone", "jump", "steady", "year", "restart", "unknown"}


IN_TIME = next(case for case in CASES if case["name"] == "a check-in inside the window")
ALONE = next(case for case in CASES if case["name"] == "joint: the colleague never came")
FAR = next(case for case in CASES if case["name"] == "place: far away")


@pytest.mark.parametrize(
    ("case", "phone", "differs"),
    [
        (IN_TIME, [], None),
        (IN_TIME, ["MONTH_QUOTA_REACHED"], {"phone": ["MONTH_QUOTA_REACHED"], "server": []}),
        (IN_TIME, ["CAPTURE_WEAK"], {"phone": ["CAPTURE_WEAK"], "server": []}),
        (IN_TIME, ["NEVER_HEARD_OF"], None),  # a code of no phone's
        (FAR, [], None),
        (FAR, ["OUTSIDE_WINDOW"], {"phone": ["OUTSIDE_WINDOW"], "server": []}),
        (ALONE, [], None),  # of a joint visit a phone does not hear everything
        (ALONE, ["LOCATION_MISSING"], {"phone": ["LOCATION_MISSING"], "server": []}),
        (ALONE, ["NOT_ASSIGNED"], {"phone": ["NOT_ASSIGNED"], "server": []}),
    ],
)
def test_where_they_differ(case: dict[str, Any], phone: list[str], differs: dict[str, Any] | None) -> None:
    story = Story(case)
    story.play()
    assert story.otherwise(phone) == differs


def test_what_a_phone_without_the_plan_cannot_know_is_not_held_against_it() -> None:
    story = Story(next(case for case in CASES if case["name"] == "plan: suspended"))
    story.play()
    assert story.otherwise([]) == {"phone": [], "server": ["PLAN_NOT_ACTIVE"]}
    assert story.otherwise([], facts=False) is None
    assert story.otherwise(["TOKEN_MISSING"], facts=False) == {"phone": ["TOKEN_MISSING"], "server": []}


def test_another_version_of_the_law_is_not_compared() -> None:
    story = Story(IN_TIME)
    story.play()
    assert story.otherwise(["OUTSIDE_WINDOW"], law="0") is None
