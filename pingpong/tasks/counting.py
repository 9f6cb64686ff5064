"""What is counted of tasks."""

from typing import TYPE_CHECKING

from pingpong.metrics.counters import LATENESS, TASKS
from pingpong.tasks.states import TaskStatus

if TYPE_CHECKING:
    from pingpong.tasks.models import Task

OUTCOMES = {
    TaskStatus.DONE: "done",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
    TaskStatus.QUEUED: "retried",
}
"""What a move to a status means; those to `running` are progress."""


def count_move(kind: str, status: TaskStatus) -> None:
    """A task of this kind has moved to this status."""
    if outcome := OUTCOMES.get(status):
        TASKS.add(kind=kind, outcome=outcome)


def count_lateness(task: "Task", promised_age_s: float | None) -> None:
    """A task that was to be answered at this age has been answered, if it has been by this attempt."""
    if promised_age_s is not None and task.status is TaskStatus.DONE and task.finished_at:
        took_s = (task.finished_at - task.submitted_at).total_seconds()
        LATENESS.observe(took_s - promised_age_s, kind=task.kind)
