"""Sending: claims what is due, drops what is no longer true or of use, takes the next step, writes it down.

A claim and its decisions are one short transaction; nothing is locked while messages are under way. What a killed
worker held is another's when the lease ends: at least once to the push service, once in the ledger.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.changes import NewChange
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import planning, rules, sending_store, store
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders.messages import Under, message, payload_of, tried
from doorstep.reminders.ports import Channels, Message, Sent
from doorstep.reminders.preferences import PRODUCT, Preferences
from doorstep.reminders.rules import Standing, VisitFacts, Wanted
from doorstep.reminders.sending_store import Settled

log = logging.getLogger("doorstep.reminders")

LEASE = timedelta(seconds=60)
LONGEST = 40.0
"""Seconds after which a message without an answer is given up, well inside the lease."""


class _Facts(msgspec.Struct, kw_only=True):
    """What the decisions about one claim rest on."""

    now: datetime
    visits: Mapping[UUID, VisitFacts]
    chosen: Mapping[UUID, Preferences]
    replaced: set[UUID]
    true_now: set[UUID]  # of those about phones, certificates and silent caregivers

    def urgent(self, one: Standing) -> bool:
        visit = self.visits.get(one.visit) if one.visit else None
        days = (visit.service_day, visit.day_before or visit.service_day) if visit else ()
        return ladder.urgent(one.kind, days, clock.civil_date(self.now))

    def needed(self, one: Standing) -> bool:
        if one.kind in _ASKED:
            return one.id in self.true_now
        visit = self.visits.get(one.visit) if one.visit else None
        return visit is None or rules.still_needed(one, visit, self.now)


_ASKED = frozenset({"records_waiting", "certificate_ending", "caregiver_unreached"})


class Outbox:
    """What one worker has under way, and the answers that are not written down yet."""

    def __init__(self, channels: Channels) -> None:
        self.id = uuid7()
        self.under_way = 0
        self.moved = asyncio.Event()
        """Set whenever something was written down: there is room again."""
        self._channels = channels
        self._finished: asyncio.Queue[Under] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, limit: int) -> int:
        """Claims up to so many due reminders and begins to send them; answers how many it claimed."""
        now = clock.now()
        async with unit_of_work():
            claimed = await sending_store.claim(SYSTEM, self.id, now, now + LEASE, limit)
        if not claimed:
            return 0
        # Apart: a claim takes what is free in any order, and who holds rows in such an order must not wait for others.
        async with unit_of_work():
            batch, messages = await self._begin(claimed, now)
        self.under_way += len(batch)
        for one in batch:
            if not one.waiting:
                self._finished.put_nowait(one)
        if messages:
            sent = {one.reminder.id: one for one in batch if one.waiting}
            task = asyncio.create_task(self._send(sent, messages), name="reminders under way")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def _begin(self, claimed: Sequence[Standing], now: datetime) -> tuple[list[Under], list[Message]]:
        facts = await _facts(claimed, now)
        settled: list[Settled] = []
        steps: dict[str, list[Standing]] = defaultdict(list)
        for one in claimed:
            decision = ladder.decide(
                one,
                needed=facts.needed(one),
                is_urgent=facts.urgent(one),
                chosen=facts.chosen.get(one.person, PRODUCT),
                has_gateway=self._channels.has_gateway,
                now=now,
            )
            if one.id in facts.replaced:
                settled.append(_over(one, "replaced"))
            elif decision.step in ("expire", "cancel"):
                settled.append(_over(one, "expired" if decision.step == "expire" else "cancelled"))
            elif decision.step in ("postpone", "rest"):
                state = "planned" if one.sent_at is None else "sent"
                settled.append(Settled(id=one.id, state=state, step=one.step, next_at=decision.until))
            else:
                steps[decision.step].append(one)
        newest, older = ladder.newest_of_topic(steps["push"])
        settled += [_over(one, "replaced") for one in older]
        desk = [one for one in map(rules.unreached, filter(facts.urgent, steps["call"])) if one is not None]
        over = [one.id for one in settled] + [one.id for step in ("message", "call") for one in steps[step]]
        if over:
            await store.lock(SYSTEM, ids=over, things=[one.thing for one in desk])
        settled += await self._escalate(steps["message"], steps["call"], desk, facts)
        await sending_store.settle(SYSTEM, self.id, settled, now)
        await record_changes([_told("reminder.due", one) for one in newest if one.sent_at is None])
        return await self._pushes(newest, facts)

    async def _escalate(
        self, message: Sequence[Standing], call: Sequence[Standing], desk: Sequence[Wanted], facts: _Facts
    ) -> Iterable[Settled]:
        """The gateway's turn, or a dispatcher's, who telephones."""
        if message:
            await self._channels.enqueue(SYSTEM, [one.id for one in message])
        await planning.remind(SYSTEM, desk)
        await record_changes([_told("reminder.call", one) for one in call])
        return [
            *(self._messaged(one, facts) for one in message),
            *(Settled(id=one.id, state="sent", step=ladder.CALL, next_at=one.useless_at, sent=True) for one in call),
        ]

    @staticmethod
    def _messaged(one: Standing, facts: _Facts) -> Settled:
        wait = ladder.patience(one.kind, ladder.MESSAGED, is_urgent=facts.urgent(one))
        return Settled(
            id=one.id, state="sent", step=ladder.MESSAGED, next_at=min(facts.now + wait, one.useless_at), sent=True
        )

    async def _pushes(self, reminders: Sequence[Standing], facts: _Facts) -> tuple[list[Under], list[Message]]:
        if not reminders:
            return [], []
        targets = await self._channels.targets(SYSTEM, {one.person for one in reminders})
        calls = {one.person for one in reminders if one.kind == "next_call"}
        calendars = await sending_store.with_calendar(SYSTEM, calls, facts.now)
        batch: list[Under] = []
        messages: list[Message] = []
        for one in reminders:
            under = Under(one, urgent=facts.urgent(one), calendar=one.kind == "next_call" and one.person in calendars)
            batch.append(under)
            payload = b""
            for target in targets.get(one.person, ()):
                if one.kind == "test" and one.about != str(target.id):
                    continue
                if target.rests_until is not None and target.rests_until > facts.now:
                    under.rests_until = min(under.rests_until or target.rests_until, target.rests_until)
                    continue
                payload = payload or payload_of(one, facts.visits.get(one.visit) if one.visit else None)
                under.waiting.add(target.id)
                messages.append(message(one, target, payload, urgent=under.urgent, now=facts.now))
        return batch, messages

    async def _send(self, waiting: dict[UUID, Under], messages: Sequence[Message]) -> None:
        """Every reminder is passed on as soon as its last message is answered."""
        try:
            async with asyncio.timeout(LONGEST):
                async for sent in self._channels.sender.send(messages):
                    under = waiting.get(sent.reminder_id)
                    if under is not None:
                        under.answer(sent)
                        if not under.waiting:
                            self._finished.put_nowait(waiting.pop(sent.reminder_id))
        except TimeoutError:
            log.warning("%d reminders had no answer in time", len(waiting))
        except Exception:
            log.exception("sending failed for %d reminders, they are tried again", len(waiting))
        for under in waiting.values():
            for subscription in sorted(under.waiting):
                under.answer(Sent(reminder_id=under.reminder.id, subscription_id=subscription, outcome="timed_out"))
            self._finished.put_nowait(under)

    async def write(self) -> int:
        """Waits for answers and writes down all that are there; answers how many reminders."""
        done = [await self._finished.get()]
        while not self._finished.empty() and len(done) < 500:
            done.append(self._finished.get_nowait())
        try:
            await self._written(done)
        except Exception as error:
            # The lease ends, and it is done again: the same topic on the phone, one row in the ledger.
            log.warning("answers for %d reminders could not be written (%s)", len(done), type(error).__name__)
        finally:
            self.under_way -= len(done)
            self.moved.set()
        return len(done)

    async def _written(self, done: Sequence[Under]) -> None:
        async with unit_of_work():
            now = clock.now()
            settled = [self._after(under, now) for under in done]
            await sending_store.settle(SYSTEM, self.id, settled, now)
            await sending_store.replace_older(SYSTEM, [under.reminder for under in done], now)
            await sending_store.write_attempts(SYSTEM, [one for under in done for one in tried(under)], now)
            results = [sent for under in done for sent in under.results]
            if results:
                await self._channels.apply(SYSTEM, results)

    def _after(self, under: Under, now: datetime) -> Settled:
        after = ladder.after_push(
            under.reminder,
            reached=under.calendar or any(sent.outcome == "accepted" for sent in under.results),
            retry_at=under.may_be_retried_at(now),
            is_urgent=under.urgent,
            has_gateway=self._channels.has_gateway,
            now=now,
        )
        return Settled(id=under.reminder.id, state="sent", step=after.step, next_at=after.next_at, sent=True)

    async def drain(self, limit: int = 200) -> int:
        """Everything that is due now, to the end; answers how many reminders were looked at."""
        total = 0
        while (taken := await self.take(limit)) or self.under_way:
            total += taken
            while self.under_way:
                await self.write()
        return total

    async def close(self, seconds: float) -> None:
        """Waits a little for what is under way and writes it down; the rest is another worker's when the lease ends."""
        try:
            async with asyncio.timeout(seconds):
                while self.under_way:
                    await self.write()
        except TimeoutError:
            log.info("%d reminders were left to the end of their lease", self.under_way)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _facts(claimed: Sequence[Standing], now: datetime) -> _Facts:
    visits = await store.visit_facts(SYSTEM, {one.visit for one in claimed if one.visit})
    true_now: set[UUID] = set()
    kinds: dict[str, list[Standing]] = defaultdict(list)
    for one in claimed:
        kinds[one.kind].append(one)
    if phones := kinds["records_waiting"]:
        rows = await store.waiting_devices(SYSTEM, now - rules.WAITING_TOO_LONG, {UUID(one.about) for one in phones})
        true_now |= _still(phones, {row["id"] for row in rows})
    if papers := kinds["certificate_ending"]:
        rows = await store.ending_certificates(SYSTEM, {UUID(one.about) for one in papers})
        true_now |= _still(papers, {row["id"] for row in rows})
    if silent := kinds["caregiver_unreached"]:
        true_now |= await sending_store.unanswered(SYSTEM, silent, ladder.CALL)
    return _Facts(
        now=now,
        visits=visits,
        chosen=await store.preferences_of(
            SYSTEM, {one.person for one in claimed if one.kind not in ladder.URGENT and one.audience != "dispatcher"}
        ),
        replaced=await sending_store.replaced(SYSTEM, claimed),
        true_now=true_now,
    )


def _still(reminders: Iterable[Standing], true: set[UUID]) -> set[UUID]:
    return {one.id for one in reminders if UUID(one.about) in true}


def _over(one: Standing, state: str) -> Settled:
    return Settled(id=one.id, state=state, step=one.step, next_at=None)


def _told(kind: str, one: Standing) -> NewChange:
    """For open screens: whose reminder it is, and nothing of what it says."""
    data = {"caregivers": [str(one.person)]} if one.audience == "caregiver" else {"audience": one.audience}
    return NewChange(kind=kind, subject=one.id, data=data, provider=one.provider)
