"""Use cases of what families say about a visit: said, taken back, answered. An open objection holds the money."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from doorstep.checkins import service as checkins
from doorstep.core import clock, paging
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotFound, OwnWork, Problem, TooManyRequests
from doorstep.db import changes
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.families import Feedback
from doorstep.families import feedback_store, history, history_store, linked, rules, said
from doorstep.families.wire import (
    FeedbackFilter,
    FeedbackItem,
    FeedbackKind,
    FeedbackList,
    MyFeedback,
    NewFeedback,
    NewFeedbackAnswer,
)
from doorstep.identity.wire import Actor


class VisitNotYet(Problem):
    """Nothing has happened yet that could be confirmed, rated or objected to."""

    code = "VISIT_NOT_YET"


class ObjectionOpen(Problem):
    """This member's objection to the visit waits for its answer already."""

    code = "OBJECTION_OPEN"


class FeedbackClosed(Problem):
    """It was answered or taken back already, or it needs no answer."""

    code = "FEEDBACK_CLOSED"


async def give(actor: Actor, visit_id: UUID, new: NewFeedback) -> MyFeedback:
    """What the member says about a visit. The same thing sent again changes nothing.

    :raises NotFound: if it is no visit of an elder whom the member may see.
    :raises VisitNotYet: if nothing happened yet that this could be about.
    :raises ObjectionOpen: if an objection of the member waits already.
    :raises TooManyRequests: if the member has said more about it than anybody can read.
    """
    text = new.text.strip() or None if new.text else None
    async with unit_of_work():
        visit = await feedback_store.lock_visit(actor, visit_id)
        facts = await history_store.one(actor, visit_id)
        if visit is None or facts is None:
            raise NotFound
        await linked.check(actor, visit["elder"])
        before = await feedback_store.mine(actor, [visit_id])
        last = next((row for row in reversed(before) if row["kind"] == new.kind), None)
        if last is not None and said.same(last, score=new.score, reason=new.reason, text=text):
            return said.my_view(last)
        if any(row["kind"] == new.kind == "object" and row["outcome"] is None for row in before):
            raise ObjectionOpen
        if len(before) >= rules.MOST_SAID:
            raise TooManyRequests
        started, now = facts["started_at"] is not None, clock.now()
        state = history.state_of(facts, now)
        if new.kind == "object" and not rules.may_object(state, started=started):
            raise VisitNotYet
        if new.kind in ("confirm", "rate") and not rules.may_judge(started=started):
            raise VisitNotYet
        row = Feedback(
            id=uuid7(),
            visit=visit_id,
            member=actor.family_member_id,
            elder=visit["elder"],
            kind=new.kind,
            score=new.score,
            reason=new.reason,
            text=said.seal(text, said.TEXT),
            at=now,
            answer_due_on=rules.due_on(new.kind, clock.civil_date(now)),
        )
        await feedback_store.insert(actor, row)
        if new.kind == "object":
            await checkins.place_hold(actor, visit_id, checkins.FAMILY_OBJECTION, row.id)
        await _tell("given", visit_id, row.id, new.kind, provider=visit["provider"], area=visit["area"])
        return said.my_view(said.by_id(await feedback_store.mine(actor, [visit_id]), row.id))


async def take_back(actor: Actor, id: UUID) -> MyFeedback:
    """The member takes a question or an objection back; what it held is let go.

    :raises NotFound: if the member said no such thing, or may not see the elder any more.
    :raises FeedbackClosed: if it was answered, or is nothing that waits for an answer.
    """
    async with unit_of_work():
        found = await feedback_store.my_one(actor, id)
        visit = await feedback_store.lock_visit(actor, found["visit"]) if found else None
        # Read as it is now: whoever answers holds the visit, too.
        found = await feedback_store.my_one(actor, id)
        if found is None or visit is None:
            raise NotFound
        await linked.check(actor, found["elder"])
        if found["outcome"] != "withdrawn":
            if found["outcome"] is not None or found["kind"] not in rules.DAYS_TO_ANSWER:
                raise FeedbackClosed
            await feedback_store.withdraw(actor, id)
            if found["kind"] == "object":
                await checkins.lift_hold(actor, found["visit"], checkins.FAMILY_OBJECTION, id)
            data = {"provider": visit["provider"], "area": visit["area"]}
            await _tell("withdrawn", found["visit"], id, found["kind"], **data)
        return said.my_view(said.by_id(await feedback_store.mine(actor, [found["visit"]]), id))


async def page(
    actor: Actor, *, state: FeedbackFilter, kind: FeedbackKind | None, cursor: str | None, limit: int
) -> FeedbackList:
    """What families said in the actor's scope: what is open by its day, the overdue first; all else the newest first.

    :raises CursorInvalid: if the cursor is not one of this list.
    """
    if state == "open":
        due = paging.decode(cursor, tuple[date, datetime, UUID]) if cursor else None
        rows = await feedback_store.waiting(actor, kind=kind, after=due, limit=limit + 1)
    else:
        at = paging.decode(cursor, tuple[datetime, UUID]) if cursor else None
        rows = await feedback_store.newest(actor, kind=kind, closed=state == "closed", after=at, limit=limit + 1)
    open_ones = await feedback_store.open_ones(actor)
    last, next_cursor = rows[limit - 1] if len(rows) > limit else None, None
    if last is not None:
        key = (last["at"], last["id"])
        next_cursor = paging.encode((last["answer_due_on"] or date.min, *key) if state == "open" else key)
    return FeedbackList(
        items=[said.item(row) for row in rows[:limit]],
        open=len(open_ones),
        overdue=sum(said.overdue(row) for row in open_ones),
        next=next_cursor,
    )


async def about(actor: Actor, visit_id: UUID) -> list[FeedbackItem]:
    """What families said about a visit of the actor's scope, in order."""
    return [said.item(row) for row in await feedback_store.about(actor, visit_id)]


async def answer(actor: Actor, id: UUID, new: NewFeedbackAnswer) -> FeedbackItem:
    """The office's answer, which the family reads. A dismissed objection holds nothing any more; one that is upheld
    holds the visit until somebody decides in the queue.

    :raises NotFound: if nothing like it was said about a visit of the scope.
    :raises OwnWork: if the visit is the actor's own work.
    :raises FeedbackClosed: if it was answered or taken back, or is nothing that waits for an answer.
    :raises InputInvalid: if the outcome answers something else, or the text is empty.
    """
    text = new.text.strip()
    if not text:
        raise _invalid("text", "不能为空", "must not be empty")
    async with unit_of_work():
        found = await feedback_store.one(actor, id, lock=True)
        if found is None:
            raise NotFound
        if found["outcome"] is not None or found["kind"] not in rules.DAYS_TO_ANSWER:
            raise FeedbackClosed
        if not rules.fits(found["kind"], new.outcome):
            raise _invalid("outcome", "与所提的意见不符", "does not answer what was said")
        if await checkins.own_work(actor, found["visit"]):
            raise OwnWork
        sealed = said.seal(text, said.ANSWER) or b""
        await feedback_store.answer(actor, id, outcome=new.outcome, sealed=sealed)
        if new.outcome == "dismissed":
            await checkins.lift_hold(actor, found["visit"], checkins.FAMILY_OBJECTION, id)
        where = {"provider": found["provider"], "area": found["area"]}
        told = {"outcome": new.outcome, "by": str(actor.account_id)}
        await _tell("answered", found["visit"], id, found["kind"], **where, more=told)
        after = await feedback_store.one(actor, id)
        if after is None:
            raise NotFound
        return said.item(after)


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(errors=[FieldError(field=field, message=zh, message_en=en)])


async def _tell(
    what: str, visit: UUID, id: UUID, kind: str, *, provider: UUID, area: UUID, more: dict[str, str] | None = None
) -> None:
    """Boards and queues follow the visit; what was said is nobody's business there."""
    data = msgspec.to_builtins({"feedback": id, "kind": kind, **(more or {})})
    await changes.record(kind=f"feedback.{what}", subject=visit, data=data, provider=provider, area=area)
