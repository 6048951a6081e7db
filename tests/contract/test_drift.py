"""What is written in schemas/ is what the code says; run `make schemas` when one of these fails."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
GENERATED = ("openapi.json", "check-event.schema.json", "receipt.schema.json", "problem.schema.json", "services.json")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas written again, in a process whose sets have another order."""
    folder = tmp_path_factory.mktemp("schemas")
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-m", "doorstep.schemas", str(folder)], check=True, env=environment)
    return folder


@pytest.mark.parametrize("name", GENERATED)
def test_a_schema_is_what_the_code_says(fresh: Path, name: str) -> None:
    assert (SCHEMAS / name).read_text("utf-8") == (fresh / name).read_text("utf-8"), "run make schemas"


def test_the_types_of_the_pwa_are_those_of_the_api(tmp_path: Path) -> None:
    scripts = json.loads((ROOT / "pwa" / "package.json").read_text())["scripts"]
    target = tmp_path / "schema.d.ts"
    command = scripts["types"].replace("src/api/schema.d.ts", str(target)).split()
    command[0] = str(ROOT / "pwa" / "node_modules" / ".bin" / command[0])
    subprocess.run(command, check=True, cwd=ROOT / "pwa", stdout=subprocess.DEVNULL)
    assert target.read_text() == (ROOT / "pwa" / "src" / "api" / "schema.d.ts").read_text(), "run make schemas"


@pytest.mark.parametrize("file", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda file: file.name)
def test_a_schema_is_a_schema(file: Path) -> None:
    schema = json.loads(file.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == file.name
    assert schema["title"]
    assert schema["description"]


def api() -> dict[str, Any]:
    return json.loads((SCHEMAS / "openapi.json").read_text("utf-8"))


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in api()["paths"].items()
        for method, operation in methods.items()
    ]


def references(of: Any) -> set[str]:
    if isinstance(of, dict):
        here = {of["$ref"]} if isinstance(of.get("$ref"), str) else set()
        return here.union(*(references(value) for value in of.values()))
    return set().union(*(references(value) for value in of)) if isinstance(of, list) else set()


def test_every_operation_is_described() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert sorted(names) == sorted(set(names))
    for where, operation in operations():
        assert operation.get("description"), where
        assert operation.get("tags"), where
        assert operation["responses"]["default"], where


def test_every_refusal_is_a_problem() -> None:
    for where, operation in operations():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (where, status)


def test_every_reference_leads_somewhere_and_every_struct_has_a_name_of_its_own() -> None:
    components = api()["components"]["schemas"]
    assert references(api()) == {f"#/components/schemas/{name}" for name in components}
    # Two Structs of one name would be called after their modules.
    assert [name for name in components if not name.isalnum()] == []


def test_every_struct_of_a_request_refuses_unknown_fields() -> None:
    for where, operation in operations():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind != "application/json":
                continue
            [reference] = references(content["schema"])
            body = api()["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert body.get("additionalProperties") is False, where


async def test_the_server_shows_the_same(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/schema/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == api()


def test_no_tool_is_missing() -> None:
    assert shutil.which("node")
    assert (ROOT / "pwa" / "node_modules" / ".bin" / "openapi-typescript").exists(), "run make setup"
