"""The fleet's phones keep the rules that real ones keep, otherwise they prove nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from fleet.phone import FleetPhone
from support.phone import Phone, claims

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _phone() -> FleetPhone:
    return FleetPhone(wire=Phone(device_id=str(uuid4())))


def test_a_crash_before_the_store_leaves_no_trace() -> None:
    phone, rng = _phone(), random.Random(1)
    phone.draft(rng, NOW, "check_in")
    phone.restart()
    stored = phone.draft(rng, NOW, "check_in")
    phone.store(stored)
    following = phone.draft(rng, NOW, "check_out")
    assert claims(stored.text)["seq"] == 1
    assert claims(following.text)["seq"] == 2
    assert phone.waiting == [stored.event_id]


def test_the_monotonic_clock_counts_from_the_anchor_and_not_across_a_restart() -> None:
    phone, rng = _phone(), random.Random(1)
    phone.take_anchor("anchor", NOW)
    assert claims(phone.draft(rng, NOW + timedelta(hours=1), "check_in").text)["elapsed_ms"] == 3_600_000
    phone.restart()
    after = claims(phone.draft(rng, NOW + timedelta(hours=2), "check_in").text)
    assert (after["elapsed_ms"], after["anchor"]) == (None, "anchor")


def test_a_failure_is_followed_by_longer_and_longer_pauses() -> None:
    phone, rng = _phone(), random.Random(1)
    phone.store(phone.draft(rng, NOW, "check_in"))
    pauses = []
    for _ in range(12):
        phone.failed(rng, NOW)
        assert phone.next_try is not None
        pauses.append((phone.next_try - NOW).total_seconds())
    assert pauses[0] < 10
    assert 400 < pauses[-1] < 1400
    assert not phone.due(NOW)
    assert len(phone.waiting) == 1


def test_another_epoch_sends_what_was_answered_in_sixty_days_again() -> None:
    phone, rng = _phone(), random.Random(1)
    old, young, waiting = (phone.draft(rng, NOW + timedelta(days=n), "check_in") for n in (0, 30, 70))
    for record in (old, young, waiting):
        phone.store(record)
    assert not phone.learn_epoch("1", NOW)
    for record in (old, young):
        record.receipts.append("receipt")
    phone.waiting = [waiting.event_id]
    assert not phone.learn_epoch(None, NOW)
    assert phone.learn_epoch("2", NOW + timedelta(days=70))
    assert phone.waiting == [young.event_id, waiting.event_id]
