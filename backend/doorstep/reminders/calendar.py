"""A caregiver's private calendar address: their calls of the next two weeks, with alarms, without a name or a place."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import icalendar
from icalendar import Alarm, Calendar, Event, Timezone

from doorstep.core import clock, opaque, qr
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.reminders import calendar_store, store
from doorstep.reminders.wire import FeedState
from doorstep.reminders.wire_push import CalendarAddress
from doorstep.settings import Settings

DAYS = 14
REFRESH = timedelta(hours=1)
SUMMARY = "到家：上门"


async def create(actor: Actor, settings: Settings) -> CalendarAddress:
    """A new address for the acting caregiver; the one before is void from now on."""
    secret = opaque.new_token()
    async with unit_of_work():
        await calendar_store.create(actor, opaque.digest(secret), clock.now())
    url = f"{settings.public_url.lower()}/calendar/{secret}.ics"
    webcal = f"webcal://{url.partition('://')[2]}"
    return CalendarAddress(url=url, webcal=webcal, qr_svg=qr.svg(webcal))


async def revoke(actor: Actor) -> None:
    """The acting caregiver's address is void."""
    async with unit_of_work():
        await calendar_store.revoke(actor, clock.now())


async def state(caregiver: UUID) -> FeedState | None:
    """The caregiver's live address, without the address."""
    row = await calendar_store.state(caregiver)
    return FeedState(created_at=row["created_at"], fetched_at=row["fetched_at"]) if row else None


async def feed(secret: str, settings: Settings) -> bytes | None:
    """The feed behind a secret; None if there is none, or no longer."""
    today = clock.today()
    async with unit_of_work():
        caregiver = await calendar_store.fetched(opaque.digest(secret), clock.now(), today)
    if caregiver is None:
        return None
    rows = await calendar_store.visits(caregiver, today, today + timedelta(days=DAYS))
    chosen = await store.preferences_of_one(SYSTEM, caregiver)
    before = timedelta(minutes=chosen.minutes_before)
    return written(
        [dict(row) for row in rows], uid=f"{caregiver}@doorstep", public_url=settings.public_url, before=before
    )


def written(rows: Iterable[Mapping[str, Any]], *, uid: str, public_url: str, before: timedelta) -> bytes:
    """The visits as an iCalendar stream (RFC 5545, 7986)."""
    whole = Calendar.new(prodid="-//Doorstep//doorstep//ZH", name="到家", uid=uid, method="PUBLISH")
    # Without its type it is not one that RFC 7986 knows.
    whole.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    whole.add("X-WR-TIMEZONE", clock.CHINA.key)
    whole.add("X-PUBLISHED-TTL", icalendar.vDuration(REFRESH))
    # There has been no summer time since 1991.
    whole.add_component(Timezone.from_tzid(clock.CHINA.key, first_date=date(1992, 1, 1), last_date=date(2038, 1, 1)))
    for row in rows:
        whole.add_component(_event(row, public_url, before))
    return whole.to_ical()


def _event(row: Mapping[str, Any], public_url: str, before: timedelta) -> Event:
    cancelled = row["op_state"] == "cancelled"
    event = Event.new(
        uid=f"{row['id']}@doorstep",
        stamp=row["changed_at"],
        created=row["created_at"],
        last_modified=row["changed_at"],
        start=row["window_start"].astimezone(clock.CHINA),
        end=row["window_end"].astimezone(clock.CHINA),
        summary=SUMMARY,
        url=f"{public_url.lower()}/door/visit/{row['id']}",
        status=icalendar.STATUS.CANCELLED if cancelled else icalendar.STATUS.CONFIRMED,
    )
    if not cancelled:
        alarm = Alarm.new(description=SUMMARY)
        alarm.add("ACTION", "DISPLAY")
        alarm.add("TRIGGER", -before)
        event.add_component(alarm)
    return event
