"""What moves a visit's verification and money: records and holds by rule, decisions by people. A table of examples."""

from __future__ import annotations

from typing import Any

import pytest

from doorstep.checkins import axis
from doorstep.checkins.axis import Axes

FOLLOWS: list[tuple[str, tuple[str, str], dict[str, Any], tuple[str, str]]] = [
    ("a clear visit", ("none", "unsettled"), {}, ("auto_verified", "unsettled")),
    ("a hold in a record", ("none", "unsettled"), {"holds": 1}, ("needs_review", "held")),
    ("a grade below A", ("none", "unsettled"), {"grade": "B"}, ("needs_review", "held")),
    ("a record that answers the hold", ("needs_review", "held"), {}, ("auto_verified", "unsettled")),
    ("not over yet", ("none", "unsettled"), {"op_state": "in_progress", "holds": 1}, ("none", "unsettled")),
    ("goes on after all", ("needs_review", "held"), {"op_state": "in_progress"}, ("none", "unsettled")),
    ("a family that says nobody came", ("none", "unsettled"), {"op_state": "missed", "placed": 1}, ("none", "held")),
    ("the same, answered", ("none", "held"), {"op_state": "missed"}, ("none", "unsettled")),
    ("an objection", ("auto_verified", "unsettled"), {"placed": 1}, ("reopened", "held")),
    ("an objection withdrawn", ("reopened", "held"), {}, ("auto_verified", "unsettled")),
    ("withdrawn, a grade below A", ("reopened", "held"), {"grade": "C"}, ("needs_review", "held")),
    ("an objection while it waits", ("needs_review", "held"), {"placed": 1}, ("needs_review", "held")),
    ("a late record's hold", ("auto_verified", "unsettled"), {"holds": 1}, ("needs_review", "held")),
    ("accepted, and nothing new", ("verified", "unsettled"), {"last": "accept"}, ("verified", "unsettled")),
    ("accepted, then a worse grade", ("verified", "unsettled"), {"grade": "C"}, ("verified", "unsettled")),
    ("accepted, then a new hold", ("verified", "unsettled"), {"holds": 1, "last": "accept"}, ("reopened", "held")),
    ("the new hold has gone", ("reopened", "held"), {"last": "accept"}, ("verified", "unsettled")),
    ("rejected, then a new hold", ("rejected", "not_payable"), {"holds": 1}, ("rejected", "not_payable")),
    ("rejected, then a clear record", ("rejected", "not_payable"), {"last": "reject"}, ("rejected", "not_payable")),
    ("opened by the caregiver's word", ("reopened", "held"), {"last": "reject"}, ("reopened", "held")),
    ("rejected as missed, then served", ("none", "unsettled"), {"last": "reject"}, ("needs_review", "held")),
    ("the same, a new record", ("needs_review", "held"), {"last": "reject"}, ("needs_review", "held")),
    ("the same, put right", ("auto_verified", "unsettled"), {"last": "reject"}, ("needs_review", "held")),
    ("accepted as missed, then served", ("none", "unsettled"), {"last": "accept"}, ("auto_verified", "unsettled")),
    ("rejected, not over", ("none", "unsettled"), {"op_state": "missed", "last": "reject"}, ("none", "unsettled")),
    ("paid, then an objection", ("auto_verified", "paid"), {"placed": 1}, ("reopened", "paid")),
    ("paid, then a late hold", ("auto_verified", "paid"), {"holds": 1}, ("reopened", "paid")),
    ("paid, and a grade below A", ("auto_verified", "paid"), {"grade": "B"}, ("auto_verified", "paid")),
    ("paid, the objection has gone", ("reopened", "paid"), {"last": "accept"}, ("verified", "paid")),
]


@pytest.mark.parametrize(("before", "facts", "after"), [row[1:] for row in FOLLOWS], ids=[row[0] for row in FOLLOWS])
def test_what_follows(before: tuple[str, str], facts: dict[str, Any], after: tuple[str, str]) -> None:
    placed = facts.get("placed", 0)
    said = {"op_state": "completed", "grade": "A", "holds": placed, "placed": 0, "last": None, **facts}
    assert axis.follow(Axes(*before), **said) == Axes(*after)


DECISIONS = [
    ("accept", "completed", ("needs_review", "held"), ("verified", "unsettled")),
    ("accept", "completed", ("reopened", "held"), ("verified", "unsettled")),
    ("accept", "completed", ("reopened", "paid"), ("verified", "paid")),
    ("reject", "completed", ("needs_review", "held"), ("rejected", "not_payable")),
    ("reject", "completed", ("reopened", "paid"), ("rejected", "paid")),
    ("ask", "completed", ("needs_review", "held"), ("needs_review", "held")),
    ("reject", "missed", ("none", "held"), ("none", "unsettled")),
    ("accept", "not_served", ("none", "held"), ("none", "unsettled")),
]


@pytest.mark.parametrize(("decision", "op_state", "before", "after"), DECISIONS)
def test_what_a_person_decides(decision: Any, op_state: str, before: tuple[str, str], after: tuple[str, str]) -> None:
    assert axis.decide(Axes(*before), decision, op_state=op_state) == Axes(*after)


def test_a_machine_never_rejects() -> None:
    for verify in ("none", "needs_review", "auto_verified", "verified", "reopened"):
        for settle in ("unsettled", "held", "in_statement", "paid"):
            for holds in (0, 1):
                for op_state in ("in_progress", "completed", "missed"):
                    for last in (None, "accept", "reject"):
                        facts: dict[str, Any] = {"op_state": op_state, "holds": holds, "placed": 0, "last": last}
                        after = axis.follow(Axes(verify, settle), grade="A", **facts)
                        assert after.verify != "rejected"
                        assert after.verify != "auto_verified" or last != "reject" or settle in axis.FIXED
                        assert after.verify != "verified" or verify == "verified" or last == "accept"
                        assert (after.settle == settle) or settle in ("unsettled", "held")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("rejected", "not_payable"), ("reopened", "held")),
        (("rejected", "paid"), ("reopened", "paid")),
        (("verified", "unsettled"), ("verified", "unsettled")),
    ],
)
def test_the_caregivers_word(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert axis.object_to(Axes(*before)) == Axes(*after)
