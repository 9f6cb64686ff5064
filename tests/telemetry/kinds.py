"""Kinds of tasks that fail; `TASK_MODULES` names this module."""

from pingpong.tasks.context import TaskContext
from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.registry import task
from pingpong.text import PlainText


@task()
def stumble(ctx: TaskContext, text: PlainText) -> str:
    """Fail as a program does that has a fault, quoting what it was given."""
    raise ValueError(f"cannot read {text}")


@task(queue="cpu")
def stumble_computing(ctx: TaskContext, text: PlainText) -> str:
    """Fail in the same way, in a process of its own."""
    raise ValueError(f"cannot compute {text}")


@task()
def decline(ctx: TaskContext, text: PlainText) -> str:
    """Fail as it may be expected."""
    raise TaskFailed(f"no, not {text}")
