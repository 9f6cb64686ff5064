"""Giving a task up that was tried too often: it may be what kills its workers."""

from uuid import UUID

import structlog
from flask import current_app

from pingpong.extensions import db, release
from pingpong.tasks.intents import Failure
from pingpong.tasks.models import Task

log = structlog.get_logger(__name__)


def give_up(task_id: UUID) -> None:
    """Fail a task whose latest attempt broke off, and tell it. Nothing happens if it was answered."""
    task = db.session.get(Task, task_id)
    release()
    if task is None:
        return
    if task.fail(Failure(f"Given up: the last of {task.tries} attempts broke off unfinished.")):
        current_app.extensions["announcer"].announce(task)
        log.error("task_given_up", task_id=str(task_id), kind=task.kind, attempts=task.attempts)
