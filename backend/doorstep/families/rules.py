"""Pure decisions about families: when consent counts, what a visit is in plain facts, what may be said, by when."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from doorstep.core.workdays import CalendarMissing, nth_working_day_after
from doorstep.families.wire import VisitState

FAMILY_VIEW = "family_view"
INVITE_LIFE = timedelta(hours=48)
SECRET_LENGTH, CODE_LENGTH = 26, 8
ANSWER_AGAIN = timedelta(hours=1)
"""How long a device whose answer was lost may ask for it again."""
CODES_AN_HOUR = 300
"""Typed codes that are looked at in an hour in all: 40 bits are not found in 48 hours of that. Links go on working."""
MOST_DAYS = 62
MOST_SAID = 20
"""Things that one member can say about one visit."""
DAYS_TO_ANSWER = {"ask": 3, "object": 5}
"""Working days, strictly after the day on which it was said."""
NOBODY_BEGAN = timedelta(minutes=30)

# A name of two characters has one for the family.
_COMPOUND = re.compile(
    "(?:欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|"
    "仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|呼延|轩辕|百里|东郭|南门|西门|纳兰|完颜|拓跋)."
)


class Agreed(msgspec.Struct, frozen=True):
    """A consent on [given_on, withdrawn_on); without a withdrawal it has no end."""

    given_on: date
    withdrawn_on: date | None = None

    def covers(self, day: date) -> bool:
        """The day of the withdrawal is the first one without it."""
        return self.given_on <= day and (self.withdrawn_on is None or day < self.withdrawn_on)


def in_force(consents: Iterable[Agreed], day: date) -> bool:
    """Whether any of an elder's consents covers the day."""
    return any(consent.covers(day) for consent in consents)


def unbroken(consents: Sequence[Agreed], since: date, until: date) -> bool:
    """Whether consent was in force on every day of [since, until], both included.

    A link lives as long as the consent under which it was made: one that is given again later brings no old link back.
    """
    day = since
    while True:
        covering = [consent for consent in consents if consent.covers(day)]
        if not covering:
            return False
        ends = [consent.withdrawn_on for consent in covering if consent.withdrawn_on is not None]
        if len(ends) < len(covering) or max(ends) > until:
            return True
        day = max(ends)


def pause_after_codes(attempts: int) -> timedelta | None:
    """When so many codes were typed within the hour, no more are looked at in it."""
    return timedelta(hours=1) if attempts >= CODES_AN_HOUR else None


def printed_code(code: str) -> str:
    """`XXXX-XXXX`."""
    return f"{code[:4]}-{code[4:]}"


def surname(name: str) -> str:
    """The family name of a caregiver; of a name with a dot the first part, by which such a person is addressed."""
    plain = name.strip()
    for dot in "·•‧・":
        if dot in plain:
            return plain.split(dot)[0]
    if plain.isascii():
        return plain.split()[-1] if plain else ""
    return plain[:2] if _COMPOUND.match(plain) else plain[:1]


def state(*, op_state: str, window_end: datetime, unknown: bool, now: datetime) -> VisitState:
    """What a visit is for a family. `unknown`: its time is over and a phone that may hold the record is silent."""
    if op_state in ("planned", "assigned"):
        if unknown:
            return "unknown"
        if now <= window_end:
            return "coming"
        return "missed" if op_state == "planned" and now > window_end + NOBODY_BEGAN else "late"
    return _PLAINLY[op_state]


_PLAINLY: dict[str, VisitState] = {
    "in_progress": "now",
    "completed": "done",
    "unclosed": "unknown",
    "missed": "missed",
    "not_served": "not_served",
    "cancelled": "cancelled",
}


def may_object(state: VisitState, *, started: bool) -> bool:
    """Whether something happened, or should have happened, that can be objected to."""
    return state != "cancelled" and (started or state in ("missed", "not_served", "unknown"))


def may_judge(*, started: bool) -> bool:
    """Whether there is something to confirm or rate."""
    return started


def due_on(kind: str, said_on: date) -> date | None:
    """The day by which the office has to answer.

    None for what needs no answer, and while the working days of that year are not published: what a family says is
    kept all the same, and a day is never guessed.
    """
    if kind not in DAYS_TO_ANSWER:
        return None
    try:
        return nth_working_day_after(said_on, DAYS_TO_ANSWER[kind])
    except CalendarMissing:
        return None


def fits(kind: str, outcome: str) -> bool:
    """Whether this outcome answers what was said: a question is answered, an objection upheld or dismissed."""
    return outcome == "answered" if kind == "ask" else kind == "object" and outcome in ("upheld", "dismissed")
