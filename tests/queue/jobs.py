"""What the tests' workers run."""

import time

from rq import Retry, get_current_job


def add(a: int, b: int) -> int:
    return a + b


def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "waited"
