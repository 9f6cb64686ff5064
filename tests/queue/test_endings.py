"""How jobs end, and what RQ then knows of them."""

from redis import Redis
from rq import Callback, Queue, Retry
from rq.job import Job, JobStatus

from tests.queue import jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen
from tests.waiting import wait_until

BURST = {"burst": True}


def test_a_failed_job_is_on_record(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail, on_failure=Callback(jobs.on_failure))

    worker = processes.worker(work=BURST)

    assert worker.wait() == 0
    assert job.get_status() == JobStatus.FAILED
    assert queue.failed_job_registry.get_job_ids() == [job.id]
    assert queue.started_job_registry.count == 0
    assert "ValueError: on purpose" in job.latest_result().exc_string
    assert seen(redis) == ["on purpose", "failure on purpose"]


def test_an_error_that_no_encoding_knows_is_on_record_at_once(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.fail_with_half_a_pair)

    processes.work_off()

    assert job.get_status() == JobStatus.FAILED
    assert "ValueError: \\ud83d" in job.latest_result().exc_string
    assert seen(redis) == ["fails"]


def test_a_job_that_exits_fails_alone(queue: Queue, processes: Processes) -> None:
    exiting = queue.enqueue(jobs.leave_process, 3)
    other = queue.enqueue(jobs.wait, 0.1)

    assert processes.worker(work=BURST).wait() == 0

    assert exiting.get_status() == JobStatus.FAILED
    assert other.return_value() == "waited"


def test_a_job_ends_even_if_its_result_cannot_be_stored(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.return_what_cannot_be_stored)

    assert processes.worker(work=BURST).wait() == 0

    assert job.get_status() == JobStatus.FINISHED
    assert job.return_value() == "Unserializable return value"
    assert queue.started_job_registry.count == 0


def test_callbacks_of_success_are_called(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.add, 1, 2, on_success=Callback(jobs.on_success))
    broken = queue.enqueue(jobs.add, 3, 4, on_success=Callback(jobs.on_success_fail))

    assert processes.worker(work=BURST).wait() == 0

    assert seen(redis) == ["success 3"]
    assert broken.get_status() == JobStatus.FAILED


def test_a_failed_job_is_retried_as_often_as_it_may(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail, retry=Retry(max=2))

    assert processes.worker(work=BURST).wait() == 0

    assert seen(redis) == ["on purpose"] * 3
    assert job.get_status() == JobStatus.FAILED


def test_a_retry_with_an_interval_waits_and_then_runs(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.fail, retry=Retry(max=1, interval=3600))

    processes.worker()

    wait_until(lambda: queue.scheduled_job_registry.get_job_ids() == [job.id])
    assert job.get_status() == JobStatus.SCHEDULED
    redis.zadd(queue.scheduled_job_registry.key, {job.id: 0})  # the hour is over
    _wait_for_status(job, JobStatus.FAILED)
    assert seen(redis) == ["on purpose"] * 2
    assert queue.scheduled_job_registry.count == 0


def test_a_job_that_returns_a_retry_runs_again(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.return_retry)

    assert processes.worker(work=BURST).wait() == 0

    assert seen(redis) == ["tried", "tried"]
    assert job.return_value() == "done"


def test_a_dependent_job_runs_after_the_one_it_needs(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    first = queue.enqueue(jobs.see, "first")
    queue.enqueue(jobs.see, "second", depends_on=first)

    assert processes.worker(work=BURST).wait() == 0

    assert seen(redis) == ["first", "second"]


def test_a_worker_with_a_number_of_jobs_runs_no_more(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    for number in range(5):
        queue.enqueue(jobs.see, str(number))

    assert processes.worker(work={"max_jobs": 2}).wait() == 0

    assert sorted(seen(redis)) == ["0", "1"]
    assert len(queue) == 3
    assert queue.intermediate_queue.get_job_ids() == []


def test_an_idle_worker_leaves_when_told_to(processes: Processes) -> None:
    assert processes.worker(work={"max_idle_time": 1}).wait() == 0


def _wait_for_status(job: Job, status: JobStatus) -> None:
    wait_until(lambda: job.get_status() == status, 20, what=f"the job to be {status.value}")
