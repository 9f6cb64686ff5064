"""Kinds of tasks that compute, for tests. They tell in Redis which process they run in."""

import os
import signal

from pingpong.extensions import redis
from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import Registry


def compute(ctx: TaskContext, name: str) -> dict[str, int]:
    """Keep the processor busy until let go; answer with what process did so and in which attempt."""
    redis.rpush(f"{name}:processes", os.getpid())
    while not redis.exists(f"{name}:go"):
        sum(range(1_000_000))
    return {"process": os.getpid(), "attempt": ctx.attempt}


def murder(ctx: TaskContext) -> None:
    """Kill the process that runs it."""
    os.kill(os.getpid(), signal.SIGKILL)


def add_to(registry: Registry) -> None:
    """Make them known."""
    for kind in (compute, murder):
        registry.task(queue="cpu", public=True)(kind)
