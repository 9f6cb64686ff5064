"""Jobs that are run again: retried, or repeated."""

from datetime import timedelta

from redis import Redis
from rq import Queue, Repeat, Retry
from rq.job import JobStatus
from rq.results import Result

from tests.queue import jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen, wait_for
from tests.waiting import wait_until

A_SECOND = timedelta(seconds=1)


def test_each_retry_waits_for_its_own_interval(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail, retry=Retry(max=2, interval=[1, 1000]))

    processes.worker()

    wait_until(lambda: len(seen(redis)) == 2, what="the first retry")
    wait_until(lambda: queue.scheduled_job_registry.get_job_ids() == [job.id])
    assert job.get_status() == JobStatus.SCHEDULED
    due_in_s = queue.scheduled_job_registry.get_scheduled_time(job).timestamp() - redis.time()[0]
    assert 900 < due_in_s <= 1000
    job.refresh()
    assert job.retries_left == 0


def test_a_retry_comes_last_or_first_in_its_queue_as_wanted(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    for at_front in (False, True):
        name = "at front" if at_front else "at end"
        queue.enqueue(jobs.fail_at_first, name, retry=Retry(max=1, enqueue_at_front=at_front))
    queue.enqueue(jobs.see, "other")

    processes.work_off(concurrency=1)

    assert seen(redis) == ["at end", "at front", "at front", "other", "at end"]


def test_a_retried_job_that_succeeds_has_not_failed(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail_at_first, "tried", retry=Retry(max=3))

    processes.work_off()

    job.refresh()
    assert (job.get_status(), job.retries_left) == (JobStatus.FINISHED, 2)
    assert queue.finished_job_registry.get_job_ids() == [job.id]
    assert queue.failed_job_registry.count == 0


def test_a_job_whose_returned_retries_are_used_up_has_failed(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(odd_jobs.return_retry_for_ever)

    processes.work_off()

    job.refresh()
    assert (job.get_status(), job.number_of_retries) == (JobStatus.FAILED, 1)
    kinds = [result.type for result in job.results()]
    assert kinds == [Result.Type.MAX_RETRIES_EXCEEDED, Result.Type.RETRIED]
    assert queue.failed_job_registry.get_job_ids() == [job.id]


def test_a_returned_retry_with_an_interval_waits(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(odd_jobs.return_late_retry)

    processes.work_off()

    assert job.get_status() == JobStatus.SCHEDULED
    assert queue.scheduled_job_registry.get_job_ids() == [job.id]
    assert queue.started_job_registry.count == 0


def test_a_job_is_repeated_as_often_as_wanted(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.see, "again", repeat=Repeat(times=2))

    processes.work_off()

    assert seen(redis) == ["again"] * 3
    assert len(queue) == 0


def test_a_repetition_with_an_interval_waits_and_then_runs(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.see, "again", repeat=Repeat(times=1, interval=1))

    processes.worker()

    wait_for(redis, "again")
    wait_until(lambda: len(seen(redis)) == 2)
    wait_until(lambda: job.get_status() == JobStatus.FINISHED)
    assert queue.scheduled_job_registry.count == 0


def test_a_job_for_later_is_run_when_it_is_due(redis: Redis, queue: Queue, processes: Processes) -> None:
    processes.worker()

    due = queue.enqueue_in(A_SECOND, jobs.see, "due")
    later = queue.enqueue_in(A_SECOND * 3600, jobs.see, "later")

    wait_for(redis, "due")
    wait_until(lambda: due.get_status() == JobStatus.FINISHED)
    assert queue.scheduled_job_registry.get_job_ids() == [later.id]


def test_a_failed_job_is_requeued_and_runs_again(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail_at_first, "tried")
    processes.work_off()
    assert queue.failed_job_registry.get_job_ids() == [job.id]

    queue.failed_job_registry.requeue(job)
    processes.work_off()

    assert job.get_status() == JobStatus.FINISHED
    assert queue.failed_job_registry.count == 0
