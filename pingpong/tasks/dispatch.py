"""After the commit: hand a task to the workers and tell that it waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from flask import current_app
from redis.exceptions import RedisError

from pingpong.extensions import redis, settings
from pingpong.live.extension import bus
from pingpong.live.publish import publish
from pingpong.metrics.counters import TASKS_DISPATCHED
from pingpong.queue.enqueue import JobSpec, enqueue, job_meta
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import news_of
from pingpong.telemetry.spans import spans

log = structlog.get_logger(__name__)

RUN = "pingpong.tasks.jobs.run"


@dataclass(frozen=True)
class Departure:
    """A committed task on its way to the workers, with its job."""

    task: Task
    job: JobSpec


def dispatch(task: Task) -> None:
    """Enqueue a committed task and publish it, together with others of the same moment.

    When Redis is away nothing is lost: the rescuer enqueues every open task that has no job.
    """
    with spans.step("enqueue task"):
        # The job is made here, where the request is known that it comes from.
        departure = Departure(task, job_for(task.id, task.kind, task.attempts))
        is_enqueued = current_app.extensions["task_writes"].dispatch(departure)
    if is_enqueued:
        TASKS_DISPATCHED.add(kind=task.kind)
    log.info("task_accepted", task_id=str(task.id), kind=task.kind, enqueued=is_enqueued)


def dispatch_many(departures: Sequence[Departure]) -> Sequence[bool]:
    """Do what `dispatch` promises, for all of them in one round trip. Says of each whether it is enqueued."""
    tasks = [departure.task for departure in departures]
    try:
        with redis.pipeline() as pipeline:
            pipeline.multi()  # RQ would begin the transaction itself, but only with its own command first
            updates = [news for news in map(news_of, tasks) if news]
            if updates:
                publish(pipeline, bus, updates)
            enqueue(pipeline, redis, [departure.job for departure in departures])
            pipeline.execute()
    except RedisError as error:
        log.warning("dispatch_deferred", tasks=len(tasks), first_task_id=str(tasks[0].id), error=str(error))
        return [False] * len(tasks)
    return [True] * len(tasks)


def enqueue_again(tasks: Sequence[tuple[UUID, str, int]]) -> None:
    """Enqueue tasks (id, kind, attempts so far) whose jobs were lost. Raises redis' errors."""
    with redis.pipeline() as pipeline:
        enqueue(pipeline, redis, [job_for(*task) for task in tasks])
        pipeline.execute()


def enqueue_due(task: Task) -> None:
    """Enqueue a committed task's next attempt for when it is due. Without Redis, the rescuer does it then."""
    try:
        with redis.pipeline() as pipeline:
            enqueue(pipeline, redis, [job_for(task.id, task.kind, task.attempts)], at=task.due_at)
            pipeline.execute()
    except RedisError as error:
        log.warning("retry_deferred", task_id=str(task.id), error=str(error))


def job_for(task_id: UUID, kind: str, attempts: int) -> JobSpec:
    """The job of a task's next attempt."""
    attempt = attempts + 1
    return JobSpec(
        id=job_id(task_id, attempt),
        function=RUN,
        args=(str(task_id), attempt),
        queue=registry.queue_of(kind),
        description=f"{kind} {task_id}",
        meta=job_meta(kind, task_id=str(task_id)),
        timeout_s=registry.timeout_s(kind) or settings.job_timeout_s,
        ttl_s=settings.job_ttl_s,
        result_ttl_s=settings.job_result_ttl_s,
        failure_ttl_s=settings.job_failure_ttl_s,
    )


def job_id(task_id: UUID, attempt: int) -> str:
    """Names the task and the attempt, so that logs and registries tell them apart."""
    return f"{task_id}_{attempt}"
