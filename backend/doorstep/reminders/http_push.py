"""Routes of the ways to a person: push subscriptions, the calendar address and its feed, the gateway's dead letters."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, delete, get, post, put, route
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from doorstep.core.answers import refusals
from doorstep.core.problems import NotFound
from doorstep.identity.wire import DISPATCH, PHONE, Actor, Role
from doorstep.reminders import calendar, push, sms
from doorstep.reminders.wire_push import CalendarAddress, DeadLetters, NewSubscription, PushState

MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
_REFUSED = refusals("PUSH_SERVICE_NOT_ALLOWED", "PUSH_KEYS_INVALID", "PUSH_OFF")


@get("/door/push", operation_id="door_push", tags=["reminders"], opt={"roles": PHONE})
async def door_push(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> PushState:
    """What this phone needs to subscribe, and where its subscription stands."""
    return await push.state(actor, request.app.state.settings)


@put("/door/push", operation_id="put_door_push", tags=["reminders"], opt={"roles": PHONE}, responses=_REFUSED)
async def put_door_push(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], data: JSONBody[NewSubscription]
) -> PushState:
    """Stores this phone's subscription in place of its former one, and sends a test message."""
    return await push.put(actor, data, request.app.state.settings)


@delete("/door/push", operation_id="delete_door_push", tags=["reminders"], opt={"roles": PHONE})
async def delete_door_push(actor: NamedDependency[Actor]) -> None:
    """Ends this phone's subscription."""
    await push.remove(actor)


@post("/door/calendar", operation_id="create_calendar", tags=["reminders"], opt={"roles": PHONE})
async def create_calendar(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> CalendarAddress:
    """A new private calendar address; the one before is void from now on."""
    return await calendar.create(actor, request.app.state.settings)


@delete("/door/calendar", operation_id="delete_calendar", tags=["reminders"], opt={"roles": PHONE})
async def delete_calendar(actor: NamedDependency[Actor]) -> None:
    """Makes the calendar address void."""
    await calendar.revoke(actor)


@get("/push", operation_id="office_push", tags=["reminders"], opt={"roles": DISPATCH})
async def office_push(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> PushState:
    """What this browser needs to subscribe, and where its subscription stands."""
    return await push.state(actor, request.app.state.settings)


@put("/push", operation_id="put_office_push", tags=["reminders"], opt={"roles": DISPATCH}, responses=_REFUSED)
async def put_office_push(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], data: JSONBody[NewSubscription]
) -> PushState:
    """Stores this browser's subscription in place of its former one, and sends a test message."""
    return await push.put(actor, data, request.app.state.settings)


@delete("/push", operation_id="delete_office_push", tags=["reminders"], opt={"roles": DISPATCH})
async def delete_office_push(actor: NamedDependency[Actor]) -> None:
    """Ends this browser's subscription."""
    await push.remove(actor)


@get("/gateway/dead", operation_id="dead_letters", tags=["reminders"], opt={"roles": MANAGERS})
async def dead_letters(actor: NamedDependency[Actor]) -> DeadLetters:
    """Text messages that the gateway did not take, the newest 200."""
    return await sms.dead_letters(actor)


@post(
    "/gateway/{message_id:uuid}/again",
    operation_id="send_dead_letter_again",
    tags=["reminders"],
    opt={"roles": MANAGERS},
    responses=refusals("NOT_FOUND", "REMINDER_OVER"),
    status_code=204,
)
async def send_dead_letter_again(actor: NamedDependency[Actor], message_id: FromPath[UUID]) -> None:
    """Tries it again, with all its repetitions."""
    await sms.again(actor, message_id)


@delete(
    "/gateway/{message_id:uuid}",
    operation_id="drop_dead_letter",
    tags=["reminders"],
    opt={"roles": MANAGERS},
    responses=refusals("NOT_FOUND"),
)
async def drop_dead_letter(actor: NamedDependency[Actor], message_id: FromPath[UUID]) -> None:
    """Puts it away."""
    await sms.drop(actor, message_id)


@route(
    "/calendar/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={"public": True},
    include_in_schema=False,
)
async def calendar_feed(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """The feed behind a private address. Whatever else stands there, there is nothing."""
    secret, dot, kind = name.partition(".")
    content = await calendar.feed(secret, request.app.state.settings) if (dot, kind) == (".", "ics") else None
    if content is None:
        raise NotFound
    headers = {"cache-control": "private, no-store", "content-disposition": 'inline; filename="doorstep.ics"'}
    return Response(content, media_type="text/calendar", headers=headers)


handlers: list[HTTPRouteHandler] = [
    door_push,
    put_door_push,
    delete_door_push,
    create_calendar,
    delete_calendar,
    office_push,
    put_office_push,
    delete_office_push,
    dead_letters,
    send_dead_letter_again,
    drop_dead_letter,
]
public: list[HTTPRouteHandler] = [calendar_feed]
"""Outside the API: what a phone's own calendar fetches."""
