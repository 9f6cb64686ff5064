"""What this process logs, and everything as it was when a test is over."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from gevent.hub import Hub

from pingpong.logs import configure_logging
from pingpong.settings import Settings, load_settings

SECRET_KEY = "k3y-" + "0123456789abcdef" * 3
Lines = Callable[[], list[dict[str, Any]]]


def production(**more: object) -> Settings:
    return load_settings(PINGPONG_ENV="production", secret_key=SECRET_KEY, **more)


@pytest.fixture
def untouched(monkeypatch) -> Iterator[None]:
    """The process' hooks, handlers and structlog, put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for owner, name in (
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (sys, "stderr"),
        (threading, "excepthook"),
        (Hub, "print_exception"),
        (warnings, "showwarning"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    # A logger that was kept could not be listened to (`capture_logs`) by the tests that come after.
    configure = structlog.configure
    monkeypatch.setattr(
        structlog,
        "configure",
        lambda **options: configure(**{**options, "cache_logger_on_first_use": False}),
    )
    yield
    logging.captureWarnings(False)
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def lines(untouched) -> Lines:
    """What this process logs, as production writes it."""
    stream = io.StringIO()
    configure_logging(production(), "web", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def line(lines) -> Callable[..., dict[str, Any]]:
    """The one line of an event."""

    def only(event: str) -> dict[str, Any]:
        [found] = [line for line in lines() if line["event"] == event]
        return found

    return only
