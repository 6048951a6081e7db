"""Chinese names for searching: pinyin initials, as a dispatcher types them."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# As surnames these are read with another first letter than in most words.
_SURNAMES = {
    "曾": "z",
    "单": "s",
    "仇": "q",
    "解": "x",
    "查": "z",
    "区": "o",
    "翟": "z",
    "乐": "y",
    "种": "c",
    "盛": "s",
}


@lru_cache(maxsize=16_384)
def initials(name: str) -> str:
    """The first letters in lower case: 阎振华 -> "yzh"; letters and digits stay, other signs go."""
    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="default")).lower()
    letters = _SURNAMES.get(name[:1], letters[:1]) + letters[1:]
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())
