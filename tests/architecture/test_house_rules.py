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
WIRE, PURE, STORE, PART, SERVICE, OUTSIDE = range(6)
LAYERS = {"wire": WIRE, "store": STORE, "service": SERVICE} | dict.fromkeys(
    ("http", "worker", "command", "access"), OUTSIDE
)
# Beside service and wire, data that several features read: no more than a table in Python.
SHARED = {"plans.catalogue"}
# What decides and describes does nothing that reads, writes or waits.
IMPURE = (
    *("litestar", "piccolo", "doorstep.db", "asyncpg", "uvicorn", "httpx", "aiohttp", "pywebpush", "PIL", "openpyxl"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "socket", "ssl", "http", "urllib", "smtplib", "sqlite3"),
    "logging",
    *("asyncio", "threading", "multiprocessing", "concurrent", "subprocess", "signal", "time", "random", "secrets"),
)
# The texts of the codes are read from their file once; that a rule names a refusal is no I/O of the rule.
PURE_ENOUGH = {"core/problems.py"}
# Neither a file nor the clock: what is decided at another moment from the same facts is the same.
IMPURE_CALLS = {"open", "print", "input", "clock.now", "clock.today"}
# Modules beside the features that know them all; settings are read by everybody, a command line starts the product.
ASSEMBLY = {"app", "cli", "demo", "demo_screen", "doctor", "openapi", "schemas", "serving", "web", "working"}
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
    """Whether it, and what it imports of its own feature and of the core, is free of I/O."""
    here = Path(module).parts[0]
    calls = {ast.unparse(node.func) for node in ast.walk(tree(module)) if isinstance(node, ast.Call)}
    if here != "core" and calls & IMPURE_CALLS:
        return False
    for imported in imports(module):
        if any(imported == name or imported.startswith(f"{name}.") for name in IMPURE):
            return False
        parts = imported.split(".")
        beside = "/".join(parts[1:3]) + ".py"
        followed = parts[0] == "doorstep" and parts[1] in (here, "core") and (SOURCE / beside).exists()
        if followed and beside not in PURE_ENOUGH and not is_pure(beside):
            return False
    return True


def layer(module: str) -> int:
    """Where it stands in its feature: the wire lowest, then what is pure, the store, what a service is made of, …"""
    stem = Path(module).stem
    if stem.startswith("wire_"):
        return WIRE
    if stem.startswith("http_"):
        return OUTSIDE
    if stem.endswith("_store"):
        return STORE
    return LAYERS.get(stem, PURE if is_pure(module) else PART)


def against(module: str, imported: str) -> str | None:
    """What the import rule has against this import, None if nothing."""
    here = Path(module).parts[0]
    top = imported.split(".")[1] if imported.startswith("doorstep.") else ""
    if here == "core" and top and top not in ("core", "settings"):
        return "the core knows nothing of the product around it"
    feature, target = place(imported)
    if here in (*FEATURES, "core", "db") and top in ASSEMBLY:
        return "what puts the product together is above everything"
    if feature is None or here not in (*FEATURES, "core", "db"):
        return None
    if here in ("core", "db"):
        return f"{here} knows no feature"
    if feature != here:
        if FEATURES.index(feature) > FEATURES.index(here):
            return "a feature below it"
        shown = target in ("service", "wire") or f"{feature}.{target}" in SHARED
        return None if shown else "neither service nor wire"
    beside = f"{here}/{target}.py"
    above = (SOURCE / beside).exists() and layer(beside) > layer(module)
    return "above it in its own feature" if above else None


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downwards(module: str) -> None:
    found = {imported: against(module, imported) for imported in imports(module)}
    assert {imported: why for imported, why in found.items() if why} == {}


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("core/geo.py", "doorstep.visits.wire"),
        ("core/geo.py", "doorstep.db.engine"),
        ("db/engine.py", "doorstep.identity.wire.Actor"),
        ("db/engine.py", "doorstep.app.create_app"),
        ("plans/service.py", "doorstep.visits.service"),
        ("identity/wire.py", "doorstep.households.wire.HouseholdRow"),
        ("visits/service.py", "doorstep.plans.store"),
        ("visits/service.py", "doorstep.plans.rules.state_on"),
        ("visits/service.py", "doorstep.plans"),
        ("visits/http.py", "doorstep.identity.http"),
        ("visits/wire.py", "doorstep.visits.rules"),
        ("visits/wire.py", "doorstep.visits.store"),
        ("visits/rules.py", "doorstep.visits.store"),
        ("visits/planning.py", "doorstep.visits.expansion_store.items"),
        ("visits/store.py", "doorstep.visits.service"),
        ("visits/store.py", "doorstep.visits.expansion"),
        ("visits/expansion.py", "doorstep.visits.service.expand"),
        ("visits/service.py", "doorstep.visits.worker"),
        ("visits/service.py", "doorstep.visits.http.handlers"),
        ("visits/service.py", "doorstep.app"),
    ],
)
def test_the_import_rule_sees(module: str, imported: str) -> None:
    assert against(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("visits/http.py", "doorstep.visits.service.expand"),
        ("visits/worker.py", "doorstep.visits.service"),
        ("visits/service.py", "doorstep.visits.store"),
        ("visits/store.py", "doorstep.visits.rules"),
        ("visits/rules.py", "doorstep.visits.wire"),
        ("checkins/service.py", "doorstep.visits.service"),
        ("checkins/rules.py", "doorstep.plans.catalogue"),
        ("app.py", "doorstep.visits.http"),
    ],
)
def test_the_import_rule_allows(module: str, imported: str) -> None:
    assert against(module, imported) is None


def test_every_package_has_its_place_in_the_rule() -> None:
    packages = {Path(module).parts[0] for module in MODULES if "/" in module}
    assert packages - {*FEATURES, "core", "db"} == set()


def test_nothing_is_imported_by_a_text() -> None:
    dynamic = {module for module in MODULES if any(name.split(".")[0] == "importlib" for name in imports(module))}
    assert dynamic == {"db/migrate.py"}, "what the rule cannot see"
    named = {m for m in MODULES for node in ast.walk(tree(m)) if isinstance(node, ast.Name) and node.id == "__import__"}
    assert named == set()


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
            assert layer(module) in (PART, SERVICE), f"{module} opens a transaction"


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


# Calls and marks, by their last name, after which a test proves less than it says.
PASSES_TIME = re.compile(r"sleep|wait_for_time\w+")
LEAVES_OUT = re.compile(r"skip(?:if)?|xfail|importorskip")
# Letting time pass has one place, and that place asks again and again whether the thing has happened.
MAY_PASS_TIME = {"tests/support/until.py"}


def named_in(text: str) -> Iterator[tuple[int, str]]:
    """Line and last name of everything that a Python text calls or marks a test with."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            yield node.lineno, name
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "mark":
            yield node.lineno, node.attr


def test_no_python_test_sleeps_or_is_left_out() -> None:
    found = [
        f"{name}:{line}: {word}"
        for name, text in committed(".py")
        if name.startswith("tests/")
        for line, word in named_in(text)
        if LEAVES_OUT.fullmatch(word) or (PASSES_TIME.fullmatch(word) and name not in MAY_PASS_TIME)
    ]
    assert found == []


@pytest.mark.parametrize("word", ["sleep", "wait_for_timer", "skip", "skipif", "xfail", "importorskip"])
@pytest.mark.parametrize(
    "text", ["await a.b.{}(1)", "{}(1)", "@pytest.mark.{}\ndef test(): ...", "@pytest.mark.{}(True)\ndef test(): ..."]
)
def test_such_a_word_is_found(text: str, word: str) -> None:
    names = [name for _, name in named_in(text.format(word))]
    assert word in names
    assert PASSES_TIME.fullmatch(word) or LEAVES_OUT.fullmatch(word)


def test_no_typescript_test_is_left_out() -> None:
    wrong = re.compile(r"\b(?:it|test|describe)\.(?:skip|only|todo)\b")
    tests = [(name, text) for name, text in committed(".ts", ".tsx") if name.startswith("pwa/test/")]
    assert tests
    assert [f"{name}: {found[0]}" for name, text in tests for found in wrong.finditer(text)] == []


# What installs or pins: here an address says where packages come from, and that is no affair of the project.
INSTALLS = re.compile(
    r"^(?:Makefile|\.ci/.*|scripts/.*|pyproject\.toml|.*\.lock|.*\.npmrc|.*package\.json|.*-lock\.json)$"
)
# Where a package of the lock was found; its other addresses are its authors' own pages.
FETCHED = re.compile(r'"resolved"\s*:\s*"[a-z+]+://')
ADDRESS = re.compile(r"\bhttps?://(?!localhost\b|127\.0\.0\.1\b)[\w.-]+")
# The path by which a Python index lists its packages, whoever runs it.
LISTING = re.compile(r"\bhttps?://[^\s\"'<>]+/simple\b")
SOMEWHERE = re.compile(r"(?<![\w.:/])/(?:work|root|opt|home/\w+)/[\w.-]+")


def test_no_file_says_where_packages_come_from_or_where_it_was_written() -> None:
    found = []
    for name, text in [*committed(), ("pwa/package-lock.json", (ROOT / "pwa/package-lock.json").read_text("utf-8"))]:
        rules = [LISTING, SOMEWHERE]
        if INSTALLS.match(name):
            rules.append(FETCHED if name.endswith("package-lock.json") else ADDRESS)
        found += [f"{name}: {match[0]}" for rule in rules for match in rule.finditer(text)]
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
