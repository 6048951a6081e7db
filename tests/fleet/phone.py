"""A phone of the fleet: what survives a crash, what does not, and the drainer, as the app on a real phone has them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from support.phone import Kind, Phone, b64, claims, rfc3339

BATCH = 100
KEPT = timedelta(days=60)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 900.0


@dataclass
class Record:
    """A stored event with the receipts that the phone got for it: several when a server had forgotten it."""

    text: str
    event_id: str
    stored_at: datetime
    receipts: list[str] = field(default_factory=list)
    verdict: str = ""

    @property
    def hash(self) -> bytes:
        """What chains and receipts name."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(eq=False)
class FleetPhone:
    """Durable: the wire's key, anchor, chain head; records, queue, epoch. Volatile: the rest."""

    wire: Phone
    drift: float = 0.0
    records: dict[str, Record] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    epoch: str | None = None
    clock_error: timedelta = timedelta()
    offline_until: datetime | None = None
    revoked: bool = False
    # Volatile.
    anchored_at: datetime | None = None
    failures: int = 0
    next_try: datetime | None = None

    def online(self, now: datetime) -> bool:
        """Whether it has a network."""
        return self.offline_until is None or now >= self.offline_until

    def restart(self) -> None:
        """The app or the phone starts again: what was not stored is gone, the monotonic clock knows nothing."""
        self.anchored_at, self.failures, self.next_try = None, 0, None

    def draft(self, rng: random.Random, now: datetime, kind: Kind, **fields: Any) -> Record:
        """A signed event that is not stored yet."""
        elapsed = None if self.anchored_at is None else (now - self.anchored_at) * (1 + self.drift)
        payload = self.wire.payload(
            kind,
            **{
                "event_id": _event_id(rng, now),
                "claimed_at": rfc3339(now + self.clock_error),
                "elapsed_ms": None if elapsed is None else int(elapsed / timedelta(milliseconds=1)),
                **fields,
            },
        )
        return Record(self.wire.sign(payload), payload["event_id"], now)

    def store(self, record: Record) -> None:
        """One durable transaction: the record, its place in the queue and the head of the chain."""
        self.records[record.event_id] = record
        self.waiting.append(record.event_id)
        self.wire.seq += 1
        self.wire.prev = b64(record.hash)

    def due(self, now: datetime) -> bool:
        """Whether it would send now."""
        return bool(self.waiting) and self.online(now) and (self.next_try is None or self.next_try <= now)

    def batch(self) -> list[Record]:
        """What goes out next, oldest first."""
        return [self.records[id] for id in self.waiting[:BATCH]]

    def failed(self, rng: random.Random, now: datetime) -> None:
        """No answer: everything is kept, the next try comes later, with jitter."""
        pause = min(FIRST_PAUSE * 2**self.failures, LONGEST_PAUSE) * rng.uniform(0.5, 1.5)
        self.failures = min(self.failures + 1, 12)
        self.next_try = now + timedelta(seconds=pause)

    def take_anchor(self, anchor: str | None, now: datetime) -> None:
        """Keeps the newest signed time."""
        if anchor:
            self.wire.anchor, self.anchored_at = anchor, now

    def take(self, sent: Sequence[Record], answers: Sequence[dict[str, Any]]) -> None:
        """Stores receipts; each names its event by the hash. Only a receipt takes a record out of the queue."""
        mine = {b64(record.hash): record for record in sent}
        done = set()
        for answer in answers:
            record = mine.get(claims(answer["receipt"])["event_hash"])
            if record is None:
                continue
            if answer["receipt"] not in record.receipts:
                record.receipts.append(answer["receipt"])
            record.verdict = answer["verdict"]
            done.add(record.event_id)
        self.waiting = [id for id in self.waiting if id not in done]
        self.failures, self.next_try = 0, None

    def learn_epoch(self, epoch: str | None, now: datetime) -> bool:
        """A server with another epoch has forgotten something: all that was answered in the last 60 days goes again.

        Refused records too: the server keeps them as the office's only copy.
        """
        if epoch is None or epoch == self.epoch:
            return False
        self.epoch = epoch
        again = [
            record.event_id for record in self.records.values() if record.receipts and now - record.stored_at <= KEPT
        ]
        if not again:
            return False
        self.waiting = again + [id for id in self.waiting if id not in set(again)]
        return True


def _event_id(rng: random.Random, now: datetime) -> str:
    value = int(now.timestamp() * 1000) << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=value & ~(0x3 << 62) | 0x2 << 62))
