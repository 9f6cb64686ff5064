"""Waiting for a condition, never for a time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

ASK_EVERY_S = 0.02

Answer = TypeVar("Answer")


def wait_until(condition: Callable[[], Answer], timeout: float = 10, *, what: str = "") -> Answer:
    """Return the condition's first true answer; fails after `timeout` seconds, naming what was waited for."""
    give_up_at = time.monotonic() + timeout
    pause = threading.Event()
    while not (answer := condition()):
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {timeout} s: {what or condition}")
        pause.wait(ASK_EVERY_S)
    return answer
