"""Who came to visits, as SQL that the lists and figures share: by the records, else by an entry of the office, else who
is to go. The family is shown the same people.
"""

_CAME = """l.effect IN ('opened', 'joined', 'opened_and_closed', 'joined_and_closed', 'not_served')
    AND NOT EXISTS (SELECT FROM check_event x WHERE x.annuls = k.id)"""


def best_known(visits: str) -> str:
    """Queries of a WITH that end in `who` (visit, caregiver, at), from a query or table `visits` that has their `id`.

    Each person once a visit. A later row of an event and a visit says nothing else of who came, so all are read.
    """
    return f"""
asked AS MATERIALIZED (SELECT id FROM {visits} asked), came AS MATERIALIZED (
  SELECT l.visit, k.caregiver, min(k.at) AS at
  FROM asked JOIN event_visit l ON l.visit = asked.id JOIN check_event k ON k.id = l.event
  WHERE {_CAME}
  GROUP BY l.visit, k.caregiver
), entered AS MATERIALIZED (
  SELECT m.visit, m.caregiver, min(m.at) AS at FROM asked JOIN manual_edit m ON m.visit = asked.id
  WHERE m.caregiver IS NOT NULL AND NOT EXISTS (SELECT FROM came WHERE came.visit = m.visit)
  GROUP BY m.visit, m.caregiver
), who AS (
  SELECT visit, caregiver, at FROM came UNION ALL SELECT visit, caregiver, at FROM entered UNION ALL
  SELECT a.visit, a.caregiver, a.assigned_at FROM asked JOIN assignment a ON a.visit = asked.id
  WHERE a.ended_at IS NULL AND NOT EXISTS (SELECT FROM came WHERE came.visit = a.visit)
    AND NOT EXISTS (SELECT FROM entered WHERE entered.visit = a.visit)
)"""


def people(visits: str) -> str:
    """:func:`best_known`, and `people` (visit, ids, names) after it: a row a visit that anybody is known of."""
    return f"""{best_known(visits)}, people AS (
  SELECT who.visit, array_agg(c.id ORDER BY who.at, c.id) AS ids, array_agg(c.name ORDER BY who.at, c.id) AS names
  FROM who JOIN caregiver c ON c.id = who.caregiver GROUP BY who.visit
)"""


def came_any(visit: str, caregivers: str) -> str:
    """A query with a row for each time that one of these caregivers came to the visit or was entered as having come."""
    return f"""
SELECT true FROM event_visit l JOIN check_event k ON k.id = l.event
WHERE l.visit = {visit} AND k.caregiver = ANY({caregivers}::uuid[]) AND {_CAME}
UNION ALL SELECT true FROM manual_edit m WHERE m.visit = {visit} AND m.caregiver = ANY({caregivers}::uuid[])"""
