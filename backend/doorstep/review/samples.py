"""Seeded samples of verified visits: drawn so that anybody can draw the same, and what was found about each."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.checkins import service as checkins
from doorstep.core import clock, paging
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotAllowed, NotFound, OwnWork, Problem
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor, Named
from doorstep.review import register, rules, rules_samples, samples_store, waiting
from doorstep.review.deciding import ReasonNeeded
from doorstep.review.entering import PeriodInvalid
from doorstep.review.wire import InspectionView
from doorstep.review.wire_samples import DrawnVisit, NewInspection, NewSample, Redraw, Sample, SampleList, SampleView


class SampleEmpty(Problem):
    """There is no verified visit to draw from."""

    code = "SAMPLE_EMPTY"


class SampleNotKept(Problem):
    """It was drawn by a version that did not keep what it was drawn from."""

    code = "SAMPLE_NOT_KEPT"


async def draw(actor: Actor, new: NewSample) -> SampleView:
    """Draws verified visits of a period; a manager from those of the own provider. What it is drawn from is kept.

    :raises PeriodInvalid: if the period is none.
    :raises SampleEmpty: if there is nothing to draw from.
    """
    if not rules.period_valid(new.since, new.until):
        raise PeriodInvalid
    id, provider = uuid7(), actor.provider_id or new.provider_id
    seed = rules_samples.seed_of((new.seed or "").strip(), secrets.token_hex(16))
    async with unit_of_work():
        population = await samples_store.population(actor, new.since, new.until, provider=new.provider_id)
        if not population:
            raise SampleEmpty
        await samples_store.insert(
            actor,
            id=id,
            seed=seed,
            since=new.since,
            until=new.until,
            population=rules_samples.packed(population),
            provider=provider,
            drawn=rules_samples.draw(population, seed, new.size),
            size=new.size,
            now=clock.now(),
        )
    return await one(actor, id)


async def page(actor: Actor, cursor: str | None, limit: int) -> SampleList:
    """The samples of one's scope, newest first.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
    rows = await samples_store.page(actor, after, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    counted = await _outcomes(actor, [row["id"] for row in rows])
    return SampleList(
        items=[Sample(**_fields(row, counted.get(row["id"], {}))) for row in rows],
        next=paging.encode((rows[-1]["at"], rows[-1]["id"])) if more else None,
    )


async def one(actor: Actor, sample_id: UUID) -> SampleView:
    """A sample with its visits in the order in which they were drawn.

    :raises NotFound: if there is no such sample in the actor's scope.
    """
    row = await _row(actor, sample_id)
    found: dict[UUID, list[InspectionView]] = {}
    for one in await samples_store.inspections(actor, sample_id):
        same = {name: one[name] for name in ("kind", "outcome", "note", "at")}
        view = InspectionView(sample_id=sample_id, made_by=one["display_name"], **same)
        found.setdefault(one["visit"], []).append(view)
    counted = await _outcomes(actor, [sample_id])
    return SampleView(
        **_fields(row, counted.get(sample_id, {})),
        may_record=_may_record(actor, row),
        items=[
            DrawnVisit(
                ordinal=item["ordinal"],
                visit=waiting.brief(item),
                contact=register.contact(actor, item),
                inspections=found.get(item["id"], []),
            )
            for item in await samples_store.items(actor, sample_id)
        ],
    )


async def again(actor: Actor, sample_id: UUID) -> Redraw:
    """Makes the same draw again from what it was drawn from, and counts what has become of that.

    :raises NotFound: if there is no such sample in the actor's scope.
    :raises SampleNotKept: if it was drawn before that was kept.
    """
    row = await _row(actor, sample_id)
    kept = await _kept(actor, sample_id)
    then = rules_samples.unpacked(kept)
    now = await samples_store.population(actor, row["since"], row["until"], provider=row["provider"], area=row["area"])
    drawn = rules_samples.draw(then, row["seed"], row["size"])
    return Redraw(
        visits=drawn,
        same_draw=drawn == [item["id"] for item in await samples_store.items(actor, sample_id)],
        same_population=rules_samples.mark(kept) == row["population_sha256"],
        no_longer=len(set(then) - set(now)),
        since_then=len(set(now) - set(then)),
    )


async def population(actor: Actor, sample_id: UUID) -> str:
    """What a sample was drawn from: the ids of the visits, one a line, in ascending order.

    :raises NotFound: if there is no such sample in the actor's scope.
    :raises SampleNotKept: if it was drawn before that was kept.
    """
    await _row(actor, sample_id)
    return "".join(f"{visit}\n" for visit in rules_samples.unpacked(await _kept(actor, sample_id)))


async def inspect(actor: Actor, sample_id: UUID, visit_id: UUID, new: NewInspection) -> SampleView:
    """Writes what a call or a visit to the home found; what differs opens the visit again.

    :raises NotFound: if the visit is in no such sample of the actor's scope.
    :raises ReasonNeeded: if it differs and nothing says how.
    :raises NotAllowed: if it is for those who drew it to ask.
    :raises OwnWork: if the visit is the actor's own work.
    """
    note = (new.note or "").strip() or None
    if note is None and new.outcome in rules_samples.EXPLAINED:
        raise ReasonNeeded
    async with unit_of_work():
        if not _may_record(actor, await _row(actor, sample_id)):
            raise NotAllowed("这一批由抽查的一方核实、记录", "Those who drew this sample ask and record")
        item = await samples_store.item(actor, sample_id, visit_id)
        if item is None:
            raise NotFound
        if await checkins.own_work(actor, visit_id):
            raise OwnWork
        now = clock.now()
        id = await samples_store.add_inspection(actor, item, kind=new.kind, outcome=new.outcome, note=note, now=now)
        if new.outcome in rules_samples.DIFFERS:
            await checkins.place_hold(actor, visit_id, checkins.INSPECTION_DIFFERS, id)
    return await one(actor, sample_id)


def _may_record(actor: Actor, row: Record) -> bool:
    """Nobody inspects themselves: what an office or an auditor drew is not for the provider to answer."""
    return actor.works_for is None or actor.works_for == row["drawn_for"]


async def _kept(actor: Actor, sample_id: UUID) -> bytes:
    kept = await samples_store.kept(actor, sample_id)
    if kept is None:
        raise SampleNotKept
    return kept


async def _row(actor: Actor, sample_id: UUID) -> Record:
    row = await samples_store.one(actor, sample_id)
    if row is None:
        raise NotFound
    return row


async def _outcomes(actor: Actor, samples: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    found: dict[UUID, dict[str, int]] = {}
    for row in await samples_store.outcomes(actor, samples):
        found.setdefault(row["sample"], {})[row["outcome"] or ""] = row["visits"]
    return found


def _fields(row: Record, counted: dict[str, int]) -> dict[str, Any]:
    same = ("id", "seed", "since", "until", "size", "population", "at")
    return {
        **{name: row[name] for name in same},
        "population_sha256": row["population_sha256"].hex(),
        "provider": Named(id=row["provider"], name=row["provider_name"]) if row["provider"] else None,
        "area": Named(id=row["area"], name=row["area_name"]) if row["area"] else None,
        "drawn_by": row["display_name"],
        "outcomes": {name: number for name, number in counted.items() if name},
        "open": counted.get("", 0),
    }
