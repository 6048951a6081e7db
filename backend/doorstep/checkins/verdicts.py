"""Where the phone's verdict and the server's part: compared only in what the phone could know."""

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from doorstep.checkins.facts import Flag, Seen, VisitFacts
from doorstep.checkins.rules import LAW, Judgement
from doorstep.core import problems

# What an event shows by itself; of a joint visit a phone hears the colleague's part only now and then.
OF_EVENT = frozenset(
    {"TOKEN_MISSING", "CAPTURE_WEAK", "LOCATION_MISSING", "LOCATION_INVALID", "LOCATION_VAGUE", "LOCATION_STALE"}
    | {"CLOCK", "TIME_UNPROVEN"}
)
OF_JOINT = OF_EVENT | frozenset(
    {"WRONG_HOUSEHOLD", "HOME_POINT_MISSING", "NOT_ASSIGNED", "NOT_EMPLOYED", "QUALIFICATION_MISSING", "OVERLAP"}
    | {"ELDER_DECEASED", "ELDER_ABSENT_STATUS"}
)
_NO_CARD_OF_OURS = frozenset({"TOKEN_UNKNOWN", "TOKEN_REVOKED"})


@cache
def phone_knows() -> frozenset[str]:
    """The codes that a phone may find by itself."""
    return frozenset(code for code, text in problems.codes().findings.items() if text.phone)


def compared(event: Seen, judgement: Judgement, visits: Sequence[VisitFacts]) -> Judgement:
    """With the finding that the phone judged otherwise, if it did: once, of the event as a whole."""
    if event.payload.judged is None:
        return judgement
    differs = otherwise(event, judgement.codes, visits, measured=judgement.distance_m is not None)
    if differs is None:
        return judgement
    if not judgement.effects:
        return msgspec.structs.replace(judgement, loose=(*judgement.loose, differs))
    first, *others = judgement.effects
    first = msgspec.structs.replace(first, flags=(*first.flags, differs))
    return msgspec.structs.replace(judgement, effects=(first, *others))


def otherwise(event: Seen, found: Iterable[str], visits: Sequence[VisitFacts], *, measured: bool) -> Flag | None:
    """The finding that phone and server differ, with what each said; `measured`: the server knew a distance.

    A verdict by another version of the law is not compared.
    """
    judged = event.payload.judged
    if judged is None or judged.rules != LAW:
        return None
    server, phone = set(found), set(judged.codes)
    if server == phone:
        return None
    scope = phone_knows() - _beyond(event, server, measured=measured)
    if judged.facts_at is None:
        scope &= OF_EVENT
    elif any(visit.carers_needed > 1 for visit in visits):
        scope &= OF_JOINT
    ours, theirs = _as_a_phone_says(server) & scope, _as_a_phone_says(phone) & scope
    return None if ours == theirs else Flag("JUDGED_OTHERWISE", {"phone": sorted(theirs), "server": sorted(ours)})


def _as_a_phone_says(codes: set[str]) -> set[str]:
    said = set(codes)
    if codes & _NO_CARD_OF_OURS:  # a phone only knows that it is not this home's
        said.add("WRONG_HOUSEHOLD")
    if "CLOCK_FAR" in codes:  # how far depends on when the server hears of it
        said.add("CLOCK")
    return said - {"CLOCK_FAR"}


def _beyond(event: Seen, server: set[str], *, measured: bool) -> set[str]:
    """What this one event gave the phone no means to know."""
    payload = event.payload
    beyond: set[str] = set()
    if payload.token is None:  # typed digits cannot be compared
        beyond.add("WRONG_HOUSEHOLD")
    if server & _NO_CARD_OF_OURS:  # how it was read is not asked then
        beyond.add("CAPTURE_WEAK")
    if payload.anchor is not None:  # after a restart it depends on when the server hears of it
        beyond.add("TIME_UNPROVEN")
    if event.anchor_at is None or payload.claimed_at > event.received_at:  # a clock that is ahead may have slept
        beyond.add("CLOCK")
    if not measured and (payload.judged is None or payload.judged.facts_at is None):
        beyond |= {"LOCATION_STALE", "LOCATION_VAGUE"}
    return beyond
