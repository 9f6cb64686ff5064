"""Callbacks and exception handlers: when they are called, and what becomes of a job whose callback breaks."""

import pytest
from redis import Redis
from rq import Callback, Queue, Retry
from rq.command import send_stop_job_command
from rq.job import JobStatus

from tests.queue import callbacks, jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen, wait_for
from tests.waiting import wait_until

HANDLERS = "tests.queue.callbacks."


def test_callbacks_may_be_given_by_name(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.add, 1, 2, on_success=Callback("tests.queue.jobs.on_success"))
    queue.enqueue(jobs.fail, "failed", on_failure=Callback("tests.queue.jobs.on_failure"))

    processes.work_off()

    assert sorted(seen(redis)) == ["failed", "failure failed", "success 3"]


def test_only_the_fitting_callback_is_called(redis: Redis, queue: Queue, processes: Processes) -> None:
    every = {"on_success": Callback(jobs.on_success), "on_failure": Callback(jobs.on_failure)}
    queue.enqueue(jobs.add, 1, 2, **every, on_stopped=Callback(jobs.on_stopped))

    processes.work_off()

    assert seen(redis) == ["success 3"]


def test_a_broken_callback_of_failure_is_on_record(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.fail, on_failure=Callback(callbacks.on_failure_fail))

    processes.work_off()

    assert job.get_status() == JobStatus.FAILED
    assert "KeyError: 'broken callback'" in (job.latest_result().exc_string or "")
    assert queue.started_job_registry.count == 0


def test_a_broken_callback_of_success_lets_the_one_of_failure_know(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    callbacks = {"on_success": Callback(jobs.on_success_fail), "on_failure": Callback(jobs.on_failure)}
    job = queue.enqueue(jobs.add, 1, 2, **callbacks)

    processes.work_off()

    assert seen(redis) == ["failure broken callback"]
    assert job.get_status() == JobStatus.FAILED
    assert queue.finished_job_registry.count == 0


def test_the_callback_of_failure_is_called_at_each_attempt(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(jobs.fail, retry=Retry(max=1), on_failure=Callback(jobs.on_failure))

    processes.work_off()

    assert seen(redis) == ["on purpose", "failure on purpose"] * 2


@pytest.mark.parametrize("function", [jobs.add, odd_jobs.fail_with])
def test_a_callback_that_takes_too_long_fails_its_job_alone(
    queue: Queue, processes: Processes, function: object
) -> None:
    endless = Callback(callbacks.on_end_wait, timeout=1)
    slow = queue.enqueue(function, 1, 2, on_success=endless, on_failure=endless)
    other = queue.enqueue(jobs.wait, 1.5)

    processes.work_off()

    assert slow.get_status() == JobStatus.FAILED
    assert "JobTimeoutException" in (slow.latest_result().exc_string or "")
    assert other.return_value() == "waited"


def test_a_job_is_stopped_even_if_its_callback_breaks(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.hold, "held", on_stopped=Callback(callbacks.on_stopped_fail))
    processes.worker(name="ours")
    wait_for(redis, "held")
    wait_until(lambda: redis.pubsub_numsub("rq:pubsub:ours")[0][1])

    send_stop_job_command(redis, job.id)

    wait_until(lambda: job.get_status() == JobStatus.STOPPED)
    wait_until(lambda: queue.started_job_registry.count == 0)


def test_exception_handlers_are_called_in_turn_until_one_has_had_enough(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(jobs.fail)
    queue.enqueue(jobs.add, 1, 2)
    names = ["handle_on", "handle_last", "handle_on"]

    processes.work_off(exception_handlers=[HANDLERS + name for name in names])

    assert seen(redis) == ["on purpose", "on: ValueError on purpose", "last: ValueError on purpose"]


def test_without_the_default_handler_a_failure_is_only_handled_by_others(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(jobs.fail)

    processes.work_off(exception_handlers=[HANDLERS + "handle_on"], disable_default_exception_handler=True)

    assert "on: ValueError on purpose" in seen(redis)
    assert job.get_status() == JobStatus.FAILED
    assert queue.failed_job_registry.count == queue.started_job_registry.count == 0


def test_a_broken_exception_handler_does_not_break_the_worker(queue: Queue, processes: Processes) -> None:
    queue.enqueue(jobs.fail)
    other = queue.enqueue(jobs.add, 1, 2)

    processes.work_off(exception_handlers=[HANDLERS + "handle_and_fail"])

    assert other.return_value() == 3
