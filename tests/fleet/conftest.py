"""A small truth in which everything agrees: the tests of the judge spoil it in one place each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import jws
from fleet.ledger import Ledger, Link, Standing, Stored
from fleet.phone import FleetPhone, Record
from fleet.truth import Call, Made, Plan, Truth
from fleet.verdict import Verdict, judge
from support.phone import Kind, Phone, b64

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
SERVED = timedelta(minutes=30)


@dataclass
class Case:
    """One call, one caregiver, one phone; served, sent, stored, answered."""

    call: Call
    truth: Truth
    phone: FleetPhone
    ledger: Ledger
    signing: dict[str, Any]

    def judged(self) -> Verdict:
        """The verdict on it as it is now."""
        return judge(self.truth, self.ledger, [self.phone], self.signing)

    def stored(self) -> list[Stored]:
        """The rows, to be spoiled."""
        return list(self.ledger.stored)


@pytest.fixture
def case() -> Case:
    """Everything agrees."""
    carer, device = uuid4(), str(uuid4())
    call = Call(uuid4(), uuid4(), BEGAN, uuid4())
    call.plans.append((0, Plan(frozenset({carer}))))
    truth, phone = Truth(), FleetPhone(wire=Phone(device_id=device))
    truth.add(call, BEGAN.date())
    signer = jws.Signer(ec.generate_private_key(ec.SECP256R1()), "k")
    rows: list[Stored] = []
    links: list[Link] = []
    assert call.visit is not None
    steps: list[tuple[Kind, datetime, str]] = [
        ("check_in", BEGAN, "opened"),
        ("check_out", BEGAN + SERVED, "closed"),
    ]
    for kind, at, effect in steps:
        payload = phone.wire.payload(kind, event_id=str(uuid4()))
        record = Record(phone.wire.sign(payload), payload["event_id"], at)
        phone.store(record)
        truth.stored(Made(record.event_id, record.hash, device, phone.wire.seq, kind, at, carer), call)
        said = {"event_id": record.event_id, "event_hash": b64(record.hash), "device_id": device}
        receipt = signer.sign(said, typ="receipt+jws")
        phone.take([record], [{"receipt": receipt, "verdict": "accepted"}])
        rows.append(Stored(record.event_id, record.hash, False, (), receipt, "accepted", at, at))
        links.append(Link(record.event_id, call.visit, call.elder, effect))
    visits: dict[UUID, Standing] = {call.visit: Standing(call.visit, "completed", BEGAN, BEGAN + SERVED)}
    return Case(call, truth, phone, Ledger(rows, links, visits), {"keys": [signer.jwk()]})
