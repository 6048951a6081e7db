"""A simulated phone: enrols over HTTP with its own P-256 key and signs check events in an unbroken chain.

It shares no code with the server's JWS, so that a mistake cannot hide on both sides. Only the source of time is
shared: tests move it. `clock_error` is what the owner did to the phone's clock; the monotonic clock is untouched by it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from doorstep.core import clock

Kind = Literal["check_in", "check_out", "not_served", "annul"]
COOKIE = "doorstep_device"
EPOCH = "Doorstep-Epoch"
KEPT = timedelta(days=60)


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Its inverse."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(jws: str) -> dict[str, Any]:
    """The payload of a compact JWS, unverified."""
    return json.loads(unb64(jws.split(".")[1]))


def rfc3339(instant: datetime) -> str:
    """As JavaScript prints it: UTC, milliseconds, Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_event_id() -> str:
    """A UUIDv7."""
    value = int(clock.now().timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def matches(token: str, code_salt: str, code_hash: str) -> bool:
    """Whether a scanned token is the one of a home in the day's plan, as the PWA decides it without network."""
    inner = hashlib.sha256(token.encode()).digest()
    return b64(hashlib.sha256(unb64(code_salt) + inner).digest()) == code_hash


class Record(NamedTuple):
    """What the phone keeps of an event, answered or not."""

    text: str
    seq: int
    made_at: datetime


@dataclass
class Phone:
    """One phone. `place` is where it stands (lat, lon) or None when it finds no position."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    device_id: str = ""
    token: str = ""
    anchor: str | None = None
    caregiver: dict[str, Any] = field(default_factory=dict)
    provider: dict[str, Any] = field(default_factory=dict)
    place: tuple[float, float] | None = None
    accuracy_m: float = 15.0
    clock_error: timedelta = timedelta()
    app_version: str = "test-1"
    seq: int = 0
    prev: str | None = None
    sent: list[str] = field(default_factory=list)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    proofs: dict[str, list[str]] = field(default_factory=dict)  # every receipt ever got, by event id
    epoch: str | None = None
    heard: int | None = None
    records: dict[str, Record] = field(default_factory=dict)  # in the order in which they were made
    _again: set[str] = field(default_factory=set)  # events that the server may have forgotten
    _accepted: int = 0  # the highest number that a receipt accepts
    _anchored_at: datetime | None = None

    @classmethod
    async def enrol(cls, client: httpx.AsyncClient, secret: str, **fields: Any) -> Phone:
        """A new phone that has redeemed a ticket. Its cookie leaves the client's jar, which several phones share."""
        phone = cls(**fields)
        answer = await client.post("/api/v1/enrolments/redeem", json=phone.redemption(secret))
        assert answer.status_code == 201, answer.text
        client.cookies.delete(COOKIE)
        phone.learn(answer.json())
        phone.hear(answer.headers.get(EPOCH))
        return phone

    def redemption(self, secret: str, *, proof_secret: str | None = None, **fields: Any) -> dict[str, Any]:
        """The body of `POST /enrolments/redeem`."""
        proof = {"secret": secret if proof_secret is None else proof_secret}
        return {
            "secret": secret,
            "public_key": self.jwk(),
            "proof": self.sign(proof, {"alg": "ES256", "typ": "enrol+jws"}),
            "platform": "test",
            "app_version": self.app_version,
            **fields,
        }

    def learn(self, enrolment: Mapping[str, Any]) -> None:
        """Takes over the answer to the redemption."""
        self.device_id, self.token = enrolment["device_id"], enrolment["token"]
        self.caregiver, self.provider = enrolment["caregiver"], enrolment["provider"]
        self.take_anchor(enrolment["anchor"])

    @property
    def headers(self) -> dict[str, str]:
        """How the phone's own requests (`/door/…`) say who it is."""
        return {"Authorization": f"Bearer {self.token}"}

    def jwk(self) -> dict[str, str]:
        """The public key."""
        numbers = self.key.public_key().public_numbers()
        x, y = (b64(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def point(self) -> bytes:
        """The public key as the server stores it."""
        numbers = self.key.public_key().public_numbers()
        return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def take_anchor(self, anchor: str) -> None:
        """Keeps the last signed server time, and from when on the monotonic clock counts."""
        self.anchor, self._anchored_at = anchor, clock.now()

    def reboot(self) -> None:
        """The monotonic clock starts again: elapsed time since the anchor is no longer known."""
        self._anchored_at = None

    def sign(self, payload: Any, header: Mapping[str, Any] | None = None) -> str:
        """A compact JWS (ES256) over any payload; `header` replaces the one of a check event."""
        head = header or {"alg": "ES256", "kid": self.device_id, "typ": "checkin+jws"}
        body = payload if isinstance(payload, bytes) else _json(payload)
        text = f"{b64(_json(head))}.{b64(body)}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def payload(self, kind: Kind, **fields: Any) -> dict[str, Any]:
        """All fields of the contract, with what a well-behaved phone would say; `fields` replace or add."""
        since = self._anchored_at
        lat, lon = self.place or (None, None)
        position = {"lat": lat, "lon": lon, "accuracy_m": self.accuracy_m, "age_ms": 1000}
        capture = "camera" if fields.get("token") else "typed" if fields.get("short_code") else None
        return {
            "event_id": new_event_id(),
            "kind": kind,
            "visit_id": None,
            "elder_ids": [],
            "token": None,
            "short_code": None,
            "capture": capture,
            "claimed_at": rfc3339(clock.now() + self.clock_error),
            "anchor": self.anchor,
            "elapsed_ms": None if since is None else int((clock.now() - since) / timedelta(milliseconds=1)),
            "position": position if self.place else None,
            "position_error": None if self.place else "unavailable",
            "service_type": None,
            "content": None,
            "tasks": [],
            "acknowledged": [],
            "reason": None,
            "note": None,
            "photos": [],
            "annuls": None,
            "app_version": self.app_version,
            "seq": self.seq + 1,
            "prev": self.prev,
            **fields,
        }

    def event(self, kind: Kind, **fields: Any) -> str:
        """A signed event; the chain moves on. Ids may be UUIDs. To fork or break the chain set `seq` and `prev`."""
        payload = self.payload(kind, **fields)
        text = self.sign(payload)
        self.records[str(payload["event_id"])] = Record(text, payload["seq"], clock.now())
        self.seq, self.prev = self.seq + 1, b64(hashlib.sha256(text.encode()).digest())
        return text

    async def post(self, client: httpx.AsyncClient, events: Sequence[str]) -> httpx.Response:
        """The bare answer of `POST /checkins`."""
        return await client.post("/api/v1/checkins", json={"events": list(events)})

    async def send(self, client: httpx.AsyncClient, events: Sequence[str] | str) -> list[dict[str, Any]]:
        """Sends events (one text or several), keeps their receipts by event id, gives the items in the same order."""
        batch = [events] if isinstance(events, str) else list(events)
        answer = await self.post(client, batch)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.sent += batch
        self.take_anchor(body["anchor"])
        for item in body["receipts"]:
            if item["event_id"]:
                self._keep(item)
        self.hear(body["epoch"], body["heard"])
        return body["receipts"]

    def _keep(self, item: dict[str, Any]) -> None:
        """A receipt takes a record out of the queue; those that it had before stay beside it, as proof."""
        id = item["event_id"]
        self.receipts[id] = item
        self._again.discard(id)
        if id in self.records and item["verdict"] != "refused":
            self._accepted = max(self._accepted, self.records[id].seq)
        proofs = self.proofs.setdefault(id, [])
        if item["receipt"] not in proofs:
            proofs.append(item["receipt"])

    def hear(self, epoch: str | None, heard: Mapping[str, Any] | None = None) -> None:
        """The rule after a restore: in another epoch everything that was answered in the last 60 days goes again; in
        the same one, what lies above the highest number that the server knows, if a receipt says that it was there.
        """
        if epoch is not None:
            if self.epoch not in (None, epoch):
                self._again |= self._answered(above=0)
            self.epoch = epoch
        if heard is not None:
            self.heard = heard["seq"]
            if (self.heard or 0) < self._accepted:
                self._again |= self._answered(above=self.heard or 0)

    def _answered(self, *, above: int) -> set[str]:
        since = clock.now() - KEPT
        return {
            id
            for id, record in self.records.items()
            if id in self.receipts and record.seq > above and record.made_at > since
        }

    def to_send_again(self) -> list[str]:
        """What the server may have forgotten, oldest first, the same bytes as before; until each is answered anew."""
        return [record.text for id, record in self.records.items() if id in self._again]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str).encode()
