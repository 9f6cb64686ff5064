"""The rarer moves of a task, one at a time: each a conditional update, so that of two at once one is made.

Each returns the row as it then is, or None when the move could not be made. Those that every task makes are
in bulk.py.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Update, insert, update

from pingpong import clock
from pingpong.database import without_waiting_for_the_disk
from pingpong.extensions import db
from pingpong.tasks.bulk import SHOWN
from pingpong.tasks.failures import TaskFailure
from pingpong.tasks.intents import Failure
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus, may_become

Row = Mapping[str, Any] | None

OF_AN_END = ("result", "error", "started_at", "finished_at", "announced_at", "due_at")


def fail(task_id: UUID, attempt: int, failure: Failure, retry_in_s: float | None) -> Row:
    """End an attempt that failed: for good, or with another one to come after so many seconds."""
    then: dict[str, Any]
    if retry_in_s is None:
        then = {"status": TaskStatus.FAILED, "error": failure.error, "finished_at": clock.now()}
    else:
        due_at = clock.now() + timedelta(seconds=retry_in_s)
        then = {"status": TaskStatus.QUEUED, "error": failure.error, "progress": 0, "due_at": due_at}
    move = _move(task_id, then).where(Task.attempts == attempt)
    note = insert(TaskFailure).values(
        task_id=task_id, attempt=attempt, error=failure.error, trace=failure.trace, failed_at=clock.now()
    )
    return _make(move, note)


def cancel(task_id: UUID) -> Row:
    """Call a task off that is open."""
    return _make(_move(task_id, {"status": TaskStatus.CANCELLED, "finished_at": clock.now(), "due_at": None}))


def retry(task_id: UUID) -> Row:
    """Open a task again that failed or was cancelled. Its attempts until now no longer count against it."""
    then: dict[str, Any] = dict.fromkeys(OF_AN_END)
    then.update(status=TaskStatus.QUEUED, progress=0, attempts_forgiven=Task.attempts)
    return _make(_move(task_id, then).where(Task.finished_at.is_not(None)))


def advance(task_id: UUID, attempt: int, progress: int) -> Row:
    """Note an attempt's progress, if it is still to be made."""
    move = _move(task_id, {"status": TaskStatus.RUNNING, "progress": progress})
    running = Task.status == TaskStatus.RUNNING
    return _make(move.where(Task.attempts == attempt, running, without_waiting_for_the_disk()))


def _move(task_id: UUID, then: Mapping[str, Any]) -> Update:
    return (
        update(Task.__table__)
        .where(Task.id == task_id, Task.status.in_(may_become(then["status"])))
        .values(then)
        .returning(*SHOWN)
    )


def _make(move: Update, *with_it: Insert) -> Row:
    """In one transaction; what goes with the move is done only if the move is made."""
    with db.engine.begin() as connection:
        row = connection.execute(move).mappings().first()
        for statement in with_it if row else ():
            connection.execute(statement)
    return dict(row) if row else None
