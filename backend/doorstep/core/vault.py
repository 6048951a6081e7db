"""Sealed fields: AES-256-GCM for what must be read again, keyed hashes for look-up; one root, a key per purpose."""

import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"


class SealBroken(Exception):
    """The sealed bytes were made with another key, for another purpose, or were changed."""


class Vault:
    """Seals and fingerprints with keys derived from one 32-byte root. `purpose` names table and column."""

    def __init__(self, root: bytes) -> None:
        if len(root) != 32:
            raise ValueError("the root key has 32 bytes")
        self._root = root
        self._cipher = cache(lambda purpose: AESGCM(self.derive(f"seal:{purpose}")))
        self._look_up_key = cache(lambda purpose: self.derive(f"fingerprint:{purpose}"))

    def derive(self, info: str) -> bytes:
        """A 32-byte key for one use (HKDF-SHA256)."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"doorstep", info=info.encode()).derive(self._root)

    def seal(self, text: str, purpose: str) -> bytes:
        """version byte, 12-byte nonce, ciphertext with tag."""
        return self.seal_bytes(text.encode(), purpose)

    def open(self, sealed: bytes, purpose: str) -> str:
        """The text again.

        :raises SealBroken: if it was not sealed with this key for this purpose.
        """
        return self.open_bytes(sealed, purpose).decode()

    def seal_bytes(self, data: bytes, purpose: str) -> bytes:
        """As :meth:`seal`, for bytes."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._cipher(purpose).encrypt(nonce, data, purpose.encode())

    def open_bytes(self, sealed: bytes, purpose: str) -> bytes:
        """As :meth:`open`, for bytes."""
        if sealed[:1] != _VERSION:
            raise SealBroken(purpose)
        try:
            return self._cipher(purpose).decrypt(sealed[1:13], sealed[13:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(purpose) from error

    def fingerprint(self, text: str, purpose: str) -> bytes:
        """HMAC-SHA256 for exact look-up of a sealed value; the caller normalises the text first."""
        mac = hmac.HMAC(self._look_up_key(purpose), hashes.SHA256())
        mac.update(text.encode())
        return mac.finalize()


_current: Vault | None = None


def install(vault: Vault) -> None:
    """Makes the vault of this process; `app` and `cli` do it once from the settings."""
    global _current
    _current = vault


def current() -> Vault:
    """The vault of this process."""
    if _current is None:
        raise RuntimeError("no vault is installed: create the app or the command's context first")
    return _current
