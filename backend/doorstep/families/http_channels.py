"""Routes by which a family's device chooses what it is told and how; the others stand in `http`."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from doorstep.core.answers import refusals
from doorstep.families import channels
from doorstep.families.wire import FamilyWatch
from doorstep.identity.wire import FAMILY, Actor
from doorstep.reminders.service import NewSubscription, PushState
from doorstep.reminders.wire import DueList, Seen

_Request = Request[Any, Any, Any]


@put(
    "/family/elders/{elder_id:uuid}/watch",
    operation_id="family_watch",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("NOT_FOUND"),
)
async def family_watch(
    actor: NamedDependency[Actor], elder_id: FromPath[UUID], data: JSONBody[FamilyWatch]
) -> FamilyWatch:
    """What one wants to be told of an elder's visits."""
    return await channels.watch(actor, elder_id, data)


@get("/family/push", operation_id="family_push", tags=["family"], opt={"roles": FAMILY})
async def family_push(request: _Request, actor: NamedDependency[Actor]) -> PushState:
    """What this browser needs to subscribe, and where its subscription stands."""
    return await channels.push(actor, request.app.state.settings)


@put(
    "/family/push",
    operation_id="put_family_push",
    tags=["family"],
    opt={"roles": FAMILY},
    responses=refusals("PUSH_SERVICE_NOT_ALLOWED", "PUSH_KEYS_INVALID", "PUSH_OFF"),
)
async def put_family_push(
    request: _Request, actor: NamedDependency[Actor], data: JSONBody[NewSubscription]
) -> PushState:
    """Stores this browser's subscription in place of its former one, and sends a test message."""
    return await channels.put_push(actor, data, request.app.state.settings)


@delete("/family/push", operation_id="delete_family_push", tags=["family"], opt={"roles": FAMILY})
async def delete_family_push(actor: NamedDependency[Actor]) -> None:
    """Ends this browser's subscription."""
    await channels.remove_push(actor)


@get("/family/reminders", operation_id="family_reminders", tags=["family"], opt={"roles": FAMILY})
async def family_reminders(actor: NamedDependency[Actor]) -> DueList:
    """What one was told and has not acknowledged, the newest first."""
    return await channels.due(actor)


@post(
    "/family/reminders/seen",
    operation_id="family_reminders_seen",
    tags=["family"],
    opt={"roles": FAMILY},
    status_code=204,
)
async def family_reminders_seen(actor: NamedDependency[Actor], data: JSONBody[Seen]) -> None:
    """What this browser has shown and its owner has acknowledged. Ids of others are passed over, twice is once."""
    await channels.seen(actor, data)


handlers: list[HTTPRouteHandler] = [
    family_watch,
    family_push,
    put_family_push,
    delete_family_push,
    family_reminders,
    family_reminders_seen,
]
