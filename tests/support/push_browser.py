"""A browser's end of web push: its keys, and RFC 8291 decryption written from the text with `cryptography` alone."""

from __future__ import annotations

import base64
import os
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes again."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 bytes of an uncompressed point."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class Browser:
    """A subscribed browser: what it hands to the server, and what it can read of what comes."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.p256dh = point_of(self._key.public_key())

    @property
    def subscription(self) -> dict[str, str]:
        """The body of PUT /door/push and PUT /push."""
        return {"endpoint": self.endpoint, "p256dh": b64(self.p256dh), "auth": b64(self.auth)}

    def open(self, body: bytes) -> bytes:
        """The plain text of a message (RFC 8188 one record, keys by RFC 8291 3.4).

        :raises InvalidTag: if it was not made for this browser, or changed on its way.
        """
        salt, record, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == 65 and len(sealed) <= record, "one record, whose key id is the sender's point"
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._key.exchange(ec.ECDH(), theirs)
        first = _mac(_mac(self.auth, shared), b"WebPush: info\0" + self.p256dh + sender + b"\1")
        root = _mac(salt, first)
        key = _mac(root, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = _mac(root, b"Content-Encoding: nonce\0\1")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain.endswith(b"\2"), "the last record ends with a delimiter of 2"
        return plain[:-1]

    def read(self, body: bytes) -> Any:
        """The JSON of a message."""
        return msgspec.json.decode(self.open(body))


def _mac(key: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(data)
    return mac.finalize()
