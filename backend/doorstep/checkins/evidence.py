"""Read model over stored events: one visit with everything that speaks for or against it."""

from typing import Any
from uuid import UUID

import msgspec

from doorstep.checkins import attendance, elsewhere
from doorstep.checkins.facts import Link
from doorstep.checkins.store import DECISIONS
from doorstep.checkins.wire import EvidenceEvent, EvidenceFinding, Judged, PhoneClock, VisitEvidence
from doorstep.core import jws
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Named
from doorstep.visits import service as visits

_EVENTS = """
SELECT e.id, ev.id AS link, e.kind, ev.effect, ev.holds, e.at, e.capture, e.claimed_at, e.received_at, e.earliest_at,
  e.grade, e.distance_m, e.accuracy_m, e.position_error, e.verdict, e.tasks, e.acknowledged, e.reason, e.note,
  e.caregiver, c.name, e.device, e.seq, e.codes, e.jws, e.anchor_at AS heard_at,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = e.id) AS annulled
FROM event_visit ev JOIN check_event e ON e.id = ev.event JOIN caregiver c ON c.id = e.caregiver
WHERE ev.visit = $1 ORDER BY e.received_at, e.seq, ev.id
"""

_FINDINGS = """
SELECT f.code, f.severity, f.data, f.at, f.event,
  EXISTS (SELECT FROM check_event a WHERE a.annuls = f.event) AS annulled
FROM finding f WHERE f.visit = $1 ORDER BY f.at, f.id
"""

_HOME = """
SELECT h.geofence_m, h.lat IS NOT NULL AS point FROM visit v JOIN household h ON h.id = v.household WHERE v.id = $1
"""


async def of_visit(actor: Actor, visit_id: UUID) -> VisitEvidence:
    """One visit with all its evidence.

    :raises NotFound: if there is no such visit in the actor's scope.
    """
    visit = await visits.detail(actor, visit_id)
    home = (await fetch(_HOME, visit_id))[0]
    # Of two links of an event the later one counts.
    rows = list({row["id"]: row for row in await fetch(_EVENTS, visit_id)}.values())
    events = [
        EvidenceEvent(
            event_id=row["id"],
            caregiver=Named(id=row["caregiver"], name=row["name"]),
            device_id=row["device"],
            **_said(row["jws"]),
            **{name: row[name] for name in _PLAIN},
        )
        for row in rows
    ]
    links = [
        Link(row["id"], row["caregiver"], row["kind"], row["effect"], row["at"], holds=tuple(row["holds"]))
        for row in sorted(rows, key=lambda row: row["link"])
        if not row["annulled"]
    ]
    decided = await fetch(DECISIONS, [visit_id])
    standing = set(attendance.standing_holds(links, visit.op_state, decided[0]["answered"]))
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
        office=await visits.history(actor, {visit_id} | elsewhere.named_in(one.data for one in findings)),
        elsewhere=await elsewhere.kept(
            visit_id,
            elder=visit.elder.id,
            around=visit.window_start,
            caregivers={one.caregiver.id for one in visit.assignments},
        ),
    )


class _Said(msgspec.Struct, frozen=True):
    """What of a signed event only the event itself keeps."""

    judged: Judged | None = None
    clock: PhoneClock | None = None


_said_of = msgspec.json.Decoder(_Said)


def _said(text: str) -> dict[str, Any]:
    said = _said_of.decode(jws.unb64(text.split(".")[1]))
    return {"judged": said.judged, "clock": said.clock}


_PLAIN = (
    *("kind", "effect", "capture", "claimed_at", "received_at", "earliest_at", "at", "heard_at", "grade"),
    *("distance_m", "accuracy_m"),
    *("position_error", "verdict", "tasks", "acknowledged", "reason", "note", "seq", "codes", "annulled"),
)
