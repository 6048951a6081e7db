"""The service register (服务登记簿), on screen and as the sheet that an office prints."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import anyio
from asyncpg import Record

from doorstep.core import clock, paging, vault
from doorstep.core.problems import Problem
from doorstep.core.text import masked_phone
from doorstep.identity.wire import Actor, Role
from doorstep.review import figures_store, register_sheet, register_store, rules
from doorstep.review.entering import PeriodInvalid
from doorstep.review.wire_register import Register, RegisterEntry

MOST = 20_000
"""Rows of one sheet."""
WHOLE_NUMBERS = frozenset({Role.MANAGER, Role.OFFICER, Role.ADMIN})
"""Who reads telephone numbers unmasked."""


class RegisterTooLong(Problem):
    """More rows than one sheet holds; the detail says how many."""

    code = "REGISTER_TOO_LONG"


async def page(
    actor: Actor, since: date, until: date, *, provider_id: UUID | None, cursor: str | None, limit: int
) -> Register:
    """A page of the register of [since, until).

    :raises PeriodInvalid: if the end is not after the beginning, or the period is longer than two years.
    :raises CursorInvalid: if the cursor is not one of this list.
    """
    _check(since, until)
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    rows = await register_store.page(actor, since, until, provider_id, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return Register(
        since=since,
        until=until,
        total=await register_store.count(actor, since, until, provider_id),
        items=_entries(actor, rows[:limit]),
        next=paging.encode((last["started_at"], last["id"])) if last else None,
    )


async def sheet(actor: Actor, since: date, until: date, *, provider_id: UUID | None) -> bytes:
    """The whole register of [since, until) as a workbook.

    :raises PeriodInvalid: as :func:`page`.
    :raises RegisterTooLong: if it has more rows than a sheet holds.
    """
    _check(since, until)
    total = await register_store.count(actor, since, until, provider_id)
    if total > MOST:
        raise RegisterTooLong(f"共 {total} 条，最多 {MOST} 条", f"{total} rows, {MOST} at most")
    entries = _entries(actor, await register_store.page(actor, since, until, provider_id, None, MOST))
    provider = provider_id or actor.provider_id
    name = await figures_store.provider_name(actor, provider) if provider else None
    return await anyio.to_thread.run_sync(register_sheet.written, entries, since, until, name, clock.now())


def _check(since: date, until: date) -> None:
    if not rules.period_valid(since, until):
        raise PeriodInvalid


def _entries(actor: Actor, rows: Sequence[Record]) -> list[RegisterEntry]:
    return [_entry(actor, row) for row in rows]


def contact(actor: Actor, row: Record) -> str | None:
    """The number under which a home is called, the elder's own or a relative's, as far as the role reads it."""
    safe = vault.current()
    phone = safe.open(row["elder_phone"], "elder.phone") if row["elder_phone"] else None
    if phone is None and row["other"]:
        phone = safe.open(row["other"], "family_contact.phone")
    return phone if phone is None or actor.role in WHOLE_NUMBERS else masked_phone(phone)


def _entry(actor: Actor, row: Record) -> RegisterEntry:
    safe = vault.current()
    same = ("started_at", "ended_at", "service_type", "content", "caregivers", "grade", "verify_state", "manual")
    return RegisterEntry(
        **{name: row[name] for name in same},
        visit_id=row["id"],
        minutes=int((row["ended_at"] - row["started_at"]).total_seconds() // 60),
        elder=safe.open(row["elder_name"], "elder.name"),
        contact=contact(actor, row),
        place=safe.open(row["address"], "household.address"),
        community=row["community"] or "",
        provider=row["provider_name"],
    )
