"""The board's read model: a whole day and everybody who works on it, in a few statements, names opened here."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from doorstep.core import clock, vault
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.visits import rules
from doorstep.visits.board import SCOPE
from doorstep.visits.wire_office import (
    Board,
    BoardCaregiver,
    BoardPhone,
    BoardVisit,
    CertificateEnd,
    Initialled,
)

ENDING_WITHIN = timedelta(days=30)
"""How long before its last day a certificate is said to run out."""

_VISITS = f"""
SELECT v.id, v.kind, v.service_type, v.content, v.window_start, v.window_end, v.min_minutes, v.carers_needed,
  v.op_state, v.started_at, v.ended_at, v.holds, v.reason, v.planned_day, v.provider,
  v.elder, e.name, e.initials, v.household, h.address, h.community
FROM visit v JOIN household h ON h.id = v.household JOIN elder e ON e.id = v.elder
WHERE {SCOPE} AND v.service_day = $3
ORDER BY v.window_start, v.id
"""

_GOING = """
SELECT a.visit, a.caregiver FROM assignment a
WHERE a.visit = ANY($1::uuid[]) AND a.ended_at IS NULL ORDER BY a.assigned_at, a.caregiver
"""

# Of the scope's providers everybody who is employed on the day, and whoever has to go.
_CAREGIVERS = """
SELECT c.id, c.name, c.initials, c.provider, c.phone,
  (c.employed_from IS NULL OR c.employed_from <= $4) AND (c.employed_to IS NULL OR $4 < c.employed_to) AS employed,
  EXISTS (SELECT FROM leave_period l WHERE l.caregiver = c.id AND l.valid_from <= $4
    AND (l.valid_to IS NULL OR $4 < l.valid_to)) AS on_leave,
  d.id AS device, COALESCE(d.last_seen_at, d.enrolled_at) AS heard_at, d.last_seen_at, d.waiting
FROM caregiver c JOIN provider p ON p.id = c.provider
LEFT JOIN device d ON d.caregiver = c.id AND d.revoked_at IS NULL
WHERE c.id = ANY($3::uuid[]) OR (
  ($1::uuid IS NULL OR p.id = $1) AND ($2::uuid[] IS NULL OR p.area = ANY($2))
  AND (c.employed_from IS NULL OR c.employed_from <= $4) AND (c.employed_to IS NULL OR $4 < c.employed_to))
ORDER BY c.initials, c.name, c.id
"""

_ENDING = """
SELECT q.caregiver, q.kind, max(q.valid_until) AS until FROM qualification q
WHERE q.caregiver = ANY($1::uuid[]) GROUP BY q.caregiver, q.kind
HAVING bool_and(q.valid_until IS NOT NULL) AND max(q.valid_until) < $2 ORDER BY q.kind
"""


async def of_day(actor: Actor, day: date) -> Board:
    """The whole day, always: what left it and what time alone made late or unknown is in no list of changed visits."""
    now = clock.now()
    rows = await fetch(_VISITS, actor.provider_id, actor.areas, day)
    going: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await fetch(_GOING, [row["id"] for row in rows]):
        going[row["visit"]].append(row["caregiver"])
    named = {who for chosen in going.values() for who in chosen}
    people = await fetch(_CAREGIVERS, actor.provider_id, actor.areas, list(named), day)
    heard = {row["id"]: row["heard_at"] for row in people if row["device"] is not None}
    told = [_told(row, going[row["id"]], heard, now) for row in rows]
    counts = Counter(state for state, _ in told)
    return Board(
        day=day,
        now=now,
        counts={
            **counts,
            "late": sum(late for _, late in told),
            "held": sum(row["holds"] > 0 for row in rows),
        },
        caregivers=await _caregivers(people, day),
        visits=_visits(rows, told, going),
    )


def _told(
    row: asyncpg.Record, caregivers: Collection[UUID], heard: Mapping[UUID, datetime], now: datetime
) -> tuple[str, bool]:
    """What the board calls a visit, and whether nobody came in time."""
    silent = min((heard[who] for who in caregivers if who in heard), default=None)
    state, end = row["op_state"], row["window_end"]
    if rules.unknown(op_state=state, window_end=end, heard_at=silent, now=now):
        return "unknown", False
    late = rules.late(op_state=state, window_end=end, started_at=row["started_at"], now=now, heard_at=silent)
    return ("late" if late and state in rules.NOT_BEGUN else state), late


def _visits(
    rows: Sequence[asyncpg.Record], told: Sequence[tuple[str, bool]], going: Mapping[UUID, list[UUID]]
) -> list[BoardVisit]:
    opened: dict[bytes, str] = {}

    def plain(sealed: bytes, purpose: str) -> str:
        if sealed not in opened:
            opened[sealed] = vault.current().open(sealed, purpose)
        return opened[sealed]

    return [
        BoardVisit(
            **{
                name: row[name]
                for name in (
                    *("id", "kind", "service_type", "content", "window_start", "window_end", "min_minutes"),
                    *("carers_needed", "started_at", "ended_at", "holds", "reason"),
                )
            },
            elder=Initialled(id=row["elder"], name=plain(row["name"], "elder.name"), initials=row["initials"]),
            state=state,  # pyright: ignore[reportArgumentType]
            late=late,
            caregiver_ids=going.get(row["id"], []),
            household_id=row["household"],
            community=row["community"] or "",
            address=plain(row["address"], "household.address"),
            provider_id=row["provider"],
            moved_from=row["planned_day"],
        )
        for row, (state, late) in zip(rows, told, strict=True)
    ]


async def _caregivers(people: Sequence[asyncpg.Record], day: date) -> list[BoardCaregiver]:
    ending: dict[UUID, list[CertificateEnd]] = defaultdict(list)
    for row in await fetch(_ENDING, [row["id"] for row in people], day + min(ENDING_WITHIN, date.max - day)):
        ending[row["caregiver"]].append(CertificateEnd(kind=row["kind"], until=row["until"]))
    return [
        BoardCaregiver(
            id=row["id"],
            name=row["name"],
            initials=row["initials"],
            provider_id=row["provider"],
            phone_tail=vault.current().open(row["phone"], "caregiver.phone")[-4:] if row["phone"] else None,
            employed=row["employed"],
            on_leave=row["on_leave"],
            device=BoardPhone(last_seen_at=row["last_seen_at"], waiting=row["waiting"]) if row["device"] else None,
            certificates_ending=ending.get(row["id"], []),
        )
        for row in people
    ]
