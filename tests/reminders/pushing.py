"""Words of the tests of push: a message and its answer, a subscription over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import push, vapid
from doorstep.reminders.gateway import Sender
from doorstep.reminders.ports import Message, Sent, Target
from doorstep.settings import Settings
from support.push_browser import Browser

HOUR = 3600


def message(settings: Settings, browser: Browser, payload: bytes = b'{"v":1}', **values: Any) -> Message:
    key = vapid.read(settings)
    assert key is not None
    target = Target(
        id=uuid7(), person=uuid7(), endpoint=browser.endpoint, host="h", p256dh=browser.p256dh, auth=browser.auth,
        key_id=key.id, failures=values.pop("failures", 0),
    )  # fmt: skip
    return Message(
        reminder_id=uuid7(),
        target=target,
        payload=payload,
        **{"ttl_s": HOUR, "urgent": True, "topic": "a" * 32, **values},
    )


async def send(sender: Sender, *messages: Message) -> list[Sent]:
    """The answers in the order of the messages."""
    found = [sent async for sent in sender.send(messages)]
    assert len(found) == len(messages)
    by_reminder = {sent.reminder_id: sent for sent in found}
    return [by_reminder[one.reminder_id] for one in messages]


async def put(client: httpx.AsyncClient, header: dict[str, str], browser: Browser, path: str = "/door/push") -> Any:
    answer = await client.put(f"/api/v1{path}", json=browser.subscription, headers=header)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def state(client: httpx.AsyncClient, header: dict[str, str], path: str = "/door/push") -> Any:
    return (await client.get(f"/api/v1{path}", headers=header)).json()


async def stored(*columns: str) -> list[Any]:
    rows = await fetch(f"SELECT {', '.join(columns)} FROM push_subscription ORDER BY id")
    return [row[0] if len(columns) == 1 else tuple(row) for row in rows]


async def asked(settings: Settings, person: UUID) -> list[str]:
    found = await push.targets(SYSTEM, [person], await vapid.current(settings))
    return [target.endpoint for target in found.get(person, ())]
