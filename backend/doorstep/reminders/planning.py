"""Planning: the ledger follows the table of changes from its own cursor, looks two days ahead, and goes its rounds.

Any number of processes may plan; one at a time does, and what it has written and how far it has read is one
transaction. Doing any of it twice changes nothing.
"""

import base64
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock, vault
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.reminders import rules, rules_ladder, sending_store, store
from doorstep.reminders.rules import Happened, Standing, VisitFacts, Wanted

log = logging.getLogger("doorstep.reminders")

BATCH = 500
ROUND_EVERY = timedelta(minutes=10)
LOOK_EVERY = timedelta(minutes=1)

CHANGES, DAYS, ROUNDS = "reminders", "reminders.days", "reminders.rounds"
_NO_ID = UUID(int=0)


class _Data(msgspec.Struct, frozen=True):
    """What the changes of visits say that planning wants to know."""

    caregivers: tuple[UUID, ...] = ()
    before: tuple[UUID, ...] | UUID | None = None  # of `visit.moved`: the former home
    times: tuple[datetime, datetime] | None = msgspec.field(name="from", default=None)


async def catch_up() -> int:
    """Reads on until nothing is left to read, looks ahead, goes the rounds if it is time; answers what it read."""
    total = 0
    while (read := await follow()) > 0:
        total += read
        if read < BATCH:
            break
    await look_ahead()
    await go_round()
    return total


async def follow() -> int:
    """One batch of the changes; answers how many there were. None while another process is at it."""
    async with unit_of_work():
        if not await store.lock_planning(SYSTEM):
            return 0
        now = clock.now()
        at = await store.cursor(SYSTEM, CHANGES)
        if at is None:
            # What is there already is planned by looking ahead.
            await store.put_cursor(SYSTEM, CHANGES, now, await store.change_horizon(SYSTEM))
            return 0
        rows = await store.changes_after(SYSTEM, at["transaction"], at["change"], BATCH)
        if not rows:
            return 0
        happened: dict[UUID, list[Happened]] = defaultdict(list)
        for row in rows:
            if row["kind"].startswith("visit."):
                happened[row["subject"]].append(_happened(row))
        await _plan(happened, now)
        await store.put_cursor(SYSTEM, CHANGES, now, int(rows[-1]["transaction"]), rows[-1]["id"])
        return len(rows)


def _happened(row: asyncpg.Record) -> Happened:
    try:
        data = msgspec.json.decode(row["data"], type=_Data)
    except msgspec.ValidationError as error:
        # One that says it otherwise holds up nobody: the visit as it stands is planned all the same.
        log.warning("a change %s is not understood: %s", row["kind"], error)
        data = _Data()
    before = data.before if isinstance(data.before, tuple) else None
    start = data.times[0] if data.times else None
    return Happened(kind=row["kind"], at=row["at"], caregivers=data.caregivers, before=before, start_before=start)


async def look_ahead() -> None:
    """Visits that have come within two days get their reminders. Each batch is a transaction of its own."""
    now = clock.now()
    at = await store.cursor(SYSTEM, DAYS)
    until = now + rules.AHEAD
    since = max(at["moved_at"], now - rules.BACK) if at else now - rules.BACK
    if at and until - since < LOOK_EVERY:
        return
    after = (since, _NO_ID)
    full = True
    while full:
        async with unit_of_work():
            if not await store.lock_planning(SYSTEM):
                return
            found = await store.visits_beginning(SYSTEM, since, until, after, BATCH)
            full = len(found) == BATCH
            await _plan({visit: [] for _, visit in found}, now)
            if full:
                after = found[-1]
            else:
                await store.put_cursor(SYSTEM, DAYS, until)


async def go_round() -> None:
    """Every ten minutes: what no change tells of, records that wait on phones and certificates that run out."""
    async with unit_of_work():
        if not await store.lock_planning(SYSTEM):
            return
        now = clock.now()
        at = await store.cursor(SYSTEM, ROUNDS)
        if at and now - at["moved_at"] < ROUND_EVERY:
            return
        found = [
            rules.records_waiting(row["id"], row["caregiver"], row["provider"], row["oldest_waiting_at"], now)
            for row in await store.waiting_devices(SYSTEM, now - rules.WAITING_TOO_LONG)
        ]
        found += [
            rules.certificate(row["id"], row["caregiver"], row["provider"], row["valid_until"], clock.civil_date(now))
            for row in await store.ending_certificates(SYSTEM)
        ]
        await remind(SYSTEM, [one for one in found if one is not None and one.useless_at > now])
        await store.put_cursor(SYSTEM, ROUNDS, now)


async def _plan(happened: Mapping[UUID, Sequence[Happened]], now: datetime) -> None:
    """Brings the ledger and these visits together."""
    if not happened:
        return
    await store.lock(SYSTEM, visits=happened)
    facts = await store.visit_facts(SYSTEM, happened)
    standing = await store.standing_of_visits(SYSTEM, happened)
    await store.cancel(SYSTEM, _untrue(standing, facts, now), now)
    await _reached_again([one for one in standing if one.kind == "caregiver_unreached"], now)
    near = {id: visit for id, visit in facts.items() if rules.concerns(visit, happened[id], now)}
    chosen = await store.preferences_of(SYSTEM, {who for visit in near.values() for who in visit.caregivers})
    found = [one for id, visit in near.items() for one in rules.wanted(visit, happened[id], chosen, now)]
    await remind(SYSTEM, found)


async def _reached_again(standing: Sequence[Standing], now: datetime) -> None:
    """The desk is not told any more of caregivers whose unanswered reminders have gone."""
    if standing:
        holds = await sending_store.unanswered(SYSTEM, standing, rules_ladder.CALL)
        await store.cancel(SYSTEM, [one.id for one in standing if one.id not in holds], now)


def _untrue(standing: Collection[Standing], facts: Mapping[UUID, VisitFacts], now: datetime) -> list[UUID]:
    return [
        one.id
        for one in standing
        if one.visit is not None and one.visit in facts and not rules.still_needed(one, facts[one.visit], now)
    ]


async def remind(actor: Actor, wanted: Sequence[Wanted]) -> None:
    """Puts reminders into the ledger, inside the current unit of work; of the same thing only the newest lives."""
    if not wanted:
        return
    newest: dict[str, Wanted] = {}
    for one in sorted(wanted, key=lambda each: (each.thing, each.occasion)):
        newest[one.thing] = one
    chosen, now = list(newest.values()), clock.now()
    await store.lock(actor, things=newest)
    await store.supersede(actor, chosen, now)
    await store.put(actor, {one.thing: topic(one) for one in chosen}, chosen, now)


def topic(one: Wanted) -> str:
    """By which a newer message takes an older one's place on the phone; says nothing to those who carry it."""
    by_visit = one.visit is not None and one.kind != "caregiver_unreached"
    place = f"{one.person}:{one.visit}" if by_visit else one.thing
    mark = vault.current().fingerprint(place, "reminder.topic")
    return base64.urlsafe_b64encode(mark[:24]).decode()
