"""RQ's own commands, in the shell and in Python: info, suspend, stop a job, shut a worker down."""

import subprocess
import sys

from redis import Redis
from rq import Queue, Retry, Worker
from rq.command import send_command, send_kill_horse_command, send_shutdown_command, send_stop_job_command
from rq.job import JobStatus
from rq.suspension import WORKERS_SUSPENDED, suspend

from tests.queue.jobs import clean_up_for_ever, fail, hold, see, wait
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until


def test_rq_info_shows_workers_and_what_is_in_every_registry(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    held = [queue.enqueue(hold, name) for name in ("one", "two")]
    queue.enqueue(see, "deferred", depends_on=held)
    failing = queue.enqueue(fail)
    processes.worker("high,work", name="ours", heartbeat_s=0.2)
    wait_for(redis, "one", "two")
    wait_until(lambda: failing.get_status() == JobStatus.FAILED)
    wait_until(lambda: Worker.all(connection=redis)[0].failed_job_count, what="a heartbeat")

    info = rq(redis, "info", "--raw").splitlines()
    by_queue = rq(redis, "info", "--by-queue", "--raw")

    assert "queue work 0, 2 executing, 0 finished, 1 failed" in info
    [worker] = [line for line in info if line.startswith("worker ours ")]
    assert worker.endswith(" busy high, work. jobs: 0 finished, 1 failed")
    assert by_queue.splitlines()[-1] == "work: ours (busy)"


def test_rq_suspend_and_rq_resume_work_on_a_worker_with_jobs_in_flight(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    held = queue.enqueue(hold, "held")
    processes.worker(name="ours")
    wait_for(redis, "held")

    rq(redis, "suspend")
    worker_suspends = "the worker to say that it is suspended"
    let_go(redis)
    wait_until(lambda: held.get_status() == JobStatus.FINISHED)
    wait_until(lambda: Worker.all(connection=redis)[0].get_state() == "suspended", what=worker_suspends)
    queue.enqueue(see, "waits")
    wait_until(lambda: redis.info("clients")["blocked_clients"] == 0 and len(queue) == 1)
    assert seen(redis) == ["held"]

    rq(redis, "resume")

    wait_for(redis, "waits")


def test_a_suspension_for_a_time_ends_by_itself(redis: Redis, queue: Queue, processes: Processes) -> None:
    rq(redis, "suspend", "--duration", "600")
    processes.worker()
    wait_until(lambda: [worker.get_state() for worker in Worker.all(connection=redis)] == ["suspended"])
    queue.enqueue(see, "afterwards")

    assert redis.expire(WORKERS_SUSPENDED, 1, lt=True)

    wait_for(redis, "afterwards")


def test_a_suspended_worker_in_burst_mode_leaves_at_once(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    rq(redis, "suspend")
    queue.enqueue(see, "not now")

    processes.work_off()

    assert len(queue) == 1
    assert seen(redis) == []


def test_a_worker_in_burst_mode_that_is_suspended_lets_its_jobs_end(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    first, second = queue.enqueue(hold, "held"), queue.enqueue(wait, 3)
    worker = processes.worker(work={"burst": True})
    wait_for(redis, "held")
    suspend(redis)
    wait_until(lambda: "is suspended" in worker.log)

    let_go(redis)

    assert worker.wait() == 0
    assert {first.get_status(), second.get_status()} == {JobStatus.FINISHED}


def test_a_stopped_job_is_neither_retried_nor_followed(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    stopped = queue.enqueue(wait, 60, retry=Retry(max=3))
    dependent = queue.enqueue(see, "dependent", depends_on=stopped)
    processes.worker(name="ours")
    wait_until(lambda: stopped.get_status() == JobStatus.STARTED)
    wait_until_heard(redis, "ours")

    send_stop_job_command(redis, stopped.id)

    wait_until(lambda: stopped.get_status() == JobStatus.STOPPED)
    wait_until(lambda: queue.started_job_registry.count == 0)
    assert queue.failed_job_registry.get_job_ids() == [stopped.id]
    assert dependent.get_status() == JobStatus.DEFERRED
    assert seen(redis) == []


def test_a_job_is_stopped_though_its_worker_has_not_heard_yet_that_it_is_started(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(wait, 60)
    worker = processes.worker(name="ours", hears_late_s=1)
    wait_until(lambda: job.get_status() == JobStatus.STARTED)
    wait_until_heard(redis, "ours")

    send_stop_job_command(redis, job.id)

    wait_until(lambda: job.get_status() == JobStatus.STOPPED)
    assert "is not running here" not in worker.log


def test_a_job_that_was_stopped_is_not_put_back_though_it_cleans_up_for_ever(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(clean_up_for_ever, "it")
    worker = processes.worker(name="ours", grace_s=0.1)
    wait_for(redis, "it")
    wait_until_heard(redis, "ours")
    send_stop_job_command(redis, job.id)
    wait_for(redis, "it cleans up")

    worker.leave()

    assert job.get_status() == JobStatus.STOPPED
    assert queue.get_job_ids() == []


def test_commands_that_make_no_sense_disturb_nobody(redis: Redis, queue: Queue, processes: Processes) -> None:
    ended = queue.enqueue(see, "ended")
    held = queue.enqueue(hold, "held")
    worker = processes.worker(name="ours")
    wait_for(redis, "ended", "held")
    wait_until(lambda: ended.get_status(refresh=True) == JobStatus.FINISHED)
    wait_until_heard(redis, "ours")

    send_kill_horse_command(redis, "ours")
    send_command(redis, "ours", "dance")
    send_command(redis, "ours", "stop-job", job_id="of another worker")
    send_stop_job_command(redis, ended.id)

    wait_until(lambda: "dance" in worker.log)
    let_go(redis)
    wait_until(lambda: held.get_status() == JobStatus.FINISHED)
    assert ended.get_status() == JobStatus.FINISHED
    send_shutdown_command(redis, "ours")
    assert worker.wait() == 0


def test_a_message_that_is_no_command_does_not_make_the_worker_deaf(
    redis: Redis, processes: Processes
) -> None:
    worker = processes.worker(name="ours")
    wait_until_heard(redis, "ours")
    redis.publish("rq:pubsub:ours", "not even JSON")

    def is_gone() -> bool:
        redis.publish("rq:pubsub:ours", '{"command": "shutdown"}')
        return not worker.is_running

    wait_until(is_gone)


def wait_until_heard(redis: Redis, name: str) -> None:
    """Until the worker listens to its commands."""
    wait_until(lambda: redis.pubsub_numsub(f"rq:pubsub:{name}")[0][1])


def rq(redis: Redis, *arguments: str) -> str:
    url = f"unix://{redis.connection_pool.connection_kwargs['path']}"
    command = [sys.executable, "-m", "rq.cli", *arguments, "--url", url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
