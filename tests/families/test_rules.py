"""The pure rules: consent by day, a visit in a family's words, surnames, what may be said, when it is answered."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.families import rules
from doorstep.families.rules import Agreed

D = date
END = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("consents", "day", "counts"),
    [
        ([], D(2026, 11, 22), False),
        ([Agreed(D(2026, 11, 22))], D(2026, 11, 22), True),
        ([Agreed(D(2026, 11, 23))], D(2026, 11, 22), False),
        ([Agreed(D(2026, 11, 1), D(2026, 11, 22))], D(2026, 11, 21), True),
        ([Agreed(D(2026, 11, 1), D(2026, 11, 22))], D(2026, 11, 22), False),
        ([Agreed(D(2026, 11, 1), D(2026, 11, 30))], D(2026, 11, 22), True),
        ([Agreed(D(2026, 11, 1), D(2026, 11, 5)), Agreed(D(2026, 11, 20))], D(2026, 11, 22), True),
        ([Agreed(D(2026, 11, 1), D(2026, 11, 5)), Agreed(D(2026, 11, 20))], D(2026, 11, 10), False),
        ([Agreed(D(2026, 11, 22), D(2026, 11, 22))], D(2026, 11, 22), False),
    ],
)
def test_consent_counts_from_its_day_to_the_day_before_its_withdrawal(
    consents: list[Agreed], day: date, counts: bool
) -> None:
    assert rules.in_force(consents, day) is counts


@pytest.mark.parametrize(
    ("consents", "since", "until", "whole"),
    [
        ([Agreed(D(2026, 1, 1))], D(2026, 2, 1), D(2026, 11, 22), True),
        ([], D(2026, 2, 1), D(2026, 2, 1), False),
        ([Agreed(D(2026, 1, 1), D(2026, 6, 1))], D(2026, 2, 1), D(2026, 5, 31), True),
        ([Agreed(D(2026, 1, 1), D(2026, 6, 1))], D(2026, 2, 1), D(2026, 6, 1), False),
        # Given again after a while: no old link comes back.
        ([Agreed(D(2026, 1, 1), D(2026, 6, 1)), Agreed(D(2026, 6, 2))], D(2026, 2, 1), D(2026, 11, 22), False),
        # A new text was signed before the old one was withdrawn.
        ([Agreed(D(2026, 1, 1), D(2026, 6, 1)), Agreed(D(2026, 6, 1))], D(2026, 2, 1), D(2026, 11, 22), True),
        ([Agreed(D(2026, 5, 1)), Agreed(D(2026, 1, 1), D(2026, 6, 1))], D(2026, 2, 1), D(2026, 11, 22), True),
        ([Agreed(D(2026, 3, 1))], D(2026, 2, 1), D(2026, 11, 22), False),
    ],
)
def test_a_link_lives_as_long_as_consent_was_never_interrupted(
    consents: list[Agreed], since: date, until: date, whole: bool
) -> None:
    assert rules.unbroken(consents, since, until) is whole


_DAYS = st.dates(D(2026, 1, 1), D(2026, 2, 28))
_CONSENTS = st.lists(
    st.builds(lambda start, length: Agreed(start, start + timedelta(days=length)), _DAYS, st.integers(0, 20)),
    max_size=4,
)


@given(_CONSENTS, _DAYS, st.integers(0, 30))
def test_unbroken_is_in_force_on_every_day(consents: list[Agreed], since: date, length: int) -> None:
    every = all(rules.in_force(consents, since + timedelta(days=offset)) for offset in range(length + 1))
    assert rules.unbroken(consents, since, since + timedelta(days=length)) is every


@pytest.mark.parametrize(
    ("op_state", "after_end", "unknown", "state"),
    [
        ("planned", -60 * MINUTE, False, "coming"),
        ("assigned", -60 * MINUTE, False, "coming"),
        ("assigned", 0 * MINUTE, False, "coming"),
        ("assigned", 1 * MINUTE, False, "late"),
        ("planned", 1 * MINUTE, False, "late"),
        ("planned", 31 * MINUTE, False, "missed"),
        ("assigned", 31 * MINUTE, True, "unknown"),
        ("assigned", 31 * MINUTE, False, "late"),
        ("in_progress", 500 * MINUTE, False, "now"),
        ("completed", 1 * MINUTE, False, "done"),
        ("unclosed", 500 * MINUTE, False, "unknown"),
        ("missed", 31 * MINUTE, False, "missed"),
        ("not_served", 0 * MINUTE, False, "not_served"),
        ("cancelled", -60 * MINUTE, False, "cancelled"),
    ],
)
def test_a_visit_in_a_familys_words(op_state: str, after_end: timedelta, unknown: bool, state: str) -> None:
    assert rules.state(op_state=op_state, window_end=END, unknown=unknown, now=END + after_end) == state


@pytest.mark.parametrize(
    ("state", "started", "may"),
    [
        ("coming", False, False),
        ("late", False, False),
        ("cancelled", False, False),
        ("cancelled", True, False),
        ("now", True, True),
        ("done", True, True),
        ("missed", False, True),
        ("not_served", False, True),
        ("unknown", False, True),
        ("unknown", True, True),
    ],
)
def test_what_can_be_objected_to(state: str, started: bool, may: bool) -> None:
    assert rules.may_object(state, started=started) is may  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("彭燕", "彭"),
        ("毛桂芳", "毛"),
        ("欧阳", "欧"),
        ("欧阳娜", "欧阳"),
        ("司马相如", "司马"),
        ("阿依古丽·买买提", "阿依古丽"),
        ("Anna Li", "Li"),
        ("", ""),
    ],
)
def test_of_a_caregiver_the_surname(name: str, surname: str) -> None:
    assert rules.surname(name) == surname


@pytest.mark.parametrize(
    ("kind", "said_on", "due"),
    [
        ("object", D(2026, 11, 22), D(2026, 11, 27)),  # a Sunday
        ("ask", D(2026, 11, 22), D(2026, 11, 25)),
        ("object", D(2026, 9, 30), D(2026, 10, 13)),  # National Day, and 10-10 is worked
        ("ask", D(2026, 9, 30), D(2026, 10, 10)),
        ("confirm", D(2026, 11, 22), None),
        ("rate", D(2026, 11, 22), None),
        # The State Council has not published 2027: no day is guessed, and what is said is kept all the same.
        ("object", D(2026, 12, 30), None),
        ("ask", D(2026, 12, 30), None),
    ],
)
def test_by_when_the_office_answers(kind: str, said_on: date, due: date | None) -> None:
    assert rules.due_on(kind, said_on) == due


@pytest.mark.parametrize("kind", ["confirm", "rate", "ask", "object"])
@pytest.mark.parametrize("outcome", ["answered", "upheld", "dismissed"])
def test_which_outcome_answers_what(kind: str, outcome: str) -> None:
    right = {("ask", "answered"), ("object", "upheld"), ("object", "dismissed")}
    assert rules.fits(kind, outcome) is ((kind, outcome) in right)


def test_codes_are_looked_at_so_often_in_an_hour() -> None:
    assert rules.pause_after_codes(rules.CODES_AN_HOUR - 1) is None
    assert rules.pause_after_codes(rules.CODES_AN_HOUR) == timedelta(hours=1)
