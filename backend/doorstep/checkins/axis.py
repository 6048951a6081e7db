"""The verification and the settlement axis of a visit: what machines move by themselves, and what only people decide.

A machine accepts in the person's favour and holds; it never rejects, and what a person has decided it only opens again.
"""

from typing import Literal

import msgspec

Word = Literal["accept", "reject", "ask"]
DECIDED = frozenset({"verified", "rejected", "reopened"})
FIXED = frozenset({"in_statement", "paid", "clawed_back", "not_payable"})
"""Money that another step than this one answers for."""
COMPLETED = "completed"


class Axes(msgspec.Struct, frozen=True):
    """Where a visit stands on both."""

    verify: str
    settle: str


def follow(axes: Axes, *, op_state: str, grade: str | None, holds: int, placed: int, last: str | None) -> Axes:
    """After a record, or after a hold was placed or lifted.

    `holds` all that stands, `placed` those of it that stand in no record; `last` the last decision of a person that
    was no question. Something new after a decision opens the visit again; when it has gone, the decision stands.
    """
    if axes.verify == "rejected":
        return axes
    fixed = axes.settle in FIXED
    return _money(_verified(axes.verify, op_state, grade, holds, placed, last, fixed), axes.settle, placed)


def _verified(
    verify: str, op_state: str, grade: str | None, holds: int, placed: int, last: str | None, fixed: bool
) -> str:
    if verify in ("verified", "reopened"):
        if holds:
            return "reopened"
        if verify == "verified" or last == "accept":
            return "verified"
        if last == "reject":
            return "reopened"
    if verify == "auto_verified" and holds and (placed or fixed):
        return "reopened"
    if fixed:
        return verify
    if op_state != COMPLETED:
        return "none"
    if last == "reject":
        # It was not served yet then: what has come since does not take the person's word back.
        return "needs_review"
    return "auto_verified" if grade == "A" and not holds else "needs_review"


def _money(verify: str, settle: str, placed: int) -> Axes:
    if settle in FIXED:
        return Axes(verify, settle)
    held = verify in ("needs_review", "reopened") or (verify == "none" and placed > 0)
    return Axes(verify, "held" if held else "unsettled")


def decide(axes: Axes, decision: Word, *, op_state: str) -> Axes:
    """After a person's decision. Of a visit that was not served there is nothing to verify: its holds are answered."""
    if decision == "ask":
        return axes
    fixed = axes.settle in FIXED
    if op_state != COMPLETED:
        return Axes("none", axes.settle if fixed else "unsettled")
    if decision == "accept":
        return Axes("verified", axes.settle if fixed else "unsettled")
    return Axes("rejected", axes.settle if fixed else "not_payable")


def object_to(axes: Axes) -> Axes:
    """After the caregiver's one objection to a rejection: a person looks again."""
    if axes.verify != "rejected":
        return axes
    return Axes("reopened", "held" if axes.settle == "not_payable" else axes.settle)


def to_decide(axes: Axes) -> bool:
    """Whether a person's word is awaited."""
    return axes.settle == "held" or axes.verify == "reopened"


def answers(decision: Word, *, op_state: str) -> bool:
    """Whether the holds of now are answered by it; those of a rejected visit stand again if it is opened again."""
    return decision == "accept" or (decision == "reject" and op_state != COMPLETED)
