"""Invariants after any day: phones do anything in any order, send it torn, repeated, shuffled. Seeds replay it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.checkins import attendance, presence
from doorstep.checkins.wire import CheckPayload, Kind
from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from support.door import DONE, standing_clock
from support.phone import Phone, claims
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import print_code

FAR = (HOME[0] + 0.05, HOME[1])


class Day:
    """Two phones, two homes, six visits, and a random number generator that decides everything."""

    def __init__(self, seed: int, client: httpx.AsyncClient, world: World) -> None:
        self.rng, self.client, self.world = random.Random(seed), client, world
        self.phones: list[Phone] = []
        self.visits: list[tuple[UUID, UUID, str]] = []
        self.tokens: dict[str, UUID] = {}
        self.waiting: dict[str, list[str]] = {}
        self.answers: dict[str, dict[str, Any]] = {}

    async def prepare(self) -> None:
        world = self.world
        self.phones = [await phone_of(carer, place=HOME) for carer in (world.caregiver, world.colleague)]
        home, couple = await print_code(world.home), await print_code(world.couple_home)
        old = await print_code(world.home, revoked=True, seed=9)
        self.old = old.token
        for elder, card in ((world.elder, home), (world.husband, couple), (world.wife, couple)):
            item = await world.add_plan_item(elder)
            for ordinal, carers in ((1, [world.caregiver]), (2, [world.caregiver, world.colleague])):
                visit = await world.add_visit(
                    elder, plan_item=item, ordinal=ordinal, caregivers=carers, carers_needed=len(carers), minutes=300
                )
                self.visits.append((visit, elder, card.token))

    def act(self) -> None:
        """One thing that a caregiver does."""
        phone = self.rng.choice(self.phones)
        visit, elder, token = self.rng.choice(self.visits)
        phone.place = self.rng.choice([HOME, HOME, HOME, FAR, None])
        token = self.rng.choice([token, token, token, self.old, self.visits[0][2], None])
        kind = self.rng.choice(["check_in", "check_in", "check_out", "check_out", "not_served", "annul"])
        fields: dict[str, Any] = {"visit_id": visit, "elder_ids": [elder], "token": token}
        if kind == "check_out":
            fields |= DONE
        if kind == "not_served":
            fields["reason"] = "no_answer"
        if kind == "annul":
            mine = [claims(text)["event_id"] for text in [*phone.sent, *self.waiting.get(phone.device_id, [])]]
            fields = {"annuls": self.rng.choice(mine or [str(uuid7())]), "reason": "mistake"}
        self.waiting.setdefault(phone.device_id, []).append(phone.event(kind, **fields))  # pyright: ignore[reportArgumentType]

    async def send(self) -> None:
        """Some of what waits goes out: shuffled, with repeats, sometimes of both phones in one request."""
        for phone in self.phones:
            batch = self.waiting.pop(phone.device_id, [])
            if not batch:
                continue
            batch = batch + self.rng.sample(phone.sent, min(2, len(phone.sent)))
            self.rng.shuffle(batch)
            for answer in await phone.send(self.client, batch):
                known = self.answers.setdefault(answer["event_id"], answer)
                assert known == answer, "the same event got another answer"


@pytest.mark.parametrize("seed", range(12))
async def test_any_day_keeps_the_invariants(seed: int, client: httpx.AsyncClient, world: World) -> None:
    day = Day(seed, client, world)
    with standing_clock() as hands:
        await day.prepare()
        for _ in range(40):
            day.act()
            hands.move(seconds=day.rng.choice([5, 60, 600]))
            if day.rng.random() < 0.4:
                await day.send()
        await day.send()
    accepted = {id for id, answer in day.answers.items() if answer["verdict"] != "refused"}
    stored = {str(row["id"]) for row in await fetch("SELECT id FROM check_event")}
    assert stored == accepted, "each accepted event is one row, and nothing else is"
    await visits_are_sound()
    await evidence_is_sound(day)


async def visits_are_sound() -> None:
    """The three axes of c.3 to c.5 agree with each other and with the findings."""
    rows = await fetch(
        """
        SELECT v.*, h.held, h.held - h.answerable AS certain FROM visit v CROSS JOIN LATERAL (
          SELECT count(*) AS held, count(*) FILTER (WHERE f.code = ANY($1)) AS answerable
          FROM finding f WHERE f.visit = v.id AND f.severity = 'hold'
            AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = f.event)) h
        """,
        ["NOT_CHECKED_IN", "ALREADY_IN_PROGRESS", *attendance.OF_THE_END],
    )
    for row in rows:
        assert row["certain"] <= row["holds"] <= row["held"]
        assert (row["ended_at"] is None) or row["ended_at"] >= row["started_at"]
        assert (row["op_state"] == "completed") == (row["verify_state"] in ("auto_verified", "needs_review"))
        if row["verify_state"] == "auto_verified":
            assert (row["grade"], row["holds"], row["settle_state"]) == ("A", 0, "unsettled")
        if row["verify_state"] == "needs_review":
            assert row["settle_state"] == "held"
        if row["op_state"] in ("in_progress", "completed"):
            assert row["started_at"] is not None
        if row["op_state"] in ("planned", "assigned"):
            assert row["started_at"] is None


async def evidence_is_sound(day: Day) -> None:
    """A replaced code never passes, a code of one home never opens another's visit unseen, no overlap is overlooked."""
    passed = await fetch(
        """
        SELECT v.id FROM visit v JOIN event_visit ev ON ev.visit = v.id JOIN check_event e ON e.id = ev.event
        LEFT JOIN household_code c ON c.household = e.household
        WHERE v.verify_state = 'auto_verified' AND ev.effect IN ('opened', 'closed')
          AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id)
          AND (e.household IS DISTINCT FROM v.household OR 'TOKEN_REVOKED' = ANY(e.codes) OR e.capture <> 'camera')
        """
    )
    assert passed == []
    overlooked = await fetch(
        """
        WITH was AS (
          SELECT DISTINCT e.caregiver, v.id, v.household, v.started_at, v.ended_at FROM visit v
          JOIN event_visit ev ON ev.visit = v.id AND ev.effect = 'opened' JOIN check_event e ON e.id = ev.event
          WHERE v.op_state = 'completed' AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id))
        SELECT a.id, b.id FROM was a JOIN was b ON a.caregiver = b.caregiver AND a.household <> b.household
          AND a.id < b.id AND a.started_at < b.ended_at AND b.started_at < a.ended_at
        WHERE NOT EXISTS (SELECT FROM finding f WHERE f.code = 'OVERLAP' AND f.visit IN (a.id, b.id))
        """
    )
    assert overlooked == []


@given(
    claimed=st.floats(-4e8, 4e8),
    anchor=st.none() | st.floats(-1000, 4e8),
    elapsed=st.none() | st.floats(0, 2_147_483),
)
def test_the_used_time_lies_in_the_proven_bracket(claimed: float, anchor: float | None, elapsed: float | None) -> None:
    now = clock.now()
    payload = CheckPayload(
        event_id=uuid7(),
        kind=Kind.CHECK_IN,
        claimed_at=now + timedelta(seconds=claimed),
        elapsed_ms=None if elapsed is None else int(elapsed * 1000),
        seq=1,
    )
    timing = presence.timing(payload, now, None if anchor is None else now - timedelta(seconds=anchor))
    assert timing.at <= now
    if timing.earliest is not None:
        assert timing.earliest <= timing.at
    off = abs((timing.at - payload.claimed_at).total_seconds())
    if off > presence.SKEW.total_seconds():
        assert {"CLOCK", "CLOCK_FAR"} & {flag.code for flag in timing.flags}
    if timing.grade == "A":
        assert timing.earliest is not None
        assert now - timing.earliest <= presence.ONLINE_WITHIN
