"""Addresses of the API hold no personal data: they stand in the logs of every proxy on the way."""

import json
from pathlib import Path

OPENAPI = Path(__file__).parents[2] / "schemas" / "openapi.json"
# Days, states, places in a list, a filter of fixed words, a roster's sheets. What a person types goes into a body.
IN_QUERIES = {"day", "op_state", "cursor", "limit", "status", "sheet", "only"}


def test_queries_hold_nothing_that_a_person_types() -> None:
    for path, methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].items():
        for method, operation in methods.items():
            named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            assert named <= IN_QUERIES, f"{method.upper()} {path}: {named - IN_QUERIES} in its address"


def test_paths_hold_ids_only() -> None:
    for path, methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                if one["in"] == "path":
                    assert one["schema"].get("format") == "uuid", f"{method.upper()} {path}: {one['name']}"
