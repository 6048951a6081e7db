"""JWS compact: verify ES256 of phones, sign ES256 receipts, MAC the server's own short-lived statements (HS256)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_ECDSA = ec.ECDSA(hashes.SHA256())


class Malformed(ValueError):
    """The text is not a compact JWS of the expected kind."""


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """The protected header; nothing else is allowed in it."""

    alg: str
    typ: str
    kid: str = ""


_header_decoder = msgspec.json.Decoder(Header)


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Inverse of :func:`b64`; anything else is :class:`Malformed`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("base64url") from error


def sha256(text: str) -> bytes:
    """The hash that chains and receipts name."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Parsed(msgspec.Struct, frozen=True):
    """A compact JWS taken apart, signature not checked yet."""

    header: Header
    payload: bytes
    signed: bytes
    signature: bytes


@lru_cache(maxsize=4096)
def _header(text: str) -> Header:
    try:
        return _header_decoder.decode(unb64(text))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("header") from error


def parse(text: str, *, typ: str) -> Parsed:
    """Takes a compact JWS apart.

    :raises Malformed: if it is not three base64url parts with an ES256 or HS256 header of this `typ`.
    """
    parts = text.split(".")
    if len(parts) != 3 or not text.isascii():
        raise Malformed("not three parts")
    header = _header(parts[0])
    if header.typ != typ:
        raise Malformed("typ")
    return Parsed(header, unb64(parts[1]), f"{parts[0]}.{parts[1]}".encode(), unb64(parts[2]))


@lru_cache(maxsize=4096)
def public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """A P-256 key from its 65-byte uncompressed point; ValueError if it is not on the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def verified(parsed: Parsed, point: bytes) -> bool:
    """Whether the ES256 signature is this key's."""
    if parsed.header.alg != "ES256" or len(parsed.signature) != 64:
        return False
    r, s = int.from_bytes(parsed.signature[:32], "big"), int.from_bytes(parsed.signature[32:], "big")
    try:
        public_key(point).verify(encode_dss_signature(r, s), parsed.signed, _ECDSA)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """Signs with the server's ES256 key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, kid: str) -> None:
        self._key, self.kid = key, kid
        self._heads: dict[str, bytes] = {}

    def sign(self, payload: Any, *, typ: str) -> str:
        """A compact JWS over the JSON of `payload`."""
        head = self._heads.get(typ)
        if head is None:
            head = self._heads[typ] = b64(msgspec.json.encode({"alg": "ES256", "kid": self.kid, "typ": typ})).encode()
        signed = head + b"." + b64(msgspec.json.encode(payload)).encode()
        r, s = decode_dss_signature(self._key.sign(signed, _ECDSA))
        return (signed + b"." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")).encode()).decode()

    def jwk(self) -> dict[str, str]:
        """The public key as a JWK."""
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self.kid,
            "x": b64(numbers.x.to_bytes(32, "big")),
            "y": b64(numbers.y.to_bytes(32, "big")),
        }

    def point(self) -> bytes:
        """The public key as an uncompressed point."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )


def mac(payload: Any, *, typ: str, key: bytes) -> str:
    """A compact JWS (HS256) that only the server itself reads again."""
    signed = b64(msgspec.json.encode({"alg": "HS256", "typ": typ})) + "." + b64(msgspec.json.encode(payload))
    return signed + "." + b64(hmac.digest(key, signed.encode(), "sha256"))


def open_mac(text: str, *, typ: str, key: bytes, decode: Callable[[bytes], Any]) -> Any:
    """The payload of :func:`mac`.

    :raises Malformed: if it was not made with this key for this `typ`.
    """
    parsed = parse(text, typ=typ)
    expected = hmac.digest(key, parsed.signed, "sha256")
    if parsed.header.alg != "HS256" or not hmac.compare_digest(expected, parsed.signature):
        raise Malformed("mac")
    return decode(parsed.payload)


_signer: Signer | None = None


def install(signer: Signer) -> None:
    """Makes the signer of this process."""
    global _signer
    _signer = signer


def signer() -> Signer:
    """The signer of this process."""
    if _signer is None:
        raise RuntimeError("no signer is installed: create the app or the command's context first")
    return _signer
