"""What the office does with reminders: its own list, the ledger, the call list, who can be reached how."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from doorstep.core import clock, paging, vault
from doorstep.core.problems import NotFound
from doorstep.db.changes import NewChange
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor, Named
from doorstep.reminders import ledger_store, push, sending_store, sms
from doorstep.reminders import rules_ladder as ladder
from doorstep.reminders.sending_store import Tried
from doorstep.reminders.wire import (
    Attempt,
    Called,
    CallItem,
    CallList,
    CallNoteItem,
    ChannelList,
    ChannelState,
    Desk,
    DeskItem,
    Ledger,
    LedgerItem,
    ReminderState,
)
from doorstep.settings import Settings

PAGE = 50


async def desk(actor: Actor) -> Desk:
    """What the desks in the scope are to know now and nobody has acknowledged."""
    rows = await ledger_store.desk(actor, clock.now())
    items = []
    for row in rows:
        plain = dict(row)
        caregiver, name = plain.pop("caregiver"), plain.pop("name")
        items.append(DeskItem(**plain, caregiver=Named(id=caregiver, name=name) if caregiver else None))
    return Desk(items=items)


async def acknowledge(actor: Actor, reminder: UUID) -> None:
    """Somebody at the desk has seen it: it is open for nobody there any more. Twice changes nothing.

    :raises NotFound: if it is not one of this desk.
    """
    async with unit_of_work():
        row = await ledger_store.of_desk(actor, reminder)
        if row is None:
            raise NotFound
        done = await ledger_store.acknowledge(actor, [reminder], [row["person"]], "app", clock.now())
        if row["kind"] == "test":
            await push.prove(actor, [reminder])
        await record_changes(
            [NewChange(kind="reminder.acknowledged", subject=one["id"], provider=one["provider"]) for one in done]
        )


async def ledger(actor: Actor, *, visit: UUID | None, state: ReminderState | None, cursor: str | None) -> Ledger:
    """A page of the ledger, the newest first, with everything that was tried.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    rows = await ledger_store.page(actor, visit=visit, state=state, after=after, limit=PAGE + 1)
    tried: dict[UUID, list[Attempt]] = defaultdict(list)
    for row in await ledger_store.attempts(actor, [row["id"] for row in rows[:PAGE]]):
        plain = dict(row)
        tried[plain.pop("reminder")].append(Attempt(**plain))
    items = []
    for row in rows[:PAGE]:
        plain = dict(row)
        person, name = plain.pop("person"), plain.pop("name")
        who = Named(id=person, name=name) if name is not None and row["audience"] != "family" else None
        items.append(LedgerItem(**plain, person=who, attempts=tried[row["id"]]))
    last = items[-1] if len(rows) > PAGE else None
    return Ledger(items=items, next=paging.encode((last.due_at, last.id)) if last else None)


async def calls(actor: Actor) -> CallList:
    """Caregivers who have not answered on any channel, with their numbers and what came of calls so far."""
    rows = await ledger_store.calls(actor, ladder.CALL, clock.now())
    notes: dict[UUID, list[CallNoteItem]] = defaultdict(list)
    for row in await ledger_store.notes(actor, [row["id"] for row in rows]):
        item = CallNoteItem(outcome=row["outcome"], note=row["note"], by=row["display_name"] or "", at=row["at"])
        notes[row["reminder"]].append(item)
    return CallList(
        items=[
            CallItem(
                reminder_id=row["id"],
                kind=row["kind"],
                caregiver=Named(id=row["person"], name=row["name"]),
                phone=_number(row["phone"]),
                visit_id=row["visit_id"],
                window_start=row["window_start"],
                since=row["sent_at"],
                useless_at=row["useless_at"],
                notes=notes[row["id"]],
            )
            for row in rows
        ]
    )


def _number(sealed: bytes | None) -> str | None:
    """As a telephone dials it."""
    if sealed is None:
        return None
    number = vault.current().open(sealed, "caregiver.phone")
    return number if number.startswith("+") else f"+86{number}"


async def called(actor: Actor, reminder: UUID, call: Called) -> None:
    """Notes what came of a call; whoever was reached has been told.

    :raises NotFound: if nobody has to be called about it, or it is not of this scope.
    """
    async with unit_of_work():
        now = clock.now()
        rows = await ledger_store.calls(actor, ladder.CALL, now, reminder)
        if not rows:
            raise NotFound
        [row] = rows
        await ledger_store.put_note(actor, reminder, call.outcome, call.note or None, now)
        outcome = "accepted" if call.outcome == "reached" else "failed"
        tried = Tried(reminder=reminder, channel="call", outcome=outcome, detail=call.outcome)
        await sending_store.write_attempts(actor, [tried], now)
        if call.outcome == "reached":
            await ledger_store.no_longer_unreached(actor, [_unreached(row["person"], row["provider"])], now)
        await record_changes([NewChange(kind="reminder.called", subject=reminder, provider=row["provider"])])


def _unreached(caregiver: UUID, provider: UUID) -> str:
    return f"caregiver_unreached:{caregiver}:{provider}"


async def channels(actor: Actor, settings: Settings, *, caregiver: UUID | None = None) -> ChannelList:
    """By which channels the caregivers in the scope can be reached, and when one last proved to work."""
    rows = await ledger_store.caregivers(actor, clock.today(), caregiver)
    marks = await push.marks(actor, [row["id"] for row in rows], settings)
    return ChannelList(
        items=[
            ChannelState(
                caregiver_id=row["id"],
                push=marks[row["id"]].push,
                proven_at=marks[row["id"]].proven_at,
                calendar_fetched_at=row["fetched_at"],
                gateway=sms.is_set_up(settings),
                last_acknowledged_at=row["acknowledged_at"],
            )
            for row in rows
        ]
    )


async def channels_of(actor: Actor, settings: Settings, caregiver: UUID) -> ChannelState:
    """The same for one.

    :raises NotFound: if there is no such caregiver in the scope.
    """
    found = (await channels(actor, settings, caregiver=caregiver)).items
    if not found:
        raise NotFound
    return found[0]
