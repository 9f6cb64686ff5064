"""Taking and running many jobs at once."""

import subprocess
import sys

from redis import Redis
from rq import Queue, Worker
from rq.job import JobStatus
from rq.suspension import resume, suspend

from tests.queue.jobs import hold, hold_and_name_the_current_job, remember, see
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until


def test_jobs_run_at_the_same_time(redis: Redis, queue: Queue, processes: Processes) -> None:
    names = [f"job-{number}" for number in range(30)]
    jobs = [queue.enqueue(hold, name) for name in names]

    processes.worker()

    wait_for(redis, *names)
    assert queue.started_job_registry.count == len(names)
    let_go(redis)
    wait_until(lambda: queue.finished_job_registry.count == len(names))
    assert [job.return_value() for job in jobs] == names


def test_a_full_worker_leaves_the_rest_in_the_queue(redis: Redis, queue: Queue, processes: Processes) -> None:
    for name in "abcde":
        queue.enqueue(hold, name)

    processes.worker(concurrency=3)

    wait_for(redis, "a", "b", "c")
    another = processes.worker("other,work", concurrency=1)
    wait_for(redis, "d")
    assert another.is_running
    assert len(queue) == 1
    assert queue.intermediate_queue.get_job_ids() == []
    assert sorted(seen(redis)) == ["a", "b", "c", "d"]


def test_a_full_worker_still_runs_jobs_with_slots_of_their_own(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(hold, "fills the worker")
    processes.worker("beats,work", concurrency=1, reserved={"beats": 1})
    wait_for(redis, "fills the worker")

    Queue("beats", connection=redis).enqueue(see, "beat")

    wait_for(redis, "beat")


def test_a_free_slot_goes_to_the_first_queue_that_has_work(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    high = Queue("high", connection=redis)
    queue.enqueue(hold, "first")
    processes.worker("high,work", concurrency=1)
    wait_for(redis, "first")

    queue.enqueue(see, "low")
    high.enqueue(see, "high")
    # Both takers must have seen their queue before the slot is free.
    wait_until(lambda: redis.info("clients")["blocked_clients"] == 0)
    let_go(redis)

    wait_for(redis, "low", "high")
    assert seen(redis) == ["first", "high", "low"]


def test_one_slot_serves_all_queues(redis: Redis, queue: Queue, processes: Processes) -> None:
    processes.worker("one,two,work", concurrency=1)

    for name in ("work", "two", "one", "work"):
        Queue(name, connection=redis).enqueue(see, name)
        wait_until(lambda name=name: redis.llen("seen") and seen(redis)[-1] == name)
        redis.delete("seen")


def test_a_job_knows_itself_among_others(redis: Redis, queue: Queue, processes: Processes) -> None:
    jobs = [queue.enqueue(hold_and_name_the_current_job) for _ in range(5)]
    remembering = [queue.enqueue(remember, what) for what in ("this", "that")]
    processes.worker()
    wait_for(redis, "this", "that", *[job.id for job in jobs])

    let_go(redis)

    wait_until(lambda: queue.finished_job_registry.count == len(jobs) + 2)
    assert [job.return_value() for job in jobs] == [[job.id, job.id] for job in jobs]
    assert [job.get_meta()["what"] for job in remembering] == ["this", "that"]


def test_rq_sees_what_the_worker_does(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(hold, "held")
    processes.worker(heartbeat_s=0.5)
    wait_for(redis, "held")

    [worker] = Worker.all(connection=redis)
    [execution] = job.get_executions()
    assert (worker.get_state(), worker.get_current_job_id()) == ("busy", job.id)
    assert (execution.worker_name, job.worker_name or job.refresh() or job.worker_name) == (worker.name,) * 2
    info = _rq(redis, "info", "--raw")
    assert "queue work 0" in info
    assert f"worker {worker.name}" in info
    assert "busy" in info

    let_go(redis)
    wait_until(lambda: job.get_status() == JobStatus.FINISHED)
    wait_until(lambda: Worker.all(connection=redis)[0].successful_job_count == 1)
    assert Worker.all(connection=redis)[0].get_state() == "idle"
    assert job.get_executions() == []
    assert queue.started_job_registry.count == 0


def test_a_suspended_worker_takes_nothing(redis: Redis, queue: Queue, processes: Processes) -> None:
    processes.worker()
    wait_until(lambda: Worker.all(connection=redis))
    suspend(redis)
    wait_until(lambda: Worker.all(connection=redis)[0].get_state() == "suspended")

    queue.enqueue(see, "run")
    # A taker that was blocked in Redis already takes the job, and puts it back.
    wait_until(lambda: redis.info("clients")["blocked_clients"] == 0 and len(queue) == 1)
    assert seen(redis) == []

    resume(redis)
    wait_for(redis, "run")


def test_a_deleted_job_is_passed_over(redis: Redis, queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(see, "deleted")
    redis.delete(job.key)
    queue.enqueue(see, "next")

    processes.worker()

    wait_for(redis, "next")
    wait_until(lambda: queue.intermediate_queue.get_job_ids() == [])


def test_what_a_job_was_called_with_is_not_logged(queue: Queue, processes: Processes) -> None:
    queue.enqueue(see, "a secret")
    queue.enqueue("tests.queue.jobs.fail", reason="failed", secret="another secret")

    worker = processes.worker(work={"burst": True})

    assert worker.wait() == 0
    assert "tests.queue.jobs.see" in worker.log
    assert "secret" not in worker.log.replace("unexpected keyword argument 'secret'", "")


def _rq(redis: Redis, *arguments: str) -> str:
    url = f"unix://{redis.connection_pool.connection_kwargs['path']}"
    command = [sys.executable, "-m", "rq.cli", *arguments, "--url", url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
