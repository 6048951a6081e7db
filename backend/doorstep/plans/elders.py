"""Use cases around elders as an office keeps them: the list, the search, one file. Part of `service`."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from doorstep.core import clock, paging, vault
from doorstep.core.problems import NotFound
from doorstep.core.text import masked_phone
from doorstep.identity.wire import Actor, Named
from doorstep.plans import elders_store, rules
from doorstep.plans.rules import Dated
from doorstep.plans.wire import ElderStatusView, PlanStateView
from doorstep.plans.wire_elders import (
    Contact,
    ElderFile,
    ElderHome,
    ElderPage,
    ElderRow,
    PlanItemView,
    PlanNow,
    PlanVersionView,
)

_CHUNK = 500


async def elders(actor: Actor, *, words: str = "", cursor: str | None = None, limit: int = 50) -> ElderPage:
    """A page of the elders in the actor's scope. Names are sealed: a search opens them, a chunk at a time.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    after = paging.decode(cursor, tuple[str, UUID]) if cursor else None
    found: list[asyncpg.Record] = []
    while len(found) <= limit:
        chunk = await elders_store.keys(actor, after=after, limit=_CHUNK if words else limit + 1)
        found += [row for row in chunk if not words or _matches(row, words)]
        if len(chunk) < _CHUNK or not words:
            break
        after = (chunk[-1]["initials"], chunk[-1]["id"])
    page = found[:limit]
    rows = await elders_store.rows(actor, [row["id"] for row in page])
    last = (page[-1]["initials"], page[-1]["id"]) if len(found) > limit else None
    return ElderPage(items=[_row(row) for row in rows], next=paging.encode(last) if last else None)


def _matches(row: asyncpg.Record, words: str) -> bool:
    safe = vault.current()
    return rules.found(
        words,
        initials=row["initials"],
        texts=(
            row["community"] or "",
            safe.open(row["name"], "elder.name"),
            safe.open(row["address"], "household.address"),
        ),
        phone=safe.open(row["phone"], "elder.phone") if row["phone"] else "",
    )


def _row(row: asyncpg.Record) -> ElderRow:
    safe, plan = vault.current(), None
    if row["plan"] is not None:
        names = ("version", "state", "valid_from", "valid_to")
        plan = PlanNow(id=row["plan"], **{name: row[name] for name in names})
    return ElderRow(
        id=row["id"],
        name=safe.open(row["name"], "elder.name"),
        initials=row["initials"],
        sex=row["sex"],
        age=age_on(row["birth_date"], clock.today()),
        phone_tail=safe.open(row["phone"], "elder.phone")[-4:] if row["phone"] else None,
        address=safe.open(row["address"], "household.address"),
        community=row["community"] or "",
        subdistrict=row["subdistrict"],
        statuses=row["statuses"],
        plan=plan,
        next_visit_at=row["next_visit_at"],
    )


def age_on(birth: date, day: date) -> int:
    """Whole years: an age is reached on the birthday, and one of 29 February on the last day of that month."""
    reached = (day.month, day.day) >= (birth.month, birth.day) or (
        (birth.month, birth.day) == (2, 29) and day.month == 2 and (day + timedelta(days=1)).month == 3
    )
    return day.year - birth.year - (not reached)


async def elder_file(actor: Actor, elder_id: UUID) -> ElderFile:
    """Everything that the office keeps about one elder.

    :raises NotFound: if there is none in the actor's scope.
    """
    row = await elders_store.one(actor, elder_id)
    if row is None:
        raise NotFound
    safe = vault.current()
    return ElderFile(
        id=row["id"],
        may_act=row["may_act"],
        name=safe.open(row["name"], "elder.name"),
        initials=row["initials"],
        sex=row["sex"],
        age=age_on(row["birth_date"], clock.today()),
        phone_masked=_masked(row["phone"], "elder.phone"),
        hukou=row["hukou"],
        agreement_signed_on=row["agreement_signed_on"],
        home=ElderHome(
            id=row["household"],
            address=safe.open(row["address"], "household.address"),
            community=row["community"] or "",
            subdistrict=row["subdistrict"],
            access_notes=row["access_notes"],
            point=row["point"],
        ),
        contacts=[
            Contact(
                id=one["id"],
                name=safe.open(one["name"], "family_contact.name"),
                phone_masked=_masked(one["phone"], "family_contact.phone"),
                relation=one["relation"],
            )
            for one in await elders_store.contacts(actor, elder_id)
        ],
        statuses=[ElderStatusView(**dict(one)) for one in await elders_store.statuses(actor, elder_id)],
        plans=await versions(actor, elder_id),
    )


def _masked(sealed: bytes | None, purpose: str) -> str | None:
    return masked_phone(vault.current().open(sealed, purpose)) if sealed is not None else None


async def versions(actor: Actor, elder_id: UUID, plan_id: UUID | None = None) -> list[PlanVersionView]:
    """The plans of an elder that was read within the scope, or one of them: the last first."""
    plans = [row for row in await elders_store.plans(actor, elder_id) if plan_id in (None, row["id"])]
    ids = [row["id"] for row in plans]
    states, items = await elders_store.states(actor, ids), await elders_store.items(actor, ids)
    return [_version(row, states, items) for row in plans]


def _version(row: asyncpg.Record, states: Sequence[asyncpg.Record], items: Sequence[asyncpg.Record]) -> PlanVersionView:
    recorded = [
        Dated(one["state"], one["valid_from"], one["valid_to"], one["reason"])
        for one in states
        if one["plan"] == row["id"]
    ]
    plain = (
        *("id", "service_type", "content", "frequency", "window_start", "window_end", "min_minutes", "max_minutes"),
        *("max_per_month", "carers_needed", "unit_price_fen", "ratio_bp", "valid_from", "valid_to"),
    )
    return PlanVersionView(
        id=row["id"],
        programme=Named(id=row["programme"], name=row["programme_name"]),
        version=row["version"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        created_at=row["created_at"],
        states=[
            PlanStateView(state=part.name, valid_from=part.since, valid_to=part.until, reason=part.reason)
            for part in rules.life(recorded)
        ],
        items=[
            PlanItemView(
                provider=Named(id=one["provider"], name=one["provider_name"]), **{name: one[name] for name in plain}
            )
            for one in items
            if one["plan"] == row["id"]
        ],
    )
