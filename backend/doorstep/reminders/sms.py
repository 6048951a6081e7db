"""Text messages (SMS, WeCom) handed to the operator's gateway: a queue, signed calls, tried again, dead letters."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound, Problem
from doorstep.core.vault import SealBroken
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM, Actor, Named
from doorstep.reminders import gateway, sending_store, sms_store, texts
from doorstep.reminders.preferences import PRODUCT
from doorstep.reminders.rules_ladder import quiet_until
from doorstep.reminders.sending_store import Tried
from doorstep.reminders.wire_push import DeadLetter, DeadLetters, GatewayText
from doorstep.settings import Settings

log = logging.getLogger("doorstep")

LEASE = timedelta(seconds=60)
BATCH, AT_ONCE = 32, 8
SILENCES = 3
REST = timedelta(seconds=30)
_LIVE = ("planned", "sent")
_BY_DAY = frozenset({"records_waiting", "certificate_ending"})
"""Never sent again at night, however long the gateway was away; the others are about a call that is near."""


class ReminderOver(Problem):
    """The reminder is answered, no longer true or of no more use: its message is not sent again."""

    code = "REMINDER_OVER"


def is_set_up(settings: Settings) -> bool:
    """Whether there is a gateway, and a secret to sign with."""
    return bool(settings.gateway_url and settings.gateway_secret)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the header `Doorstep-Signature` holds: the gateway works out the same and compares."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


async def enqueue(actor: Actor, reminders: Collection[UUID]) -> None:
    """Leaves these to the gateway, inside the current unit of work; twice is once."""
    if reminders:
        await sms_store.enqueue(actor, sorted(reminders), clock.now())


async def deliver(settings: Settings) -> int:
    """One round: claims, calls the gateway, writes down what came of it; answers how many it dealt with.

    A gateway that is silent three times in a row is left alone for half a minute, and nothing is counted against the
    messages that were not tried.
    """
    if not is_set_up(settings):
        return 0
    worker, now = uuid7(), clock.now()
    async with unit_of_work():
        claimed = await sms_store.claim(SYSTEM, worker, now, now + LEASE, BATCH)
    if not claimed:
        return 0
    async with gateway.Webhook(settings.gateway_url) as webhook:
        one_round = _Round(settings, webhook)
        done = await asyncio.gather(*(one_round.deal_with(row) for row in claimed))
    now = clock.now()
    async with unit_of_work():
        ours = await sms_store.settle(SYSTEM, worker, [one.row for one in done], now)
        tried = [one.tried for one in done if one.tried is not None and one.row[0] in ours]
        if tried:
            await sending_store.write_attempts(SYSTEM, tried, now)
    return len(claimed)


class _Done(msgspec.Struct):
    """What came of one message: its new row, and the attempt if there was one."""

    row: Sequence[Any]  # id, state, attempts, next_at, status, detail
    tried: Tried | None = None


class _Round:
    """One round of calls: so many at once, and a memory of silences."""

    def __init__(self, settings: Settings, webhook: gateway.Webhook) -> None:
        self._settings, self._webhook = settings, webhook
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._silences = 0

    async def deal_with(self, row: asyncpg.Record) -> _Done:
        async with self._turn:
            now = clock.now()
            if row["state"] not in _LIVE or row["useless_at"] <= now:
                why = "useless" if row["state"] in _LIVE else row["state"]
                return _Done((row["id"], "dropped", row["attempts"], None, None, why))
            if row["kind"] in _BY_DAY and (until := quiet_until(PRODUCT, now)):
                return _Done((row["id"], "due", row["attempts"], until, None, "quiet"))
            if self._silences >= SILENCES:
                return _Done((row["id"], "due", row["attempts"], now + REST, None, "rests"))
            to = _number(row)
            if to is None:
                tried = Tried(reminder=row["reminder"], channel="gateway", outcome="no_channel", detail="phone")
                return _Done((row["id"], "dead", row["attempts"], None, None, "phone"), tried)
            return await self._call(row, to, now)

    async def _call(self, row: asyncpg.Record, to: str, now: datetime) -> _Done:
        message = GatewayText(
            id=row["reminder"],
            kind=row["kind"],
            to=to,
            text=texts.text(row["kind"], row["occasion"]),
            at=row["occasion"].astimezone(clock.CHINA),
            useless_at=row["useless_at"].astimezone(clock.CHINA),
        )
        body, timestamp = msgspec.json.encode(message), str(int(now.timestamp()))
        signed = {
            "Doorstep-Timestamp": timestamp,
            "Doorstep-Signature": signature(self._settings.gateway_secret, timestamp, body),
        }
        outcome, status, detail = await self._webhook.post(body, signed)
        self._silences = self._silences + 1 if status is None else 0
        attempts, again = row["attempts"] + 1, None
        state = "delivered" if outcome == "accepted" else "due"
        if state == "due":
            again = texts.retry_at(attempts, clock.now())
            state = "due" if again else "dead"
        tried = Tried(
            reminder=row["reminder"], channel="gateway", outcome=outcome, status=status, retry_at=again, detail=detail
        )
        return _Done((row["id"], state, attempts, again, status, detail), tried)


async def dead_letters(actor: Actor) -> DeadLetters:
    """What the gateway did not take, in the actor's scope."""
    now = clock.now()
    return DeadLetters(
        items=[
            DeadLetter(
                id=row["id"],
                reminder_id=row["reminder"],
                kind=row["kind"],
                caregiver=Named(id=row["caregiver"], name=row["name"]),
                visit_id=row["visit"],
                created_at=row["created_at"],
                changed_at=row["changed_at"],
                attempts=row["attempts"],
                status=row["status"],
                detail=row["detail"],
                useless_at=row["useless_at"],
                useless=_over(row, now),
            )
            for row in await sms_store.dead(actor)
        ]
    )


def _number(row: asyncpg.Record) -> str | None:
    """The caregiver's number as gateways take it; one that cannot be opened is as good as none, and keeps no others."""
    try:
        return texts.number(vault.current().open(row["phone"], "caregiver.phone"))
    except SealBroken:
        log.error("the telephone number of reminder %s is sealed with another key", row["reminder"])
        return None


def _over(row: asyncpg.Record, now: datetime) -> bool:
    return row["state"] not in _LIVE or row["useless_at"] <= now


async def again(actor: Actor, id: UUID) -> None:
    """A dead letter is due again, with all its tries.

    :raises NotFound: if there is no such dead letter in the actor's scope.
    :raises ReminderOver: if nobody needs it any more.
    """
    async with unit_of_work():
        row = await sms_store.one_dead(actor, id)
        if row is None:
            raise NotFound
        if _over(row, clock.now()):
            raise ReminderOver
        await sms_store.revive(actor, id, clock.now())


async def drop(actor: Actor, id: UUID) -> None:
    """A dead letter is put away.

    :raises NotFound: if there is no such dead letter in the actor's scope.
    """
    async with unit_of_work():
        if await sms_store.one_dead(actor, id) is None:
            raise NotFound
        await sms_store.drop(actor, id, clock.now())
