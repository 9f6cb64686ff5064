"""What RQ knows of a worker: its name, what it does, what it has done."""

import os
import signal
import socket
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from rq import Queue, Worker
from rq.version import VERSION
from rq.worker import BaseWorker

from pingpong.queue.worker import GreenletWorker
from tests.queue.jobs import fail, hold, see, wait
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until


def test_a_worker_is_found_by_its_name_while_it_works_and_after(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(hold, "held")
    process = processes.worker("high,work", name="ours", heartbeat_s=0.2)
    wait_for(redis, "held")

    worker = Worker.find_by_key("rq:worker:ours", connection=redis)
    assert worker is not None
    assert (worker.name, worker.hostname, worker.version) == ("ours", socket.gethostname(), VERSION)
    assert worker.pid != os.getpid()
    assert worker.queue_names() == ["high", "work"]
    assert worker.get_current_job() == job
    assert abs(worker.birth_date - datetime.now(UTC)) < timedelta(minutes=1)
    assert worker.last_heartbeat >= worker.birth_date
    let_go(redis)
    process.leave()

    assert Worker.all(connection=redis) == []
    gone = Worker.find_by_key("rq:worker:ours", connection=redis)
    assert gone is not None
    assert abs(gone.death_date - datetime.now(UTC)) < timedelta(minutes=1)
    assert gone.get_current_job_id() is None
    assert (gone.successful_job_count, gone.failed_job_count) == (1, 0)
    assert 0 < redis.ttl("rq:worker:ours") <= 60


@pytest.mark.parametrize("worker_class", [Worker, GreenletWorker])
def test_workers_are_listed_by_queue(
    redis: Redis, processes: Processes, worker_class: type[BaseWorker]
) -> None:
    processes.worker("high,work", name="one")
    processes.worker("work", name="two")
    wait_until(lambda: worker_class.count(connection=redis) == 2)

    assert set(worker_class.all_keys(connection=redis)) == {"rq:worker:one", "rq:worker:two"}
    of_queue = {name: Queue(name, connection=redis) for name in ("high", "work", "other")}
    assert [worker.name for worker in worker_class.all(queue=of_queue["high"])] == ["one"]
    assert {worker.name for worker in worker_class.all(queue=of_queue["work"])} == {"one", "two"}
    assert worker_class.all(queue=of_queue["other"]) == []


def test_a_second_worker_of_the_same_name_does_not_start(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    processes.worker(name="ours")
    wait_until(lambda: Worker.all(connection=redis))

    second = processes.worker(name="ours")

    assert second.wait() != 0
    assert "exists an active worker named 'ours' already" in second.log
    queue.enqueue(see, "by the first")
    wait_for(redis, "by the first")


def test_the_name_of_a_worker_that_left_or_died_is_free_again(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    processes.work_off(name="ours")
    killed = processes.worker(name="ours", heartbeat_s=0.2, dead_after_s=1)
    wait_until(lambda: Worker.all(connection=redis))
    killed.signal(signal.SIGKILL)
    wait_until(lambda: not redis.exists("rq:worker:ours"))
    queue.enqueue(see, "by the third")

    processes.work_off(name="ours")

    assert seen(redis) == ["by the third"]


def test_what_a_worker_did_is_counted(redis: Redis, queue: Queue, processes: Processes) -> None:
    jobs = [*(queue.enqueue(wait, 0.2) for _ in range(3)), *(queue.enqueue(fail) for _ in range(2))]

    processes.work_off(name="ours")

    worker = Worker.find_by_key("rq:worker:ours", connection=redis)
    assert worker is not None
    assert (worker.successful_job_count, worker.failed_job_count) == (3, 2)
    took_s = [(job.refresh() or job.ended_at - job.started_at).total_seconds() for job in jobs]
    assert worker.total_working_time == pytest.approx(sum(took_s), abs=0.001)
    assert sum(took_s) > 0.5


def test_a_job_knows_when_and_by_whom_it_was_run(queue: Queue, processes: Processes) -> None:
    before = datetime.now(UTC)
    good, bad = queue.enqueue(see, "good"), queue.enqueue(fail)

    processes.work_off(name="ours")

    for job in (good, bad):
        job.refresh()
        assert job.worker_name == "ours"
        assert before <= job.created_at <= job.enqueued_at <= job.started_at <= job.ended_at
        assert job.latest_result().worker_name == "ours"


def test_an_execution_is_there_while_the_job_runs_and_renewed(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    jobs = [queue.enqueue(hold, name) for name in ("one", "two")]
    processes.worker(name="ours", heartbeat_s=0.2)
    wait_for(redis, "one", "two")

    for job in jobs:
        [execution] = job.get_executions()
        assert (execution.worker_name, execution.job) == ("ours", job)
        begun = execution.last_heartbeat
        wait_until(
            lambda execution=execution, begun=begun: execution.refresh() or execution.last_heartbeat > begun
        )
    [one, two] = [job.get_executions()[0].id for job in jobs]
    assert one != two

    let_go(redis)

    wait_until(lambda: queue.finished_job_registry.count == 2)
    assert [job.get_executions() for job in jobs] == [[], []]
    assert [job.latest_result().execution_id for job in jobs] == [one, two]


def test_a_worker_says_since_when_it_is_asked_to_leave(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(hold, "held")
    process = processes.worker(name="ours", heartbeat_s=0.2)
    wait_for(redis, "held")

    process.signal(signal.SIGTERM)

    worker = Worker.find_by_key("rq:worker:ours", connection=redis)
    assert worker is not None
    wait_until(lambda: worker.shutdown_requested_date, 5)
