"""Jobs that cannot be run, or need not be any more: they end, and the worker goes on with the others."""

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus

from tests.queue import jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen
from tests.waiting import wait_until

UNKNOWN = ["tests.queue.jobs.nothing", "tests.queue.nowhere.see", "tests.queue.jobs.Nobody.see", "nothing"]


@pytest.mark.parametrize("function", UNKNOWN)
def test_a_job_whose_function_is_not_there_fails_alone(
    redis: Redis, queue: Queue, processes: Processes, function: str
) -> None:
    unknown = queue.enqueue(function, 1)
    queue.enqueue(jobs.see, "other")

    processes.work_off()

    assert seen(redis) == ["other"]
    assert unknown.get_status() == JobStatus.FAILED
    assert queue.failed_job_registry.get_job_ids() == [unknown.id]
    assert queue.started_job_registry.count == 0


def test_a_job_whose_data_cannot_be_read_fails_alone(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    unreadable = queue.enqueue(jobs.add, 1, 2)
    redis.hset(unreadable.key, "data", b"scrambled")
    other = queue.enqueue(jobs.add, 3, 4)

    worker = processes.work_off()

    assert unreadable.get_status() == JobStatus.FAILED
    assert "DeserializationError" in (unreadable.latest_result().exc_string or "")
    assert other.return_value() == 7
    assert "cannot be read" in worker.log


def test_a_job_with_arguments_that_do_not_fit_fails_alone(queue: Queue, processes: Processes) -> None:
    misfit = queue.enqueue(jobs.add, 1, 2, 3, 4)
    other = queue.enqueue(jobs.add, 3, 4)

    processes.work_off()

    assert "TypeError" in (misfit.latest_result().exc_string or "")
    assert other.return_value() == 7


def test_a_job_whose_hash_is_broken_does_not_break_the_worker(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    broken = queue.enqueue(jobs.add, 1, 2)
    redis.hset(broken.key, "created_at", "yesterday")
    other = queue.enqueue(jobs.add, 3, 4)

    processes.work_off()

    assert other.return_value() == 7


def test_a_job_that_was_deleted_or_cancelled_while_it_waited_does_not_run(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(jobs.see, "deleted").delete()
    cancelled = queue.enqueue(jobs.see, "cancelled")
    cancelled.cancel()
    queue.enqueue(jobs.see, "next")

    processes.work_off()

    assert seen(redis) == ["next"]
    assert cancelled.get_status() == JobStatus.CANCELED
    assert queue.canceled_job_registry.get_job_ids() == [cancelled.id]
    assert queue.intermediate_queue.get_job_ids() == []


def test_a_job_that_lived_too_short_to_be_run_is_gone(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    expired = queue.enqueue(jobs.see, "expired", ttl=1)
    wait_until(lambda: not Job.exists(expired.id, redis))
    queue.enqueue(jobs.see, "next", ttl=60)

    processes.work_off()

    assert seen(redis) == ["next"]
    assert queue.job_ids == queue.intermediate_queue.get_job_ids() == []


def test_a_job_that_is_deleted_while_it_runs_leaves_nothing(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    deleting = queue.enqueue(odd_jobs.delete_itself, result_ttl=60)
    other = queue.enqueue(jobs.add, 3, 4)

    processes.work_off()

    assert other.return_value() == 7
    assert queue.started_job_registry.count == 0
    forever = [key for key in redis.keys(f"*{deleting.id}*") if redis.ttl(key) == -1]
    assert forever == []


def test_the_jobs_of_a_queue_that_was_emptied_do_not_run(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    for number in range(3):
        queue.enqueue(jobs.see, str(number))
    queue.empty()

    processes.work_off()

    assert seen(redis) == []
