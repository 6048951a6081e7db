"""The command line: every part in both languages, what it does to the database, and plain words when it cannot."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest
from click import Command, Group, Option
from click.testing import CliRunner, Result

from doorstep import __version__, context
from doorstep.cli import main
from doorstep.core import keys
from doorstep.settings import Settings
from support import print as prints
from support.world import World

Doorstep = Callable[..., Awaitable[Result]]
PASSWORD = "a long enough password"


@pytest.fixture
def doorstep(dsn: str, tmp_path: Path) -> Doorstep:
    """Runs the command as a process of its own would, with settings for this test."""
    environment = {"DOORSTEP_DATABASE_URL": dsn, "DOORSTEP_DATA_DIR": str(tmp_path)}

    async def run(*arguments: str, input: str | None = None, **other: str) -> Result:
        runner = CliRunner(env={**environment, **other})
        return await anyio.to_thread.run_sync(partial(runner.invoke, main, arguments, input=input))

    return run


@pytest.fixture
async def district(settings: Settings) -> World:
    """The tests' small district, written before the command starts."""
    keys.install(settings)
    async with context.connected(settings.database_url, pool_size=2):
        return await World.create()


def commands(of: Command, name: str = "doorstep") -> list[tuple[str, Command]]:
    here = [(name, of)]
    for child, command in of.commands.items() if isinstance(of, Group) else ():
        here += commands(command, f"{name} {child}")
    return here


@pytest.mark.parametrize(("name", "command"), commands(main), ids=[name for name, _ in commands(main)])
def test_every_command_and_option_is_explained_in_both_languages(name: str, command: Command) -> None:
    said = {name: command.help or ""}
    for option in command.params:
        if isinstance(option, Option):
            said[option.opts[0]] = option.help or ""
    for what, text in said.items():
        assert re.search(r"[A-Za-z]{3}", text), what
        assert re.search(r"[\u4e00-\u9fff]", text), what


async def test_it_says_its_version(doorstep: Doorstep) -> None:
    assert __version__ in (await doorstep("--version")).output


async def test_migrating_twice_does_nothing(doorstep: Doorstep) -> None:
    assert "nothing to do" in (await doorstep("migrate")).output


@pytest.mark.usefixtures("district")
async def test_an_account_is_made_and_given_another_password(doorstep: Doorstep) -> None:
    made = await doorstep(
        "account", "create", "XiaoZhou", "--role", "dispatcher", "--name", "小周", "--provider", "朝外照料中心",
        "--password", PASSWORD,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    again = await doorstep("account", "create", "xiaozhou", "--role", "admin", "--name", "x", "--password", PASSWORD)
    assert again.exit_code == 1
    assert "LOGIN_TAKEN" in again.output
    changed = await doorstep("account", "set-password", "xiaozhou", "--password", "-", input="another password\n")
    assert changed.exit_code == 0, changed.output
    unknown = await doorstep("account", "set-password", "nobody", "--password", PASSWORD)
    assert "0 found" in unknown.output
    scope = ("--role", "officer", "--area", "火星")
    nowhere = await doorstep("account", "create", "y", *scope, "--name", "y", "--password", PASSWORD)
    assert "0 found" in nowhere.output


@pytest.mark.usefixtures("district")
async def test_cards_for_all_homes_that_have_none(doorstep: Doorstep, tmp_path: Path) -> None:
    public = {"DOORSTEP_PUBLIC_URL": "https://dj.example.cn"}
    printed = await doorstep("cards", "--missing", "--out", str(tmp_path / "out"), **public)
    assert printed.exit_code == 0, printed.output
    [file] = (tmp_path / "out").iterdir()
    assert len(prints.codes(file.read_bytes())) == 2
    assert "every home has a card" in (await doorstep("cards", "--missing", "--out", str(tmp_path / "b"))).output
    assert (await doorstep("cards")).exit_code == 2


@pytest.mark.usefixtures("district")
async def test_what_time_alone_does(doorstep: Doorstep) -> None:
    assert "0 visits moved" in (await doorstep("worker", "--once")).output


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DOORSTEP_PORT": "http"}, "DOORSTEP_PORT"),
        ({"DOORSTEP_DATABASE_URL": "postgresql://x@/y?host=/nowhere"}, "DOORSTEP_DATABASE_URL"),
        ({"DOORSTEP_ROOT_KEY": "short"}, "root key"),
    ],
)
async def test_what_cannot_work_is_said_without_a_traceback(
    doorstep: Doorstep, environment: dict[str, str], words: str
) -> None:
    done = await doorstep("worker", "--once", **environment)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert words in done.output


async def test_the_doctor_ends_with_1_when_something_is_wrong(doorstep: Doorstep) -> None:
    done = await doorstep("doctor", DOORSTEP_PUBLIC_URL="http://dj.example.cn")
    assert done.exit_code == 1
    assert "✗" in done.output
