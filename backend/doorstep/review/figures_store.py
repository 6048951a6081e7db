"""Queries of the figures: one grouped statement each, over the civil day of the visit."""

from datetime import date
from uuid import UUID

import asyncpg

from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor
from doorstep.review import who
from doorstep.review.queue_store import WAITS

_SCOPE = "($1::uuid IS NULL OR v.provider = $1) AND ($2::uuid[] IS NULL OR h.area = ANY($2))"

_COUNTS = f"{_SCOPE} AND v.service_day >= $3 AND v.service_day < $4 AND v.op_state <> 'cancelled'"

# What was found about a record that was taken back is no finding any more; the queue leaves it out as well.
_STANDS = "NOT EXISTS (SELECT FROM check_event x WHERE x.annuls = f.event)"

_WHO = who.best_known(f"(SELECT v.id FROM visit v JOIN household h ON h.id = v.household WHERE {_COUNTS})")

_GROUPS = {
    "none": ("NULL::uuid", "NULL::text", "''::text", ""),
    "provider": ("v.provider", "NULL::text", "p.name", "JOIN provider p ON p.id = v.provider"),
    "caregiver": (
        "c.id",
        "NULL::text",
        "c.name",
        "JOIN who ON who.visit = v.id JOIN caregiver c ON c.id = who.caregiver",
    ),
    "service_type": ("NULL::uuid", "v.service_type", "v.service_type", ""),
}

# `step` and the group come from closed lists, never from a request's text.
_COUNTED = """
WITH rated AS (
  SELECT visit, count(*) AS n, sum(score) AS total, count(*) FILTER (WHERE score >= 4) AS satisfied
  FROM (SELECT DISTINCT ON (visit, member) visit, score FROM feedback WHERE kind = 'rate'
    ORDER BY visit, member, at DESC, id DESC) newest
  GROUP BY visit
), found AS (
  SELECT f.visit, count(*) AS n FROM finding f JOIN visit v ON v.id = f.visit
  WHERE v.service_day >= $3 AND v.service_day < $4 AND f.severity <> 'info' AND {stands} GROUP BY f.visit
), edited AS (
  SELECT DISTINCT visit FROM manual_edit
){people}
SELECT {id} AS id, {key} AS key, {name} AS name, date_trunc('{step}', v.service_day)::date AS since,
  count(*) AS visits,
  count(*) FILTER (WHERE v.op_state = 'completed') AS completed,
  count(*) FILTER (WHERE v.op_state = 'missed') AS missed,
  count(*) FILTER (WHERE v.op_state = 'not_served') AS not_served,
  count(*) FILTER (WHERE v.started_at IS NOT NULL) AS begun,
  count(*) FILTER (WHERE v.started_at BETWEEN v.window_start AND v.window_end) AS on_time,
  count(*) FILTER (WHERE v.grade = 'A') AS a, count(*) FILTER (WHERE v.grade = 'B') AS b,
  count(*) FILTER (WHERE v.grade = 'C') AS c, count(*) FILTER (WHERE v.grade = 'D') AS d,
  COALESCE(sum(found.n), 0)::bigint AS findings,
  count(*) FILTER (WHERE {waits}) AS held,
  count(edited.visit) FILTER (WHERE v.op_state = 'completed') AS manual,
  count(*) FILTER (WHERE v.op_state = 'completed' AND v.verify_state = 'rejected') AS rejected,
  COALESCE(sum(rated.n), 0)::bigint AS rated, COALESCE(sum(rated.total), 0)::bigint AS score,
  COALESCE(sum(rated.satisfied), 0)::bigint AS satisfied
FROM visit v JOIN household h ON h.id = v.household {join}
LEFT JOIN rated ON rated.visit = v.id LEFT JOIN found ON found.visit = v.id LEFT JOIN edited ON edited.visit = v.id
WHERE {counts}
GROUP BY 1, 2, 3, 4 ORDER BY 3, 1, 2, 4
"""

_CODES = f"""
SELECT f.code, count(DISTINCT f.visit) AS visits
FROM finding f JOIN visit v ON v.id = f.visit JOIN household h ON h.id = v.household
WHERE {_SCOPE} AND v.service_day >= $3 AND v.service_day < $4 AND f.severity <> 'info' AND {_STANDS}
GROUP BY f.code ORDER BY visits DESC, f.code
"""


async def counted(actor: Actor, since: date, until: date, *, by: str, step: str) -> list[asyncpg.Record]:
    """Counts of each group and step, the groups in the order of their names."""
    if step not in ("day", "week", "month"):
        raise ValueError(step)
    id, key, name, join = _GROUPS[by]
    people = f", {_WHO}" if by == "caregiver" else ""
    parts = {"id": id, "key": key, "name": name, "join": join, "people": people}
    sql = _COUNTED.format(**parts, step=step, counts=_COUNTS, stands=_STANDS, waits=WAITS)
    return await fetch(sql, actor.provider_id, actor.areas, since, until)


async def codes(actor: Actor, since: date, until: date) -> list[tuple[str, int]]:
    """Findings of the period by how many visits have them."""
    rows = await fetch(_CODES, actor.provider_id, actor.areas, since, until)
    return [(row["code"], row["visits"]) for row in rows]


async def provider_name(actor: Actor, provider: UUID) -> str | None:
    """The name of a provider of the scope."""
    sql = "SELECT name FROM provider WHERE id = $1 AND ($2::uuid IS NULL OR id = $2)"
    rows = await fetch(sql, provider, actor.provider_id)
    return rows[0]["name"] if rows else None
