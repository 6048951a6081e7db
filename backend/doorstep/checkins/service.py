"""Use cases of check-ins: a request of events, and the pass over those of many requests."""

from collections.abc import Sequence

import asyncpg

from doorstep.checkins import day, store
from doorstep.checkins.answers import Answer
from doorstep.checkins.axis import answers as decision_answers
from doorstep.checkins.door_wire import DoorSync
from doorstep.checkins.evidence import of_visit as visit_evidence
from doorstep.checkins.gather import Gatherer
from doorstep.checkins.judging import Pass
from doorstep.checkins.own_work import IS_OWN_WORK, own_work
from doorstep.checkins.verification import (
    CAREGIVER_OBJECTS,
    FAMILY_OBJECTION,
    INSPECTION_DIFFERS,
    PLACED,
    Decided,
    DecidedAlready,
    LookedAt,
    decide,
    enter,
    lift_hold,
    place_hold,
)
from doorstep.checkins.wire import CheckInAnswer, Heard
from doorstep.core import anchors, clock
from doorstep.core.problems import Problem
from doorstep.db import epoch
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor

__all__ = [
    "CAREGIVER_OBJECTS",
    "FAMILY_OBJECTION",
    "INSPECTION_DIFFERS",
    "IS_OWN_WORK",
    "PLACED",
    "Decided",
    "DecidedAlready",
    "LookedAt",
    "check_in",
    "decide",
    "decision_answers",
    "enter",
    "lift_hold",
    "own_work",
    "place_hold",
    "process",
    "sync",
    "visit_evidence",
]

ATTEMPTS = 3


class NotAuthenticated(Problem):
    """Not one event of the request comes from a phone that we know: nothing is stored, the phone keeps everything."""

    code = "NOT_AUTHENTICATED"


async def check_in(gatherer: Gatherer, events: Sequence[str]) -> CheckInAnswer:
    """Answers a request of 1 to 100 events, each with its own receipt in the order of the request.

    :raises NotAuthenticated: if no event comes from a known phone.
    """
    answers: list[Answer] = await gatherer.submit(events)
    known = [(answer.device, answer.heard) for answer in answers if answer.device is not None]
    if not known:
        raise NotAuthenticated
    device, heard = known[-1]
    return CheckInAnswer(
        receipts=[answer.wire for answer in answers],
        anchor=anchors.issue(device),
        server_time=clock.now(),
        epoch=epoch.current().id,
        heard=Heard(seq=heard or None),
    )


async def process(submissions: Sequence[Sequence[str]]) -> list[list[Answer]]:
    """One pass in one transaction over the events of several requests. The answers are in the order of the texts."""
    now = clock.now()
    for attempt in range(ATTEMPTS):
        work = Pass(now, submissions)
        try:
            async with unit_of_work() as db:
                await store.steady_plans(db)
                await work.read(db)
                await work.judge(db)
                await work.write(db)
            break
        except asyncpg.DeadlockDetectedError:
            # Which visits are meant is known only when some are locked already; two passes may meet in a circle.
            if attempt == ATTEMPTS - 1:
                raise
    answers = work.all_answers()
    return [[next(answers) for _ in texts] for texts in submissions]


async def sync(actor: Actor, cursor: str | None, *, emergency_numbers: Sequence[str]) -> DoorSync:
    """What the phone that asks does not know yet of its days.

    :raises NotSignedIn: if the actor is no phone.
    """
    async with unit_of_work() as db:
        await store.steady_plans(db)
        return await day.changed(actor, cursor, emergency_numbers=emergency_numbers)
