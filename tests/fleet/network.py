"""Between the phones and the server: requests are lost, answers are lost, copies arrive twice, at once and late."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from fleet.faults import Dice
from fleet.phone import FleetPhone, Record
from fleet.server import DEATHS, DIE, NOW

PATH = "/api/v1/checkins"


@dataclass
class Parcel:
    """One request under way; all that will happen to it is drawn before it is sent."""

    phone: FleetPhone
    records: list[Record]
    copies: int = 1
    lost: bool = False
    answer_lost: bool = False
    die: str | None = None
    answer: httpx.Response | None = None

    @property
    def texts(self) -> list[str]:
        """The body."""
        return [record.text for record in self.records]


class Network:
    """Sends parcels; keeps copies that arrive later."""

    def __init__(self, dice: Dice, url: str) -> None:
        self.dice, self.url = dice, url
        self.late: list[tuple[datetime, list[str]]] = []
        self.requests = 0
        self._http: httpx.AsyncClient | None = None

    @property
    def http(self) -> httpx.AsyncClient:
        """The connections to the server as it runs now."""
        if self._http is None:
            self._http = httpx.AsyncClient(base_url=self.url, timeout=120, limits=httpx.Limits(max_connections=16))
        return self._http

    async def hang_up(self) -> None:
        """Closes all connections: the server is gone, or the run is over."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def call(self, method: str, path: str, now: datetime, **arguments: Any) -> httpx.Response:
        """Any other request, at a moment of the run's time; no fault strikes it."""
        headers = {NOW: now.isoformat(), **arguments.pop("headers", {})}
        self.requests += 1
        return await self.http.request(method, path, headers=headers, **arguments)

    def parcel(self, phone: FleetPhone, now: datetime) -> Parcel:
        """Takes the next batch of a phone and draws what becomes of it."""
        dice = self.dice
        parcel = Parcel(phone, phone.batch())
        if len(parcel.records) > 1 and dice.strikes("shuffled"):
            dice.rng.shuffle(parcel.records)
        parcel.lost = dice.strikes("lost_request")
        if not parcel.lost:
            parcel.answer_lost = dice.strikes("lost_answer")
            if dice.strikes("repeated"):
                self.late.append((now, parcel.texts))
            if dice.strikes("twice_at_once"):
                parcel.copies = 2
        if dice.strikes("late_copy"):
            self.late.append((now + dice.span(1, 60 * 30), parcel.texts))
        return parcel

    def mark_death(self, parcels: Sequence[Parcel]) -> bool:
        """The server is to die at one of these; False if none of them reaches it."""
        reaching = [parcel for parcel in parcels if not parcel.lost]
        if not reaching:
            return False
        chosen = self.dice.rng.choice(reaching)
        chosen.die = self.dice.rng.choice(DEATHS)
        self.dice.counts[f"killed_{chosen.die}"] += 1
        return True

    async def carry(self, parcels: Sequence[Parcel], now: datetime) -> None:
        """Sends all at once; a parcel without an answer was lost somewhere."""
        await asyncio.gather(*(self._one(parcel, now) for parcel in parcels if not parcel.lost))

    async def _one(self, parcel: Parcel, now: datetime) -> None:
        answers = await asyncio.gather(*(self._post(parcel.texts, now, parcel.die) for _ in range(parcel.copies)))
        if not parcel.answer_lost:
            parcel.answer = next((answer for answer in answers if answer is not None), None)

    async def _post(self, texts: Sequence[str], now: datetime, die: str | None) -> httpx.Response | None:
        headers = {NOW: now.isoformat(), **({DIE: die} if die else {})}
        self.requests += 1
        try:
            return await self.http.post(PATH, json={"events": texts}, headers=headers)
        except httpx.HTTPError:
            return None

    async def deliver_all(self, now: datetime) -> None:
        """Every copy that is still under way arrives now."""
        self.late = [(now, texts) for _, texts in self.late]
        await self.deliver_late(now)

    async def deliver_late(self, now: datetime) -> None:
        """Copies whose time has come arrive; nobody waits for their answers."""
        due = [texts for at, texts in self.late if at <= now]
        self.late = [(at, texts) for at, texts in self.late if at > now]
        for texts in due:
            await self._post(texts, now, None)
