"""Pure rules of dated facts: intervals are half-open, of several that cover a day the one recorded last counts."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import zip_longest

import msgspec


class Dated(msgspec.Struct, frozen=True):
    """A name (state, standing) on [since, until) with why; `until` None has no end."""

    name: str
    since: date
    until: date | None = None
    reason: str | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies in it; the end does not."""
        return self.since <= day and (self.until is None or day < self.until)


# The life of a plan. A correction of the same state (another end of a suspension) is allowed as well.
NEXT_STATES = {
    None: frozenset({"draft"}),
    "draft": frozenset({"assessed"}),
    "assessed": frozenset({"agreed"}),
    "agreed": frozenset({"filed"}),
    "filed": frozenset({"active"}),
    "active": frozenset({"active", "suspended", "superseded", "ended"}),
    "suspended": frozenset({"suspended", "active", "superseded", "ended"}),
    "superseded": frozenset(),
    "ended": frozenset(),
}
FINAL_STATES = frozenset({"superseded", "ended"})


def on(recorded: Sequence[Dated], day: date) -> Dated | None:
    """What holds on a day; `recorded` in the order in which it became known."""
    return next((fact for fact in reversed(recorded) if fact.covers(day)), None)


def life(recorded: Sequence[Dated]) -> list[Dated]:
    """The same facts as intervals that follow each other without overlap."""
    borders = sorted({fact.since for fact in recorded} | {fact.until for fact in recorded if fact.until is not None})
    parts: list[Dated] = []
    for start, end in zip_longest(borders, borders[1:]):
        fact = on(recorded, start)
        if fact is None:
            continue
        last = parts[-1] if parts else None
        if last is not None and last.until == start and (last.name, last.reason) == (fact.name, fact.reason):
            parts[-1] = msgspec.structs.replace(last, until=end)
        else:
            parts.append(msgspec.structs.replace(fact, since=start, until=end))
    return parts


def may_become(recorded: Sequence[Dated], state: str, day: date) -> bool:
    """Whether a plan may be in `state` from `day` on, given what it is on that day."""
    now = on(recorded, day)
    return state in NEXT_STATES[now.name if now else None]


def end_of(recorded: Iterable[Dated], state: str, since: date, until: date | None) -> date | None:
    """The end to record: a state without one reaches to the next change that is known already, a final one for ever."""
    if until is not None or state in FINAL_STATES:
        return until
    return min((part.since for part in life(list(recorded)) if part.since > since), default=None)


def given_back(recorded: Sequence[Dated], fact: Dated) -> list[Dated]:
    """What holds again on the days that an earlier end takes from a state that is recorded from the same day on."""
    again = [one for one in recorded if (one.name, one.since) == (fact.name, fact.since)]
    others = [one for one in recorded if one not in again]
    if not again or fact.until is None:
        return []
    back: list[Dated] = []
    for part in life(others):
        since, until = max(part.since, fact.until), min(part.until or date.max, again[-1].until or date.max)
        if since < until and part.name not in FINAL_STATES:
            back.append(msgspec.structs.replace(part, since=since, until=None if until == date.max else until))
    return back


_PHONE_TAIL = 4


def found(words: str, *, initials: str, texts: Iterable[str], phone: str) -> bool:
    """Whether an elder answers a search: the beginning of the initials, a part of a text, the end of the phone."""
    wanted = _plain(words)
    if wanted.isdigit() and len(wanted) >= _PHONE_TAIL and _plain(phone).endswith(wanted):
        return True
    return initials.startswith(wanted) or any(wanted in _plain(text) for text in texts)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def changes_the_past(before: date | None, after: date | None, today: date) -> bool:
    """Whether another end of a fact says something else of the days before today."""
    return min(before or today, today) != min(after or today, today)
