"""What a finding says of the office's part: when it changed a visit that a phone without network saw as it was.

`heard_at` is the phone's last proven contact before the record: a change after it could not be known there.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from doorstep.checkins.facts import Flag, Seen, VisitFacts

# Terminal without a service: care that is given all the same is kept beside it.
OVER = frozenset({"cancelled", "not_served"})


def reassigned(event: Seen, visit: VisitFacts) -> dict[str, Any]:
    """When the caregiver was taken off the visit, if ever."""
    at = visit.taken_off.get(event.phone.caregiver)
    return {} if at is None else {"reassigned_at": at, **_heard(event.anchor_at)}


def moved(household: UUID, visit: VisitFacts) -> dict[str, Any]:
    """When the elder moved out of the home whose code was scanned, if that is why."""
    at = visit.moved_from.get(household)
    return {} if at is None else {"moved_at": at}


def replaced(visit: VisitFacts) -> dict[str, Any]:
    """The cancelled visit that a walk-in stands for."""
    if visit.replaces is None:
        return {}
    return {"cancelled_visit": str(visit.replaces), **_cancelled(visit)}


def of_named(event: Seen) -> dict[str, Any]:
    """The visit that a record names, where the record could be put into none."""
    if event.named is not None and event.named.op_state in OVER:
        return {"cancelled_visit": str(event.named.id), **_cancelled(event.named), **_heard(event.anchor_at)}
    return {"named": str(event.payload.visit_id)} if event.payload.visit_id else {}


def renamed(event: Seen, visit: VisitFacts) -> list[Flag]:
    """The record names another visit: one that the server never heard of, or that the office has cancelled since."""
    named = event.payload.visit_id
    # Of a couple one visit is named and both are meant; a walk-in says itself what it stands for.
    other_elder = event.named is not None and event.named.elder != visit.elder
    if named is None or named == visit.id or visit.walk_in or other_elder:
        return []
    why = {} if event.named is None else {**_cancelled(event.named), **_heard(event.anchor_at)}
    return [Flag("VISIT_RENAMED", {"named": str(named), "taken": str(visit.id), **why})]


def _cancelled(visit: VisitFacts) -> dict[str, datetime]:
    return {} if visit.cancelled_at is None else {"cancelled_at": visit.cancelled_at}


def _heard(at: datetime | None) -> dict[str, datetime]:
    return {} if at is None else {"heard_at": at}
