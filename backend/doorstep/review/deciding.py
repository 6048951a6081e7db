"""Decisions of the office about what is held, and the caregiver's word to them: an answer, or one objection."""

from uuid import UUID

from doorstep.checkins import service as checkins
from doorstep.core import clock, vault
from doorstep.core.problems import FieldError, InputInvalid, NotFound, OwnWork, Problem
from doorstep.db import changes
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.review import rules, store
from doorstep.review.wire import Decision, DoorDecision, DoorDecisions, NewDecision, NewWords


class ReasonNeeded(Problem):
    """A rejection, a question, and accepting what had to be put right are explained in words."""

    code = "REASON_NEEDED"


class FamilyUnanswered(Problem):
    """The family has objected and waits for an answer: first that, then the money."""

    code = "FAMILY_UNANSWERED"


class ObjectedAlready(Problem):
    """What a caregiver says to a decision is said once, and one objection is for ever."""

    code = "OBJECTED_ALREADY"


class NotOpenToWords(Problem):
    """It is neither a question nor a rejection, or a later decision has taken its place."""

    code = "NOT_OPEN_TO_WORDS"


async def decide(actor: Actor, visit_id: UUID, new: NewDecision) -> Decision:
    """Accepts, rejects, or asks the caregivers.

    :raises NotFound: if there is no such visit in the actor's scope.
    :raises InputInvalid: if the reason is none of this decision.
    :raises ReasonNeeded: if words are needed and missing.
    :raises OwnWork: if it is the actor's own work.
    :raises FamilyUnanswered: if it would answer what holds the visit while a family waits for an answer.
    :raises DecidedAlready: if what stands is not what was looked at.
    """
    if new.reason_code not in rules.REASONS[new.decision]:
        raise _invalid("reason_code", "不是这种决定的理由", "no reason of this decision")
    note = (new.note or "").strip() or None
    if note is None and rules.needs_note(new.decision, new.codes):
        raise ReasonNeeded
    async with unit_of_work():
        visit = await store.visit(actor, visit_id, lock=True)
        if visit is None:
            raise NotFound
        if await checkins.own_work(actor, visit_id):
            raise OwnWork
        answers = checkins.decision_answers(new.decision, op_state=visit["op_state"])
        if answers and await store.family_waits(actor, visit_id):
            raise FamilyUnanswered
        if note is None and rules.needs_note(new.decision, visit["hold_codes"]):
            raise ReasonNeeded
        looked_at = checkins.LookedAt(codes=new.codes, shown=new.shown, last=new.seen)
        done = await checkins.decide(actor, visit_id, new.decision, new.reason_code, note, looked_at)
    return Decision(
        id=done.id,
        visit_id=visit_id,
        decision=new.decision,
        reason_code=new.reason_code,
        note=note,
        at=done.at,
        verify_state=done.verify_state,
        settle_state=done.settle_state,
    )


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])


async def of_caregiver(actor: Actor) -> DoorDecisions:
    """What was decided about the visits of the caregiver who asks."""
    rows = await store.decisions_of_caregiver(actor, clock.now() - rules.KEPT_FOR_CAREGIVERS)
    open_ = vault.current().open
    same = ("id", "service_type", "content", "window_start", "decision", "reason_code", "note", "codes", "at")
    return DoorDecisions(
        items=[
            DoorDecision(
                **{name: row[name] for name in same},
                visit_id=row["visit"],
                elder=open_(row["elder_name"], "elder.name"),
                my_word=row["word"],
                may_answer=row["latest"] and row["decision"] == "ask" and row["word"] is None,
                may_object=row["latest"] and row["decision"] == "reject" and not row["objected"],
            )
            for row in rows
        ]
    )


async def say(actor: Actor, decision_id: UUID, new: NewWords) -> DoorDecisions:
    """Answers a question, or objects to a rejection, once: then a person looks at the visit again.

    :raises NotFound: if no such decision concerns the caregiver.
    :raises NotOpenToWords: if it asks for no words.
    :raises ObjectedAlready: if it was said before.
    """
    text, now = new.text.strip(), clock.now()
    if not text:
        raise _invalid("text", "不能为空", "must not be empty")
    async with unit_of_work():
        # What a decision that is being written makes of this one is known once the visit is locked.
        since = now - rules.KEPT_FOR_CAREGIVERS
        for row in await store.decisions_of_caregiver(actor, since, decision_id):
            await store.lock(actor, row["visit"])
        rows = await store.decisions_of_caregiver(actor, since, decision_id)
        if not rows:
            raise NotFound
        row = rows[0]
        kind = {"ask": "answer", "reject": "objection"}.get(row["decision"])
        if kind == "objection" and row["objected"]:
            raise ObjectedAlready
        if kind is None or not row["latest"]:
            raise NotOpenToWords
        word = await store.add_word(actor, decision_id, kind, text, now)
        if word is None:
            raise ObjectedAlready
        if kind == "objection":
            await checkins.place_hold(actor, row["visit"], checkins.CAREGIVER_OBJECTS, word)
        else:
            data = {"decision": str(decision_id)}
            await changes.record(
                kind="visit.answered", subject=row["visit"], data=data, provider=row["provider"], area=row["area"]
            )
    return await of_caregiver(actor)
