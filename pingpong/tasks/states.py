"""The life of a task, written down once: which state may follow which."""

from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    """Accepted and stored; a worker will take it."""

    RUNNING = "running"
    """A worker is at it."""

    DONE = "done"
    """Answered; `result` holds the answer."""

    FAILED = "failed"
    """Given up; `error` says why."""

    CANCELLED = "cancelled"
    """Called off before it was answered."""


MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    # A worker that died leaves its task running: whoever takes it next starts it again.
    TaskStatus.QUEUED: frozenset({TaskStatus.RUNNING, TaskStatus.FAILED, TaskStatus.CANCELLED}),
    TaskStatus.RUNNING: frozenset(
        {TaskStatus.RUNNING, TaskStatus.DONE, TaskStatus.FAILED, TaskStatus.CANCELLED}
    ),
    TaskStatus.DONE: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}

OPEN = frozenset(status for status, following in MOVES.items() if following)
FINAL = frozenset(TaskStatus) - OPEN


def may_become(target: TaskStatus) -> frozenset[TaskStatus]:
    """The states from which `target` can be reached: the condition of every update of a status."""
    return frozenset(status for status, following in MOVES.items() if target in following)
