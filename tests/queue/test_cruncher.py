"""The cruncher: jobs that compute, one to a process, and no job lost whatever is stopped or killed."""

import os
import signal

import psutil
from redis import Redis
from rq import Queue
from rq.command import send_stop_job_command
from rq.job import JobStatus
from rq.suspension import resume, suspend

from pingpong.queue.cruncher.cores import usable_cores
from tests.processes import descendants, wait_for_end
from tests.queue.crunchers import QUICK, crunchers
from tests.queue.jobs import (
    add,
    compute,
    fail,
    hold,
    kill_itself,
    name_process,
    see,
    wait,
)
from tests.queue.processes import Process, Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until


def horse_of(process: Process) -> psutil.Process:
    """The process that runs the one job of a cruncher with one worker."""
    [horse] = worker_of(process).children()
    return horse


def worker_of(process: Process) -> psutil.Process:
    """The one worker of a cruncher."""
    [worker] = psutil.Process(process.pid).children()
    return worker


def test_each_job_has_a_process_of_its_own_that_gevent_has_not_patched(
    redis: Redis, queue: Queue, processes: Processes
):
    jobs = [queue.enqueue(name_process) for _ in range(3)]
    cruncher = processes.cruncher(processes=1)
    wait_until(lambda: queue.finished_job_registry.count == 3, 20)

    horses, parents, patched = zip(*(job.return_value() for job in jobs), strict=True)
    [worker] = psutil.Process(cruncher.pid).children()
    assert len(set(horses)) == 3
    assert set(parents) == {worker.pid}
    assert set(patched) == {False}


def test_as_many_jobs_run_at_once_as_there_are_processes(redis: Redis, queue: Queue, processes: Processes):
    for name in ("one", "two", "three"):
        queue.enqueue(compute, name)

    processes.cruncher(processes=2)

    wait_for(redis, "one", "two")
    assert queue.job_ids
    let_go(redis)
    wait_for(redis, "three")


def test_there_is_a_process_for_each_core_unless_told_otherwise(redis: Redis, processes: Processes):
    processes.cruncher()

    assert usable_cores() >= 1
    assert wait_until(lambda: len(crunchers(redis)) == usable_cores(), 20)


def test_a_worker_lives_while_its_job_computes(redis: Redis, queue: Queue, processes: Processes):
    queue.enqueue(compute, "long")
    processes.cruncher(**QUICK)
    wait_for(redis, "long")
    [worker] = crunchers(redis)
    first = worker.last_heartbeat

    def seconds_later() -> float:
        worker.refresh()
        return (worker.last_heartbeat - first).total_seconds()

    wait_until(lambda: seconds_later() > QUICK["dead_after_s"] + 1, 20)
    assert seen(redis) == ["long"]
    wait_until(lambda: 0 < redis.pttl(worker.key) <= QUICK["dead_after_s"] * 1000)


def test_a_job_that_fails_fails_alone(redis: Redis, queue: Queue, processes: Processes):
    failed = queue.enqueue(fail, "no luck")
    good = queue.enqueue(add, 1, 2)

    cruncher = processes.cruncher(**QUICK)

    wait_until(lambda: good.get_status() == JobStatus.FINISHED, 20)
    assert failed.get_status() == JobStatus.FAILED
    assert "ValueError: no luck" in cruncher.log


def test_a_job_that_takes_too_long_is_stopped(queue: Queue, processes: Processes):
    slow = queue.enqueue(wait, 60, job_timeout=1)

    processes.cruncher(**QUICK)

    wait_until(lambda: slow.get_status() == JobStatus.FAILED, 20)
    assert "JobTimeoutException" in (slow.latest_result().exc_string or "")


def test_one_told_to_stop_lets_its_job_finish(redis: Redis, queue: Queue, processes: Processes):
    job = queue.enqueue(hold, "finishes")
    cruncher = processes.cruncher(**QUICK)
    wait_for(redis, "finishes")
    worker = worker_of(cruncher)
    threads = worker.num_threads()

    cruncher.signal(signal.SIGTERM)
    # Once the worker has been told, too, a thread of its own counts the grace.
    wait_until(lambda: worker.num_threads() > threads)
    queue.enqueue(see, "not taken any more")
    let_go(redis)

    assert cruncher.wait() == 0
    assert job.get_status() == JobStatus.FINISHED
    assert len(queue) == 1
    assert crunchers(redis) == []


def test_a_platform_that_signals_every_process_at_once_does_not_end_the_job(
    redis: Redis, queue: Queue, processes: Processes
):
    job = queue.enqueue(hold, "finishes")
    cruncher = processes.cruncher(**QUICK)
    wait_for(redis, "finishes")

    for process in [psutil.Process(cruncher.pid), *descendants(cruncher.pid)]:
        process.terminate()
    let_go(redis)

    assert cruncher.wait() == 0
    assert job.get_status() == JobStatus.FINISHED


def test_a_job_that_does_not_finish_in_time_goes_back_to_the_head(
    redis: Redis, queue: Queue, processes: Processes
):
    job = queue.enqueue(compute, "does not finish")
    cruncher = processes.cruncher(**QUICK, grace_s=0.5)
    wait_for(redis, "does not finish")
    later = queue.enqueue(see, "later")

    assert cruncher.leave() == 0

    assert queue.job_ids == [job.id, later.id]
    assert job.get_status() == JobStatus.QUEUED
    assert queue.failed_job_registry.count == queue.started_job_registry.count == 0
    assert job.get_executions() == []


def test_the_second_signal_puts_back_at_once(redis: Redis, queue: Queue, processes: Processes):
    job = queue.enqueue(compute, "put back")
    cruncher = processes.cruncher(**QUICK, grace_s=3600)
    wait_for(redis, "put back")

    cruncher.signal(signal.SIGTERM)
    # Signals of the same second count as one: a terminal and a runner may both pass on Ctrl-C.
    wait_until(lambda: cruncher.signal(signal.SIGTERM) or not cruncher.is_running, 20)

    assert queue.job_ids == [job.id]
    assert job.get_status() == JobStatus.QUEUED


def test_a_killed_horse_fails_its_job_and_the_next_one_runs(redis: Redis, queue: Queue, processes: Processes):
    job = queue.enqueue(kill_itself)
    queue.enqueue(see, "next")

    processes.cruncher(**QUICK)

    wait_for(redis, "dies", "next")
    assert job.get_status() == JobStatus.FAILED
    assert "signal 9" in job.latest_result().exc_string
    assert seen(redis) == ["dies", "next"]


def test_the_job_of_a_killed_worker_runs_again_soon_in_the_one_that_replaces_it(
    redis: Redis, queue: Queue, processes: Processes
):
    job = queue.enqueue(compute, "again")
    cruncher = processes.cruncher(**QUICK)
    wait_for(redis, "again")
    horse = horse_of(cruncher)
    redis.delete("seen")

    horse.parent().kill()

    wait_for_end([horse])
    wait_for(redis, "again")
    let_go(redis)
    wait_until(lambda: job.get_status() == JobStatus.FINISHED)


def test_the_job_of_a_killed_cruncher_runs_again_soon_in_another_one(
    redis: Redis, queue: Queue, processes: Processes
):
    job = queue.enqueue(compute, "again")
    cruncher = processes.cruncher(**QUICK)
    wait_for(redis, "again")
    family = descendants(cruncher.pid)
    redis.delete("seen")

    cruncher.kill()
    processes.cruncher(**QUICK)

    wait_for_end(family)
    wait_for(redis, "again")
    let_go(redis)
    wait_until(lambda: job.get_status() == JobStatus.FINISHED)


def test_what_a_worker_took_before_it_was_killed_runs_again_soon(
    redis: Redis, queue: Queue, processes: Processes
):
    queue.enqueue(see, "taken by one that died")
    redis.lmove(queue.key, queue.intermediate_queue_key)

    processes.cruncher(**QUICK)

    wait_for(redis, "taken by one that died")
    wait_until(lambda: queue.intermediate_queue.get_job_ids() == [])


def test_nothing_is_left_of_a_cruncher_that_was_killed_while_idle(redis: Redis, processes: Processes):
    cruncher = processes.cruncher(processes=2)
    wait_until(lambda: len(crunchers(redis)) == 2, 20)
    family = descendants(cruncher.pid)

    cruncher.kill()

    wait_for_end(family)


def test_a_suspended_cruncher_takes_nothing(redis: Redis, queue: Queue, processes: Processes):
    suspend(redis)
    processes.cruncher(**QUICK)
    wait_until(lambda: [worker.get_state() for worker in crunchers(redis)] == ["suspended"], 20)
    queue.enqueue(see, "run")
    assert seen(redis) == []

    resume(redis)

    wait_for(redis, "run")


def test_one_of_the_jobs_is_stopped(redis: Redis, queue: Queue, processes: Processes):
    stopped = queue.enqueue(compute, "stopped")
    processes.cruncher(**QUICK)
    wait_for(redis, "stopped")
    wait_until(lambda: redis.pubsub_numsub(f"rq:pubsub:{crunchers(redis)[0].name}")[0][1])

    send_stop_job_command(redis, stopped.id)

    wait_until(lambda: stopped.get_status() == JobStatus.STOPPED, 20)


def test_a_cruncher_that_redis_forgot_registers_again(redis: Redis, queue: Queue, processes: Processes):
    processes.cruncher(**QUICK)
    wait_until(lambda: crunchers(redis), 20)

    redis.flushall()

    wait_until(lambda: crunchers(redis))
    queue.enqueue(see, "after the flush")
    wait_for(redis, "after the flush")


def test_one_that_is_to_empty_the_queue_leaves_when_it_is_empty(queue: Queue, processes: Processes):
    jobs = [queue.enqueue(add, number, 1) for number in range(5)]

    cruncher = processes.cruncher(processes=2, start={"burst": True})

    assert cruncher.wait() == 0
    assert [job.return_value() for job in jobs] == [1, 2, 3, 4, 5]


def test_children_of_the_job_die_with_it(redis: Redis, queue: Queue, processes: Processes):
    queue.enqueue(os.system, "sleep 3600")
    cruncher = processes.cruncher(**QUICK, grace_s=0.2)
    sleeper = wait_until(
        lambda: next((child for child in descendants(cruncher.pid) if "sleep" in child.name()), None), 20
    )

    cruncher.leave()

    wait_for_end([sleeper])
