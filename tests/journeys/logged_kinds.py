"""Kinds whose errors quote what they were given, for tests of the logs; `TASK_MODULES` names this module."""

import time

from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import task
from pingpong.text import PlainText


@task(retries=1)
def refuse(ctx: TaskContext, text: PlainText) -> None:
    """Quote the text in an error."""
    raise ValueError(f"cannot take {text}")


@task(queue="cpu")
def refuse_to_compute(ctx: TaskContext, text: PlainText) -> None:
    """Quote the text in an error of a forked process."""
    raise ValueError(f"cannot take {text}")


@task(queue="cpu")
def spell(ctx: TaskContext, text: PlainText) -> str:
    """Answer from a forked process."""
    return "-".join(text)


@task()
def hog(ctx: TaskContext) -> None:
    """Keep all others from the processor, so that the watchdog barks."""
    begun_at_s = time.monotonic()
    while time.monotonic() - begun_at_s < 1:
        sum(range(10_000))
