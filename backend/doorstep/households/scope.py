"""Whom a provider serves: the one condition by which an elder is in its scope, as text of SQL.

A provider acts for an elder (records facts, invites the family, hangs a card) while an item of a plan or an agreement
of its own is in force, or will be. It reads what is kept of the elder for `READING_TAIL` more. Its own visits it sees
for ever: they are found by their provider, not by this.
"""

from datetime import date, timedelta

# What was served last still comes in: records that waited on a phone, the month's settlement, and objections to both.
READING_TAIL = timedelta(days=90)


def reading_since(today: date) -> date:
    """The day from which on something must have been in force for an elder to be read today."""
    return today - READING_TAIL


def item_stands(since: str) -> str:
    """Whether item `pi` of plan `cp` is in force on the day `since` or a later one; no plan comes back from its end."""
    first = f"GREATEST({since}, cp.valid_from, pi.valid_from)"
    return f"""({first} < LEAST(cp.valid_to, pi.valid_to) AND COALESCE((
      SELECT ps.state FROM plan_state ps WHERE ps.plan = cp.id AND ps.valid_from <= {first}
        AND (ps.valid_to IS NULL OR {first} < ps.valid_to) ORDER BY ps.recorded_at DESC, ps.id DESC LIMIT 1
    ), '') NOT IN ('superseded', 'ended'))"""


def _agreed(since: str) -> str:
    """Whether agreement `sa` is in force on the day `since` or a later one."""
    return f"GREATEST({since}, sa.valid_from) < COALESCE(sa.valid_to, 'infinity')"


def serves(*, elder: str, provider: str, since: str) -> str:
    """Whether a provider serves an elder on the day `since` or a later one, by an item of a plan or an agreement."""
    return f"""(
  EXISTS (SELECT FROM care_plan cp JOIN plan_item pi ON pi.plan = cp.id
    WHERE cp.elder = {elder} AND pi.provider = {provider} AND {item_stands(since)})
  OR EXISTS (SELECT FROM service_agreement sa WHERE sa.elder = {elder} AND sa.provider = {provider}
    AND {_agreed(since)}))"""


def providers_of(elder: str, since: str) -> str:
    """Whoever serves an elder on the day `since` or a later one: who is told of what happens, as an array."""
    return f"""array(
  SELECT pi.provider FROM care_plan cp JOIN plan_item pi ON pi.plan = cp.id
    WHERE cp.elder = {elder} AND {item_stands(since)}
  UNION SELECT sa.provider FROM service_agreement sa WHERE sa.elder = {elder} AND {_agreed(since)}
  ORDER BY 1)"""


def in_scope(*, provider: str, areas: str, since: str) -> str:
    """Whether elder `e` of household `h` is in the scope of an actor: its provider serves them, and its areas reach."""
    served = serves(elder="e.id", provider=provider, since=since)
    return f"(({provider}::uuid IS NULL OR {served}) AND ({areas}::uuid[] IS NULL OR h.area = ANY({areas})))"
