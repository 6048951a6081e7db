"""The rules of the house, held over the syntax trees: who may import whom, sizes, words that no file may hold."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "backend" / "doorstep"
# A feature may use the service and the wire of those before it, never of those after it.
FEATURES = (
    *("identity", "households", "plans", "visits", "checkins", "evidence", "reminders", "families", "review"),
    *("settlement", "intake"),
)
LAYERS = {"service": 2, "http": 3, "worker": 3, "command": 3, "access": 3}
# Beside service and wire, data that several features read: no more than a table in Python.
SHARED = {"plans.catalogue"}
# What decides and describes does nothing that reads, writes or waits.
IMPURE = ("litestar", "piccolo", "asyncpg", "asyncio", "os", "pathlib", "socket", "subprocess", "httpx", "doorstep.db")
# Pillow draws and checks pictures; push messages leave by one gateway.
ONLY_IN = {
    "PIL": {"households/cards.py", "evidence/pictures.py"},
    "pywebpush": {"reminders/gateway.py"},
    "aiohttp": {"reminders/gateway.py"},
}


def _modules() -> list[str]:
    files = (str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py"))
    return sorted(file for file in files if "migrations/doorstep_" not in file)


MODULES = _modules()


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((SOURCE / module).read_text("utf-8"))


def imports(module: str) -> Iterator[str]:
    """Dotted names of everything imported, also inside functions: `from doorstep.visits import service` is one."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(name: str) -> tuple[str | None, str | None]:
    """Feature and module of a dotted name, when it is of a feature."""
    parts = name.split(".")
    if parts[0] != "doorstep" or len(parts) < 2 or parts[1] not in FEATURES:
        return None, None
    return parts[1], parts[2] if len(parts) > 2 else None


@cache
def is_pure(module: str) -> bool:
    """Whether it, and what it imports of its own feature, is free of I/O."""
    here = Path(module).parent
    for imported in imports(module):
        if any(imported == name or imported.startswith(f"{name}.") for name in IMPURE):
            return False
        feature, target = place(imported)
        beside = f"{here}/{target}.py"
        if feature == str(here) and (SOURCE / beside).exists() and not is_pure(beside):
            return False
    return True


def layer(module: str) -> int:
    """0 is pure, 1 the store and what a service is made of, 2 the service, 3 what is called from outside."""
    return LAYERS.get(Path(module).stem, 0 if is_pure(module) else 1)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downwards(module: str) -> None:
    here = Path(module).parts[0]
    for imported in imports(module):
        feature, target = place(imported)
        if feature is None:
            continue
        assert here not in ("core", "db"), f"{here} knows no feature, {module} imports {imported}"
        if here not in FEATURES:
            continue
        if feature == here:
            beside = f"{here}/{target}.py"
            if (SOURCE / beside).exists():
                assert layer(beside) <= layer(module), f"{module} imports {imported}, which is above it"
        else:
            assert FEATURES.index(feature) < FEATURES.index(here), f"{module} imports {imported}, a feature below it"
            shown = target in ("service", "wire") or f"{feature}.{target}" in SHARED
            assert shown, f"{module} imports {imported}, neither service nor wire"


def test_what_decides_and_describes_does_no_io() -> None:
    named = [one for one in MODULES if "/" in one and Path(one).stem.split("_")[0] in ("rules", "wire")]
    assert len(named) > 10
    shared = [f"{name.replace('.', '/')}.py" for name in SHARED]
    assert [module for module in (*named, *shared) if not is_pure(module)] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_some_libraries_have_one_home(library: str) -> None:
    users = {module for module in MODULES if any(name.split(".")[0] == library for name in imports(module))}
    assert users - ONLY_IN[library] == set()


def test_only_the_app_imports_http_modules() -> None:
    users = {module for module in MODULES if any(place(name)[1] == "http" for name in imports(module))}
    assert users == {"app.py"}


def test_a_transaction_is_opened_by_a_use_case_only() -> None:
    for module in MODULES:
        opens = any(isinstance(node, ast.Name) and node.id == "unit_of_work" for node in ast.walk(tree(module)))
        if opens and not module.startswith("db/"):
            assert Path(module).parts[0] in FEATURES, f"{module} opens a transaction"
            assert Path(module).stem != "store", f"{module} opens a transaction"
            assert layer(module) < 3, f"{module} opens a transaction"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_owns(module: str) -> None:
    assert ast.get_docstring(tree(module)) or not tree(module).body, module
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module}: {node.name} has no docstring"


def committed(*suffixes: str) -> list[tuple[str, str]]:
    """Name and text of the files under version control, without what is made by a program."""
    made = re.compile(r"migrations/doorstep_|schema\.d\.ts$|package-lock\.json$|LICENSE$")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [
        (name, (ROOT / name).read_text("utf-8", errors="replace"))
        for name in names.split("\0")
        if name and (ROOT / name).is_file() and not made.search(name) and (not suffixes or name.endswith(suffixes))
    ]


def test_no_file_is_longer_than_400_lines() -> None:
    lines = {name: text.count("\n") for name, text in committed(".py", ".ts", ".tsx", ".mjs", ".sh")}
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_no_test_sleeps_or_is_skipped() -> None:
    wrong = re.compile(
        r"\b(?:time|asyncio|anyio)\.sleep\(|wait_for_timeout|waitForTimeout|mark\.(?:skip|xfail)|pytest\.skip\("
        r"|\b(?:it|test|describe)\.(?:skip|only)\("
    )
    exempt = ("tests/support/until.py", "tests/architecture/test_house_rules.py")
    found = [
        f"{name}: {line.strip()}"
        for name, text in committed(".py", ".ts", ".tsx")
        if name.startswith(("tests/", "pwa/test/")) and name not in exempt
        for line in text.splitlines()
        if wrong.search(line)
    ]
    assert found == []


def test_no_file_names_a_registry_or_a_place_of_work() -> None:
    registry = (
        r'"resolved"\s*:\s*"http|--(?:extra-)?index-url[ =]http|--find-links[ =]|registry\s*=\s*"?http|source = \{ reg'
        r"|pypi\.org/simple|files\.pythonhosted|registry\.npmjs|npmmirror|tuna\.tsinghua|mirrors\.aliyun"
    )
    somewhere = r"(?<![\w.:/])/(?:work|root|opt/pypi|opt/wheels|home/\w+)/[\w.-]+"
    wrong = re.compile(f"{registry}|{somewhere}")
    files = [*committed(), *((name, (ROOT / name).read_text()) for name in ("pwa/package-lock.json",))]
    found = [
        f"{name}: {match[0]}"
        for name, text in files
        if name != "tests/architecture/test_house_rules.py"
        for match in wrong.finditer(text)
    ]
    assert found == []


def test_every_python_package_is_pinned_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pin = r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==[^\n]+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
    pins = re.findall(pin, lock, re.MULTILINE)
    lines = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) == len(lines) > 50
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = re.findall(r'^  "([a-z0-9-]+)(?:\[[a-z]+\])?[;"]', project, re.MULTILINE)
    assert len(wanted) > 20
    assert set(wanted) - set(pins) == set()
