"""Addresses of the API hold no personal data: they stand in the logs of every proxy on the way."""

import json
from pathlib import Path
from typing import Any

OPENAPI = Path(__file__).parents[2] / "schemas" / "openapi.json"
# Places in a list, a roster's sheets. What a person types goes into a body.
IN_QUERIES = {"cursor", "before", "sheet"}


def is_closed(schema: dict[str, Any]) -> bool:
    """Ids, days, instants, numbers, fixed words, codes of a pattern: nothing that holds a name."""
    if schema.get("oneOf"):
        return all(is_closed({**schema, "oneOf": None, **one}) for one in schema["oneOf"] if one != {"type": "null"})
    kinds = schema.get("type", "")
    if schema.get("enum") or schema.get("format") in ("uuid", "date", "date-time") or "$ref" in schema:
        return True
    return kinds in ("integer", "boolean") or "\\u" not in schema.get("pattern", "\\u")


def test_queries_hold_nothing_that_a_person_types() -> None:
    for path, methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].items():
        for method, operation in methods.items():
            asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
            typed = {one["name"] for one in asked if not is_closed(one["schema"])}
            assert typed <= IN_QUERIES, f"{method.upper()} {path}: {typed - IN_QUERIES} in its address"


def test_free_text_is_seen() -> None:
    assert not is_closed({"type": "string"})
    assert not is_closed({"oneOf": [{"type": "string"}, {"type": "null"}], "maxLength": 40})
    assert not is_closed({"type": "string", "pattern": r"^[^\u0000-\u0008]*$"})
    assert is_closed({"oneOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]})


def test_paths_hold_ids_only() -> None:
    for path, methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                if one["in"] == "path":
                    assert one["schema"].get("format") == "uuid", f"{method.upper()} {path}: {one['name']}"
