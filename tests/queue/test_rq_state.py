"""State is kept per job: two jobs in flight never see each other's."""

from redis import Redis
from rq import Callback, Queue, Retry
from rq.command import send_stop_job_command
from rq.job import Job, JobStatus

from tests.queue import jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until

MANY = 20


def test_every_job_has_its_own_results_meta_and_execution(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    held = [queue.enqueue(jobs.remember, f"job {number}") for number in range(MANY)]
    processes.worker()
    wait_for(redis, *[f"job {number}" for number in range(MANY)])

    executions = {execution.id for job in held for execution in job.get_executions()}
    assert len(executions) == MANY
    assert [job.get_meta()["what"] for job in held] == [f"job {number}" for number in range(MANY)]
    let_go(redis)

    wait_until(lambda: queue.finished_job_registry.count == MANY)
    assert {job.latest_result().execution_id for job in held} == executions


def test_what_a_job_saves_of_itself_is_seen_outside_while_it_runs(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.remember, "now", meta={"given": "before"})
    processes.worker()

    wait_for(redis, "now")

    assert job.get_meta() == {"given": "before", "what": "now"}
    let_go(redis)
    wait_until(lambda: job.get_status() == JobStatus.FINISHED)
    assert Job.fetch(job.id, connection=redis).meta == {"given": "before", "what": "now"}


def test_jobs_that_end_in_all_ways_at_the_same_time_end_each_in_its_own(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    every = {"on_success": Callback(jobs.on_success), "on_failure": Callback(jobs.on_failure)}
    good = [queue.enqueue(jobs.hold, f"good {number}", **every) for number in range(MANY)]
    bad = [queue.enqueue(odd_jobs.hold_and_fail, f"bad {number}", **every) for number in range(MANY)]
    again = [
        queue.enqueue(odd_jobs.hold_and_fail, f"again {number}", retry=Retry(max=1)) for number in range(3)
    ]
    processes.worker()
    wait_for(redis, "good 0", "bad 0", "again 0", *[f"good {number}" for number in range(MANY)])
    wait_until(lambda: queue.started_job_registry.count == len(good + bad + again))

    let_go(redis)

    wait_until(lambda: queue.finished_job_registry.count == MANY)
    wait_until(lambda: queue.failed_job_registry.count == MANY + len(again))
    assert [job.return_value() for job in good] == [f"good {number}" for number in range(MANY)]
    for number, job in enumerate(bad):
        assert f"ValueError: bad {number}" in (job.latest_result().exc_string or "")
    assert {f"success good {number}" for number in range(MANY)} <= set(seen(redis))
    assert {f"failure bad {number}" for number in range(MANY)} <= set(seen(redis))
    assert [seen(redis).count(f"again {number}") for number in range(3)] == [2, 2, 2]
    assert [job.refresh() or job.retries_left for job in again] == [0, 0, 0]


def test_the_worker_shows_a_job_that_is_still_running(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    first = queue.enqueue(jobs.wait, 0.3)
    held = queue.enqueue(jobs.hold, "held")
    processes.worker(name="ours")
    wait_for(redis, "held")

    wait_until(lambda: first.get_status() == JobStatus.FINISHED)

    wait_until(lambda: redis.hget("rq:worker:ours", "current_job") == held.id.encode())
    assert redis.hget("rq:worker:ours", "state") == b"busy"


def test_a_job_that_is_stopped_takes_no_other_along(redis: Redis, queue: Queue, processes: Processes) -> None:
    stopped = queue.enqueue(jobs.hold, "stopped")
    failing = queue.enqueue(odd_jobs.hold_and_fail, "failing")
    good = queue.enqueue(jobs.hold, "good")
    processes.worker(name="ours")
    wait_for(redis, "stopped", "failing", "good")
    wait_until(lambda: redis.pubsub_numsub("rq:pubsub:ours")[0][1])

    send_stop_job_command(redis, stopped.id)
    wait_until(lambda: stopped.get_status() == JobStatus.STOPPED)
    let_go(redis)

    wait_until(lambda: good.get_status() == JobStatus.FINISHED)
    wait_until(lambda: failing.get_status() == JobStatus.FAILED)
    assert "Job stopped by user" in (stopped.latest_result().exc_string or "")
    assert "ValueError: failing" in (failing.latest_result().exc_string or "")


def test_a_job_enqueues_another_in_its_own_name(redis: Redis, queue: Queue, processes: Processes) -> None:
    parents = [queue.enqueue(odd_jobs.enqueue_a_child) for _ in range(MANY)]

    processes.work_off()

    assert sorted(seen(redis)) == sorted(f"child of {job.id}" for job in parents)
