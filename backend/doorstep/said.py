"""What the doctor says: one line in both languages, and how bad it is."""

from typing import Literal, NamedTuple


class Said(NamedTuple):
    """One line: good, worth knowing, or wrong."""

    level: Literal["good", "note", "wrong"]
    zh: str
    en: str


def good(zh: str, en: str) -> Said:
    """All is as it should be."""
    return Said("good", zh, en)


def note(zh: str, en: str) -> Said:
    """Worth knowing, nothing to mend."""
    return Said("note", zh, en)


def wrong(zh: str, en: str) -> Said:
    """To be mended."""
    return Said("wrong", zh, en)
