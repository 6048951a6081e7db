"""Passwords: argon2id, always in a thread, two at a time so that a burst of sign-ins cannot eat the memory."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """The argon2id text to store."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, _normal(password))


async def verified(password: str, stored: str | None) -> bool:
    """Whether it is the password. Without a stored hash the answer is no, after the same work."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, _normal(password), stored)


def outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    # The same characters typed on another keyboard may come decomposed.
    return unicodedata.normalize("NFC", password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def _verify(password: str, stored: str | None) -> bool:
    nobody = _nobody()
    for candidate in (stored or nobody, nobody):
        try:
            return _HASHER.verify(candidate, password) and candidate is not nobody
        except InvalidHashError:
            continue
        except VerificationError:
            return False
    return False
