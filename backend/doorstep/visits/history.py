"""What the office did to a visit, in order of time: its own story, to be read beside that of the phones."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import vault
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits.board import SCOPE
from doorstep.visits.wire import OfficeEntry

# A visit that began with a scan at the door was made by nobody in the office.
_MADE = f"""
SELECT v.id, v.created_at, v.created_by, v.plan_item, v.window_start, v.window_end, acc.display_name
FROM visit v JOIN household h ON h.id = v.household LEFT JOIN account acc ON acc.id = v.created_by
WHERE {SCOPE} AND v.id = ANY($3::uuid[])
"""

_SENT = """
SELECT a.visit, c.name, a.assigned_at, a.ended_at, sent.display_name AS sent_by, ended.display_name AS ended_by
FROM assignment a JOIN caregiver c ON c.id = a.caregiver
LEFT JOIN account sent ON sent.id = a.assigned_by LEFT JOIN account ended ON ended.id = a.ended_by
WHERE a.visit = ANY($1::uuid[]) ORDER BY a.assigned_at, a.id
"""

# Planning and assigning stand in their own tables; check-ins are the phones' story.
_CHANGED = """
SELECT DISTINCT ON (c.subject, c.kind, c.at) c.subject, substr(c.kind, 7) AS what, c.at, c.data, acc.display_name,
  COALESCE(step.data->>'reason', v.reason) AS reason, new.address AS address, old.address AS address_before
FROM change c JOIN visit v ON v.id = c.subject
LEFT JOIN office_action step ON step.id = (c.data->>'action')::uuid
LEFT JOIN account acc ON acc.id = (c.data->>'by')::uuid
LEFT JOIN household new ON new.id = (c.data->>'household')::uuid
LEFT JOIN household old ON old.id = (c.data->>'before')::uuid AND c.kind = 'visit.moved'
WHERE c.subject = ANY($1::uuid[]) AND c.kind LIKE 'visit.%'
  AND c.kind NOT IN ('visit.planned', 'visit.assigned', 'visit.checked')
ORDER BY c.subject, c.kind, c.at, c.id
"""


_INNER = frozenset({"by", "household", "before", "caregivers", "action", "day", "day_before"})
"""What a change holds for readers, not for a page."""


async def of(actor: Actor, visits: Collection[UUID]) -> list[OfficeEntry]:
    """Who changed what and when; `by` None is the server itself. Visits outside the scope are left out."""
    made = await fetch(_MADE, actor.provider_id, actor.areas, list(visits))
    ids = [row["id"] for row in made]
    if not ids:
        return []
    entries = [_made(row) for row in made if row["plan_item"] or row["created_by"]]
    entries += _sendings(await fetch(_SENT, ids))
    entries += [_changed(row) for row in await fetch(_CHANGED, ids)]
    return sorted(entries, key=lambda entry: entry.at)


def _made(row: asyncpg.Record) -> OfficeEntry:
    data = {name: row[name] for name in ("window_start", "window_end")}
    what = "planned" if row["plan_item"] else "ordered"
    return OfficeEntry(visit_id=row["id"], at=row["created_at"], what=what, by=row["display_name"], data=data)


def _sendings(rows: Iterable[asyncpg.Record]) -> list[OfficeEntry]:
    """One entry for each moment at which people were sent or taken off."""
    moments: dict[tuple[UUID, datetime], dict[str, Any]] = {}
    for row in rows:
        for at, by, which in (
            (row["assigned_at"], row["sent_by"], "to"),
            (row["ended_at"], row["ended_by"], "from"),
        ):
            if at is not None:
                moment = moments.setdefault((row["visit"], at), {"by": None, "from": [], "to": []})
                moment["by"] = moment["by"] or by
                moment[which].append(row["name"])
    begun: set[UUID] = set()
    entries = []
    for (visit, at), moment in sorted(moments.items(), key=lambda one: one[0][1]):
        by = moment.pop("by")
        what = "reassigned" if visit in begun else "assigned"
        entries.append(OfficeEntry(visit_id=visit, at=at, what=what, by=by, data=moment))
        begun.add(visit)
    return entries


def _changed(row: asyncpg.Record) -> OfficeEntry:
    data: dict[str, Any] = msgspec.json.decode(row["data"])
    data = {name: value for name, value in data.items() if name not in _INNER}
    if row["what"] in ("cancelled", "rescheduled") and not data.get("undone"):
        data["reason"] = row["reason"]
    for name, sealed in (("from", row["address_before"]), ("to", row["address"])):
        if row["what"] == "moved" and sealed is not None:
            data[name] = vault.current().open(sealed, "household.address")
    return OfficeEntry(visit_id=row["subject"], at=row["at"], what=row["what"], by=row["display_name"], data=data)
