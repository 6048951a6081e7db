"""Writes subdistricts, providers with their cooperation agreements, and the monthly caps."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from doorstep.core import vault
from doorstep.core.ids import uuid7
from doorstep.db.tables.organisations import Area, CooperationAgreement, Provider
from doorstep.db.tables.plans import MonthlyCap, Programme
from doorstep.intake import store
from doorstep.intake.cells import key
from doorstep.intake.layout import Kind
from doorstep.intake.roster import AreaRow, CapRow, ProviderRow
from doorstep.intake.rules_rows import area_key
from doorstep.intake.wire import RowCode
from doorstep.intake.work import KnownProvider, Outcome, Work, grouped, opened

PROGRAMME = "chaoyang-siin"
_PROGRAMME_NAME = "居家养老“四进”服务"


async def write_areas(work: Work) -> None:
    """The subdistricts under the district's node, which is made with the first of them."""
    known = {key(row["name"]): row["id"] for row in await store.districts(work.actor)}
    work.district = known.get(key(work.district_name))
    there: dict[str, asyncpg.Record] = {}
    if work.district is not None:
        there = {area_key(row["name"]): row for row in await store.subdistricts(work.actor, work.district)}
    work.areas = {name: row["id"] for name, row in there.items()}
    made: list[Area] = []
    changes: dict[UUID, dict[str, Any]] = {}
    for outcome in work.rows(Kind.AREAS):
        await work.step()
        row: AreaRow = outcome.parsed.value
        name = area_key(row.name, work.district_name)
        old = there.get(name)
        if not (work.of_district or (old is not None and work.actor.provider_id is None and work.may_area(old["id"]))):
            outcome.refuse(RowCode.OUT_OF_SCOPE, "name")
        elif old is None:
            if work.district is None:
                work.district = uuid7()
                await work.insert([Area(id=work.district, level="district", name=work.district_name)])
            work.areas[name] = uuid7()
            work.made_areas.add(work.areas[name])
            lat, lon = row.point or (None, None)
            made.append(
                Area(
                    id=work.areas[name],
                    level="subdistrict",
                    name=row.name,
                    kind=row.kind,
                    parent=work.district,
                    lat=lat,
                    lon=lon,
                )
            )
            outcome.touched(new=True, changed=False)
        else:
            new: dict[str, Any] = {}
            if row.kind and row.kind != old["kind"]:
                new["kind"] = row.kind
            if row.point and row.point != (old["lat"], old["lon"]):
                new["lat"], new["lon"] = row.point
            changes[old["id"]] = new
            outcome.touched(new=False, changed=bool(new))
    await work.insert(made)
    await work.update(Area, changes)


async def write_providers(work: Work) -> None:
    """The providers and, for the roster's year, what they are contracted for."""
    rows = await store.providers(work.actor)
    by_code = {row["uscc"]: row for row in rows}
    names = {key(row["name"]): row["uscc"] for row in rows}
    agreements = grouped(await store.agreements(work.actor), "provider")
    for row in rows:
        work.providers[key(row["name"])] = KnownProvider(row["id"], row["name"], row["area"])
    made: list[Provider] = []
    made_agreements: list[CooperationAgreement] = []
    changes: dict[UUID, dict[str, Any]] = {}
    agreement_changes: dict[UUID, dict[str, Any]] = {}
    for outcome in work.rows(Kind.PROVIDERS):
        await work.step()
        value: ProviderRow = outcome.parsed.value
        old = by_code.get(value.uscc)
        area = work.area(value.area)
        coverage = _coverage(work, value)
        if area is None:
            outcome.refuse(RowCode.AREA_UNKNOWN, "area", value=value.area)
        elif isinstance(coverage, str):
            outcome.refuse(RowCode.AREA_UNKNOWN, "coverage", value=coverage)
        elif not work.may_area(area) or not work.may_provider(old["id"] if old else None):
            outcome.refuse(RowCode.OUT_OF_SCOPE, "name")
        elif names.setdefault(key(value.name), value.uscc) != value.uscc:
            outcome.refuse(RowCode.NAME_TAKEN, "name")
        else:
            id = old["id"] if old else uuid7()
            current = _in_force(agreements.get(id, []), work)
            renewed = _agreement(work, id, value, coverage, current, agreement_changes)
            new = _provider_values(value, area, old)
            # What a provider is contracted for, and until when, is not for itself to write.
            if work.actor.provider_id is not None and (renewed or "licence_until" in new):
                if current is not None:
                    agreement_changes.pop(current["id"], None)
                outcome.refuse(RowCode.OUT_OF_SCOPE, "service_types")
                continue
            made_agreements += renewed
            if old is None:
                made.append(Provider(id=id, uscc=value.uscc, created_at=work.now, **new))
            else:
                changes[id] = new
            outcome.touched(new=old is None, changed=bool(new or renewed or _id(current) in agreement_changes))
            work.providers[key(value.name)] = KnownProvider(id, value.name, area)
    await work.insert(made)
    await work.update(Provider, changes)
    await work.update(CooperationAgreement, agreement_changes)
    await work.insert(made_agreements)
    by_id = {provider.id: provider for provider in work.providers.values()}
    for row in await store.agreements(work.actor):
        contract = (frozenset(row["service_types"]), row["valid_from"], row["valid_to"])
        by_id[row["provider"]].contracts.append(contract)


def _id(row: asyncpg.Record | None) -> UUID | None:
    return row["id"] if row else None


def _coverage(work: Work, value: ProviderRow) -> list[UUID] | str:
    """The areas of the agreement, or the name that is not known."""
    if value.coverage is None or key(work.district_name) in value.coverage or "全区" in value.coverage:
        return [work.district] if work.district else []
    found = []
    for name in value.coverage:
        area = work.area(name)
        if area is None:
            return name
        found.append(area)
    return found


def _provider_values(value: ProviderRow, area: UUID, old: asyncpg.Record | None) -> dict[str, Any]:
    """All columns of a new provider, or those of an old one that differ; a blank cell changes nothing."""
    told = {
        "legal_kind": value.legal_kind,
        "site_kind": value.site_kind,
        "area": area,
        "licence_until": value.licence_until,
    }
    new = {name: v for name, v in told.items() if old is None or (v is not None and v != old[name])}
    for name, words in (("name", value.name), ("contact_name", value.contact_name)):
        if words and (old is None or key(words) != key(old[name])):
            new[name] = words
    phone = value.contact_phone
    if phone and (old is None or opened(old["contact_phone"], "provider.contact_phone") != phone):
        new["contact_phone"] = vault.current().seal(phone, "provider.contact_phone")
    return new


def _in_force(agreements: list[asyncpg.Record], work: Work) -> asyncpg.Record | None:
    """The agreement that counts for the roster's year: the last one recorded that is not over."""
    first, last = work.terms.first_day, date(work.terms.year + 1, 1, 1)
    live = [
        row
        for row in agreements
        if row["valid_from"] < last
        and (row["valid_to"] is None or row["valid_to"] > max(first, min(work.today, date(work.terms.year, 12, 31))))
    ]
    return live[-1] if live else None


def _agreement(
    work: Work,
    provider: UUID,
    value: ProviderRow,
    coverage: list[UUID],
    current: asyncpg.Record | None,
    changes: dict[UUID, dict[str, Any]],
) -> list[CooperationAgreement]:
    """The agreement to add, if the types or areas are not those that count; the one before then ends."""
    if (
        current is not None
        and set(current["service_types"]) == set(value.service_types)
        and (value.coverage is None or set(current["coverage_areas"]) == set(coverage))
    ):
        return []
    since = work.terms.first_day
    if current is not None:
        since = min(max(since, work.from_now), _year_end(work))
        # An agreement that has not counted yet never will; half-open, so that no day is left of it.
        changes[current["id"]] = {"valid_to": max(since, current["valid_from"])}
    return [
        CooperationAgreement(
            provider=provider,
            service_types=list(value.service_types),
            coverage_areas=coverage,
            valid_from=since,
            valid_to=date(work.terms.year + 1, 1, 1),
            signed_a_on=since,
            signed_b_on=since,
            recorded_at=work.now,
        )
    ]


async def programme_of(work: Work) -> UUID:
    """The programme of the roster, made when it is not there."""
    found = await store.programme(work.actor, PROGRAMME)
    if found is None:
        found = uuid7()
        await work.insert([Programme(id=found, code=PROGRAMME, name=_PROGRAMME_NAME)])
    return found


async def write_caps(work: Work) -> None:
    """The monthly caps, from the roster's year on; a change of a year that has begun counts from the next month on."""
    outcomes = work.rows(Kind.CAPS)
    if not outcomes:
        return
    if not work.of_district:
        for outcome in outcomes:
            await work.step()
            outcome.refuse(RowCode.OUT_OF_SCOPE, "service_type")
        return
    programme = await programme_of(work)
    there = await store.caps(work.actor, programme)
    made: list[MonthlyCap] = []
    changes: dict[UUID, dict[str, Any]] = {}
    for outcome in outcomes:
        await work.step()
        value: CapRow = outcome.parsed.value
        old = [
            row for row in there if row["service_type"] == value.service_type and row["valid_from"] <= _year_end(work)
        ]
        if old and old[-1]["cap_fen"] == value.cap_fen:
            outcome.touched(new=False, changed=False)
            continue
        since = work.terms.first_day
        if old:
            since = min(max(since, _next_month(work.today)), date(work.terms.year, 12, 1))
        same_day = [row for row in old if row["valid_from"] == since]
        if same_day:
            changes[same_day[-1]["id"]] = {"cap_fen": value.cap_fen}
        else:
            made.append(
                MonthlyCap(
                    programme=programme, service_type=value.service_type, cap_fen=value.cap_fen, valid_from=since
                )
            )
        outcome.touched(new=not old, changed=bool(old))
    await work.insert(made)
    await work.update(MonthlyCap, changes)
    _total_notice(outcomes)


def _year_end(work: Work) -> date:
    return date(work.terms.year, 12, 31)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _total_notice(outcomes: list[Outcome]) -> None:
    """A total that is not the sum of the types is reported, never repaired."""
    values = {one.parsed.value.service_type: one.parsed.value.cap_fen for one in outcomes}
    total = values.pop("total", None)
    if total is not None and values and total != sum(values.values()):
        for one in outcomes:
            if one.parsed.value.service_type == "total":
                one.notice(RowCode.TOTAL_DIFFERS, "cap", total=total // 100, sum=sum(values.values()) // 100)
