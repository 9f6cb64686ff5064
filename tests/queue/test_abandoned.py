"""Jobs that nobody runs any more: put back once, by whoever looks, and never taken from a living worker."""

import time

import pytest
from redis import Redis
from rq import Queue
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry

from pingpong.queue.worker.abandoned import requeue_abandoned
from pingpong.queue.worker.putback import MAX_ABANDONMENTS, put_back_running
from tests.queue.jobs import see
from tests.waiting import wait_until

DEAD_AFTER_S = 0.3


def test_a_job_of_a_dead_worker_goes_back_to_the_head_of_its_queue(redis: Redis, queue: Queue):
    job = _started(queue, worker="dead")
    waiting = queue.enqueue(see, "waits")

    assert _rescued(redis) == 1

    assert queue.job_ids == [job.id, waiting.id]
    assert job.get_status() == JobStatus.QUEUED
    assert job.get_executions() == []
    assert queue.started_job_registry.count == 0


def test_a_worker_gets_time_to_say_that_it_lives(redis: Redis, queue: Queue):
    _started(queue, worker="silent")
    assert requeue_abandoned(redis, ["work"], dead_after_s=3600) == 0

    redis.hset("rq:worker:silent", "state", "busy")

    wait_until(lambda: requeue_abandoned(redis, ["work"], dead_after_s=0) == 0)
    assert len(queue) == 0
    assert queue.started_job_registry.count == 1


def test_a_worker_that_has_left_is_dead(redis: Redis, queue: Queue):
    redis.hset("rq:worker:left", "death", "2026-01-01T00:00:00.000000Z")
    job = _started(queue, worker="left")

    assert _rescued(redis) == 1

    assert queue.job_ids == [job.id]


def test_many_rescuers_put_a_job_back_once(redis: Redis, queue: Queue):
    job = _started(queue, worker="dead")
    [execution] = job.get_executions()

    assert put_back_running(redis, queue, execution)
    assert not put_back_running(redis, queue, execution)

    assert queue.job_ids == [job.id]


@pytest.mark.parametrize("status", [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED])
def test_a_job_that_has_ended_does_not_run_again(redis: Redis, queue: Queue, status: JobStatus):
    job = _started(queue, worker="dead")
    job.set_status(status)

    assert _settled(redis, queue) == []

    assert job.get_status() == status


def test_a_retry_that_was_lost_on_its_way_runs(redis: Redis, queue: Queue):
    """RQ marks it as scheduled one step before it puts it into the registry."""
    job = _started(queue, worker="dead")
    job.set_status(JobStatus.SCHEDULED)

    assert _settled(redis, queue) == [job.id]


def test_a_retry_that_waits_for_its_time_goes_on_waiting(redis: Redis, queue: Queue):
    job = _started(queue, worker="dead")
    job.set_status(JobStatus.SCHEDULED)
    redis.zadd(queue.scheduled_job_registry.key, {job.id: time.time() + 3600})

    assert _settled(redis, queue) == []


def test_a_job_that_kills_its_workers_fails(redis: Redis, queue: Queue):
    job = _started(queue, worker="dead")

    for _ in range(MAX_ABANDONMENTS):
        assert _rescued(redis) == 1
        _start(queue, job, worker="dead")

    assert _settled(redis, queue) == []
    assert job.get_status() == JobStatus.FAILED
    assert FailedJobRegistry(queue=queue).get_job_ids() == [job.id]
    assert redis.ttl(job.key) > 0


def test_a_job_that_was_put_back_vanishes_when_its_time_to_live_is_over(redis: Redis, queue: Queue):
    job = _started(queue, worker="dead", ttl=100)
    assert redis.ttl(job.key) == -1

    assert _rescued(redis) == 1

    assert 0 < redis.ttl(job.key) <= 100


def test_a_job_on_its_way_to_a_worker_is_left_alone_for_a_while(redis: Redis, queue: Queue):
    queue.enqueue(see, "on its way")
    redis.lmove(queue.key, queue.intermediate_queue_key)

    assert requeue_abandoned(redis, ["work"], dead_after_s=3600) == 0
    assert len(queue) == 0

    assert _rescued(redis) == 1
    assert len(queue) == 1


def _started(queue: Queue, *, worker: str, ttl: int | None = None) -> Job:
    job = queue.enqueue(see, "started", ttl=ttl)
    _start(queue, job, worker=worker)
    return job


def _start(queue: Queue, job: Job, *, worker: str) -> None:
    queue.remove(job)
    with queue.connection.pipeline() as pipeline:
        Execution.create(job, 600, pipeline=pipeline, worker_name=worker)
        job.prepare_for_execution(worker, pipeline=pipeline)
        pipeline.persist(job.key)
        pipeline.execute()


def _rescued(redis: Redis) -> int:
    """How many jobs are put back in the first round that puts back any."""
    return wait_until(lambda: requeue_abandoned(redis, ["work"], dead_after_s=DEAD_AFTER_S))


def _settled(redis: Redis, queue: Queue) -> list[str]:
    """What waits in the queue once nothing is registered as running any more."""

    def is_settled() -> bool:
        requeue_abandoned(redis, ["work"], dead_after_s=DEAD_AFTER_S)
        return not redis.zcard(queue.started_job_registry.key)

    wait_until(is_settled)
    return queue.job_ids
