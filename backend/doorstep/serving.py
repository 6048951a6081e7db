"""Runs the server: the embedded database's life around uvicorn's workers, signals, and a log without secrets."""

import copy
import logging
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar
from uvicorn.config import LOGGING_CONFIG

from doorstep import context
from doorstep.app import create_app
from doorstep.settings import Settings, from_environment, to_environment

_GRACE = 5  # seconds for requests that run; open streams of changes end by themselves as soon as the signal comes
_SECRET_SEGMENT = re.compile(r"^/([EeFfQq]|calendar)/[^/?]+")


def serve(settings: Settings, *, quiet: bool = False) -> None:
    """Serves until SIGINT, SIGTERM or SIGHUP; an embedded database that nobody else uses is stopped at the end."""
    with signals(), context.database(settings) as dsn:
        chosen = msgspec.structs.replace(settings, database_url=dsn)
        context.migrate(chosen)
        os.environ.update(to_environment(chosen))
        uvicorn.run(
            "doorstep.serving:worker_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_GRACE,
            timeout_worker_healthcheck=60,  # a worker that only starts slowly is not killed for it
            ssl_certfile=settings.tls_certificate or None,
            ssl_keyfile=settings.tls_key or None,
            log_config=log_config(quiet=quiet),
        )


def worker_app() -> Litestar:
    """What each worker runs: the app of the environment. It ends when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    return create_app(from_environment())


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def signals() -> Iterator[None]:
    """A signal unwinds the stack, so that everything that was started is stopped."""

    def leave(number: int, _frame: Any) -> None:
        raise SystemExit(128 + number)

    def hang_up(_number: int, _frame: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    handlers = {signal.SIGTERM: leave, signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    except SystemExit as end:
        if end.code != 128 + signal.SIGTERM:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class WithoutSecrets(logging.Filter):
    """Takes from a line of the access log what must not be in it: query strings, addresses of clients, codes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _client, method, path, version, status = record.args
            path = _SECRET_SEGMENT.sub(r"/\1/…", str(path).partition("?")[0])
            record.args = ("-", method, path, version, status)
        return True


def log_config(*, quiet: bool) -> dict[str, Any]:
    """uvicorn's log with times, ours beside it. Quiet: only what is wrong."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["formatters"]["default"] |= {"fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s", "use_colors": False}
    config["formatters"]["access"] |= {"fmt": '%(asctime)s "%(request_line)s" %(status_code)s', "use_colors": False}
    config["filters"] = {"without_secrets": {"()": "doorstep.serving.WithoutSecrets"}}
    config["handlers"]["access"]["filters"] = ["without_secrets"]
    config["loggers"]["doorstep"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    if quiet:
        for logger in config["loggers"].values():
            logger["level"] = "WARNING"
    return config
