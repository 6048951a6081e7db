"""The office's read model: a day's visits, one visit, and who was to go. One SQL statement each, names opened here."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import clock, vault
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Named
from doorstep.visits import rules
from doorstep.visits.rules import MISSED_AFTER
from doorstep.visits.store import HEARD
from doorstep.visits.wire import HouseholdBrief, VisitAssignment, VisitPlan, VisitRow

SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"

_FROM = """
FROM visit v
JOIN household h ON h.id = v.household
JOIN elder e ON e.id = v.elder
JOIN provider p ON p.id = v.provider
"""

_CAREGIVERS = """
  array(SELECT c.id FROM assignment a JOIN caregiver c ON c.id = a.caregiver
    WHERE a.visit = v.id AND a.ended_at IS NULL ORDER BY a.assigned_at, c.id) AS caregiver_ids,
  array(SELECT c.name FROM assignment a JOIN caregiver c ON c.id = a.caregiver
    WHERE a.visit = v.id AND a.ended_at IS NULL ORDER BY a.assigned_at, c.id) AS caregiver_names
"""

_ROW = f"""
SELECT v.id, v.kind, v.service_type, v.content, v.window_start, v.window_end, v.op_state, v.verify_state,
  v.settle_state, v.grade, v.started_at, v.ended_at, v.holds, v.reason, v.plan_item,
  v.elder, e.name AS elder_name, v.household, h.address, h.community, v.provider, p.name AS provider_name,
  {HEARD} AS heard_at, {_CAREGIVERS}
{_FROM}
"""

# As `rules.unknown` and `rules.late`. The time is a parameter: it comes from core.clock.
_AFTER = f"interval '{MISSED_AFTER.total_seconds()} seconds'"
_UNKNOWN = f"""(v.op_state = 'assigned' AND v.window_end < {{now}} - {_AFTER}
  AND COALESCE({HEARD} <= v.window_end + {_AFTER}, false))"""
_LATE = f"""(v.started_at > v.window_end
  OR (v.started_at IS NULL AND v.op_state IN ('planned', 'assigned') AND v.window_end < {{now}} AND NOT {_UNKNOWN}))"""

PAGE = f"""
{_ROW}
WHERE {SCOPE} AND v.service_day = $3
  AND ($4::text IS NULL OR v.op_state = $4
    OR ($4 = 'held' AND v.holds > 0) OR ($4 = 'late' AND {_LATE.format(now="$8")})
    OR ($4 = 'unknown' AND {_UNKNOWN.format(now="$8")}))
  AND ($5::timestamptz IS NULL OR (v.window_start, v.id) > ($5, $6::uuid))
ORDER BY v.window_start, v.id LIMIT $7
"""

COUNTS = f"""
SELECT v.op_state, count(*) AS visits, count(*) FILTER (WHERE v.holds > 0) AS held,
  count(*) FILTER (WHERE {_LATE.format(now="$4::timestamptz")}) AS late,
  count(*) FILTER (WHERE {_UNKNOWN.format(now="$4::timestamptz")}) AS unknown
FROM visit v JOIN household h ON h.id = v.household
WHERE {SCOPE} AND v.service_day = $3 GROUP BY v.op_state
"""

_SEARCHED = f"""
SELECT v.id, v.window_start, v.window_end, v.started_at, v.op_state, v.holds, {HEARD} AS heard_at,
  v.elder, e.name, e.initials, v.household, h.address, h.community,
  array(SELECT c.name FROM assignment a JOIN caregiver c ON c.id = a.caregiver
    WHERE a.visit = v.id AND a.ended_at IS NULL) AS caregivers,
  array(SELECT c.initials FROM assignment a JOIN caregiver c ON c.id = a.caregiver
    WHERE a.visit = v.id AND a.ended_at IS NULL) AS caregiver_initials
{_FROM}
WHERE {SCOPE} AND v.service_day = $3
ORDER BY v.window_start, v.id
"""

_PLAN = """
SELECT cp.version, pi.frequency, pi.min_minutes, pi.max_minutes, pi.valid_from, pi.valid_to
FROM plan_item pi JOIN care_plan cp ON cp.id = pi.plan WHERE pi.id = $1
"""

_ASSIGNMENTS = """
SELECT a.caregiver, c.name, a.assigned_at, a.ended_at, acc.display_name AS assigned_by
FROM assignment a JOIN caregiver c ON c.id = a.caregiver LEFT JOIN account acc ON acc.id = a.assigned_by
WHERE a.visit = $1 ORDER BY a.assigned_at, a.id
"""


async def page(
    actor: Actor, day: date, *, op_state: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[VisitRow]:
    """Visits of a day in the order of their windows, those after a key only."""
    start, id = after or (None, None)
    return views(await fetch(PAGE, actor.provider_id, actor.areas, day, op_state, start, id, limit, clock.now()))


async def counts(actor: Actor, day: date) -> dict[str, int]:
    """How many visits of the day are in which state; how many are held, late, or unknown because a phone is silent."""
    rows = await fetch(COUNTS, actor.provider_id, actor.areas, day, clock.now())
    beside = {name: sum(row[name] for row in rows) for name in _BESIDE}
    return {**{row["op_state"]: row["visits"] for row in rows}, **beside}


_BESIDE = ("held", "late", "unknown")


class Found:
    """The visits of a day that match a search, in order: names and addresses are sealed, so they are opened to look."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    def counts(self) -> dict[str, int]:
        """As :func:`counts`, of the matches."""
        states: dict[str, int] = {}
        for row in self._rows:
            states[row["op_state"]] = states.get(row["op_state"], 0) + 1
        return {**states, **{name: sum(_is(row, name) for row in self._rows) for name in _BESIDE}}

    def page(self, *, op_state: str | None, after: tuple[datetime, UUID] | None, limit: int) -> list[UUID]:
        """The ids of a page of the matches."""
        wanted = (
            row["id"]
            for row in self._rows
            if (op_state is None or _is(row, op_state)) and (after is None or (row["window_start"], row["id"]) > after)
        )
        return [id for id, _ in zip(wanted, range(limit), strict=False)]


def _is(row: Mapping[str, Any], wanted: str) -> bool:
    """Whether a row belongs to a state, or to one of the filters beside the states."""
    if wanted == "held":
        return row["holds"] > 0
    if wanted == "late":
        return _late(row, clock.now())
    if wanted == "unknown":
        return _unknown(row, clock.now())
    return row["op_state"] == wanted


def _late(row: Mapping[str, Any] | asyncpg.Record, now: datetime) -> bool:
    return rules.late(
        op_state=row["op_state"],
        window_end=row["window_end"],
        started_at=row["started_at"],
        heard_at=row["heard_at"],
        now=now,
    )


def _unknown(row: Mapping[str, Any] | asyncpg.Record, now: datetime) -> bool:
    return rules.unknown(op_state=row["op_state"], window_end=row["window_end"], heard_at=row["heard_at"], now=now)


async def search(actor: Actor, day: date, words: str) -> Found:
    """Visits of a day whose elder, home or caregiver matches the words; letters are matched as initials too."""
    wanted = plain(words)
    names: dict[UUID, str] = {}
    addresses: dict[UUID, str] = {}
    matches = []
    for row in await fetch(_SEARCHED, actor.provider_id, actor.areas, day):
        initials = [row["initials"], *row["caregiver_initials"]]
        matched = any(one.startswith(wanted) for one in initials) or any(
            wanted in plain(text) for text in (*row["caregivers"], row["community"] or "")
        )
        if not matched and row["elder"] not in names:
            names[row["elder"]] = plain(vault.current().open(row["name"], "elder.name"))
        if not matched and row["household"] not in addresses:
            addresses[row["household"]] = plain(vault.current().open(row["address"], "household.address"))
        if matched or wanted in names[row["elder"]] or wanted in addresses[row["household"]]:
            matches.append(row)
    return Found(matches)


def plain(text: str) -> str:
    """Text as it is compared: one width, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


async def rows_of(actor: Actor, ids: Sequence[UUID]) -> list[VisitRow]:
    """Visits by id, in the order of their windows; those outside the scope are left out."""
    found = await fetch(
        f"{_ROW} WHERE {SCOPE} AND v.id = ANY($3::uuid[]) ORDER BY v.window_start, v.id",
        actor.provider_id,
        actor.areas,
        list(ids),
    )
    return views(found)


async def one(actor: Actor, visit_id: UUID) -> asyncpg.Record | None:
    """The raw row of one visit of the scope, for :func:`views` and :func:`plan_of`."""
    rows = await fetch(f"{_ROW} WHERE {SCOPE} AND v.id = $3", actor.provider_id, actor.areas, visit_id)
    return rows[0] if rows else None


async def plan_of(actor: Actor, plan_item: UUID | None) -> VisitPlan | None:
    """The plan item of a visit that the caller has read within the scope."""
    del actor
    rows = await fetch(_PLAN, plan_item) if plan_item else []
    return VisitPlan(**dict(rows[0])) if rows else None


async def assignments_of(actor: Actor, visit_id: UUID) -> list[VisitAssignment]:
    """Everybody who was ever to go to a visit that the caller has read within the scope."""
    del actor
    return [
        VisitAssignment(
            caregiver=Named(id=row["caregiver"], name=row["name"]),
            assigned_at=row["assigned_at"],
            assigned_by=row["assigned_by"],
            ended_at=row["ended_at"],
        )
        for row in await fetch(_ASSIGNMENTS, visit_id)
    ]


def views(rows: Sequence[asyncpg.Record]) -> list[VisitRow]:
    """Rows of the list with everything opened."""
    now = clock.now()
    return [VisitRow(**fields(row, now)) for row in rows]


def fields(row: asyncpg.Record, now: datetime) -> dict[str, Any]:
    """The fields of :class:`VisitRow`."""
    return {
        **{
            name: row[name]
            for name in (
                *("id", "service_type", "content", "window_start", "window_end", "op_state", "verify_state"),
                *("settle_state", "grade", "started_at", "ended_at", "holds", "heard_at"),
            )
        },
        "elder": Named(id=row["elder"], name=vault.current().open(row["elder_name"], "elder.name")),
        "late": _late(row, now),
        "caregivers": [
            Named(id=id, name=name) for id, name in zip(row["caregiver_ids"], row["caregiver_names"], strict=True)
        ],
        "household": HouseholdBrief(
            id=row["household"],
            address=vault.current().open(row["address"], "household.address"),
            community=row["community"] or "",
        ),
        "provider": Named(id=row["provider"], name=row["provider_name"]),
    }
