"""What providers and people have chosen: minutes before a call, quiet hours."""

from datetime import datetime
from uuid import UUID

from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.reminders.preferences import MINUTES_BEFORE, Chosen

_PUT = """
INSERT INTO reminder_setting (id, subject, minutes_before, quiet_from, quiet_until, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (subject) DO UPDATE SET minutes_before = excluded.minutes_before, quiet_from = excluded.quiet_from,
  quiet_until = excluded.quiet_until, changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""

# Next calls that wait move with what was chosen; the person's own choice comes before the provider's.
_SHIFT = """
WITH mine AS (
  SELECT r.id, r.occasion - make_interval(mins => COALESCE(own.minutes_before, theirs.minutes_before, $2)) AS due_at
  FROM reminder r JOIN caregiver c ON c.id = r.person
  LEFT JOIN reminder_setting own ON own.subject = c.id
  LEFT JOIN reminder_setting theirs ON theirs.subject = c.provider
  WHERE r.kind = 'next_call' AND r.state = 'planned' AND r.claimed_by IS NULL AND r.sent_at IS NULL
    AND (c.id = $1 OR c.provider = $1)
  ORDER BY r.id FOR UPDATE OF r
)
UPDATE reminder r SET due_at = mine.due_at, next_at = mine.due_at, changed_at = $3 FROM mine
WHERE r.id = mine.id AND r.due_at <> mine.due_at
"""


async def is_provider_in_scope(actor: Actor, provider: UUID) -> bool:
    """Whether there is such a provider, and the actor may act for it."""
    rows = await fetch(
        "SELECT FROM provider p WHERE p.id = $3 AND ($1::uuid IS NULL OR p.id = $1) "
        "AND ($2::uuid[] IS NULL OR p.area = ANY($2))",
        *(actor.provider_id, actor.areas, provider),
    )
    return bool(rows)


async def of(actor: Actor, subject: UUID) -> Chosen | None:
    """What a subject that the caller has from the actor has chosen."""
    del actor
    rows = await fetch(
        "SELECT minutes_before, quiet_from, quiet_until FROM reminder_setting WHERE subject = $1", subject
    )
    return Chosen(**dict(rows[0])) if rows else None


async def put(actor: Actor, subject: UUID, chosen: Chosen, now: datetime) -> None:
    """Keeps a choice."""
    by = actor.account_id or actor.caregiver_id
    values = (chosen.minutes_before, chosen.quiet_from, chosen.quiet_until)
    await fetch(_PUT, uuid7(), subject, *values, now, by)


async def shift_next_calls(actor: Actor, subject: UUID, now: datetime) -> None:
    """Next calls of a caregiver, or of a provider's caregivers, wait for the moment that holds now."""
    del actor
    await fetch(_SHIFT, subject, MINUTES_BEFORE, now)
