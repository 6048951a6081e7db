"""Routes of families: consent, invitations and answers for the office; an elder's visits for a family's device."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.families import http_channels, service
from doorstep.families.wire import (
    FamilyDays,
    FamilyJoined,
    FamilyMe,
    FamilyMonth,
    FamilyRedemption,
    FamilySettings,
    FamilyVisit,
    FeedbackFilter,
    FeedbackItem,
    FeedbackKind,
    FeedbackList,
    MyFeedback,
    NewFeedback,
    NewFeedbackAnswer,
)
from doorstep.families.wire_office import ConsentEnd, ElderFamily, Invite, LinkEnd, NewConsent, NewInvite
from doorstep.identity.wire import DISPATCH, FAMILY, FAMILY_COOKIE, OFFICE, Actor, Role

_Request = Request[Any, Any, Any]
ANSWERING = frozenset({Role.MANAGER, Role.OFFICER, Role.ADMIN})


@get(
    "/elders/{elder_id:uuid}/family",
    operation_id="elder_family",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def elder_family(actor: NamedDependency[Actor], elder_id: FromPath[UUID]) -> ElderFamily:
    """Whether the elder has agreed, who sees the visits, and which links nobody has used yet."""
    return await service.elder_family(actor, elder_id)


@post(
    "/elders/{elder_id:uuid}/consents",
    operation_id="record_consent",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def record_consent(
    actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[NewConsent]
) -> ElderFamily:
    """What the elder, a guardian or an agent has signed."""
    return await service.record_consent(actor, elder_id, data)


@post(
    "/consents/{consent_id:uuid}/withdraw",
    operation_id="withdraw_consent",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("INPUT_INVALID", "NOT_FOUND", "CONSENT_ENDED"),
    status_code=200,
)
async def withdraw_consent(
    actor: NamedDependency[Actor], consent_id: FromPath[UUID], data: JSONBody[ConsentEnd]
) -> ElderFamily:
    """The first day without consent; links that were made under it are of no use from then on."""
    return await service.withdraw_consent(actor, consent_id, data.withdrawn_on)


@post(
    "/elders/{elder_id:uuid}/invites",
    operation_id="invite_family",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "CONSENT_MISSING"),
)
async def invite_family(
    request: _Request, actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[NewInvite]
) -> Invite:
    """A one-time link and code, good for 48 hours; shown once."""
    return await service.invite(actor, elder_id, data, public_url=request.app.state.settings.public_url)


@delete(
    "/invites/{invite_id:uuid}",
    operation_id="revoke_invite",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "INVITE_USED"),
)
async def revoke_invite(actor: NamedDependency[Actor], invite_id: FromPath[UUID]) -> None:
    """Takes back a link that nobody has used."""
    await service.revoke_invite(actor, invite_id)


@post(
    "/family-links/{link_id:uuid}/end",
    operation_id="end_family_link",
    tags=["families"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
    status_code=204,
)
async def end_family_link(actor: NamedDependency[Actor], link_id: FromPath[UUID], data: JSONBody[LinkEnd]) -> None:
    """From the next request on this family member does not see the elder."""
    await service.end_link(actor, link_id, data.reason)


@get(
    "/feedback",
    operation_id="feedback_list",
    tags=["families"],
    opt={"roles": OFFICE},
    responses=refusals("CURSOR_INVALID"),
)
async def feedback_list(
    actor: NamedDependency[Actor],
    feedback_state: Annotated[FeedbackFilter, QueryParameter(name="state")] = "open",
    kind: FromQuery[FeedbackKind | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> FeedbackList:
    """What families said: what waits for an answer by its day, the overdue first; all else the newest first."""
    return await service.feedback_page(actor, state=feedback_state, kind=kind, cursor=cursor, limit=limit)


@post(
    "/feedback/{feedback_id:uuid}/answer",
    operation_id="answer_feedback",
    tags=["families"],
    opt={"roles": ANSWERING},
    responses=refusals("INPUT_INVALID", "NOT_FOUND", "OWN_WORK", "FEEDBACK_CLOSED"),
    status_code=200,
)
async def answer_feedback(
    actor: NamedDependency[Actor], feedback_id: FromPath[UUID], data: JSONBody[NewFeedbackAnswer]
) -> FeedbackItem:
    """Answers a question, or an objection: dismissed lets its hold go, upheld leaves the visit to the queue."""
    return await service.answer_feedback(actor, feedback_id, data)


@post(
    "/family/redeem",
    operation_id="redeem_invite",
    tags=["family"],
    opt={"public": True, "same_site": True},
    responses=refusals("INVITE_INVALID", "LOGIN_LOCKED"),
    status_code=200,
)
async def redeem_invite(request: _Request, data: JSONBody[FamilyRedemption]) -> FamilyJoined:
    """Uses a link or code once. A device that is known already gains one more elder; a new one gets its cookie."""
    known = request.cookies.get(FAMILY_COOKIE)
    token, joined = await service.redeem(data, session_token=known)
    if token is not None:
        request.state.renewed = (FAMILY_COOKIE, token)
    return joined


@get("/family/me", operation_id="family_me", tags=["family"], opt={"roles": FAMILY})
async def family_me(actor: NamedDependency[Actor]) -> FamilyMe:
    """Who reads, whose visits they may see today, and which answers of the office are new."""
    return await service.me(actor)


@get(
    "/family/elders/{elder_id:uuid}/visits",
    operation_id="family_visits",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def family_visits(
    actor: NamedDependency[Actor],
    elder_id: FromPath[UUID],
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
) -> FamilyDays:
    """The visits of the days from `since` up to, not including, `until`: a week back and ahead, at most 62 days."""
    return await service.days(actor, elder_id, since, until)


@get(
    "/family/elders/{elder_id:uuid}/month",
    operation_id="family_month",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def family_month(
    actor: NamedDependency[Actor],
    elder_id: FromPath[UUID],
    month: Annotated[str, QueryParameter(pattern=r"^(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$", max_length=7)],
) -> FamilyMonth:
    """How many visits each day of a month such as 2026-11 has, by state."""
    year, _, number = month.partition("-")
    return await service.month(actor, elder_id, int(year), int(number))


@get(
    "/family/visits/{visit_id:uuid}",
    operation_id="family_visit",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("NOT_FOUND"),
)
async def family_visit(actor: NamedDependency[Actor], visit_id: FromPath[UUID]) -> FamilyVisit:
    """One visit in plain facts, with what oneself said about it and the answers."""
    return await service.visit(actor, visit_id)


@post(
    "/family/visits/{visit_id:uuid}/feedback",
    operation_id="give_feedback",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("NOT_FOUND", "VISIT_NOT_YET", "OBJECTION_OPEN", "TOO_MANY_REQUESTS"),
)
async def give_feedback(
    actor: NamedDependency[Actor], visit_id: FromPath[UUID], data: JSONBody[NewFeedback]
) -> MyFeedback:
    """Confirms, rates, asks or objects. An objection holds the visit's money until a person answers."""
    return await service.give_feedback(actor, visit_id, data)


@post(
    "/family/feedback/{feedback_id:uuid}/withdraw",
    operation_id="withdraw_feedback",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("NOT_FOUND", "FEEDBACK_CLOSED"),
    status_code=200,
)
async def withdraw_feedback(actor: NamedDependency[Actor], feedback_id: FromPath[UUID]) -> MyFeedback:
    """Takes back a question or an objection that waits for its answer."""
    return await service.take_back_feedback(actor, feedback_id)


@put("/family/settings", operation_id="family_settings", tags=["family"], opt={"roles": FAMILY})
async def family_settings(actor: NamedDependency[Actor], data: JSONBody[FamilySettings]) -> FamilySettings:
    """How the pages look to this member."""
    await service.set_large_type(actor, data.large_type)
    return data


@delete("/family/session", operation_id="leave_family", tags=["family"], opt={"roles": FAMILY})
async def leave_family(request: _Request, actor: NamedDependency[Actor]) -> None:
    """This device gives up what it may see; to come back it needs a new link."""
    await service.leave(actor)
    request.state.renewed = (FAMILY_COOKIE, None)


handlers: list[HTTPRouteHandler] = [
    elder_family,
    record_consent,
    withdraw_consent,
    invite_family,
    revoke_invite,
    end_family_link,
    feedback_list,
    answer_feedback,
    redeem_invite,
    family_me,
    family_visits,
    family_month,
    family_visit,
    give_feedback,
    withdraw_feedback,
    family_settings,
    leave_family,
    *http_channels.handlers,
]
