"""The one key that push services know us by: made once, kept, never silently replaced: subscriptions hang on it."""

import base64
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import keys
from doorstep.reminders import push_store
from doorstep.settings import Settings

FILE = "vapid.pem"


@dataclass(frozen=True)
class Key:
    """The private key, its public point as browsers want it (87 characters) and its short name."""

    private: ec.EllipticCurvePrivateKey
    public: str
    id: str


async def current(settings: Settings) -> Key | None:
    """The key; made when there is none and no subscription waits for an older one. None: push is off.

    A file that is gone or spoilt while browsers are subscribed is not replaced: they would be lost without a word.
    """
    try:
        return read(settings) or (None if await push_store.any_live() else make(settings))
    except keys.KeyUnusable:
        return None


def read(settings: Settings) -> Key | None:
    """The key of the file, None if there is no file.

    :raises KeyUnusable: if the file holds no such key.
    """
    path = settings.keys_dir / FILE
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _read(path, stat.st_mtime_ns, stat.st_ino)


def make(settings: Settings) -> Key:
    """The key; made now if there is no file."""
    keys.once(settings.keys_dir / FILE, keys.new_p256)
    key = read(settings)
    if key is None:
        raise keys.KeyUnusable(f"{FILE} does not stay where it was written")
    return key


def replace(settings: Settings) -> Key:
    """A new key. The old file is kept beside it: what was made for it works again when it is put back."""
    path = settings.keys_dir / FILE
    if path.exists():
        path.replace(path.with_suffix(".old.pem"))
    return make(settings)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _file: int) -> Key:
    private = keys.p256(FILE, path.read_bytes())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    public = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    return Key(private, public, keys.key_id(private.public_key()))
