"""Whose own work a visit is: nobody decides on it, checks it or answers about it themselves."""

from uuid import UUID

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor

# $1 the visit, $2 the account. What they entered by hand, or what was entered for them, or a call that they went to, or
# are to go to, themselves.
IS_OWN_WORK = """(EXISTS (SELECT FROM manual_edit WHERE visit = $1 AND made_by = $2) OR EXISTS (
  SELECT FROM account acc WHERE acc.id = $2 AND acc.caregiver IS NOT NULL AND (
    EXISTS (SELECT FROM assignment a WHERE a.visit = $1 AND a.caregiver = acc.caregiver AND a.ended_at IS NULL)
    OR EXISTS (SELECT FROM manual_edit m WHERE m.visit = $1 AND m.caregiver = acc.caregiver)
    OR EXISTS (SELECT FROM event_visit ev JOIN check_event e ON e.id = ev.event
      WHERE ev.visit = $1 AND e.caregiver = acc.caregiver))))"""


async def own_work(actor: Actor, visit: UUID) -> bool:
    """Whether a visit is the actor's own work. That it is in the actor's scope has been seen before."""
    return (await fetch(f"SELECT {IS_OWN_WORK} AS own", visit, actor.account_id))[0]["own"]
