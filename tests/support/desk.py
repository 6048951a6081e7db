"""Words that tests of the dispatcher's work share."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx

from doorstep.core import clock
from doorstep.db.engine import fetch
from support.sign_in import sign_in
from support.world import World

TODAY = clock.today()


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """An hour of the clock on the wall, so many days from today."""
    return clock.at(TODAY + timedelta(days=days), time(hour, minute))


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


@dataclass
class Desk:
    """A dispatcher over HTTP."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    @classmethod
    async def open(cls, client: httpx.AsyncClient, world: World, role: str = "dispatcher") -> "Desk":
        return cls(client, await sign_in(world, role))

    async def ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        return await self.client.request(method, f"/api/v1{path}", json=body or None, headers=self.headers)

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def done(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.ask(method, path, **body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def send(self, visit: UUID, *who: UUID, **more: Any) -> httpx.Response:
        return await self.ask("PUT", f"/visits/{visit}/caregivers", caregiver_ids=[str(one) for one in who], **more)

    async def move(self, visit: UUID, start: datetime, minutes: int = 60, **more: Any) -> httpx.Response:
        end = start + timedelta(minutes=minutes)
        body = {"window_start": start.isoformat(), "window_end": end.isoformat(), "reason": "家属要求", **more}
        return await self.ask("PUT", f"/visits/{visit}/window", **body)

    async def undo(self, action: str) -> httpx.Response:
        return await self.ask("POST", f"/actions/{action}/undo")

    async def foreseen(self, *changes: dict[str, Any]) -> dict[str, list[str]]:
        """Codes by visit."""
        answer = await self.done("POST", "/visits/preview", changes=list(changes))
        return {one["visit_id"]: [each["code"] for each in one["conflicts"]] for one in answer["visits"]}


async def stands(visit: UUID) -> tuple[str, datetime, list[UUID]]:
    """State, beginning of the window, and who is to go."""
    [row] = await fetch("SELECT op_state, window_start FROM visit WHERE id = $1", visit)
    who = await fetch("SELECT caregiver FROM assignment WHERE visit = $1 AND ended_at IS NULL", visit)
    return row["op_state"], row["window_start"], sorted(one["caregiver"] for one in who)


async def told(subject: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Kinds and data of what was told of something."""
    rows = await fetch("SELECT kind, data FROM change WHERE subject = $1 ORDER BY id", subject)
    return [(row["kind"], json.loads(row["data"])) for row in rows]
