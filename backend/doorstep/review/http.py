"""Routes of review: the queue, one visit, decisions, entries by hand, and the caregiver's word."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import DISPATCH, OFFICE, PHONE, Actor, Role
from doorstep.review import http_reports, http_samples, service
from doorstep.review.wire import (
    Decision,
    DoorDecisions,
    Edits,
    Group,
    NewDecision,
    NewEntry,
    NewWords,
    Queue,
    QueueSearch,
    ReviewVisit,
)
from doorstep.review.wire_audit import AuditPage

DECIDE = frozenset({Role.MANAGER, Role.OFFICER, Role.ADMIN})
TRAIL = DECIDE | {Role.AUDITOR}
_Cursor = Annotated[str | None, QueryParameter(max_length=200)]
_Page = Annotated[int, QueryParameter(ge=1, le=100)]


@get(
    "/review/queue",
    operation_id="review_queue",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
)
async def review_queue(
    actor: NamedDependency[Actor],
    group: FromQuery[Group | None] = None,
    cause: Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[A-Z][A-Z0-9_]*$")] = None,
    provider_id: FromQuery[UUID | None] = None,
    cursor: _Cursor = None,
    limit: _Page = 50,
) -> Queue:
    """Visits that hold money, oldest first: what must be put right apart from what may be taken note of."""
    return await service.queue(actor, group=group, cause=cause, provider_id=provider_id, cursor=cursor, limit=limit)


@post(
    "/review/queue/search",
    operation_id="search_review_queue",
    tags=["review"],
    opt={"roles": OFFICE},
    status_code=200,
    responses=refusals("CURSOR_INVALID"),
)
async def search_review_queue(actor: NamedDependency[Actor], data: JSONBody[QueueSearch]) -> Queue:
    """Visits of the queue whose elder or caregiver matches. Changes nothing; names stay out of URLs."""
    return await service.queue(
        actor,
        group=data.group,
        cause=data.cause,
        provider_id=data.provider_id,
        words=data.q,
        cursor=data.cursor,
        limit=data.limit,
    )


@get(
    "/review/visits/{visit_id:uuid}",
    operation_id="review_visit",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("NOT_FOUND"),
)
async def review_visit(actor: NamedDependency[Actor], visit_id: FromPath[UUID]) -> ReviewVisit:
    """One visit on one page: why it is held, both scans, the phones, the family's word, what was decided."""
    return await service.visit(actor, visit_id)


@post(
    "/review/visits/{visit_id:uuid}/decisions",
    operation_id="decide_visit",
    tags=["review"],
    opt={"roles": DECIDE},
    responses=refusals(
        *("NOT_FOUND", "INPUT_INVALID", "OWN_WORK", "REASON_NEEDED", "FAMILY_UNANSWERED", "DECIDED_ALREADY")
    ),
)
async def decide_visit(
    actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewDecision]
) -> Decision:
    """Accepts, rejects, or asks the caregivers. Nobody decides on their own work."""
    return await service.decide(actor, visit_id, data)


@post(
    "/review/visits/{visit_id:uuid}/manual",
    operation_id="enter_visit",
    tags=["review"],
    opt={"roles": DISPATCH},
    responses=refusals(
        *("NOT_FOUND", "INPUT_INVALID", "EDIT_IMPOSSIBLE", "MANUAL_TIMES_PLANNED", "MANUAL_TIMES_IMPOSSIBLE")
    ),
)
async def enter_visit(actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewEntry]) -> ReviewVisit:
    """Writes by hand how one visit went: marked for ever, and held until somebody else has decided."""
    return await service.enter(actor, visit_id, data)


@get(
    "/review/edits",
    operation_id="review_edits",
    tags=["review"],
    opt={"roles": OFFICE},
    responses=refusals("PERIOD_INVALID", "CURSOR_INVALID"),
)
async def review_edits(
    actor: NamedDependency[Actor],
    since: FromQuery[date],
    until: FromQuery[date],
    cursor: _Cursor = None,
    limit: _Page = 50,
) -> Edits:
    """Entries and changes by hand of visits of [since, until), and their share of what was served."""
    return await service.edits(actor, since, until, cursor, limit)


@get("/door/decisions", operation_id="door_decisions", tags=["phone"], opt={"roles": PHONE})
async def door_decisions(actor: NamedDependency[Actor]) -> DoorDecisions:
    """What was decided about one's own visits in the last 60 days."""
    return await service.of_caregiver(actor)


@post(
    "/door/decisions/{decision_id:uuid}/words",
    operation_id="answer_decision",
    tags=["phone"],
    opt={"roles": PHONE},
    responses=refusals("NOT_FOUND", "INPUT_INVALID", "NOT_OPEN_TO_WORDS", "OBJECTED_ALREADY"),
)
async def answer_decision(
    actor: NamedDependency[Actor], decision_id: FromPath[UUID], data: JSONBody[NewWords]
) -> DoorDecisions:
    """Answers a question, or objects to a rejection, once: a person looks at the visit again."""
    return await service.say(actor, decision_id, data)


@get(
    "/audit",
    operation_id="audit_trail",
    tags=["review"],
    opt={"roles": TRAIL},
    responses=refusals("CURSOR_INVALID"),
)
async def audit_trail(
    actor: NamedDependency[Actor],
    account: FromQuery[UUID | None] = None,
    subject: FromQuery[UUID | None] = None,
    operation: Annotated[str | None, QueryParameter(max_length=60, pattern=r"^[a-z_]+$")] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    cursor: _Cursor = None,
    limit: _Page = 50,
) -> AuditPage:
    """Every change by anybody and every read by an auditor, newest first. `account`: an account or a person."""
    return await service.audit(
        actor,
        account=account,
        subject=subject,
        operation=operation,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
    )


handlers: list[HTTPRouteHandler] = [
    *(review_queue, search_review_queue, review_visit, decide_visit, enter_visit, review_edits),
    *(door_decisions, answer_decision, audit_trail),
    *http_reports.handlers,
    *http_samples.handlers,
]
