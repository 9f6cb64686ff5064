"""The rarer moves of a task, one at a time: each a conditional update, so that of two at once one is made.

Each returns the row as it then is, or None when the move could not be made. Those that every task makes are
in bulk.py.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Insert, Update, insert, update

from pingpong import clock
from pingpong.database import without_waiting_for_the_disk
from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.recording import recording
from pingpong.extensions import db
from pingpong.origin import current_user_id
from pingpong.tasks.events import TaskAdvanced, TaskAttemptFailed, TaskCancelled, TaskFailed, TaskRetried
from pingpong.tasks.failures import TaskFailure
from pingpong.tasks.intents import Failure
from pingpong.tasks.models import Task
from pingpong.tasks.statements import SHOWN
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
    return _make(move, partial(_failed, retry_in_s=retry_in_s), note)


def cancel(task_id: UUID) -> Row:
    """Call a task off that is open."""
    move = _move(task_id, {"status": TaskStatus.CANCELLED, "finished_at": clock.now(), "due_at": None})
    return _make(move, lambda row: TaskCancelled(task_id=row["id"], kind=row["kind"]))


def retry(task_id: UUID) -> Row:
    """Open a task again that failed or was cancelled. Its attempts until now no longer count against it."""
    then: dict[str, Any] = dict.fromkeys(OF_AN_END)
    then.update(status=TaskStatus.QUEUED, progress=0, attempts_forgiven=Task.attempts)
    move = _move(task_id, then).where(Task.finished_at.is_not(None))
    return _make(move, lambda row: TaskRetried(task_id=row["id"], kind=row["kind"]))


def advance(task_id: UUID, attempt: int, progress: int) -> Row:
    """Note an attempt's progress, if it is still to be made."""
    move = _move(task_id, {"status": TaskStatus.RUNNING, "progress": progress})
    running = Task.status == TaskStatus.RUNNING
    move = move.where(Task.attempts == attempt, running, without_waiting_for_the_disk())
    return _make(move, lambda row: TaskAdvanced(**_attempt(row), progress=progress))


def _failed(row: Mapping[str, Any], retry_in_s: float | None) -> EventContext:
    if retry_in_s is None:
        return TaskFailed(**_attempt(row))
    return TaskAttemptFailed(**_attempt(row), retry_in_ms=round(retry_in_s * 1000))


def _attempt(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"task_id": row["id"], "kind": row["kind"], "attempt": row["attempts"]}


def _move(task_id: UUID, then: Mapping[str, Any]) -> Update:
    return (
        update(Task.__table__)
        .where(Task.id == task_id, Task.status.in_(may_become(then["status"])))
        .values(then)
        .returning(*SHOWN)
    )


def _make(move: Update, tell: Callable[[Mapping[str, Any]], EventContext], *with_it: Insert) -> Row:
    """In one transaction; what goes with the move, and its event, is written only if the move is made."""
    with db.engine.begin() as connection:
        found = connection.execute(move).mappings().first()
        row = dict(found) if found else None
        if row:
            # Whoever makes this request; in a job, the owner.
            actor_id = current_user_id() or row["owner_id"]
            statements: list[Executable] = [*with_it, recording(tell(row), actor_id=actor_id)]
            for statement in statements:
                connection.execute(statement)
    return row
