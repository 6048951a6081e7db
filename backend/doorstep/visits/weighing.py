"""Weighs changes before they are made: what the rules of conflicts need is read together, for all of them at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from doorstep.core import clock, problems
from doorstep.core.problems import FieldError, Problem
from doorstep.identity.wire import Actor
from doorstep.visits import assigning, conflict_store, conflicts, expansion_store
from doorstep.visits.assigning import Call, Worker
from doorstep.visits.conflicts import Circumstances, Quota, Way
from doorstep.visits.expansion import as_call
from doorstep.visits.expansion_store import Row
from doorstep.visits.wire_office import Conflict


class CaregiverUnsuitable(Problem):
    """Something speaks against the chosen caregiver; `errors` says what."""

    code = "CAREGIVER_UNSUITABLE"


class ElderGone(Problem):
    """The elder is recorded as deceased on that day."""

    code = "ELDER_GONE"


class ConflictsToConfirm(Problem):
    """Something speaks against it that a person may go over; `errors` says what, by visit."""

    code = "CONFLICTS_TO_CONFIRM"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it would be: its row, who would go, and what of that is new."""

    row: dict[str, Any]
    caregivers: tuple[UUID, ...]
    new_caregivers: frozenset[UUID]

    @property
    def id(self) -> UUID:
        """Of the visit."""
        return self.row["id"]


def proposal(
    row: Row,
    caregivers: Sequence[UUID],
    *,
    before: Collection[UUID] = (),
    window: tuple[datetime, datetime] | None = None,
) -> Proposal:
    """A visit with other caregivers, another window, or both. With another window everybody is as if newly chosen."""
    start, end = window or (row["window_start"], row["window_end"])
    moved = (start, end) != (row["window_start"], row["window_end"])
    changed = {**dict(row), "window_start": start, "window_end": end, "service_day": clock.civil_date(start)}
    return Proposal(
        row=changed,
        caregivers=tuple(caregivers),
        new_caregivers=frozenset(caregivers) if moved else frozenset(caregivers) - frozenset(before),
    )


class _Known(msgspec.Struct, frozen=True):
    """Who there is, what each has to do around these days, and how long the ways are."""

    workers: dict[UUID, Worker]
    rounds: Mapping[UUID, Sequence[Call]]
    way: Way


async def _known(
    actor: Actor, proposals: Sequence[Proposal], *, everybody: bool = False, without: Collection[UUID] = ()
) -> _Known:
    days = [one.row["service_day"] for one in proposals]
    staff = await expansion_store.workers(actor, {one.row["provider"] for one in proposals})
    chosen = {who for one in proposals for who in one.caregivers}
    workers = {one.id: one for one in staff if everybody or one.id in chosen}
    weighed = {one.id for one in proposals} | set(without)
    rounds = {
        who: [call for call in calls if call.id not in weighed]
        for who, calls in (await expansion_store.taken(actor, list(workers), min(days), max(days))).items()
    }
    homes = {call.household for calls in rounds.values() for call in calls}
    points = await conflict_store.points(actor, homes | {one.row["household"] for one in proposals})
    return _Known(workers, rounds, conflicts.ways(points))


async def weigh(actor: Actor, proposals: Sequence[Proposal]) -> dict[UUID, list[Conflict]]:
    """What speaks against each of these, if all of them are made. Cancelled visits are not among them."""
    if not proposals:
        return {}
    known = await _known(actor, proposals)
    calls = {one.id: as_call(one.row) for one in proposals}
    about = await _circumstances(actor, proposals)
    found: dict[UUID, list[Conflict]] = {}
    for one in proposals:
        call = calls[one.id]
        found[one.id] = conflicts.of_visit(call.day, about[one.id])
        for who in one.caregivers:
            planned = [calls[other.id] for other in proposals if who in other.caregivers and other.id != one.id]
            near = [*known.rounds.get(who, ()), *planned]
            found[one.id] += conflicts.of_caregiver(
                known.workers.get(who), who, call, [other for other in near if assigning.near(other, call)], known.way
            )
    return found


async def _circumstances(actor: Actor, proposals: Sequence[Proposal]) -> dict[UUID, Circumstances]:
    rows = [one.row for one in proposals]
    statuses = await conflict_store.statuses(actor, {row["elder"] for row in rows})
    items = {row["plan_item"] for row in rows if row["plan_item"] is not None}
    lives = await conflict_store.plan_lives(actor, items) if items else {}
    quotas = await conflict_store.quotas(actor, rows, without=[row["id"] for row in rows])
    found = {}
    for row in rows:
        quota = quotas.get(row["id"])
        found[row["id"]] = Circumstances(
            statuses=statuses.get(row["elder"], ()),
            plan=lives[row["plan_item"]] if row["plan_item"] is not None else None,
            quota=Quota(quota["max_per_month"], quota["before"] + _of_month(row, rows)) if quota else None,
        )
    return found


def _of_month(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """How many of those that are weighed together use up the same month's number before this one."""
    same = ("elder", "provider", "service_type", "content")
    return sum(
        other["window_start"] < row["window_start"]
        and all(other[name] == row[name] for name in same)
        and conflict_store.month_of(other["service_day"]) == conflict_store.month_of(row["service_day"])
        for other in rows
    )


async def weigh_everybody(
    actor: Actor, row: Row, *, without: Collection[UUID] = ()
) -> tuple[list[Worker], dict[UUID, list[str]], dict[UUID, int]]:
    """The provider's caregivers, the codes that speak against each for this visit, and how much each has to do."""
    one = proposal(row, ())
    known = await _known(actor, [one], everybody=True, without=without)
    call = as_call(one.row)
    codes = {
        who: [
            found.code
            for found in conflicts.of_caregiver(
                worker,
                who,
                call,
                [other for other in known.rounds.get(who, ()) if assigning.near(other, call)],
                known.way,
            )
        ]
        for who, worker in known.workers.items()
    }
    return list(known.workers.values()), codes, {who: len(calls) for who, calls in known.rounds.items()}


def enforce(proposals: Iterable[Proposal], found: Mapping[UUID, Sequence[Conflict]], *, anyway: bool) -> list[str]:
    """Refuses what cannot be saved; answers the codes of the warnings that were gone over.

    What speaks against somebody who is to go already is no reason to refuse anything but a new time.

    :raises ElderGone: if the elder is recorded as deceased.
    :raises CaregiverUnsuitable: if something speaks against one who is newly chosen.
    :raises ConflictsToConfirm: if there are warnings that nobody said to go over.
    """
    counted = [
        (one.id, conflict)
        for one in proposals
        for conflict in found.get(one.id, ())
        if conflict.caregiver_id is None or conflict.caregiver_id in one.new_caregivers
    ]
    stops = list(dict.fromkeys(conflict.code for _, conflict in counted if conflict.severity == "stop"))
    if conflicts.ELDER_DECEASED in stops:
        raise ElderGone
    if stops:
        raise CaregiverUnsuitable(errors=[_error(f"caregiver_ids.{code}", code) for code in stops])
    warned = list(dict.fromkeys((visit, conflict.code) for visit, conflict in counted))
    if warned and not anyway:
        raise ConflictsToConfirm(errors=[_error(f"visits.{visit}.{code}", code) for visit, code in warned])
    return list(dict.fromkeys(code for _, code in warned))


def _error(field: str, code: str) -> FieldError:
    text = problems.codes().findings[code]
    return FieldError(field=field, message=text.zh, message_en=text.en)


async def suitable_for(actor: Actor, rows: Sequence[Row]) -> dict[UUID, list[UUID]]:
    """Who else could go to each of these visits, against whom nothing speaks that cannot be gone over.

    Those with fewer warnings and less to do come first; each visit by itself, as if the others were nobody's.
    """
    if not rows:
        return {}
    proposals = [proposal(row, ()) for row in rows]
    known = await _known(actor, proposals, everybody=True)
    found: dict[UUID, list[UUID]] = {}
    for row, one in zip(rows, proposals, strict=True):
        call, able = as_call(one.row), []
        for who, worker in known.workers.items():
            if who in row["caregivers"] or worker.provider != row["provider"]:
                continue
            beside = [other for other in known.rounds.get(who, ()) if assigning.near(other, call)]
            against = conflicts.of_caregiver(worker, who, call, beside, known.way)
            if all(conflict.severity != "stop" for conflict in against):
                able.append((len(against), len(known.rounds.get(who, ())), who))
        found[one.id] = [who for *_, who in sorted(able)]
    return found
