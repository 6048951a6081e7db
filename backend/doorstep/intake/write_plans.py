"""Writes care plans: one for each elder and programme, in versions that never change, and the service agreements.

A file that changes an item makes a new version of the elder's plan. It holds the items of the file and those of the
old version that the file does not speak of. It counts from tomorrow (today's visits stay as they were planned), or from
the first day of the items that changed if that is later. The old version is superseded on that day.
"""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core.ids import uuid7
from doorstep.db.tables.homes import ServiceAgreement
from doorstep.db.tables.plans import CarePlan, PlanItem, PlanState
from doorstep.intake import merging, store
from doorstep.intake.cells import key
from doorstep.intake.identities import masked_id
from doorstep.intake.layout import Kind
from doorstep.intake.merging import Item
from doorstep.intake.roster import PlanRow
from doorstep.intake.wire import RowCode
from doorstep.intake.work import KnownElder, Outcome, Work, grouped, opened
from doorstep.intake.write_people import fingerprint_of_number
from doorstep.intake.write_places import programme_of
from doorstep.plans import service

_ONE_DAY = timedelta(days=1)
EMERGENCY = "emergency"


class _Planned(msgspec.Struct):
    """The rows of one elder that may be written."""

    elder: KnownElder
    outcomes: list[Outcome] = []
    items: list[Item] = []


async def write_plans(work: Work) -> None:
    """The items of the file into plans, and an agreement of each elder with each provider of them."""
    planned = await _planned(work)
    if not planned:
        return
    programme = await programme_of(work)
    elders = [one.elder.id for one in planned]
    plans = {row["elder"]: row for row in await store.plans(work.actor, programme, elders)}
    ids = [row["id"] for row in plans.values()]
    items = grouped(await store.plan_items(work.actor, ids), "plan")
    states = grouped(await store.plan_states(work.actor, ids), "plan")
    made: list[CarePlan] = []
    made_items: list[PlanItem] = []
    made_states: list[PlanState] = []
    follows: list[tuple[UUID, CarePlan]] = []
    for one in planned:
        await work.breathe()
        old = plans.get(one.elder.id)
        there = [_item_of(row) for row in items.get(old["id"], [])] if old else []
        merged = merging.merge(one.items, there, list(old["risks"]) if old else [], own=work.actor.provider_id)
        for outcome, fate in zip(one.outcomes, merged.fates, strict=True):
            outcome.touched(new=fate == "created", changed=fate == "updated")
        if merged.changed:
            plan = _version(work, one.elder.id, programme, merged, old)
            made.append(plan)
            follows += [(old["id"], plan)] if old else []
            made_items += [_row_of(plan.id, item) for item in merged.items]
            made_states += _states(work, plan, old, states.get(old["id"], []) if old else [])
    await work.insert(made)
    await work.insert(made_items)
    await work.insert(made_states)
    for old_id, plan in follows:
        await work.breathe()
        await service.carry_over(work.actor, old_id, plan.id, plan.valid_from)
    await _write_agreements(work, planned)


async def _planned(work: Work) -> list[_Planned]:
    """The rows whose elder and provider are known, by elder, in the order of the file."""
    outcomes = work.rows(Kind.PLANS)
    await _look_up_elders(work, {one.parsed.value.id_number for one in outcomes} - work.elders.keys())
    refused_elders, refused_providers = work.refused(Kind.ELDERS), work.refused(Kind.PROVIDERS)
    found: dict[UUID, _Planned] = {}
    for outcome in outcomes:
        await work.step()
        row: PlanRow = outcome.parsed.value
        elder, provider = work.elders.get(row.id_number), work.providers.get(key(row.provider))
        shown = masked_id(row.id_number)
        if elder is not None and not elder.served:
            # Before anything is compared: whose name it is, is not for a stranger to try.
            outcome.refuse(RowCode.OUT_OF_SCOPE, "id_number")
            continue
        if elder is None:
            code = RowCode.ELDER_REFUSED if row.id_number in refused_elders else RowCode.ELDER_UNKNOWN
            outcome.refuse(code, "id_number", id_number=shown)
        if elder is not None and row.elder_name and key(row.elder_name) != key(elder.name):
            outcome.refuse(RowCode.NAME_MISMATCH, "elder_name", id_number=shown)
        if provider is None:
            code = RowCode.PROVIDER_REFUSED if key(row.provider) in refused_providers else RowCode.PROVIDER_UNKNOWN
            outcome.refuse(code, "provider", value=row.provider)
        elif not provider.contracted(row.service_type, row.starts_on, row.ends_on):
            name = work.terms.types[row.service_type]
            outcome.refuse(RowCode.TYPE_NOT_CONTRACTED, "provider", value=row.provider, service_type=name)
        if elder is None or provider is None or outcome.faults:
            continue
        if not work.may_area(elder.area) or not work.may_provider(provider.id):
            outcome.refuse(RowCode.OUT_OF_SCOPE, "provider")
            continue
        one = found.setdefault(elder.id, _Planned(elder))
        one.outcomes.append(outcome)
        one.items.append(
            Item(
                provider=provider.id,
                service_type=row.service_type,
                content=row.content,
                frequency=row.frequency,
                recurrence=json.loads(row.recurrence),
                window=row.window,
                min_minutes=row.min_minutes,
                max_minutes=row.max_minutes,
                carers=row.carers,
                price_fen=row.price_fen,
                ratio_bp=row.ratio_bp,
                valid_from=row.starts_on,
                valid_to=row.ends_on + _ONE_DAY,
                risks=row.risks,
            )
        )
    return list(found.values())


async def _look_up_elders(work: Work, numbers: set[str]) -> None:
    """Elders of plan rows that are known from before: the file has no row for them, or none that counts."""
    prints = {fingerprint_of_number(number): number for number in numbers}
    for row in await store.elders(work.actor, prints.keys()):
        name = opened(row["name"], "elder.name") or ""
        number = prints[bytes(row["id_fingerprint"])]
        work.elders[number] = KnownElder(row["id"], name, row["area"], row["agreement_signed_on"], served=row["served"])


def _item_of(row: asyncpg.Record) -> Item:
    return Item(
        provider=row["provider"],
        service_type=row["service_type"],
        content=row["content"],
        frequency=row["frequency"],
        recurrence=json.loads(row["recurrence"]),
        window=(row["window_start"], row["window_end"]),
        min_minutes=row["min_minutes"],
        max_minutes=row["max_minutes"],
        max_per_month=row["max_per_month"],
        carers=row["carers_needed"],
        price_fen=row["unit_price_fen"],
        ratio_bp=row["ratio_bp"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


def _row_of(plan: UUID, item: Item) -> PlanItem:
    return PlanItem(
        plan=plan,
        provider=item.provider,
        service_type=item.service_type,
        content=item.content,
        frequency=item.frequency,
        recurrence=json.dumps(item.recurrence, ensure_ascii=False),
        window_start=item.window[0],
        window_end=item.window[1],
        min_minutes=item.min_minutes,
        max_minutes=item.max_minutes,
        max_per_month=item.max_per_month,
        carers_needed=item.carers,
        unit_price_fen=item.price_fen,
        ratio_bp=item.ratio_bp,
        valid_from=item.valid_from,
        valid_to=item.valid_to,
    )


def _version(work: Work, elder: UUID, programme: UUID, merged: merging.Merged, old: asyncpg.Record | None) -> CarePlan:
    since = min(item.valid_from for item in merged.items)
    until = max(item.valid_to for item in merged.items)
    if old is not None:
        since = max(merged.counts_from, work.today + _ONE_DAY, old["valid_from"])
        until = max(until, since + _ONE_DAY)
    return CarePlan(
        id=uuid7(),
        elder=elder,
        programme=programme,
        version=old["version"] + 1 if old else 1,
        valid_from=since,
        valid_to=until,
        risks=merged.risks,
        emergency_procedure=old["emergency_procedure"] if old else EMERGENCY,
        created_at=work.now,
    )


def _states(work: Work, plan: CarePlan, old: asyncpg.Record | None, recorded: list[asyncpg.Record]) -> list[PlanState]:
    """Active for its term; the old version is superseded, a suspension that reaches into the new one goes on.

    What is recorded last counts, so each gets its own instant.
    """
    facts: list[dict[str, Any]] = [
        {"plan": plan.id, "state": "active", "valid_from": plan.valid_from, "valid_to": plan.valid_to}
    ]
    if old is not None:
        facts.append({"plan": old["id"], "state": "superseded", "valid_from": plan.valid_from, "reason": "roster"})
    for row in recorded[1:]:
        reaches = row["valid_to"] is None or row["valid_to"] > plan.valid_from
        if row["state"] in ("suspended", "active") and reaches:
            since = max(row["valid_from"], plan.valid_from)
            facts.append(
                {
                    "plan": plan.id,
                    "state": row["state"],
                    "valid_from": since,
                    "valid_to": row["valid_to"],
                    "reason": row["reason"],
                }
            )
    return [PlanState(**fact, recorded_at=work.now + timedelta(microseconds=turn)) for turn, fact in enumerate(facts)]


async def _write_agreements(work: Work, planned: list[_Planned]) -> None:
    """Elder and provider: in force from the signature to the last day of the items; without a signing date none."""
    there = grouped(await store.service_agreements(work.actor, [one.elder.id for one in planned]), "elder")
    made: list[ServiceAgreement] = []
    changes: dict[UUID, dict[str, Any]] = {}
    for one in planned:
        await work.breathe()
        signed = one.elder.signed_on
        if signed is None:
            continue
        ends: dict[UUID, date] = {}
        first: dict[UUID, Outcome] = {}
        for outcome, item in zip(one.outcomes, one.items, strict=True):
            ends[item.provider] = max(item.valid_to, ends.get(item.provider, item.valid_to))
            first.setdefault(item.provider, outcome)
        for provider, until in ends.items():
            same = [
                row
                for row in there.get(one.elder.id, [])
                if row["provider"] == provider and signed in (row["signed_on"], row["valid_from"])
            ]
            if not same:
                made.append(
                    ServiceAgreement(
                        elder=one.elder.id,
                        provider=provider,
                        signed_on=signed,
                        valid_from=signed,
                        valid_to=max(until, signed + _ONE_DAY),
                        recorded_at=work.now,
                    )
                )
            elif same[-1]["valid_to"] is not None and same[-1]["valid_to"] < until:
                changes[same[-1]["id"]] = {"valid_to": until}
            else:
                continue
            first[provider].touched(new=False, changed=True)
    await work.insert(made)
    await work.update(ServiceAgreement, changes)
