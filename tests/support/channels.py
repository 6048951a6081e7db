"""Channels that a test holds in its hands: who can be pushed to, what is answered, what the gateway got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.reminders.ports import Message, Sender, Sent, Target

Answer = Callable[[Message], "Sent | None"]


def accepted(message: Message) -> Sent:
    """What a push service says that took it."""
    return Sent(reminder_id=message.reminder_id, subscription_id=message.target.id, outcome="accepted", status=201)


class Hands:
    """The port of the worker. `answer` None for a message: the service hangs until the end of the test."""

    def __init__(self, *, has_gateway: bool = False) -> None:
        self.has_gateway = has_gateway
        self.subscribed: dict[UUID, list[Target]] = {}
        self.answer: Answer = accepted
        self.messages: list[Message] = []
        self.texts: list[UUID] = []
        self.applied: list[Sent] = []

    @property
    def sender(self) -> Sender:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def subscribe(self, person: UUID, *, rests_until: datetime | None = None) -> Target:
        target = Target(
            id=uuid7(),
            person=person,
            endpoint="https://push.example/x",
            host="push.example",
            p256dh=b"",
            auth=b"",
            key_id="k",
            rests_until=rests_until,
        )
        self.subscribed.setdefault(person, []).append(target)
        return target

    async def targets(self, actor: Actor, persons: Collection[UUID]) -> Mapping[UUID, Sequence[Target]]:
        return {person: self.subscribed[person] for person in persons if person in self.subscribed}

    async def apply(self, actor: Actor, results: Sequence[Sent]) -> None:
        self.applied += results

    async def enqueue(self, actor: Actor, reminders: Collection[UUID]) -> None:
        self.texts += reminders

    async def deliver(self) -> int:
        return 0

    async def send(self, messages: Sequence[Message]) -> AsyncIterator[Sent]:
        hanging = False
        for message in messages:
            self.messages.append(message)
            sent = self.answer(message)
            if sent is None:
                hanging = True
            else:
                yield sent
        if hanging:
            await asyncio.Event().wait()

    def payloads(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(message.payload) for message in self.messages]

    def kinds(self) -> list[str]:
        """What was pushed since the last time that somebody asked."""
        kinds = [payload["kind"] for payload in self.payloads()]
        self.messages.clear()
        return kinds


async def ledger(**where: Any) -> list[dict[str, Any]]:
    """Rows of the ledger in the order of their making."""
    rows = [dict(row) for row in await fetch("SELECT * FROM reminder ORDER BY created_at, thing, occasion")]
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


async def states(visit: UUID) -> dict[str, str]:
    """Kind and state of a visit's reminders; of several of a kind the last."""
    return {row["kind"]: row["state"] for row in await ledger(visit=visit)}
