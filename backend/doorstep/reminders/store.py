"""What planning reads and writes: facts of visits, preferences, the ledger's rows, cursors. The server itself asks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.reminders.preferences import PRODUCT, Chosen, Preferences, preferences
from doorstep.reminders.rules import Standing, VisitFacts, Wanted, Watcher

_PLANNING = 0x72656D69  # "remi": one process plans at a time

# Ids are handed out in another order than transactions, and both in another order than commits: see `visits.Change`.
_NEXT = """
SELECT transaction::text AS transaction, id, kind, subject, at, data FROM change
WHERE (transaction, id) > ($1::text::xid8, $2::bigint) AND transaction < change_horizon()
ORDER BY transaction, id LIMIT $3
"""

# Who is inside by their phones; whose phone was silent longest (as `visits.store.HEARD`); who of the family asked.
_VISITS = """
SELECT v.id, v.provider, v.plan_item IS NULL AS ordered, v.op_state, v.service_day, v.window_start, v.window_end,
  v.max_minutes, v.created_at, v.changed_at, v.started_at, v.ended_at,
  array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL ORDER BY a.caregiver)
    AS caregivers,
  CASE WHEN v.op_state IN ('in_progress', 'unclosed') THEN array(
    SELECT e.caregiver FROM event_visit ev JOIN check_event e ON e.id = ev.event
    WHERE ev.visit = v.id AND e.kind IN ('check_in', 'check_out')
      AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id)
    GROUP BY e.caregiver HAVING bool_or(e.kind = 'check_in') AND NOT bool_or(e.kind = 'check_out')
    ORDER BY e.caregiver) END AS inside,
  CASE WHEN v.op_state = 'assigned' THEN (
    SELECT min(COALESCE(d.last_seen_at, d.enrolled_at)) FROM assignment a
    JOIN device d ON d.caregiver = a.caregiver AND d.revoked_at IS NULL
    WHERE a.visit = v.id AND a.ended_at IS NULL) END AS heard_at,
  (SELECT (c.data->>'day_before')::date FROM change c WHERE c.subject = v.id AND c.kind = 'visit.rescheduled'
    ORDER BY c.id DESC LIMIT 1) AS day_before,
  array(SELECT w.person || ' ' || w.kind FROM watch w WHERE w.elder = v.elder AND w.ended_at IS NULL
    ORDER BY w.person, w.kind) AS watchers
FROM visit v WHERE v.id = ANY($1::uuid[])
"""

_BEGINNING = """
SELECT id, window_start FROM visit
WHERE service_day BETWEEN $1 AND $2 AND window_start < $3 AND (window_start, id) > ($4, $5)
  AND op_state NOT IN ('cancelled', 'completed', 'not_served')
ORDER BY window_start, id LIMIT $6
"""

STANDING = """r.id, r.kind, r.audience, r.person, r.visit, r.thing, r.topic, r.occasion, r.due_at, r.useless_at,
  r.provider, r.step, r.sent_at"""

_PUT = """
INSERT INTO reminder (id, kind, audience, person, visit, provider, thing, occasion, topic, due_at, useless_at, next_at,
  state, step, created_at, changed_at)
SELECT n.id, n.kind, n.audience, n.person, n.visit, n.provider, n.thing, n.occasion, n.topic, n.due_at, n.useless_at,
  n.due_at, 'planned', 0, $12, $12
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::timestamptz[],
  $9::text[], $10::timestamptz[], $11::timestamptz[])
  AS n(id, kind, audience, person, visit, provider, thing, occasion, topic, due_at, useless_at)
ORDER BY n.thing, n.occasion
ON CONFLICT (thing, occasion) DO UPDATE SET state = 'planned', step = 0, due_at = excluded.due_at,
  useless_at = excluded.useless_at, next_at = excluded.due_at, sent_at = NULL, shown_at = NULL, acknowledged_at = NULL,
  acknowledged_by = NULL, claimed_by = NULL, claimed_until = NULL, changed_at = excluded.changed_at
WHERE reminder.state = 'cancelled' OR (reminder.state = 'planned' AND reminder.claimed_by IS NULL
  AND reminder.sent_at IS NULL AND (reminder.due_at, reminder.useless_at) <> (excluded.due_at, excluded.useless_at))
"""

# Before anything is written, all that may be: in the order of the ids and at once, as the worker does when it writes
# down answers. Whoever took some first and others later would meet it coming the other way.
_LOCK = """
SELECT id FROM reminder WHERE id = ANY(array(
  SELECT id FROM reminder WHERE visit = ANY($1::uuid[])
  UNION ALL SELECT id FROM reminder WHERE thing = ANY($2::text[])
  UNION ALL SELECT unnest($3::uuid[])
)) ORDER BY id FOR UPDATE
"""

_CANCEL = """
UPDATE reminder SET state = 'cancelled', next_at = NULL, claimed_by = NULL, claimed_until = NULL, changed_at = $2
WHERE id = ANY($1::uuid[]) AND state IN ('planned', 'sent')
"""

_SUPERSEDE = """
UPDATE reminder r SET state = CASE WHEN r.state = 'planned' THEN 'cancelled' ELSE 'replaced' END, next_at = NULL,
  claimed_by = NULL, claimed_until = NULL, changed_at = $3
FROM unnest($1::text[], $2::timestamptz[]) AS n(thing, occasion)
WHERE r.thing = n.thing AND r.occasion <> n.occasion AND r.state IN ('planned', 'sent')
"""

# A row of each caregiver or family member: what they chose, what their provider chose.
_PREFERENCES = """
SELECT p.person, own.minutes_before, own.quiet_from, own.quiet_until, theirs.minutes_before AS minutes_theirs,
  theirs.quiet_from AS from_theirs, theirs.quiet_until AS until_theirs
FROM unnest($1::uuid[]) AS p(person)
LEFT JOIN caregiver c ON c.id = p.person
LEFT JOIN reminder_setting own ON own.subject = p.person
LEFT JOIN reminder_setting theirs ON theirs.subject = c.provider
WHERE own.id IS NOT NULL OR theirs.id IS NOT NULL
"""

_WAITING = """
SELECT d.id, d.caregiver, c.provider, d.oldest_waiting_at FROM device d JOIN caregiver c ON c.id = d.caregiver
WHERE d.revoked_at IS NULL AND d.waiting > 0 AND d.oldest_waiting_at < $1
  AND (c.employed_to IS NULL OR c.employed_to > $2) AND ($3::uuid[] IS NULL OR d.id = ANY($3))
"""

# The one that lasts longest of each kind; a newer paper makes the older one's end no news.
_CERTIFICATES = """
SELECT q.id, q.caregiver, c.provider, q.valid_until FROM qualification q JOIN caregiver c ON c.id = q.caregiver
WHERE q.valid_until BETWEEN $1::date AND $1::date + 30 AND (c.employed_to IS NULL OR c.employed_to > $1)
  AND ($2::uuid[] IS NULL OR q.id = ANY($2))
  AND NOT EXISTS (SELECT FROM qualification newer WHERE newer.caregiver = q.caregiver AND newer.kind = q.kind
    AND (newer.valid_until IS NULL OR newer.valid_until > q.valid_until
      OR (newer.valid_until = q.valid_until AND newer.id > q.id)))
"""


async def lock_planning(actor: Actor) -> bool:
    """Whether this process may plan until the end of the transaction."""
    del actor
    return (await fetch("SELECT pg_try_advisory_xact_lock($1) AS mine", _PLANNING))[0]["mine"]


async def cursor(actor: Actor, reader: str) -> asyncpg.Record | None:
    """How far a reader has come: transaction, change, moved_at."""
    del actor
    rows = await fetch("SELECT transaction, change, moved_at FROM reader_cursor WHERE reader = $1", reader)
    return rows[0] if rows else None


async def put_cursor(actor: Actor, reader: str, moved_at: datetime, transaction: int = 0, change: int = 0) -> None:
    """Moves it."""
    del actor
    await fetch(
        "INSERT INTO reader_cursor (reader, transaction, change, moved_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (reader) DO UPDATE SET transaction = excluded.transaction, change = excluded.change, "
        "moved_at = excluded.moved_at",
        reader,
        transaction,
        change,
        moved_at,
    )


async def change_horizon(actor: Actor) -> int:
    """Below this all transactions have ended."""
    del actor
    return int((await fetch("SELECT change_horizon()::text AS horizon"))[0]["horizon"])


async def changes_wait(actor: Actor) -> bool:
    """Whether there are changes that cannot be read yet, because an older transaction still runs."""
    del actor
    return (await fetch("SELECT EXISTS (SELECT FROM change WHERE transaction >= change_horizon()) AS wait"))[0]["wait"]


async def changes_after(actor: Actor, transaction: int, change: int, limit: int) -> list[asyncpg.Record]:
    """The next changes of all providers, in their order."""
    del actor
    return await fetch(_NEXT, str(transaction), change, limit)


async def visit_facts(actor: Actor, visits: Collection[UUID]) -> dict[UUID, VisitFacts]:
    """Visits as they stand now, of all providers."""
    del actor
    rows = await fetch(_VISITS, list(visits))
    return {row["id"]: _facts(row) for row in rows}


def _facts(row: asyncpg.Record) -> VisitFacts:
    plain: dict[str, Any] = dict(row)
    watchers = (one.split(" ") for one in plain.pop("watchers"))
    return VisitFacts(
        **plain
        | {
            "caregivers": tuple(row["caregivers"]),
            "inside": tuple(row["inside"] or ()),
            "watchers": tuple(Watcher(UUID(person), kind) for person, kind in watchers),
        }
    )


async def visits_beginning(
    actor: Actor, since: datetime, until: datetime, after: tuple[datetime, UUID], limit: int
) -> list[tuple[datetime, UUID]]:
    """Visits whose windows begin in [since, until), in that order, after a place in it."""
    del actor
    first, last = clock.civil_date(since), clock.civil_date(until)
    rows = await fetch(_BEGINNING, first, last, until, *after, limit)
    return [(row["window_start"], row["id"]) for row in rows]


async def preferences_of(actor: Actor, persons: Collection[UUID]) -> dict[UUID, Preferences]:
    """How these people want to be reminded; who has nothing chosen and whose provider has not, is left out."""
    del actor
    rows = await fetch(_PREFERENCES, list(persons))
    return {
        row["person"]: preferences(
            Chosen(minutes_before=row["minutes_before"], quiet_from=row["quiet_from"], quiet_until=row["quiet_until"]),
            Chosen(
                minutes_before=row["minutes_theirs"], quiet_from=row["from_theirs"], quiet_until=row["until_theirs"]
            ),
        )
        for row in rows
    }


async def preferences_of_one(actor: Actor, person: UUID) -> Preferences:
    """How one person wants to be reminded."""
    return (await preferences_of(actor, [person])).get(person, PRODUCT)


async def standing_of_visits(actor: Actor, visits: Collection[UUID]) -> list[Standing]:
    """Live reminders about these visits."""
    del actor
    rows = await fetch(
        f"SELECT {STANDING} FROM reminder r WHERE r.visit = ANY($1::uuid[]) AND r.state IN ('planned', 'sent')",
        list(visits),
    )
    return standings(rows)


def standings(rows: Iterable[asyncpg.Record]) -> list[Standing]:
    """Rows of the ledger as the rules see them."""
    return [msgspec.convert(dict(row), Standing) for row in rows]


async def lock(
    actor: Actor, *, visits: Collection[UUID] = (), things: Collection[str] = (), ids: Collection[UUID] = ()
) -> None:
    """Nobody else writes to these reminders until the unit of work ends. Comes before everything that writes to any."""
    del actor
    await fetch(_LOCK, list(visits), list(things), list(ids))


async def put(actor: Actor, topics: Mapping[str, str], reminders: Sequence[Wanted], now: datetime) -> None:
    """Writes what is wanted: one row for each thing and occasion; what was cancelled and is true again lives again."""
    del actor
    await fetch(
        _PUT,
        [uuid7() for _ in reminders],
        [one.kind for one in reminders],
        [one.audience for one in reminders],
        [one.person for one in reminders],
        [one.visit for one in reminders],
        [one.provider for one in reminders],
        [one.thing for one in reminders],
        [one.occasion for one in reminders],
        [topics[one.thing] for one in reminders],
        [one.due_at for one in reminders],
        [one.useless_at for one in reminders],
        now,
    )


async def cancel(actor: Actor, reminders: Collection[UUID], now: datetime) -> None:
    """What they say is no longer true, or no longer news."""
    del actor
    await fetch(_CANCEL, list(reminders), now)


async def supersede(actor: Actor, reminders: Sequence[Wanted], now: datetime) -> None:
    """One live reminder for each thing: of the same thing on another occasion, those that wait or were sent end."""
    del actor
    await fetch(_SUPERSEDE, [one.thing for one in reminders], [one.occasion for one in reminders], now)


async def waiting_devices(
    actor: Actor, oldest_before: datetime, only: Collection[UUID] | None = None
) -> list[asyncpg.Record]:
    """Phones that hold records from before then: id, caregiver, provider, oldest_waiting_at."""
    del actor
    today = clock.civil_date(clock.now())
    return await fetch(_WAITING, oldest_before, today, None if only is None else list(only))


async def ending_certificates(actor: Actor, only: Collection[UUID] | None = None) -> list[asyncpg.Record]:
    """Certificates that end within 30 days and have no successor: id, caregiver, provider, valid_until."""
    del actor
    return await fetch(_CERTIFICATES, clock.today(), None if only is None else list(only))
