"""A family's device that uses a link or code, and what it sees afterwards."""

from datetime import date, timedelta
from typing import Any

import httpx

from doorstep.core import clock

SITE = {"Origin": "https://dj.example.cn"}
REDEEM = "/api/v1/family/redeem"
COOKIE = "doorstep_family"


def signed(**values: Any) -> dict[str, Any]:
    """A consent of today as the office sends it; what is given replaces."""
    today = clock.today().isoformat()
    return {"purpose": "family_view", "given_by": "self", "given_on": today, "text_version": "2026-11", **values}


def on(offset: int) -> date:
    """So many days from today."""
    return clock.today() + timedelta(days=offset)


def secret_of(invite: dict[str, Any]) -> dict[str, str]:
    """What is in the link."""
    return {"secret": invite["url"].rsplit("/", 1)[1]}


async def redeem(client: httpx.AsyncClient, body: dict[str, Any], cookie: str | None = None) -> httpx.Response:
    """As a browser that has this cookie, or none."""
    client.cookies.clear()
    headers = {**SITE, **({"Cookie": f"{COOKIE}={cookie}"} if cookie else {})}
    answer = await client.post(REDEEM, headers=headers, json=body)
    client.cookies.clear()
    return answer


async def refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """It cannot be used, and which of the reasons it is stays unsaid."""
    answer = await redeem(client, body)
    assert (answer.status_code, answer.json()["code"]) == (410, "INVITE_INVALID")
    assert COOKIE not in answer.cookies


async def elders(client: httpx.AsyncClient, token: str) -> list[str]:
    """Whom a session sees."""
    answer = await client.get("/api/v1/family/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["elders"]]
