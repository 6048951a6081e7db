"""The embedded server lives as long as somebody holds it: also after a killed user, a power cut, a deep folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from doorstep.db import embedded
from support.folders import data_folder

HOLDER = """
import sys
from pathlib import Path
from doorstep.db import embedded
with embedded.held(Path(sys.argv[1])):
    print(embedded.postmaster(Path(sys.argv[1])), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder of this module's own."""
    with data_folder() as folder:
        yield folder


@pytest.fixture
def holder(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the server until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _says(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_it_starts_for_its_user_and_is_stopped_after_it(data_dir: Path) -> None:
    with embedded.held(data_dir) as dsn:
        assert dsn.startswith("postgresql://")
        assert embedded.postmaster(data_dir)
    assert embedded.postmaster(data_dir) is None
    assert not embedded.stop(data_dir)


def test_the_last_user_stops_it(data_dir: Path, holder: "subprocess.Popen[str]") -> None:
    started = _says(holder)
    with embedded.held(data_dir):
        assert embedded.postmaster(data_dir) == started
    assert embedded.postmaster(data_dir) == started
    holder.communicate()
    assert holder.returncode == 0
    assert embedded.postmaster(data_dir) is None


def test_a_killed_user_leaves_it_running_and_the_next_attaches_and_stops_it(
    data_dir: Path, holder: "subprocess.Popen[str]"
) -> None:
    started = _says(holder)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert embedded.postmaster(data_dir) == started
    with embedded.held(data_dir):
        assert embedded.postmaster(data_dir) == started
    assert embedded.postmaster(data_dir) is None


async def test_after_a_power_cut_it_recovers_what_was_committed(data_dir: Path) -> None:
    with embedded.held(data_dir) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
        pid = embedded.postmaster(data_dir)
        assert pid
        family = [psutil.Process(pid), *psutil.Process(pid).children()]
        for process in family:
            process.kill()
        psutil.wait_procs(family, timeout=10)
        connection.terminate()
        # After the restart of the machine, the number belongs to another program.
        file = data_dir / "postgres" / "postmaster.pid"
        file.write_text(f"{os.getpid()}\n" + file.read_text().split("\n", 1)[1])
        assert embedded.postmaster(data_dir) is None
        connection = await asyncpg.connect(embedded.start(data_dir))
        assert await connection.fetchval("SELECT count(*) FROM kept") == 1
        await connection.close()


def test_as_root_it_runs_as_a_user_of_its_own(data_dir: Path) -> None:
    with embedded.held(data_dir):
        pid = embedded.postmaster(data_dir)
        assert pid
        owner = psutil.Process(pid).uids().real
    assert owner != 0
    assert os.geteuid() in (0, owner)


def test_a_deep_folder_is_not_too_deep_for_its_socket(data_dir: Path) -> None:
    deep = data_dir / ("deep" * 20) / ("er" * 20)
    with embedded.held(deep) as dsn:
        assert len(dsn) < 100


def test_a_folder_that_is_not_ours_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.EmbeddedUnusable, match="postgres"):
        embedded.start(tmp_path)


def test_the_tools_of_the_server_are_there() -> None:
    assert {"pgbench", "pg_dump", "pg_restore"} <= {path.stem for path in embedded.bin_dir().iterdir()}


@pytest.mark.parametrize("name", ["到家 数据", "a'b $HOME;c"])
def test_any_name_of_a_folder_will_do(data_dir: Path, name: str) -> None:
    with embedded.held(data_dir / name):
        assert embedded.postmaster(data_dir / name)


def test_a_locale_that_the_machine_does_not_have_does_no_harm(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "xx_YY.GBK")
    monkeypatch.setenv("LC_ALL", "xx_YY.GBK")
    with embedded.held(data_dir / "locale"):
        assert embedded.postmaster(data_dir / "locale")


def test_two_users_in_one_process(data_dir: Path) -> None:
    with embedded.held(data_dir):
        with embedded.held(data_dir):
            started = embedded.postmaster(data_dir)
        assert started
        assert embedded.postmaster(data_dir) == started
    assert embedded.postmaster(data_dir) is None
