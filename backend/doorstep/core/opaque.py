"""Opaque secrets that are handed out once: session tokens and enrolment secrets. Only their SHA-256 is stored."""

import hashlib
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_token() -> str:
    """256 random bits as base64url."""
    return secrets.token_urlsafe(32)


def new_secret(length: int = 16) -> str:
    """Random Crockford characters, 5 bits each."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def as_crockford(text: str) -> str:
    """A Crockford text as a person may type it: any case, blanks and dashes, O for 0, I or L for 1."""
    return text.upper().replace("-", "").replace(" ", "").translate(_READ_AS)


def digest(text: str) -> bytes:
    """What is stored of a secret: enough for random ones, never for passwords."""
    return hashlib.sha256(text.encode()).digest()
