"""Writes the schemas of all that leaves by another door: `python -m doorstep.schemas [FOLDER]`, `make schemas`."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from doorstep.app import create_app
from doorstep.checkins.wire import CheckPayload, ReceiptPayload
from doorstep.core import problems
from doorstep.openapi import described, strict_structs
from doorstep.plans import catalogue
from doorstep.reminders.wire import PushPayload
from doorstep.reminders.wire_push import GatewayText
from doorstep.settings import Settings

FOLDER = Path(__file__).parent.parent.parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated() -> dict[str, str]:
    """File name and text of every generated schema."""
    files = {
        "openapi.json": _openapi(),
        "check-event.schema.json": _check_event(),
        "receipt.schema.json": _schema(
            ReceiptPayload,
            "receipt",
            "Receipt",
            "The payload of a receipt: a compact JWS, ES256, header typ receipt+jws, kid of /api/v1/keys. It promises "
            "that the event is stored.",
        ),
        "problem.schema.json": _problem(),
        "push-message.schema.json": _schema(
            PushPayload,
            "push-message",
            "Push message",
            "What a push message says once a browser has decrypted it (RFC 8291): no name, no address, no service.",
        ),
        "text-message.schema.json": _schema(
            GatewayText,
            "text-message",
            "Text message",
            "What is posted to DOORSTEP_GATEWAY_URL, as JSON in UTF-8. Doorstep-Timestamp: seconds since 1970. "
            "Doorstep-Signature: v1= and the hex HMAC-SHA256, with DOORSTEP_GATEWAY_SECRET, of timestamp, a dot and "
            "the body's bytes. Any 2xx takes it; else it is posted again after 10 s, 1, 5, 15 and 60 minutes.",
        ),
        "services.json": _services(),
    }
    return {name: json.dumps(content, ensure_ascii=False, indent=2) + "\n" for name, content in files.items()}


def _openapi() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return described(create_app(Settings(data_dir=Path(folder))))


def _schema(kind: type[msgspec.Struct], name: str, title: str, description: str) -> dict[str, Any]:
    """One Struct as a JSON Schema; those that refuse unknown fields say so."""
    (root,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    strict = strict_structs()
    for defined, body in definitions.items():
        if defined in strict:
            body["additionalProperties"] = False
    head = {"$schema": _DIALECT, "$id": f"{name}.schema.json", "title": title, "description": description}
    return {**head, **root, "$defs": dict(sorted(definitions.items()))}


def _check_event() -> dict[str, Any]:
    schema = _schema(
        CheckPayload,
        "check-event",
        "Check event",
        "The payload of a check event: a compact JWS, ES256, header typ checkin+jws, kid the id of the phone. It is "
        "stored and sent as those exact bytes.",
    )
    # What the server checks across fields.
    text = {"type": "string"}
    schema["allOf"] = [
        _if({"kind": {"const": "annul"}}, then={"annuls": text}, otherwise={"annuls": {"type": "null"}}),
        _if({"kind": {"const": "not_served"}}, then={"reason": text}),
        _if({"seq": {"minimum": 2}}, then={"prev": text}),
    ]
    return schema


def _if(properties: dict[str, Any], *, then: dict[str, Any], otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    rule = {
        "if": {"properties": properties, "required": list(properties)},
        "then": {"properties": then, "required": list(then)},
    }
    return rule | ({"else": {"properties": otherwise}} if otherwise else {})


def _problem() -> dict[str, Any]:
    schema = _schema(
        problems.ProblemBody,
        "problem",
        "Problem",
        "Every refusal of the API (RFC 9457, application/problem+json). `code` is of a closed list; codes.json says "
        "in Chinese and English what each means.",
    )
    body = schema["$defs"]["ProblemBody"]["properties"]
    body["code"] = {"enum": sorted(problems.codes().problems)}
    body["type"] |= {"pattern": r"^/problems/[A-Z_]+$(?!\n)"}
    return schema


def _services() -> dict[str, Any]:
    """Names of contents and tasks, and the procedures of visits that nobody planned, for the PWA."""
    return {
        "emergency_procedure": catalogue.EMERGENCY,
        "procedures": msgspec.to_builtins(catalogue.PROCEDURES),
        "contents": {
            content.code: {
                "service_type": content.service_type,
                "zh": content.zh,
                "en": content.en,
                "at_home": content.at_home,
                "safety_procedure": content.safety_procedure,
                "tasks": [{"code": task.code, "zh": task.zh, "en": task.en} for task in content.tasks],
            }
            for content in catalogue.CONTENTS.values()
        },
    }


def main(folder: Path) -> None:
    """Writes the files that differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in generated().items():
        file = folder / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
