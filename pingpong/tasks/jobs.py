"""What a worker runs: one attempt at one task."""

from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pingpong.extensions import db, release, settings
from pingpong.tasks.announcer import Announcer
from pingpong.tasks.context import TaskContext
from pingpong.tasks.counting import count_lateness
from pingpong.tasks.dispatch import enqueue_due
from pingpong.tasks.errors import TaskCancelled
from pingpong.tasks.explaining import failure_of
from pingpong.tasks.idempotency import forget_expired
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.results import storable
from pingpong.tasks.states import TaskStatus

log = structlog.get_logger(__name__)

# The platform's faults, not the task's: the row stays open and the rescuer has it tried again.
PLATFORM_FAULTS = (OperationalError, InterfaceError, PoolTimeoutError, RedisError)


def run(task_id: str, attempt: int) -> None:
    """Do a task and keep its answer. Run twice, the second run only tells the news again."""
    structlog.contextvars.bind_contextvars(task_id=task_id, attempt=attempt)
    announcer: Announcer = current_app.extensions["announcer"]
    claimed = Task.claim(UUID(task_id), attempt)
    if claimed is None:
        _announce_again(announcer, UUID(task_id))
        return
    task, submitted_at_s = claimed
    log.debug("task_begun", kind=task.kind)
    announcer.announce(task)
    context = _context(task, submitted_at_s, announcer)
    try:
        answer = _perform(task, context)
    except PLATFORM_FAULTS:
        raise
    except TaskCancelled:
        log.info("task_stopped")
    except Exception as error:
        _fail(announcer, task, error)
        raise
    else:
        _finish(announcer, task, task.answer(answer))
        count_lateness(task, context.promised_age_s)


def _context(task: Task, submitted_at_s: float, announcer: Announcer) -> TaskContext:
    def advance(percent: int) -> bool:
        is_wanted = task.advance(percent)
        if is_wanted:
            announcer.announce(task)
        return is_wanted

    return TaskContext(task.id, task.attempts, settings, submitted_at_s, advance)


def _perform(task: Task, context: TaskContext) -> Any:  # noqa: ANN401 - any JSON value
    return storable(registry.find(task.kind).run(context, task.params))


def _fail(announcer: Announcer, task: Task, error: Exception) -> None:
    """Give up, or have it tried once more after a while."""
    retry_in_s = registry.pause_before_retry(task.kind, task.tries, error)
    _finish(announcer, task, task.fail(failure_of(task.kind, error), retry_in_s))
    if task.is_open:
        enqueue_due(task)


def _finish(announcer: Announcer, task: Task, is_ours: bool) -> None:
    if is_ours:
        announcer.announce(task)
        _log_end(task)
    else:
        log.info("answer_came_late")


def _log_end(task: Task) -> None:
    """Why an attempt failed is on the line of its job; the error's own words may quote the task's text."""
    if task.status is TaskStatus.DONE:
        log.info("task_answered", kind=task.kind, ms=task.duration_ms)
    elif task.is_open:
        log.warning("attempt_failed", kind=task.kind, due_at=str(task.due_at))
    else:
        log.warning("task_failed", kind=task.kind, tries=task.tries)


def _announce_again(announcer: Announcer, task_id: UUID) -> None:
    task = db.session.get(Task, task_id)
    release()
    if task is not None and not task.is_open:
        announcer.announce(task)


def forget_idempotency_keys() -> None:
    """Delete expired idempotency keys; called now and then."""
    while forgotten := forget_expired():
        log.info("idempotency_keys_forgotten", count=forgotten)
