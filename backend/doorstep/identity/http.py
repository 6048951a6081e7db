"""Routes of identity."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from doorstep.core import jws
from doorstep.core.answers import refusals
from doorstep.identity import phones, rules, service, staff
from doorstep.identity.access import DEVICE_COOKIE, OFFICE_COOKIE, ended_cookie, session_cookie
from doorstep.identity.wire import (
    DISPATCH,
    OFFICE,
    PHONE,
    Actor,
    CaregiverFile,
    CaregiverList,
    Credentials,
    Enrolment,
    EnrolmentOrder,
    EnrolmentState,
    Leave,
    LeaveEnd,
    Me,
    PhoneStatus,
    Redeemed,
    Redemption,
    Revocation,
    ServerKey,
    ServerKeys,
    SignedIn,
)

_Request = Request[Any, Any, Any]


@post(
    "/sessions",
    operation_id="sign_in",
    tags=["identity"],
    opt={"public": True, "same_site": True},
    responses=refusals("LOGIN_FAILED", "LOGIN_LOCKED"),
)
async def sign_in(request: _Request, data: JSONBody[Credentials]) -> Response[SignedIn]:
    """Opens an office session: a cookie for browsers, the token in the body for programs."""
    signed_in = await service.sign_in(data)
    cookie = session_cookie(request, OFFICE_COOKIE, signed_in.token, rules.OFFICE_LIFE)
    return Response(signed_in, cookies=[cookie])


@delete("/sessions/current", operation_id="sign_out", tags=["identity"], opt={"roles": OFFICE})
async def sign_out(actor: NamedDependency[Actor]) -> Response[None]:
    """Ends the session that asks."""
    await service.sign_out(actor)
    return Response(None, cookies=[ended_cookie(OFFICE_COOKIE)])


@get("/me", operation_id="me", tags=["identity"], opt={"roles": OFFICE})
async def me(actor: NamedDependency[Actor]) -> Me:
    """The signed-in account."""
    return await service.me(actor)


@get("/caregivers", operation_id="caregivers", tags=["identity"], opt={"roles": DISPATCH})
async def caregivers(actor: NamedDependency[Actor]) -> CaregiverList:
    """Caregivers in one's scope with their certificates and live phones."""
    return await phones.caregivers(actor)


@get(
    "/caregivers/{caregiver_id:uuid}",
    operation_id="caregiver",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def caregiver(actor: NamedDependency[Actor], caregiver_id: FromPath[UUID]) -> CaregiverFile:
    """One caregiver: leave, certificates, phones of now and before, what is next."""
    return await staff.caregiver_file(actor, caregiver_id)


@post(
    "/leave/{leave_id:uuid}/end",
    operation_id="end_leave",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND", "INPUT_INVALID"),
    status_code=200,
)
async def end_leave(actor: NamedDependency[Actor], leave_id: FromPath[UUID], data: JSONBody[LeaveEnd]) -> Leave:
    """The first day back from a leave; its first day takes it back wholly."""
    return await staff.end_leave(actor, leave_id, data.valid_to)


@post(
    "/enrolments",
    operation_id="create_enrolment",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def create_enrolment(
    request: _Request, actor: NamedDependency[Actor], data: JSONBody[EnrolmentOrder]
) -> Enrolment:
    """A one-time code for a caregiver's phone; it lives ten minutes and voids those made before."""
    public_url = request.app.state.settings.public_url
    return await phones.create_ticket(actor, caregiver_id=data.caregiver_id, public_url=public_url)


@get(
    "/enrolments/{enrolment_id:uuid}",
    operation_id="enrolment_state",
    tags=["identity"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def enrolment_state(actor: NamedDependency[Actor], enrolment_id: FromPath[UUID]) -> EnrolmentState:
    """Whether the code was used yet."""
    return await phones.ticket_state(actor, ticket_id=enrolment_id)


@post(
    "/enrolments/redeem",
    operation_id="redeem_enrolment",
    tags=["identity"],
    opt={"public": True, "same_site": True},
    responses=refusals("ENROLMENT_PROOF_INVALID", "ENROLMENT_INVALID"),
)
async def redeem_enrolment(request: _Request, data: JSONBody[Redemption]) -> Response[Redeemed]:
    """Binds a phone's key to the caregiver of the code. The caregiver's phone before this one is revoked."""
    redeemed = await phones.redeem(data)
    return Response(redeemed, cookies=[session_cookie(request, DEVICE_COOKIE, redeemed.token, rules.DEVICE_LIFE)])


@post(
    "/devices/{device_id:uuid}/revoke",
    operation_id="revoke_device",
    tags=["identity"],
    opt={"roles": DISPATCH},
    status_code=204,
    responses=refusals("NOT_FOUND"),
)
async def revoke_device(actor: NamedDependency[Actor], device_id: FromPath[UUID], data: JSONBody[Revocation]) -> None:
    """A lost or returned phone: from its next request on it is nobody's."""
    await phones.revoke(actor, device_id=device_id, reason=data.reason)


@delete("/devices/current", operation_id="decline_device", tags=["identity"], opt={"roles": PHONE})
async def decline_device(request: _Request, actor: NamedDependency[Actor]) -> Response[None]:
    """The phone itself gives up its enrolment: wrong person, or handed back."""
    await phones.decline(actor)
    request.state.renewed = None
    return Response(None, cookies=[ended_cookie(DEVICE_COOKIE)])


# What a phone says of its own storage, many times a day, changes nothing of anybody: no row of the audit trail.
@post(
    "/door/status",
    operation_id="report_phone",
    tags=["identity"],
    opt={"roles": PHONE, "audit": False},
    status_code=204,
)
async def report_phone(actor: NamedDependency[Actor], data: JSONBody[PhoneStatus]) -> None:
    """The phone tells the office what still waits on it, its version, and whether its storage is safe."""
    await phones.report(actor, data)


@get("/keys", operation_id="keys", tags=["identity"], opt={"public": True}, sync_to_thread=False)
def keys() -> ServerKeys:
    """The public keys of the receipts (JWKS)."""
    return ServerKeys(keys=[ServerKey(**jws.signer().jwk())])


handlers: list[HTTPRouteHandler] = [
    sign_in,
    sign_out,
    me,
    caregivers,
    caregiver,
    end_leave,
    create_enrolment,
    enrolment_state,
    redeem_enrolment,
    revoke_device,
    decline_device,
    report_phone,
    keys,
]
