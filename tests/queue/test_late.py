"""Late and lost: what a worker that was taken for dead, or that missed an answer, does to a job's record."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis, exceptions
from rq import Queue, Retry
from rq.job import Job, JobStatus

from pingpong.queue.worker import GreenletWorker, requeue_abandoned
from pingpong.queue.worker.ending import Ending
from pingpong.queue.worker.putback import put_back_running
from pingpong.queue.worker.run import JobRun
from pingpong.queue.worker.slots import Slots
from pingpong.queue.worker.taking import Taken, Taking
from tests.queue.jobs import see
from tests.waiting import wait_until


def test_a_job_goes_back_if_the_answer_that_told_of_it_was_lost(redis: Redis, queue: Queue):
    job = queue.enqueue(see, "lost")
    worker = GreenletWorker([queue.name], connection=redis, dead_after_s=0.3)
    worker.register_birth()
    _take(worker)

    rescued = wait_until(lambda: _rescue_while_alive(worker), what="the job to be missed")

    assert rescued == 1
    assert queue.job_ids == [job.id]


def test_a_job_that_went_back_to_its_queue_is_not_started_from_the_intermediate_one(
    redis: Redis, queue: Queue
):
    job = queue.enqueue(see, "taken")
    worker = GreenletWorker([queue.name], connection=redis)

    taken = Taking(worker, worker.queues).take(0, first=(worker.queues[0], job.id))

    assert taken == []
    assert job.get_status(refresh=True) == JobStatus.QUEUED


ENDS: list[Callable[[Ending], None]] = [
    lambda ending: ending.returned("late"),
    lambda ending: ending.returned(Retry(max=3)),
    lambda ending: ending.raised(ValueError("late")),
    lambda ending: ending.stopped(),
]


@pytest.mark.parametrize("end", ENDS)
def test_a_job_that_was_given_to_another_is_not_ended_by_the_first(
    redis: Redis, queue: Queue, end: Callable[[Ending], None]
):
    ending, job = _started(queue)
    put_back_running(redis, queue, job.get_executions()[0])

    end(ending)

    assert Job.fetch(job.id, redis).get_status() == JobStatus.QUEUED
    assert queue.job_ids == [job.id]
    assert queue.finished_job_registry.count == queue.failed_job_registry.count == 0


@pytest.mark.parametrize("end", ENDS)
def test_an_end_whose_answer_was_lost_is_written_once(
    redis: Redis, queue: Queue, end: Callable[[Ending], None], monkeypatch: pytest.MonkeyPatch
):
    ending, job = _started(queue)
    _lose_an_answer(redis, monkeypatch)

    end(ending)

    assert len(job.results()) == 1
    assert len(queue) <= 1
    assert queue.started_job_registry.count == 0


def test_a_job_that_was_deleted_while_it_ran_stays_deleted(redis: Redis, queue: Queue):
    ending, job = _started(queue)
    job.delete()

    ending.returned("forgotten")

    assert not Job.exists(job.id, redis)
    assert not redis.exists(f"rq:results:{job.id}")
    assert queue.started_job_registry.count == queue.finished_job_registry.count == 0


def _take(worker: GreenletWorker) -> Taken:
    (taken,) = Taking(worker, worker.queues).take(1)
    return taken


def _started(queue: Queue) -> tuple[Ending, Job]:
    queue.enqueue(see, "started")
    worker = GreenletWorker([queue.name], connection=queue.connection)
    taken = _take(worker)
    job = Job.fetch(taken.job_id, queue.connection)
    return Ending(worker, JobRun(worker, taken, Slots(1)), job), job


def _rescue_while_alive(worker: GreenletWorker) -> int:
    worker.heart.beat()
    return requeue_abandoned(worker.connection, worker.queues, dead_after_s=0.3)


def _lose_an_answer(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first pipeline that is executed is executed, and then the connection is lost."""
    pipeline_class = type(redis.pipeline())
    execute = pipeline_class.execute
    lost: list[bool] = []

    def execute_and_lose(self: Any, *args: Any, **kwargs: Any) -> Any:
        answers = execute(self, *args, **kwargs)
        if not lost:
            lost.append(True)
            raise exceptions.ConnectionError("lost")
        return answers

    monkeypatch.setattr(pipeline_class, "execute", execute_and_lose)
