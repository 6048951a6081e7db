"""What people do to a visit's verification: holds that stand in no record, decisions, entries by hand.

Everything here runs inside the caller's unit of work, on the locked visit; who may do it is the caller's affair.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins import attendance, axis, store, writing
from doorstep.checkins.axis import Axes, Word
from doorstep.checkins.facts import VisitFacts
from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotFound, Problem
from doorstep.db import changes
from doorstep.db.engine import DB
from doorstep.identity.wire import Actor

FAMILY_OBJECTION = "FAMILY_OBJECTION"
CAREGIVER_OBJECTS = "CAREGIVER_OBJECTS"
INSPECTION_DIFFERS = "INSPECTION_DIFFERS"
MANUAL_ENTRY = "MANUAL_ENTRY"
PLACED = frozenset(
    (
        *(FAMILY_OBJECTION, CAREGIVER_OBJECTS, INSPECTION_DIFFERS, MANUAL_ENTRY),
        *("ELDER_DECEASED", "ELDER_ABSENT_STATUS", "QUALIFICATION_MISSING", "ON_LEAVE"),
    )
)
"""What may hold a visit without a record of a phone."""


_PLACE = """
INSERT INTO visit_hold (id, visit, code, source, placed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (visit, code, source) WHERE lifted_at IS NULL DO NOTHING RETURNING id
"""

_LIFT = """
UPDATE visit_hold SET lifted_at = $4, lifted_by = $5
WHERE visit = $1 AND lifted_at IS NULL AND ($2::text IS NULL OR code = $2) AND ($3::uuid IS NULL OR source = $3)
RETURNING code
"""

_DECIDE = """
INSERT INTO decision (id, visit, decision, reason_code, note, codes, answers, caregiver, decided_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_BESIDE = """
SELECT id FROM visit_hold WHERE visit = $1 AND lifted_at IS NULL
UNION ALL SELECT w.id FROM decision d JOIN caregiver_word w ON w.decision = d.id WHERE d.visit = $1
"""
_LAST = "SELECT id FROM decision WHERE visit = $1 ORDER BY at DESC, id DESC LIMIT 1"


class DecidedAlready(Problem):
    """Somebody was faster, or something new has come: what was looked at is no longer what stands."""

    code = "DECIDED_ALREADY"


class LookedAt(msgspec.Struct, frozen=True, kw_only=True):
    """What a person had before their eyes: the codes that hold the visit; its records, holds and the caregivers' words
    by their ids; the last decision.
    """

    codes: Collection[str]
    shown: Collection[UUID]
    last: UUID | None


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it was written."""

    id: UUID
    visit: UUID
    verify_state: str
    settle_state: str
    at: datetime


async def place_hold(actor: Actor, visit_id: UUID, code: str, source: UUID | None = None) -> bool:
    """Holds the visit's money for `code`; `source` is the row that caused it. Whether it was not held for it before.

    A decided visit is opened again. Money that is in a statement or paid stays there, only the visit is looked at.

    :raises NotFound: if there is no such visit.
    """
    if code not in PLACED:
        raise ValueError(code)
    visit, now = await _locked(visit_id), clock.now()
    if not await _db().fetch(_PLACE, uuid7(), visit_id, code, source, now):
        return False
    visit.placed = (*visit.placed, code)
    if code == CAREGIVER_OBJECTS:
        _set(visit, axis.object_to(_axes(visit)))
    attendance.conclude(visit)
    await _moved("visit.held", visit, {"code": code, **_by(actor)}, now)
    return True


async def lift_hold(actor: Actor, visit_id: UUID, code: str, source: UUID | None = None) -> bool:
    """Takes such a hold away, that of `source` only if one is named. Whether there was one.

    A visit that it alone had opened again is again what a person, or the records, had made of it.

    :raises NotFound: if there is no such visit.
    """
    visit, now = await _locked(visit_id), clock.now()
    lifted = await _db().fetch(_LIFT, visit_id, code, source, now, actor.account_id)
    if not lifted:
        return False
    placed = list(visit.placed)
    for row in lifted:
        placed.remove(row["code"])
    visit.placed = tuple(placed)
    attendance.conclude(visit)
    await _moved("visit.released", visit, {"code": code, **_by(actor)}, now)
    return True


async def decide(
    actor: Actor,
    visit_id: UUID,
    decision: Word,
    reason_code: str,
    note: str | None,
    looked_at: LookedAt,
) -> Decided:
    """Writes a person's decision about what holds the visit.

    Accepting answers every hold of now; rejecting and asking name the reason, the caregivers are told.

    :raises NotFound: if there is no such visit.
    :raises DecidedAlready: if nothing awaits a decision, or not what was looked at.
    """
    if actor.account_id is None:
        raise ValueError("a decision is a person's")
    visit, now = await _locked(visit_id), clock.now()
    last = await _db().fetchval(_LAST, visit_id)
    beside = [row["id"] for row in await _db().fetch(_BESIDE, visit_id)]
    # A second hold of the same code, a record that holds nothing, a caregiver's answer: not looked at either.
    new = {*beside, *(link.event for link in visit.links)} - set(looked_at.shown)
    if (
        not axis.to_decide(_axes(visit))
        or last != looked_at.last
        or new
        or set(visit.hold_codes) - set(looked_at.codes)
    ):
        raise DecidedAlready
    answered: set[UUID] = set()
    if axis.answers(decision, op_state=visit.op_state):
        standing = attendance.standing_holds(visit.links, visit.op_state, visit.answered)
        answered = {event for event, _ in standing}
        await _db().execute(_LIFT, visit_id, None, None, now, actor.account_id)
        visit.placed, visit.answered = (), visit.answered | answered
    id, whom = uuid7(), await _caregivers(visit)
    asked = whom[0] if decision == "ask" and whom else None
    before = sorted(set(visit.hold_codes))
    await _db().execute(
        _DECIDE, id, visit_id, decision, reason_code, note, before, sorted(answered), asked, actor.account_id, now
    )
    _set(visit, axis.decide(_axes(visit), decision, op_state=visit.op_state))
    standing = [code for _, code in attendance.standing_holds(visit.links, visit.op_state, visit.answered)]
    attendance.count_holds(visit, [*standing, *visit.placed])
    data = {"decision": decision, "reason_code": reason_code, "caregivers": [str(who) for who in whom]}
    await _moved("visit.decided", visit, {**data, "id": str(id), **_by(actor)}, now)
    return Decided(id=id, visit=visit_id, verify_state=visit.verify_state, settle_state=visit.settle_state, at=now)


async def enter(
    actor: Actor,
    visit_id: UUID,
    *,
    edit: UUID,
    op_state: str,
    started_at: datetime | None,
    ended_at: datetime | None,
    reason: str | None,
) -> None:
    """Writes by hand how a visit went; the caller has written the edit `edit`. It is held until another one decides.

    :raises NotFound: if there is no such visit.
    """
    visit, now = await _locked(visit_id), clock.now()
    visit.op_state, visit.started_at, visit.ended_at, visit.reason = op_state, started_at, ended_at, reason
    visit.entered = True
    if op_state == axis.COMPLETED:
        placed = await _db().fetch(_PLACE, uuid7(), visit_id, MANUAL_ENTRY, edit, now)
        visit.placed = (*visit.placed, *(MANUAL_ENTRY for _ in placed))
    attendance.conclude(visit)
    await _moved("visit.edited", visit, {"op_state": op_state, "edit": str(edit), **_by(actor)}, now)


def _db() -> asyncpg.Connection:
    current = DB.current_transaction.get()
    if current is None:
        raise RuntimeError("a visit is moved in the unit of work of what moves it")
    return cast(asyncpg.Connection, current.connection)


async def _locked(visit_id: UUID) -> VisitFacts:
    visit = (await store.visits(_db(), {visit_id})).get(visit_id)
    if visit is None:
        raise NotFound
    return visit


async def _caregivers(visit: VisitFacts) -> Sequence[UUID]:
    """Whom it concerns: who came, as entered by hand too; else who was to go."""
    came = list(attendance.came(visit.links)) or [link.caregiver for link in visit.links]
    if not came:
        rows = await _db().fetch(
            "SELECT DISTINCT caregiver FROM manual_edit WHERE visit = $1 AND caregiver IS NOT NULL", visit.id
        )
        came = [row["caregiver"] for row in rows]
    return list(dict.fromkeys(came)) or sorted(visit.assigned)


def _axes(visit: VisitFacts) -> Axes:
    return Axes(visit.verify_state, visit.settle_state)


def _set(visit: VisitFacts, axes: Axes) -> None:
    visit.verify_state, visit.settle_state = axes.verify, axes.settle


def _by(actor: Actor) -> dict[str, Any]:
    return {"by": str(actor.account_id)} if actor.account_id else {}


async def _moved(kind: str, visit: VisitFacts, data: dict[str, Any], now: datetime) -> None:
    await writing.move_visit(_db(), visit, now)
    await changes.record(kind=kind, subject=visit.id, data=data, provider=visit.provider, area=visit.area)
