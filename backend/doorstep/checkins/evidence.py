"""Read models over stored events: the phone's own day, and one visit with everything that speaks for or against it."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from doorstep.checkins import attendance
from doorstep.checkins.facts import Link
from doorstep.checkins.wire import (
    CareOffice,
    DoorCall,
    DoorDay,
    DoorEvent,
    EvidenceEvent,
    EvidenceFinding,
    VisitEvidence,
)
from doorstep.core import anchors, clock, vault
from doorstep.core.problems import NotSignedIn
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Named
from doorstep.visits import service as visits

_EVENTS = """
SELECT e.id, ev.id AS link, e.kind, ev.effect, ev.holds, e.at, e.capture, e.claimed_at, e.received_at, e.earliest_at,
  e.grade, e.distance_m, e.accuracy_m, e.position_error, e.verdict, e.tasks, e.acknowledged, e.reason, e.note,
  e.caregiver, c.name, e.device, e.seq, e.codes,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id) AS annulled
FROM event_visit ev JOIN check_event e ON e.id = ev.event JOIN caregiver c ON c.id = e.caregiver
WHERE ev.visit = $1 ORDER BY e.received_at, e.seq
"""

_FINDINGS = """
SELECT f.code, f.severity, f.data, f.at, f.event,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = f.event) AS annulled
FROM finding f WHERE f.visit = $1 ORDER BY f.at, f.id
"""

_HOME = """
SELECT h.geofence_m, h.lat IS NOT NULL AS point FROM visit v JOIN household h ON h.id = v.household WHERE v.id = $1
"""

_OWN = """
SELECT ev.visit, e.id, e.kind, e.at, e.verdict, e.codes, e.annuls,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id) AS annulled
FROM event_visit ev JOIN check_event e ON e.id = ev.event
WHERE e.caregiver = $1 AND ev.visit = ANY($2::uuid[]) ORDER BY e.seq
"""

_WHO = """
SELECT c.name AS caregiver, p.id AS provider, p.name, p.contact_phone
FROM caregiver c JOIN provider p ON p.id = c.provider WHERE c.id = $1
"""


async def of_visit(actor: Actor, visit_id: UUID) -> VisitEvidence:
    """One visit with all its evidence.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    visit = await visits.detail(actor, visit_id)
    home = (await fetch(_HOME, visit_id))[0]
    rows = await fetch(_EVENTS, visit_id)
    events = [
        EvidenceEvent(
            event_id=row["id"],
            caregiver=Named(id=row["caregiver"], name=row["name"]),
            device_id=row["device"],
            **{name: row[name] for name in _PLAIN},
        )
        for row in rows
    ]
    links = [
        Link(row["id"], row["caregiver"], row["kind"], row["effect"], row["at"], holds=tuple(row["holds"]))
        for row in sorted(rows, key=lambda row: row["link"])
        if not row["annulled"]
    ]
    standing = set(attendance.standing_holds(links, visit.op_state))
    findings = [
        EvidenceFinding(
            code=row["code"],
            severity=row["severity"],
            data=msgspec.json.decode(row["data"]),
            at=row["at"],
            event_id=row["event"],
            annulled=row["annulled"],
            answered=row["severity"] == "hold"
            and row["event"] is not None
            and not row["annulled"]
            and (row["event"], row["code"]) not in standing,
        )
        for row in await fetch(_FINDINGS, visit_id)
    ]
    return VisitEvidence(
        **{name: getattr(visit, name) for name in visit.__struct_fields__},
        geofence_m=home["geofence_m"],
        point=home["point"],
        events=events,
        findings=findings,
    )


_PLAIN = (
    *("kind", "effect", "capture", "claimed_at", "received_at", "earliest_at", "grade", "distance_m", "accuracy_m"),
    *("position_error", "verdict", "tasks", "acknowledged", "reason", "note", "seq", "codes", "annulled"),
)


async def day(actor: Actor, wanted: date | None, *, emergency_numbers: Sequence[str]) -> DoorDay:
    """The day of the caregiver who asks. More than eight days ahead or behind is nobody's business on a phone."""
    if actor.caregiver_id is None or actor.device_id is None:
        raise NotSignedIn
    today = clock.today()
    chosen = min(max(wanted or today, today - timedelta(days=8)), today + timedelta(days=8))
    who = (await fetch(_WHO, actor.caregiver_id))[0]
    calls = await visits.day_of_caregiver(actor, chosen)
    events: dict[UUID, list[DoorEvent]] = {call.id: [] for call in calls}
    for row in await fetch(_OWN, actor.caregiver_id, list(events)):
        events[row["visit"]].append(
            DoorEvent(
                event_id=row["id"],
                **{name: row[name] for name in ("kind", "at", "verdict", "codes", "annuls", "annulled")},
            )
        )
    phone = who["contact_phone"]
    return DoorDay(
        day=chosen,
        server_time=clock.now(),
        anchor=anchors.issue(actor.device_id),
        caregiver=Named(id=actor.caregiver_id, name=who["caregiver"]),
        provider=CareOffice(
            id=who["provider"],
            name=who["name"],
            phone=vault.current().open(phone, "provider.contact_phone") if phone else None,
        ),
        emergency_numbers=list(emergency_numbers),
        visits=[
            DoorCall(**{name: getattr(call, name) for name in call.__struct_fields__}, events=events[call.id])
            for call in calls
        ],
    )
