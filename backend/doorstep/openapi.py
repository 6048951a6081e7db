"""The description of the API: what Litestar derives from the handlers, put right where it says less than is true."""

from functools import lru_cache
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from doorstep.core import problems

_PROBLEM = {
    "description": "Any refusal, as a problem of the closed list in schemas/codes.json",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The opaque token of a session, for programs"},
    "office": {"type": "apiKey", "in": "cookie", "name": "doorstep_office", "description": "Browsers of the office"},
    "family": {"type": "apiKey", "in": "cookie", "name": "doorstep_family", "description": "A family member's device"},
    "device": {"type": "apiKey", "in": "cookie", "name": "doorstep_device", "description": "A caregiver's phone"},
}


class Renderer(JsonRenderPlugin):
    """Serves the description that is also kept in schemas/openapi.json."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(described(request.app))


@lru_cache(maxsize=4)
def described(app: Litestar) -> dict[str, Any]:
    """The whole description, always in the same order."""
    schema = app.openapi_schema.to_schema()
    components = schema["components"]["schemas"]
    for name in strict_structs() & set(components):
        components[name]["additionalProperties"] = False
    schema["components"]["schemas"] = dict(sorted(components.items()))
    schema["components"]["securitySchemes"] = _SCHEMES
    handlers = _handlers(app)
    schema["paths"] = dict(sorted(schema["paths"].items()))
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _put_right(operation, handlers[path, method.upper()])
    return schema


def strict_structs() -> set[str]:
    """The names of our Structs that refuse unknown fields, which Litestar does not say."""
    return {kind.__name__ for kind in _structs(msgspec.Struct) if kind.__struct_config__.forbid_unknown_fields}


def _structs(of: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    children = {child for child in of.__subclasses__() if child.__module__.startswith("doorstep.")}
    return children.union(*(_structs(child) for child in of.__subclasses__()))


def _handlers(app: Litestar) -> dict[tuple[str, str], Any]:
    return {
        (route.path_format, str(method)): handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    }


def _put_right(operation: dict[str, Any], handler: Any) -> None:
    # Litestar documents its own body for a 400, which our exception handlers never send.
    for status, answer in list(operation["responses"].items()):
        if status >= "400" and "application/json" in answer.get("content", {}):
            del operation["responses"][status]
    operation["responses"]["default"] = _PROBLEM
    roles = sorted(str(role) for role in handler.opt.get("roles", ()))
    cookie = {"caregiver": "device", "family": "family"}.get(",".join(roles), "office")
    operation["security"] = [{"bearer": []}, {cookie: []}] if roles else []
    if roles:
        operation["x-roles"] = roles
    operation.pop("summary", None)
    operation.pop("deprecated", None)
