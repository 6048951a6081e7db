"""Who may call what: every route of the app against every role, declared in one table and really called."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from doorstep.app import create_app
from doorstep.identity.wire import Role
from doorstep.settings import Settings
from support.sign_in import OFFICE_ROLES, device_token, family_token, office_token
from support.world import World

PUBLIC = "public"
OFFICE = {"dispatcher", "manager", "officer", "auditor", "admin"}
DISPATCH = {"dispatcher", "manager", "admin"}
PHONE = {"caregiver"}
FAMILY = {"family"}
INTAKE = {"manager", "officer", "admin"}
ANSWERING = {"manager", "officer", "admin"}
MANAGERS = {"manager", "admin"}
NOBODY = "nobody"

TABLE: dict[str, str | set[str]] = {
    # the server
    "health": PUBLIC,
    # identity
    "sign_in": PUBLIC,
    "sign_out": OFFICE,
    "me": OFFICE,
    "caregivers": DISPATCH,
    "caregiver": DISPATCH,
    "record_leave": DISPATCH,
    "end_leave": DISPATCH,
    "record_certificate": DISPATCH,
    "create_enrolment": DISPATCH,
    "enrolment_state": DISPATCH,
    "redeem_enrolment": PUBLIC,
    "revoke_device": DISPATCH,
    "decline_device": PHONE,
    "report_phone": PHONE,
    "keys": PUBLIC,
    # households
    "households": OFFICE,
    "search_households": OFFICE,
    "print_cards": DISPATCH,
    "set_household_point": DISPATCH,
    "home_at_door": PHONE,
    # plans and the facts that stop them
    "add_elder_status": DISPATCH | {"officer"},
    "elders": OFFICE,
    "search_elders": OFFICE,
    "elder": OFFICE,
    "elder_to_decide": OFFICE,
    "visits_of_elder": OFFICE,
    "add_plan_version": DISPATCH,
    "set_plan_state": DISPATCH,
    # visits
    "visits_of_a_day": OFFICE,
    "search_visits": OFFICE,
    "visit_with_evidence": OFFICE,
    "order_visit": DISPATCH,
    "expand_plans": DISPATCH,
    "visit_candidates": DISPATCH,
    "send_caregivers": DISPATCH,
    "board": OFFICE,
    "preview_changes": DISPATCH,
    "swap_visits": DISPATCH,
    "reschedule_visit": DISPATCH,
    "undo_action": DISPATCH,
    "office_actions": DISPATCH,
    "cancel_visit": DISPATCH,
    "live": OFFICE,
    "door_live": PHONE,
    # check-ins: each event is authenticated by its own signature
    "send_check_events": PUBLIC,
    "sync_the_phone": PHONE,
    # reminders: the phone's own, the desk, push on either, messages that a gateway would not take
    "door_reminders": PHONE,
    "reminders_seen": PHONE,
    "door_reminder_settings": PHONE,
    "put_door_reminder_settings": PHONE,
    "door_push": PHONE,
    "put_door_push": PHONE,
    "delete_door_push": PHONE,
    "create_calendar": PHONE,
    "delete_calendar": PHONE,
    "reminders": DISPATCH,
    "desk_reminders": DISPATCH,
    "acknowledge_reminder": DISPATCH,
    "reminder_settings": MANAGERS,
    "put_reminder_settings": MANAGERS,
    "calls": DISPATCH,
    "call_made": DISPATCH,
    "caregivers_channels": DISPATCH,
    "caregiver_channels": DISPATCH,
    "office_push": DISPATCH,
    "put_office_push": DISPATCH,
    "delete_office_push": DISPATCH,
    "dead_letters": MANAGERS,
    "send_dead_letter_again": MANAGERS,
    "drop_dead_letter": MANAGERS,
    # families: what the office does for them, and their own devices
    "elder_family": DISPATCH,
    "record_consent": DISPATCH,
    "withdraw_consent": DISPATCH,
    "invite_family": DISPATCH,
    "revoke_invite": DISPATCH,
    "end_family_link": DISPATCH,
    "feedback_list": OFFICE,
    "answer_feedback": ANSWERING,
    "redeem_invite": PUBLIC,
    "family_me": FAMILY,
    "family_visits": FAMILY,
    "family_month": FAMILY,
    "family_visit": FAMILY,
    "give_feedback": FAMILY,
    "withdraw_feedback": FAMILY,
    "family_watch": FAMILY,
    "family_push": FAMILY,
    "put_family_push": FAMILY,
    "delete_family_push": FAMILY,
    "family_reminders": FAMILY,
    "family_reminders_seen": FAMILY,
    "family_settings": FAMILY,
    "leave_family": FAMILY,
    # review
    "figures": OFFICE,
    "figures_codes": OFFICE,
    "register": OFFICE,
    "register_sheet": OFFICE,
    "review_queue": OFFICE,
    "search_review_queue": OFFICE,
    "review_visit": OFFICE,
    "decide_visit": ANSWERING,
    "enter_visit": DISPATCH,
    "review_edits": OFFICE,
    "door_decisions": PHONE,
    "answer_decision": PHONE,
    "audit_trail": ANSWERING | {"auditor"},
    "draw_sample": ANSWERING | {"auditor"},
    "samples": ANSWERING | {"auditor"},
    "sample": ANSWERING | {"auditor"},
    "redraw_sample": ANSWERING | {"auditor"},
    "sample_population": ANSWERING | {"auditor"},
    "inspect_visit": ANSWERING | {"auditor"},
    # intake
    "upload_roster": INTAKE,
    "list_imports": INTAKE,
    "import_run": INTAKE,
    "import_rows": INTAKE,
    "import_report": INTAKE,
    "apply_import": INTAKE,
}
"""By operation id. Scope inside a role (whose visits, whose caregivers) is tested by each feature."""

OUTSIDE = {"/", "/{path}", "/api", "/api/{path}", "/Q/{token}", "/q/{token}", "/calendar/{name}"}
"""Pages and the answer to unknown addresses: public, no operation of the API."""

SCHEMA = "/api/schema"
"""The description of the API, served by the framework itself, for everybody."""

SETS: dict[frozenset[str], str] = {
    frozenset(OFFICE): "OFFICE",
    frozenset(DISPATCH): "DISPATCH",
    frozenset(PHONE): "PHONE",
    frozenset(FAMILY): "FAMILY",
}


@dataclass(frozen=True)
class Operation:
    """One handler at one path."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def name(self) -> str:
        return str(self.handler.operation_id)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(str(role) for role in self.handler.opt.get("roles", ()))

    @property
    def row(self) -> str:
        """The line of the table that says what the handler says."""
        known = [name for name, roles in SETS.items() if roles == self.roles]
        spelt = "{" + ", ".join(f'"{role}"' for role in sorted(self.roles)) + "}"
        who = "PUBLIC" if self.handler.opt.get("public") else (known or [spelt])[0]
        return f'    "{self.name}": {who},  # {self.method} {self.path}'

    @property
    def address(self) -> str:
        """A path that leads to the handler, with ids that nothing has."""
        parts = self.path.split("/")
        return "/".join(str(uuid4()) if part.startswith("{") else part for part in parts)


def routes(app: Litestar) -> Iterator[Operation]:
    """Everything that can be called. OPTIONS is answered by the framework, HEAD by the handler of GET."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: only HTTP is known to this test"
        if route.path.startswith(SCHEMA):
            continue
        for method, found in sorted(route.route_handler_map.items()):
            # Once the app is started, the framework keeps more than the handler here.
            handler = found[0] if isinstance(found, tuple) else found
            if method not in ("OPTIONS", "HEAD"):
                yield Operation(method, _plain(route.path), handler)


def operations(app: Litestar) -> list[Operation]:
    """The routes of the API."""
    return [route for route in routes(app) if route.path not in OUTSIDE]


def _plain(path: str) -> str:
    return "/".join(part.split(":")[0] + "}" if ":" in part else part for part in path.split("/"))


@pytest.fixture
def built(tmp_path: Path) -> Litestar:
    """The app, not started: what it says of itself needs no database."""
    return create_app(Settings(data_dir=tmp_path))


def test_every_route_is_in_the_table(built: Litestar) -> None:
    missing = [operation.row for operation in operations(built) if operation.name not in TABLE]
    assert not missing, "add to TABLE in this file, if it is what you mean:\n" + "\n".join(missing)
    gone = sorted(set(TABLE) - {operation.name for operation in operations(built)})
    assert not gone, f"take out of TABLE, no route has these operation ids any more: {gone}"


def test_every_route_says_itself_who_may_call_it(built: Litestar) -> None:
    for route in routes(built):
        where = f"{route.method} {route.path}"
        public, roles = route.handler.opt.get("public"), route.roles
        assert bool(public) != bool(roles), f'{where} needs opt={{"roles": …}} or opt={{"public": True}}, one of them'
        if route.path in OUTSIDE:
            assert public, f"{where} is outside of the guard and cannot have roles"
            continue
        assert route.handler.operation_id, f"{where} needs an operation_id"
        assert route.path.startswith("/api/v1/"), f"{where} is not under /api/v1: add it to OUTSIDE if it is a page"
        assert str(Role.SYSTEM) not in roles, f"{where}: nobody signs in as the server"


def test_operation_ids_are_unique(built: Litestar) -> None:
    names = [operation.name for operation in operations(built)]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_the_table_says_what_the_routes_say(built: Litestar) -> None:
    different = [
        operation.row
        for operation in operations(built)
        if (row := TABLE.get(operation.name)) is not None
        and (PUBLIC if operation.handler.opt.get("public") else operation.roles) != row
    ]
    assert not different, "the handlers say otherwise than TABLE:\n" + "\n".join(different)


@pytest.mark.parametrize("role", [NOBODY, "caregiver", "family", *OFFICE_ROLES])
async def test_every_route_lets_in_whom_it_names_and_nobody_else(app: Litestar, world: World, role: str) -> None:
    account = await world.add_account(role) if role in OFFICE_ROLES else None
    wrong = []
    for operation in operations(app):
        row = TABLE.get(operation.name)
        if row is None:
            continue  # told by another test
        expected = 401 if role == NOBODY and row != PUBLIC else 403 if row != PUBLIC and role not in row else None
        # A session of its own for each call: some end it.
        status = await call(app, operation, await _token(role, account, world))
        if (status != expected) if expected else (status in (401, 403) or status >= 500):
            wrong.append(f"{operation.method} {operation.path}: {status}, expected {expected or 'to be let in'}")
    assert not wrong, f"as {role}:\n" + "\n".join(wrong)


async def test_no_route_answers_options(app: Litestar) -> None:
    for operation in operations(app):
        status = await call(app, Operation("OPTIONS", operation.path, operation.handler), None)
        assert status == 405, f"OPTIONS {operation.path}: {status}"


async def _token(role: str, account: UUID | None, world: World) -> str | None:
    if role == NOBODY:
        return None
    if role == "family":
        return await family_token(world.elder)
    return await office_token(account) if account else await device_token(world.caregiver)


async def call(app: Litestar, operation: Operation, token: str | None) -> int:
    """The status of an empty request. A stream is left as soon as it begins, as a browser does that closes its tab."""
    status: list[int] = []
    headers = [(b"host", b"dj.example.cn"), (b"content-type", b"application/json"), (b"content-length", b"2")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": operation.method,
        "scheme": "https",
        "path": operation.address,
        "raw_path": operation.address.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("dj.example.cn", 443),
        "state": {},
    }
    asked = False

    async def receive() -> Any:
        nonlocal asked
        if asked:
            await anyio.sleep_forever()
        asked = True
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] != "http.response.start":
            return
        status.append(message["status"])
        if dict(message["headers"]).get(b"content-type", b"").startswith(b"text/event-stream"):
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        await app(scope, receive, send)
        group.cancel_scope.cancel()
    return status[0]
