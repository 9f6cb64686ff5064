"""The life of a task, written down once: which state may follow which."""

from enum import StrEnum

COMPLETE = 100
"""The progress of what is done, in percent."""


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
    # After an attempt that failed there may be another, and after all of them, if a person wants.
    TaskStatus.QUEUED: frozenset({TaskStatus.RUNNING, TaskStatus.FAILED, TaskStatus.CANCELLED}),
    TaskStatus.RUNNING: frozenset(
        {TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.DONE, TaskStatus.FAILED, TaskStatus.CANCELLED}
    ),
    TaskStatus.DONE: frozenset(),
    TaskStatus.FAILED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.CANCELLED: frozenset({TaskStatus.QUEUED}),
}

OPEN = frozenset({TaskStatus.QUEUED, TaskStatus.RUNNING})
"""Without a person's doing, an answer is still to come."""


def may_become(target: TaskStatus) -> frozenset[TaskStatus]:
    """The states from which `target` can be reached: the condition of every update of a status."""
    return frozenset(status for status, following in MOVES.items() if target in following)
