"""The phone's read model: a caregiver's calls of some days, with what is needed at the door without network."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import msgspec

from doorstep.core import vault
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.plans import catalogue
from doorstep.visits.wire import DoorElder, DoorHousehold, DoorVisit

# Beside those assigned: what the caregiver has recorded without an assignment (walk-ins).
_DAYS = """
WITH mine AS (
  SELECT a.visit FROM assignment a WHERE a.caregiver = $1 AND a.ended_at IS NULL AND a.service_day BETWEEN $2 AND $3
  UNION
  SELECT ev.visit FROM check_event e JOIN event_visit ev ON ev.event = e.id
  WHERE e.caregiver = $1 AND e.at > $2::date - interval '3 days'
)
SELECT v.id, v.service_day, v.service_type, v.content, v.window_start, v.window_end, v.op_state, v.verify_state,
  v.settle_state, v.grade, v.carers_needed, v.min_minutes, v.max_minutes,
  v.elder, e.name AS elder_name, e.sex, e.birth_date,
  v.household, h.address, h.community, h.access_notes, hc.token_sha256, cp.risks, cp.emergency_procedure,
  array(SELECT c.name FROM assignment o JOIN caregiver c ON c.id = o.caregiver
    WHERE o.visit = v.id AND o.ended_at IS NULL AND o.caregiver <> $1 ORDER BY o.assigned_at, c.id) AS colleagues
FROM mine
JOIN visit v ON v.id = mine.visit
JOIN elder e ON e.id = v.elder
JOIN household h ON h.id = v.household
LEFT JOIN household_code hc ON hc.household = h.id AND hc.revoked_at IS NULL
LEFT JOIN LATERAL (
  SELECT cp.risks, cp.emergency_procedure FROM care_plan cp
  WHERE cp.elder = v.elder AND cp.valid_from <= v.service_day AND v.service_day < cp.valid_to
  ORDER BY cp.id = (SELECT pi.plan FROM plan_item pi WHERE pi.id = v.plan_item) DESC NULLS LAST, cp.version DESC
  LIMIT 1
) cp ON true
WHERE v.op_state <> 'cancelled' AND v.service_day BETWEEN $2 AND $3
ORDER BY v.window_start, h.id, v.id
"""


class DayCall(msgspec.Struct, frozen=True):
    """A call, the civil day that it belongs to, and what is stored of its home's card. The visit holds no hash yet."""

    day: date
    visit: DoorVisit
    token_sha256: bytes | None


async def calls(actor: Actor, first: date, last: date) -> list[DayCall]:
    """The calls of the actor, who is a caregiver, on these days, in order."""
    if actor.caregiver_id is None:
        return []
    rows = await fetch(_DAYS, actor.caregiver_id, first, last)
    opened: dict[bytes, str] = {}
    return [_call(row, opened) for row in rows]


def _call(row: asyncpg.Record, opened: dict[bytes, str]) -> DayCall:
    plain: dict[str, Any] = {
        name: row[name]
        for name in (
            *("id", "service_type", "content", "window_start", "window_end", "op_state", "verify_state"),
            *("settle_state", "grade", "carers_needed", "min_minutes", "max_minutes", "colleagues"),
        )
    }
    safety = catalogue.safety_procedure(row["service_type"], row["content"])
    visit = DoorVisit(
        **plain,
        elder=DoorElder(
            id=row["elder"],
            name=_open(row["elder_name"], "elder.name", opened),
            sex=row["sex"],
            age=age_on(row["birth_date"], row["service_day"]),
        ),
        household=DoorHousehold(
            id=row["household"],
            address=_open(row["address"], "household.address", opened),
            community=row["community"] or "",
            access_notes=row["access_notes"],
            code_salt=None,
            code_hash=None,
        ),
        tasks=[task.code for task in catalogue.tasks_of(row["content"])],
        risks=row["risks"] or [],
        emergency_procedure=catalogue.emergency_procedure(
            row["emergency_procedure"] or catalogue.EMERGENCY
        ).acknowledgement,
        safety_procedure=safety.acknowledgement if safety else None,
    )
    return DayCall(row["service_day"], visit, row["token_sha256"])


def _open(sealed: bytes, purpose: str, opened: dict[bytes, str]) -> str:
    """The same elder and home come again every day."""
    if sealed not in opened:
        opened[sealed] = vault.current().open(sealed, purpose)
    return opened[sealed]


def age_on(birth: date, day: date) -> int:
    """Whole years: an age is reached on the birthday, and one of 29 February on the last day of that month."""
    reached = (day.month, day.day) >= (birth.month, birth.day) or (
        (birth.month, birth.day) == (2, 29) and day.month == 2 and (day + timedelta(days=1)).month == 3
    )
    return day.year - birth.year - (not reached)
