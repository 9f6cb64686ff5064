"""What the rescuer does for tasks: no accepted work is forgotten, and no news of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, select

from pingpong import clock
from pingpong.extensions import db, redis, release, settings
from pingpong.live.extension import bus
from pingpong.live.publish import publish
from pingpong.queue.presence import present_job_ids
from pingpong.queue.queues import TASK_QUEUES
from pingpong.tasks.announcer import mark_announced
from pingpong.tasks.dispatch import enqueue_again, job_id
from pingpong.tasks.giveup import give_up
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import news_of
from pingpong.tasks.states import OPEN

log = structlog.get_logger(__name__)

OpenTask = tuple[UUID, str, int, int]
"""Its id, kind, attempts, and how many of those no longer count."""


def enqueue_lost() -> int:
    """Enqueue open tasks that have no job: Redis was away when they came, or has lost its memory, or their
    worker died. One that has been tried too often is given up instead: it may be what kills its workers.

    A task that is enqueued twice by two rescuers is answered once: the second claim finds it taken.
    """
    rescued = 0
    for batch in _open_tasks():
        # Read after the rows: when a job ends in between, its row is closed and a second claim fails.
        present = present_job_ids(redis, TASK_QUEUES)
        lost = [task for task in batch if not present.intersection(_possible_jobs(task))]
        _enqueue_again([task for task in lost if not _was_tried_too_often(task)])
        for task_id, *_ in filter(_was_tried_too_often, lost):
            give_up(task_id)
        rescued += len(lost)
    return rescued


def announce_forgotten() -> int:
    """Tell the news of finished tasks of which nobody knows whether it was told."""
    forgotten = (
        select(Task)
        .where(Task.finished_at < _ripe(), Task.announced_at.is_(None))
        .order_by(Task.finished_at)
        .limit(settings.rescue_batch)
    )
    tasks = db.session.scalars(forgotten).all()
    release()
    updates = [news for news in map(news_of, tasks) if news]
    if updates:
        publish(redis, bus, updates)
        log.warning("tasks_announced_again", count=len(updates), first_task_id=str(tasks[0].id))
    if tasks:
        mark_announced([task.id for task in tasks])
    return len(tasks)


def _enqueue_again(lost: list[OpenTask]) -> None:
    if lost:
        enqueue_again([(task_id, kind, attempts) for task_id, kind, attempts, _ in lost])
        log.warning("tasks_enqueued_again", count=len(lost), first_task_id=str(lost[0][0]))


def _was_tried_too_often(task: OpenTask) -> bool:
    _, kind, attempts, forgiven = task
    return attempts - forgiven >= max(settings.task_max_attempts, registry.retries(kind) + 1)


def _open_tasks() -> Iterator[list[OpenTask]]:
    """All open tasks that are old enough, in batches, oldest first; no connection is held in between."""
    last: UUID | None = None
    while True:
        query = select(Task.id, Task.kind, Task.attempts, Task.attempts_forgiven).where(
            Task.status.in_(OPEN), func.coalesce(Task.due_at, Task.submitted_at) < _ripe()
        )
        if last is not None:
            query = query.where(Task.id > last)
        rows = db.session.execute(query.order_by(Task.id).limit(settings.rescue_batch)).all()
        release()
        if not rows:
            return
        last = rows[-1][0]
        yield [(row[0], row[1], row[2], row[3]) for row in rows]


def _possible_jobs(task: OpenTask) -> set[str]:
    """The job that runs the latest attempt, and the one that waits to make the next."""
    task_id, _, attempts, _ = task
    return {job_id(task_id, attempts), job_id(task_id, attempts + 1)}


def _ripe() -> ColumnElement[datetime]:
    """What is younger may still be on its way."""
    return clock.now() - timedelta(seconds=settings.rescue_after_s)
