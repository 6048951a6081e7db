"""The server's own keys in the data folder: root of the vault, receipt key. Made once, never replaced silently."""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import jws, vault


class KeyHolder(Protocol):
    """What this module needs of the settings."""

    @property
    def keys_dir(self) -> Path:
        """Folder of private keys."""
        ...

    @property
    def root_key(self) -> str:
        """32 bytes as base64, or empty for the file."""
        ...


class KeyUnusable(Exception):
    """A key is there but cannot be used; it is never overwritten."""


def install(settings: KeyHolder) -> None:
    """Loads or makes the keys and installs the vault and the signer of this process."""
    root = _root(settings)
    vault.install(vault.Vault(root))
    key = _receipt_key(settings.keys_dir)
    jws.install(jws.Signer(key, kid=key_id(key.public_key())))


def key_id(public: ec.EllipticCurvePublicKey) -> str:
    """A short name of a public key: the first 16 characters of the SHA-256 of its point."""
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(hashlib.sha256(point).digest()).decode()[:16]


def _root(settings: KeyHolder) -> bytes:
    file = settings.keys_dir / "root.key"
    text = settings.root_key.encode() or once(file, lambda: base64.b64encode(os.urandom(32)))
    try:
        root = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise KeyUnusable("the root key is not base64") from error
    if len(root) != 32:
        raise KeyUnusable("the root key has 32 bytes")
    return root


def _receipt_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    return p256("receipt.pem", once(folder / "receipt.pem", new_p256))


def new_p256() -> bytes:
    """A new private key in PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def p256(name: str, pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The private key in the bytes of a file.

    :raises KeyUnusable: if there is none, or one of another kind.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{name} is not a private key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnusable(f"{name} is not a P-256 key")
    return key


def once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's bytes; made by exactly one of several processes that start at once, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
