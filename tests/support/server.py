"""A real server on loopback: uvicorn in a process of its own, started and ended by the test, killed if need be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from doorstep.settings import Settings

ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One worker on one port. `factory` is what uvicorn imports."""

    def __init__(
        self, settings: Settings, *, factory: str = "doorstep.app:create_app", port: int | None = None
    ) -> None:
        self.settings, self.port, self._factory = settings, port or free_port(), factory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, ahead: float = 0) -> None:
        """Returns when it answers. `ahead`: seconds that the clock of `support.clocked` runs ahead from its start."""
        environment = {
            **os.environ,
            "DOORSTEP_DATABASE_URL": self.settings.database_url,
            "DOORSTEP_DATA_DIR": str(self.settings.data_dir),
            "DOORSTEP_PUBLIC_URL": self.settings.public_url,
            "DOORSTEP_PUSH_HOSTS": self.settings.push_hosts,
            "DOORSTEP_WORKER_INSIDE": str(self.settings.worker_inside),
            "CLOCK_AHEAD": str(ahead),
            "PYTHONPATH": f"{ROOT / 'backend'}:{ROOT / 'tests'}",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", self._factory, "--port", str(self.port), "--loop", "uvloop",
             "--http", "httptools", "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2"],
            env=environment,
        )  # fmt: skip
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/api/v1/health", timeout=1).status_code == 200:
                    return
            except httpx.HTTPError:
                continue
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(20)
        self._process = None
