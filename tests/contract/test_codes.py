"""The closed list: every code of the source is in schemas/codes.json, none there is unused, all have both texts."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.core import problems

ROOT = Path(__file__).parents[2]
CODES = json.loads((ROOT / "schemas" / "codes.json").read_text("utf-8"))
SOURCES = sorted((ROOT / "backend" / "doorstep").rglob("*.py"))
_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")


# What is wrong on the server's side, not in the request.
SERVERS_OWN = ("INTERNAL", "UNAVAILABLE", "FONT_MISSING", "PUBLIC_URL_UNUSABLE", "PUSH_OFF")


def constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def claimed(tree: ast.AST) -> Iterator[str]:
    """Codes where a code must stand: of a refusal's class, in `Flag("…")`, `refusals("…")`, `body("…")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
                    yield from constants(line.value)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            arguments = node.args if called == "refusals" else node.args[:1] if called in ("Flag", "body") else []
            for argument in arguments:
                yield from constants(argument)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_every_code_of_the_source_is_in_the_list() -> None:
    known = set(CODES["problems"]) | set(CODES["findings"])
    unknown = {(path.name, code) for path in SOURCES for code in claimed(parsed(path)) if code not in known}
    assert unknown == set()


@pytest.mark.parametrize("kind", ["problems", "findings", "rows"])
def test_no_code_of_the_list_is_unused(kind: str) -> None:
    used = {code for path in SOURCES for code in constants(parsed(path))}
    used |= {code.upper() for code in used}
    assert set(CODES[kind]) - used == set()


@pytest.mark.parametrize("kind", ["problems", "findings", "rows"])
def test_every_code_says_what_it_means_in_both_languages(kind: str) -> None:
    for code, text in CODES[kind].items():
        assert _CODE.fullmatch(code), code
        assert re.search(r"[\u4e00-\u9fff]", text["zh"]), code
        assert re.search(r"[A-Za-z]{2}", text["en"]), code
        for language in ("zh", "en"):
            assert text[language] == text[language].strip(), code
            assert not text[language].endswith((".", "。")), code


def test_what_a_caregiver_does_next_is_said_for_every_finding() -> None:
    for code, text in CODES["findings"].items():
        if text["severity"] != "info":
            assert text["zh_do"], code
            assert text["en_do"], code


def test_a_problem_has_a_status_of_a_refusal() -> None:
    for code, text in CODES["problems"].items():
        assert 400 <= text["status"] < 600, code
        assert (text["status"] >= 500) is (code in SERVERS_OWN), code


def test_the_program_reads_the_same_list() -> None:
    assert set(problems.codes().problems) == set(CODES["problems"])
    assert set(problems.codes().findings) == set(CODES["findings"])
