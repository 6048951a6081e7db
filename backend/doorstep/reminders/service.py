"""What reminders offer: due lists, what was seen, settings; desk, worker, push and watching stand beside it."""

from datetime import datetime, time
from uuid import UUID

import msgspec

from doorstep.core import clock
from doorstep.core.problems import FieldError, InputInvalid, NotFound, NotSignedIn
from doorstep.db.changes import NewChange
from doorstep.db.changes import record_all as record_changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.reminders import calendar, ledger_store, push, sending_store, setting_store, store
from doorstep.reminders.desk import acknowledge, called, calls, channels, channels_of, desk, ledger
from doorstep.reminders.planning import catch_up
from doorstep.reminders.preferences import Chosen, preferences
from doorstep.reminders.push import Owner
from doorstep.reminders.push import put as put_push
from doorstep.reminders.push import remove as remove_push
from doorstep.reminders.push import state as push_state
from doorstep.reminders.watching import WatchKind, unwatch, watch, watched
from doorstep.reminders.wire import (
    Audience,
    DoorSettings,
    DueList,
    NewDoorSettings,
    NewProviderSettings,
    ProviderSettings,
    ReminderItem,
    Seen,
)
from doorstep.reminders.wire_push import NewSubscription, PushState

__all__ = [
    "NewSubscription",
    "Owner",
    "PushState",
    "WatchKind",
    "acknowledge",
    "called",
    "calls",
    "catch_up",
    "changes_wait",
    "channels",
    "channels_of",
    "desk",
    "door_settings",
    "due",
    "due_of",
    "ledger",
    "next_due",
    "provider_settings",
    "push_state",
    "put_door_settings",
    "put_provider_settings",
    "put_push",
    "remove_push",
    "seen",
    "seen_by",
    "unwatch",
    "watch",
    "watched",
]


async def changes_wait() -> bool:
    """Whether there are changes that cannot be read yet."""
    return await store.changes_wait(SYSTEM)


async def next_due() -> datetime | None:
    """When the worker has to look at a reminder next."""
    return await sending_store.next_at(SYSTEM)


def _caregiver(actor: Actor) -> UUID:
    if actor.caregiver_id is None:
        raise NotSignedIn
    return actor.caregiver_id


async def due(actor: Actor) -> DueList:
    """What the acting caregiver is to know now and has not acknowledged."""
    return await due_of(actor, _caregiver(actor), "caregiver")


async def due_of(actor: Actor, person: UUID, audience: Audience) -> DueList:
    """The same for a person whom the caller has from the actor."""
    rows = await ledger_store.due(actor, person, audience, clock.now())
    return DueList(items=[msgspec.convert(dict(row), ReminderItem) for row in rows])


async def seen(actor: Actor, report: Seen) -> None:
    """What the acting caregiver's phone has shown and its owner acknowledged."""
    await seen_by(actor, _caregiver(actor), report)


async def seen_by(actor: Actor, person: UUID, report: Seen) -> None:
    """The same for a person whom the caller has from the actor. Ids of others are passed over, twice is once."""
    now = clock.now()
    async with unit_of_work():
        shown = sorted({*report.shown, *report.acknowledged})
        if shown:
            await ledger_store.show(actor, shown, [person], now)
        done = await ledger_store.acknowledge(actor, report.acknowledged, [person], report.by, now)
        if report.by == "service_worker":
            await push.prove(actor, shown)
        silent = [f"caregiver_unreached:{row['person']}:{row['provider']}" for row in done if row["provider"]]
        if silent:
            await ledger_store.no_longer_unreached(actor, silent, now)
        await record_changes(
            [
                NewChange(
                    kind="reminder.acknowledged",
                    subject=row["id"],
                    data={"caregivers": [str(person)]} if row["audience"] == "caregiver" else {},
                    provider=row["provider"],
                )
                for row in done
            ]
        )


async def door_settings(actor: Actor) -> DoorSettings:
    """How the acting caregiver is reminded."""
    caregiver = _caregiver(actor)
    own = await setting_store.of(actor, caregiver)
    theirs = await setting_store.of(actor, actor.provider_id) if actor.provider_id else None
    usual = preferences(theirs)
    now = preferences(own, theirs)
    return DoorSettings(
        minutes_before=own.minutes_before if own else None,
        usual_minutes_before=usual.minutes_before,
        quiet_from=f"{now.quiet_from:%H:%M}",
        quiet_until=f"{now.quiet_until:%H:%M}",
        calendar=await calendar.state(caregiver),
    )


async def put_door_settings(actor: Actor, new: NewDoorSettings) -> DoorSettings:
    """The acting caregiver's choice; calls that wait in the ledger follow it."""
    caregiver = _caregiver(actor)
    async with unit_of_work():
        own = await setting_store.of(actor, caregiver) or Chosen()
        await _put(actor, caregiver, msgspec.structs.replace(own, minutes_before=new.minutes_before))
    return await door_settings(actor)


async def _put(actor: Actor, subject: UUID, chosen: Chosen) -> None:
    now = clock.now()
    await setting_store.put(actor, subject, chosen, now)
    await setting_store.shift_next_calls(actor, subject, now)


async def provider_settings(actor: Actor, provider: UUID | None) -> ProviderSettings:
    """What holds for a provider's people: the actor's own, or that which somebody over all providers names.

    :raises InputInvalid: if nobody says which provider.
    :raises NotFound: if it is not the actor's.
    """
    chosen = await setting_store.of(actor, await _provider(actor, provider)) or Chosen()
    return ProviderSettings(
        minutes_before=chosen.minutes_before,
        quiet_from=f"{chosen.quiet_from:%H:%M}" if chosen.quiet_from else None,
        quiet_until=f"{chosen.quiet_until:%H:%M}" if chosen.quiet_until else None,
    )


async def put_provider_settings(actor: Actor, provider: UUID | None, new: NewProviderSettings) -> ProviderSettings:
    """Chooses for a provider's people; whoever has chosen differently keeps that.

    :raises InputInvalid: if nobody says which provider, or only one end of the quiet hours is given.
    :raises NotFound: if it is not the actor's.
    """
    subject = await _provider(actor, provider)
    chosen = Chosen(
        minutes_before=new.minutes_before,
        quiet_from=time.fromisoformat(new.quiet_from) if new.quiet_from else None,
        quiet_until=time.fromisoformat(new.quiet_until) if new.quiet_until else None,
    )
    if (new.quiet_from is None) != (new.quiet_until is None):
        raise _wrong("quiet_until", "免打扰时间要有开始和结束", "quiet hours have a start and an end")
    async with unit_of_work():
        await _put(actor, subject, chosen)
    return await provider_settings(actor, subject)


async def _provider(actor: Actor, provider: UUID | None) -> UUID:
    named = provider or actor.provider_id
    if named is None:
        raise _wrong("provider_id", "请指定服务机构", "name the provider")
    if not await setting_store.is_provider_in_scope(actor, named):
        raise NotFound
    return named


def _wrong(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])
