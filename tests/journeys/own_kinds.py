"""Kinds of a project that uses pingpong; `TASK_MODULES` names this module."""

import time

from pingpong.extensions import redis
from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import task
from pingpong.text import PlainText


@task()
def shout(ctx: TaskContext, text: PlainText) -> str:
    """Repeat a text, loudly."""
    return text.upper()


@task()
def sleep_on(ctx: TaskContext) -> None:
    """Sleep, and never ask whether it is still wanted."""
    while True:
        _tick(ctx)
        time.sleep(0.02)


@task(queue="cpu")
def compute_on(ctx: TaskContext) -> None:
    """Compute, and never ask whether it is still wanted."""
    while True:
        _tick(ctx)
        sum(range(100_000))


def _tick(ctx: TaskContext) -> None:
    redis.set(f"tick:{ctx.task_id}", time.time())
