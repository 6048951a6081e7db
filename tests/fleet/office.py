"""The office of the fleet: it edits while phones are away, replaces and revokes phones, by the server's routes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx

from doorstep.core import clock
from doorstep.core.ids import uuid7
from fleet.city import Carer, City, new_key
from fleet.network import Network
from fleet.phone import FleetPhone
from fleet.truth import Call, Plan
from support.phone import Phone


class Office:
    """One dispatcher. Its book has versions; a phone knows the book as of its last contact."""

    def __init__(self, city: City, network: Network, dsn: str) -> None:
        self.city, self.network, self.dice, self._dsn = city, network, city.dice, dsn
        self.version = 0
        self.refused: list[str] = []

    async def _call(self, method: str, path: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.city.office_token}"}
        return await self.network.call(method, f"/api/v1{path}", clock.now(), headers=headers, json=body)

    def _done(self, answer: httpx.Response, *expected: str) -> bool:
        """The server may say no, in the ways it is meant to."""
        if answer.is_success:
            return True
        code = answer.json().get("code")
        if code not in expected:
            raise RuntimeError(f"the office was answered {answer.status_code} {answer.text}")
        return False

    def _write(self, call: Call, plan: Plan) -> None:
        self.version += 1
        call.plans.append((self.version, plan))

    async def edit_day(self, day: date) -> None:
        """Edits of one day's calls: some of them lie ahead, some are being served somewhere without a network."""
        for call in list(self.city.truth.by_day.get(day, [])):
            plan = call.plan
            if call.visit is None or plan is None or plan.cancelled or plan.gone:
                continue
            if self.dice.strikes("reassigned"):
                await self._reassign(call, plan)
            elif self.dice.strikes("cancelled"):
                await self._cancel(call, plan)
            elif self.dice.strikes("moved"):
                await self._move(call, plan, day)
            elif self.dice.strikes("suspended"):
                await self._suspend(call, day)

    async def _reassign(self, call: Call, plan: Plan) -> None:
        others = [carer for carer in self.city.carers if carer not in plan.assigned]
        chosen = frozenset(self.dice.rng.sample(others, call.carers))
        body = {"caregiver_ids": _texts(chosen), "anyway": True}
        answer = await self._call("PUT", f"/visits/{call.visit}/caregivers", body)
        if self._done(answer, "VISIT_CLOSED", "CAREGIVER_UNSUITABLE"):
            self._write(call, Plan(chosen))

    async def _cancel(self, call: Call, plan: Plan) -> bool:
        answer = await self._call("POST", f"/visits/{call.visit}/cancel", {"reason": "老人不需要"})
        if not self._done(answer, "VISIT_NOT_OPEN"):
            return False
        self._write(call, Plan(plan.assigned, cancelled=True))
        return True

    async def _move(self, call: Call, plan: Plan, day: date) -> None:
        """There is no moving: the old visit is cancelled and another one ordered."""
        if not await self._cancel(call, plan):
            return
        start = call.start + timedelta(minutes=self.dice.rng.choice((90, 120, 180)))
        body = {
            "elder_id": str(call.elder),
            "service_type": call.service_type,
            "content": call.content,
            "window_start": (start - timedelta(minutes=30)).isoformat(),
            "window_end": (start + timedelta(minutes=60)).isoformat(),
            "caregiver_ids": _texts(plan.assigned),
            "reason": "改时间",
            "anyway": True,
        }
        answer = await self._call("POST", "/visits", body)
        if self._done(answer, "CAREGIVER_UNSUITABLE"):
            visit = UUID(answer.json()["visits"][0]["id"])
            moved = Call(call.elder, call.home, start, visit, call.service_type, call.content, call.carers)
            self._write(moved, Plan(plan.assigned))
            call.moved_to = moved
            self.city.truth.add(moved, day)

    async def _suspend(self, call: Call, day: date) -> None:
        """The elder's plan pauses for two days: a fact that the office learns of, not a route."""
        db = await asyncpg.connect(self._dsn)
        try:
            await db.execute(
                "INSERT INTO plan_state (id, plan, state, valid_from, valid_to, recorded_at) "
                "VALUES ($1, $2, 'suspended', $3, $4, $5)",
                uuid7(), self.city.plans[call.elder], day, day + timedelta(days=2), clock.now(),
            )  # fmt: skip
        finally:
            await db.close()
        for other in self.city.truth.calls:
            if other.elder == call.elder:
                other.suspended = True

    async def revoke(self, carer: Carer) -> None:
        """The phone is not to be believed any more; who holds it does not know yet."""
        answer = await self._call("POST", f"/devices/{carer.phone.wire.device_id}/revoke", {"reason": "手机丢失"})
        self._done(answer)
        carer.phone.revoked = True

    async def enrol(self, carer: Carer) -> None:
        """Another phone for a caregiver. The old one is revoked by this, and keeps what it has not sent."""
        answer = await self._call("POST", "/enrolments", {"caregiver_id": str(carer.id)})
        self._done(answer)
        wire = Phone(key=new_key(self.dice.rng))
        redemption = wire.redemption(answer.json()["secret"])
        now = clock.now()
        answer = await self.network.call("POST", "/api/v1/enrolments/redeem", now, json=redemption)
        self.network.http.cookies.clear()
        self._done(answer)
        carer.phone.revoked = True
        fresh = FleetPhone(wire=wire, drift=self.dice.rng.uniform(-0.0004, 0.0004))
        wire.learn(answer.json())
        fresh.take_anchor(wire.anchor, now)
        self.city.phones.append(fresh)
        carer.phone = carer.hand = fresh

    def forget_since(self, version: int, now: datetime) -> None:
        """A backup was restored: the book is again what it was at that version."""
        del now
        for call in self.city.truth.calls:
            if call.plans and call.plans[-1][0] > version:
                before = call.as_of(version)
                self._write(call, before or Plan(frozenset(), gone=True))


def _texts(ids: frozenset[UUID]) -> list[str]:
    return sorted(str(id) for id in ids)
