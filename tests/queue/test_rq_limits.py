"""Limits: how long jobs may take, how long their traces stay, how many jobs a worker runs."""

import time

import pytest
from redis import Redis
from rq import Queue, Retry
from rq.job import Job, JobStatus

from tests.queue import jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen
from tests.waiting import wait_until

MEGABYTE = 1_000_000


def test_many_jobs_time_out_each_at_its_own_limit(queue: Queue, processes: Processes) -> None:
    slow = [queue.enqueue(jobs.wait, 60, job_timeout=limit_s) for limit_s in (2, 1)]
    never = queue.enqueue(jobs.wait, 2.5, job_timeout=-1)

    processes.work_off()

    late, early = (job.refresh() or job.ended_at - job.started_at for job in slow)
    assert 0.9 < early.total_seconds() < 1.9 < late.total_seconds() < 2.9
    assert never.return_value() == "waited"


def test_the_limit_of_the_queue_holds_for_jobs_without_one(redis: Redis, processes: Processes) -> None:
    impatient = Queue("work", connection=redis, default_timeout=1)
    job = impatient.enqueue(jobs.wait, 60)

    processes.work_off()

    assert "JobTimeoutException" in (job.latest_result().exc_string or "")


def test_a_job_may_catch_its_time_out(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(odd_jobs.wait_at_most, 60, job_timeout=1)

    processes.work_off()

    assert job.return_value() == "caught"


def test_traces_stay_as_long_as_wanted(redis: Redis, queue: Queue, processes: Processes) -> None:
    default, kept, short = (queue.enqueue(jobs.add, 1, 2, result_ttl=ttl) for ttl in (None, -1, 77))
    gone = queue.enqueue(jobs.add, 1, 2, result_ttl=0)
    failed = queue.enqueue(jobs.fail, failure_ttl=99)

    processes.work_off(default_result_ttl=55)

    assert redis.ttl(default.key) == pytest.approx(55, abs=5)
    assert redis.ttl(short.key) == pytest.approx(77, abs=5)
    assert redis.ttl(kept.key) == -1
    assert kept.return_value() == 3
    assert not Job.exists(gone.id, redis)
    assert queue.failed_job_registry.get_expiration_time(failed).timestamp() == pytest.approx(
        time.time() + 99, abs=5
    )


def test_a_result_that_expires_leaves_its_registry(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.add, 1, 2, result_ttl=1)
    processes.work_off()

    wait_until(lambda: queue.finished_job_registry.count == 0)
    processes.work_off()

    assert redis.zcard(queue.finished_job_registry.key) == 0


def test_a_large_result_is_stored_whole(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(odd_jobs.repeat, "x", 5 * MEGABYTE)

    processes.work_off()

    assert len(job.return_value()) == 5 * MEGABYTE


def test_a_worker_runs_no_more_jobs_than_it_may_even_in_burst_mode(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    for number in range(5):
        queue.enqueue(jobs.see, str(number))

    assert processes.worker(work={"burst": True, "max_jobs": 3}).wait() == 0

    assert sorted(seen(redis)) == ["0", "1", "2"]
    assert len(queue) == 2


def test_a_worker_that_may_idle_for_a_while_stays_while_jobs_run(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.wait, 2.5)

    assert processes.worker(work={"max_idle_time": 1}).wait() == 0

    assert job.get_status() == JobStatus.FINISHED


def test_an_earlier_queue_is_emptied_first(redis: Redis, processes: Processes) -> None:
    for name in ("low", "high"):
        for number in range(2):
            Queue(name, connection=redis).enqueue(jobs.see, f"{name} {number}")

    processes.work_off("high,low", concurrency=1)

    assert seen(redis) == ["high 0", "high 1", "low 0", "low 1"]


def test_jobs_at_the_front_come_first(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.see, "second")
    queue.enqueue(jobs.see, "first", at_front=True)

    processes.work_off(concurrency=1)

    assert seen(redis) == ["first", "second"]


def test_queues_are_served_in_turn_if_wanted(redis: Redis, processes: Processes) -> None:
    for name in ("low", "high"):
        for number in range(2):
            Queue(name, connection=redis).enqueue(jobs.see, f"{name} {number}")

    work = {"burst": True, "dequeue_strategy": "round_robin"}
    assert processes.worker("high,low", concurrency=1, work=work).wait() == 0

    assert seen(redis) == ["high 0", "low 0", "high 1", "low 1"]


def test_a_worker_that_waits_for_its_last_jobs_leaves_the_processor_to_others(
    queue: Queue, processes: Processes
) -> None:
    for number in range(3):
        queue.enqueue(jobs.add, number, 1)
    waiting = queue.enqueue(odd_jobs.processor_time_while_waiting, 1)

    assert processes.worker(concurrency=2, work={"burst": True, "max_jobs": 4}).wait() == 0

    assert waiting.return_value() < 0.3


def test_what_a_job_adds_at_its_end_is_done_in_burst_mode_too(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(jobs.fail, retry=Retry(max=3))

    processes.work_off(hears_late_s=0.2)

    assert seen(redis) == ["on purpose"] * 4
    assert len(queue) == 0
