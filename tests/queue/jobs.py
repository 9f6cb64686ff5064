"""What the tests' workers run."""

import time


def add(a: int, b: int) -> int:
    return a + b


def slot(begins_at_s: float) -> float:
    return begins_at_s


def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "waited"
