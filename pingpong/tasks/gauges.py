"""How many tasks are open, and for how long, whenever `/metrics` is read."""

from collections.abc import Iterator

from sqlalchemy import func, select

from pingpong import clock
from pingpong.extensions import db, release
from pingpong.metrics.metric import Gauge, Reading, Survey
from pingpong.tasks.models import Task
from pingpong.tasks.states import OPEN, TaskStatus

COUNTED_AT_MOST = 100_000
"""Of each status; counting more takes tens of milliseconds, and tells nobody more."""

OPEN_TASKS = Gauge(
    "pingpong_tasks_open",
    f"Tasks that wait for their answer; at most {COUNTED_AT_MOST} of each status are counted.",
    ("status",),
)
OLDEST = Gauge(
    "pingpong_tasks_open_oldest_seconds", "For how long the oldest of them has been open.", ("status",)
)


def _ask() -> Iterator[Reading]:
    """By the index on status and time alone."""
    for status in sorted(OPEN):
        some = select(Task.id).where(Task.status == status).limit(COUNTED_AT_MOST).subquery()
        yield OPEN_TASKS.at(db.session.scalar(select(func.count()).select_from(some)) or 0, status=status)
        yield OLDEST.at(_oldest_s(status), status=status)
    release()


def _oldest_s(status: TaskStatus) -> float:
    oldest = select(func.min(Task.submitted_at)).where(Task.status == status).scalar_subquery()
    return float(db.session.scalar(select(clock.epoch_s(clock.now()) - clock.epoch_s(oldest))) or 0)


SURVEY = Survey("tasks", (OPEN_TASKS, OLDEST), _ask)
