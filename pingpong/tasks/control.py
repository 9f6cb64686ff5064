"""What people do to their tasks, and what follows the commit."""

import structlog
from flask import current_app
from redis.exceptions import RedisError
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus

from pingpong.extensions import redis
from pingpong.tasks.dispatch import dispatch, job_id
from pingpong.tasks.models import Task

log = structlog.get_logger(__name__)


def cancel(task: Task) -> None:
    """Call a task off, stop its job, and tell it. Raises Conflict when it has ended."""
    task.cancel()
    announcer = current_app.extensions["announcer"]
    announcer.announce(task)
    announcer.run_once()
    try:
        # The job of the latest attempt, and that which would make the next.
        for attempt in (task.attempts, task.attempts + 1):
            _stop(job_id(task.id, attempt))
    except RedisError as error:
        log.warning("job_not_stopped", task_id=str(task.id), error=str(error))
    log.info("task_cancelled", task_id=str(task.id))


def retry(task: Task) -> None:
    """Have a task tried anew. Raises Conflict unless it failed or was cancelled."""
    task.retry()
    dispatch(task)
    log.info("task_retried", task_id=str(task.id))


def _stop(identity: str) -> None:
    """Take a job out of its queue, or tell its worker to stop it; whatever it would answer is refused."""
    try:
        job = Job.fetch(identity, connection=redis)
        if job.get_status(refresh=False) == JobStatus.STARTED:
            send_stop_job_command(redis, identity)
        else:
            job.delete()
    except (NoSuchJobError, InvalidJobOperation):
        return
