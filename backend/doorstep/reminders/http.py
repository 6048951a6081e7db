"""Routes of reminders: what a phone is to know and has shown, the desk, the ledger, calls, settings; push beside it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from doorstep.core.answers import refusals
from doorstep.identity.wire import DISPATCH, PHONE, Actor
from doorstep.reminders import http_push, service
from doorstep.reminders.http_push import MANAGERS
from doorstep.reminders.wire import (
    Called,
    CallList,
    ChannelList,
    ChannelState,
    Desk,
    DoorSettings,
    DueList,
    Ledger,
    NewDoorSettings,
    NewProviderSettings,
    ProviderSettings,
    ReminderState,
    Seen,
)

_Request = Request[Any, Any, Any]


@get("/door/reminders", operation_id="door_reminders", tags=["reminders"], opt={"roles": PHONE})
async def door_reminders(actor: NamedDependency[Actor]) -> DueList:
    """What the caregiver is to know now and has not acknowledged, the newest first."""
    return await service.due(actor)


@post(
    "/door/reminders/seen",
    operation_id="reminders_seen",
    tags=["reminders"],
    opt={"roles": PHONE},
    status_code=204,
)
async def reminders_seen(actor: NamedDependency[Actor], data: JSONBody[Seen]) -> None:
    """What this phone has shown, and what its owner has acknowledged. Ids of others are passed over, twice is once."""
    await service.seen(actor, data)


@get("/door/reminders/settings", operation_id="door_reminder_settings", tags=["reminders"], opt={"roles": PHONE})
async def door_reminder_settings(actor: NamedDependency[Actor]) -> DoorSettings:
    """How the caregiver is reminded."""
    return await service.door_settings(actor)


@put("/door/reminders/settings", operation_id="put_door_reminder_settings", tags=["reminders"], opt={"roles": PHONE})
async def put_door_reminder_settings(actor: NamedDependency[Actor], data: JSONBody[NewDoorSettings]) -> DoorSettings:
    """Chooses how long before a call the phone reminds; what waits already follows."""
    return await service.put_door_settings(actor, data)


@get(
    "/reminders",
    operation_id="reminders",
    tags=["reminders"],
    opt={"roles": DISPATCH},
    responses=refusals("CURSOR_INVALID"),
)
async def reminders(
    actor: NamedDependency[Actor],
    visit_id: FromQuery[UUID | None] = None,
    in_state: Annotated[ReminderState | None, QueryParameter(name="state")] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
) -> Ledger:
    """The ledger, the newest first: each reminder with what was tried and what came back."""
    return await service.ledger(actor, visit=visit_id, state=in_state, cursor=cursor)


@get("/reminders/desk", operation_id="desk_reminders", tags=["reminders"], opt={"roles": DISPATCH})
async def desk_reminders(actor: NamedDependency[Actor]) -> Desk:
    """What the dispatchers are to know now and nobody of them has acknowledged."""
    return await service.desk(actor)


@post(
    "/reminders/{reminder_id:uuid}/acknowledge",
    operation_id="acknowledge_reminder",
    tags=["reminders"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
    status_code=204,
)
async def acknowledge_reminder(actor: NamedDependency[Actor], reminder_id: FromPath[UUID]) -> None:
    """The desk has seen it."""
    await service.acknowledge(actor, reminder_id)


@get(
    "/reminders/settings",
    operation_id="reminder_settings",
    tags=["reminders"],
    opt={"roles": MANAGERS},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def reminder_settings(
    actor: NamedDependency[Actor], provider_id: FromQuery[UUID | None] = None
) -> ProviderSettings:
    """What a provider has chosen for its people."""
    return await service.provider_settings(actor, provider_id)


@put(
    "/reminders/settings",
    operation_id="put_reminder_settings",
    tags=["reminders"],
    opt={"roles": MANAGERS},
    responses=refusals("INPUT_INVALID", "NOT_FOUND"),
)
async def put_reminder_settings(
    actor: NamedDependency[Actor], data: JSONBody[NewProviderSettings], provider_id: FromQuery[UUID | None] = None
) -> ProviderSettings:
    """Chooses for a provider's people: minutes before a call, quiet hours."""
    return await service.put_provider_settings(actor, provider_id, data)


@get("/calls", operation_id="calls", tags=["reminders"], opt={"roles": DISPATCH})
async def calls(actor: NamedDependency[Actor]) -> CallList:
    """Caregivers to telephone, because they have answered on no channel."""
    return await service.calls(actor)


@post(
    "/calls/{reminder_id:uuid}",
    operation_id="call_made",
    tags=["reminders"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
    status_code=204,
)
async def call_made(actor: NamedDependency[Actor], reminder_id: FromPath[UUID], data: JSONBody[Called]) -> None:
    """What came of a call."""
    await service.called(actor, reminder_id, data)


@get("/caregivers/channels", operation_id="caregivers_channels", tags=["reminders"], opt={"roles": DISPATCH})
async def caregivers_channels(request: _Request, actor: NamedDependency[Actor]) -> ChannelList:
    """By which channels each caregiver can be reached, and when one last proved to work."""
    return await service.channels(actor, request.app.state.settings)


@get(
    "/caregivers/{caregiver_id:uuid}/channels",
    operation_id="caregiver_channels",
    tags=["reminders"],
    opt={"roles": DISPATCH},
    responses=refusals("NOT_FOUND"),
)
async def caregiver_channels(
    request: _Request, actor: NamedDependency[Actor], caregiver_id: FromPath[UUID]
) -> ChannelState:
    """The same for one."""
    return await service.channels_of(actor, request.app.state.settings, caregiver_id)


handlers: list[HTTPRouteHandler] = [
    door_reminders,
    reminders_seen,
    door_reminder_settings,
    put_door_reminder_settings,
    reminders,
    desk_reminders,
    acknowledge_reminder,
    reminder_settings,
    put_reminder_settings,
    calls,
    call_made,
    caregivers_channels,
    caregiver_channels,
    *http_push.handlers,
]
public: list[HTTPRouteHandler] = http_push.public
"""Outside the API: what a phone's own calendar fetches."""
