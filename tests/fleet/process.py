"""The server's process: real uvicorn on a real socket, forked from one that has imported everything, so that it can be
killed and started again as often as the fleet likes.

The driver holds the listening socket, as systemd would: who connects while the server is away waits in its queue.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from doorstep.settings import Settings, to_environment

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["fleet.server", "fleet.process"])


def serve(environment: Mapping[str, str], listening: socket.socket) -> None:
    """What the process does until it is killed, asked to stop, or left alone by its driver."""
    import uvicorn

    os.environ.update(environment)
    driver = multiprocessing.parent_process()
    if driver is not None:
        threading.Thread(target=_follow, args=(driver.sentinel,), daemon=True).start()
    config = uvicorn.Config(
        "fleet.server:create", factory=True, loop="uvloop", http="httptools", access_log=False, log_level="warning",
        # Longer than the driver keeps a connection, so that it never writes on one that is just being closed.
        timeout_keep_alive=30, timeout_graceful_shutdown=2,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


class ServerProcess:
    """One server on one port."""

    def __init__(self, settings: Settings, *, way_to_break: str = "") -> None:
        self._environment = {**to_environment(settings), "FLEET_BREAK": way_to_break}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._process: BaseProcess | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    @property
    def pid(self) -> int | None:
        """The running process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Forks it; the first request waits until it is there."""
        process = _context.Process(target=serve, args=(self._environment, self._listening), daemon=True)
        process.start()
        self._process = process

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.join(20)
            self._process = None

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(20)
            self.kill()

    def close(self) -> None:
        """Nobody can connect any more."""
        self.stop()
        self._listening.close()
