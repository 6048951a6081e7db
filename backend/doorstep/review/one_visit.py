"""One visit on one page: everything that a person needs to decide about it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from doorstep.checkins import service as checkins
from doorstep.checkins.wire import VisitEvidence
from doorstep.core import clock, geo
from doorstep.core.geo import Point
from doorstep.core.problems import NotFound
from doorstep.families import service as families
from doorstep.identity.wire import Actor, Named
from doorstep.review import rules, store, visit_store
from doorstep.review.wire import (
    CaregiversWord,
    DecisionView,
    DeviceStory,
    Edit,
    InspectionView,
    Mark,
    ReviewVisit,
    Why,
)


async def of(actor: Actor, visit_id: UUID) -> ReviewVisit:
    """Everything about one visit.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    visit = await store.visit(actor, visit_id)
    if visit is None:
        raise NotFound
    evidence = await checkins.visit_evidence(actor, visit_id)
    beside = await store.beside(actor, visit_id)
    decisions = await store.decisions(actor, visit_id) if beside["decided"] else []
    placed = await visit_store.holds(actor, visit_id) if beside["held"] else []
    edits = await visit_store.edits(actor, visit_id) if beside["edited"] else []
    inspections = await visit_store.inspections(actor, visit_id) if beside["sampled"] else []
    told = await _decisions(actor, decisions)
    since, until = clock.day_bounds(visit["service_day"])
    people = {one.caregiver.id for one in evidence.events} | {one.caregiver.id for one in evidence.assignments}
    return ReviewVisit(
        evidence=evidence,
        why=_why(evidence, placed),
        codes=sorted(set(visit["hold_codes"])),
        to_decide=visit["settle_state"] == "held" or visit["verify_state"] == "reopened",
        own_work=beside["own"],
        family_waits=beside["waits"],
        seen=decisions[-1]["id"] if decisions else None,
        shown=[
            *(one.event_id for one in evidence.events),
            *(row["id"] for row in placed),
            *(word.id for one in told for word in one.words),
        ],
        marks=_marks(visit, await visit_store.points(actor, visit_id)),
        edits=[edit(row) for row in edits],
        decisions=told,
        family=await families.feedback_about(actor, visit_id) if beside["said"] else [],
        devices=[_device(row) for row in await visit_store.devices(actor, people, since, until)],
        samples=await visit_store.samples(actor, visit_id) if beside["sampled"] else [],
        inspections=[
            InspectionView(
                sample_id=row["sample"],
                made_by=row["display_name"],
                **{name: row[name] for name in ("kind", "outcome", "note", "at")},
            )
            for row in inspections
        ],
    )


def _why(evidence: VisitEvidence, placed: Sequence[Record]) -> list[Why]:
    found = [
        Why(
            code=one.code,
            must_fix=rules.must_fix([one.code]),
            at=one.at,
            event_id=one.event_id,
            source=None,
            data=one.data,
        )
        for one in evidence.findings
        if one.severity == "hold" and not one.annulled and not one.answered
    ]
    return found + [
        Why(
            code=row["code"],
            must_fix=rules.must_fix([row["code"]]),
            at=row["placed_at"],
            event_id=None,
            source=row["source"],
            data={},
        )
        for row in placed
    ]


def _marks(visit: Record, points: Sequence[Record]) -> list[Mark]:
    """Seen from the home: nobody learns a coordinate from the picture."""
    if visit["lat"] is None:
        return []
    home = Point(visit["lat"], visit["lon"])
    marks: list[Mark] = []
    for row in points:
        at = _as_judged(row, home)
        marks.append(
            Mark(
                event_id=row["id"],
                distance_m=round(geo.distance_m(home, at), 1),
                bearing_deg=round(geo.bearing_deg(home, at), 1),
                accuracy_m=row["accuracy_m"],
            )
        )
    return marks


def _as_judged(row: Record, home: Point) -> Point:
    """A position in the system in which it was judged: the picture must not contradict the distance beside it."""
    said, judged = Point(row["lat"], row["lon"]), row["distance_m"]
    if judged is None:
        return said
    return min((said, geo.wgs84_from_gcj02(said)), key=lambda point: abs(geo.distance_m(point, home) - judged))


def edit(row: Record) -> Edit:
    """An entry or change by hand as it is shown."""
    return Edit(
        **{name: row[name] for name in ("id", "kind", "reason_code", "note", "at")},
        before=msgspec.json.decode(row["before"]),
        after=msgspec.json.decode(row["after"]),
        caregiver=Named(id=row["caregiver"], name=row["caregiver_name"]) if row["caregiver"] else None,
        made_by=row["display_name"],
    )


async def _decisions(actor: Actor, rows: Sequence[Record]) -> list[DecisionView]:
    words: dict[UUID, list[CaregiversWord]] = {}
    for row in await store.words(actor, [row["id"] for row in rows]):
        said = CaregiversWord(
            **{name: row[name] for name in ("id", "kind", "text", "at")},
            caregiver=Named(id=row["caregiver"], name=row["name"]),
        )
        words.setdefault(row["decision"], []).append(said)
    return [
        DecisionView(
            **{name: row[name] for name in ("id", "decision", "reason_code", "note", "codes", "at")},
            decided_by=row["display_name"],
            words=words.get(row["id"], []),
        )
        for row in rows
    ]


def _device(row: Record) -> DeviceStory:
    return DeviceStory(
        **{
            name: row[name]
            for name in (
                *("id", "platform", "app_version", "enrolled_at", "revoked_at", "revoked_reason", "last_seen_at"),
                "events",
            )
        },
        caregiver=Named(id=row["caregiver"], name=row["name"]),
    )
