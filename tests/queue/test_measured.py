"""What is counted of jobs, beats and rescues, when it happens."""

import json
import os
import signal

import pytest
from redis import Redis
from rq import Queue
from rq.command import send_stop_job_command
from rq.job import Job, JobStatus

from pingpong.metrics.counters import (
    BEAT_JITTER,
    BEATS_MISSED,
    JOB_SECONDS,
    JOBS,
    JOBS_ABANDONED,
    RESCUED,
    RESCUES_FAILED,
)
from pingpong.metrics.metric import OTHER
from pingpong.metrics.telling import PROCESSES_KEY, TOTALS_KEY
from pingpong.queue import rescue
from pingpong.queue.worker.measured import count_end, kind_of
from tests.queue.beat_runs import HOURLY, drive, make_beat, make_due, waiting
from tests.queue.crunchers import QUICK, crunchers
from tests.queue.jobs import add, compute, fail, kill_itself
from tests.queue.processes import Processes
from tests.queue.seen import wait_for
from tests.queue.test_abandoned import _rescued, _started
from tests.waiting import wait_until


def told(redis: Redis, kind: str, outcome: str) -> float:
    """What processes have told of their jobs."""
    return float(redis.hget(TOTALS_KEY, json.dumps([JOBS.name, "work", kind, outcome])) or 0)


def test_a_job_counts_by_its_kind_and_how_it_ended(redis, counted):
    job = Job.create("tests.queue.jobs.add", connection=redis, meta={"kind": "sum"})

    count_end(job, "io", JobStatus.FINISHED.value, 0.2)
    count_end(job, "io", JobStatus.SCHEDULED.value, 0.2)

    assert counted.of(JOBS, queue="io", kind="sum", outcome="finished") == 1
    assert counted.of(JOBS, queue="io", kind="sum", outcome="retried") == 1
    assert counted.seconds(JOB_SECONDS, queue="io", kind="sum") == pytest.approx(0.4)


def test_a_job_without_a_kind_is_known_by_its_function(redis):
    assert kind_of(Job.create("tests.queue.jobs.add", connection=redis)) == "add"


def test_the_jobs_of_a_cruncher_are_told_though_their_processes_end(redis, queue, processes):
    queue.enqueue(add, 1, 2)
    queue.enqueue(fail)
    queue.enqueue(kill_itself)

    processes.cruncher(**QUICK)

    wait_until(lambda: told(redis, "kill_itself", "killed"), 20)
    assert told(redis, "add", "finished") == 1
    assert told(redis, "fail", "failed") == 1
    assert told(redis, "kill_itself", "killed") == 1
    assert told(redis, "kill_itself", "failed") == 0


def test_a_job_that_is_stopped_in_a_cruncher_counts_as_stopped(
    redis: Redis, queue: Queue, processes: Processes
):
    stopped = queue.enqueue(compute, "stopped")
    processes.cruncher(**QUICK)
    wait_for(redis, "stopped")
    wait_until(lambda: redis.pubsub_numsub(f"rq:pubsub:{crunchers(redis)[0].name}")[0][1])

    send_stop_job_command(redis, stopped.id)

    wait_until(lambda: told(redis, "compute", "stopped"), 20)
    assert told(redis, "compute", "killed") == 0


def test_a_job_that_a_cruncher_gives_back_counts_as_put_back(
    redis: Redis, queue: Queue, processes: Processes
):
    queue.enqueue(compute, "given back")
    cruncher = processes.cruncher(**QUICK, grace_s=0.1)
    wait_for(redis, "given back")

    os.kill(cruncher.pid, signal.SIGTERM)

    wait_until(lambda: told(redis, "compute", "put_back"), 20)


def test_the_process_of_a_job_is_no_process_of_the_cluster(redis: Redis, queue: Queue, processes: Processes):
    processes.cruncher(**QUICK)
    wait_until(lambda: redis.hlen(PROCESSES_KEY) == 2, 20, what="the cruncher and its worker")

    for _ in range(3):
        queue.enqueue(add, 1, 2)

    wait_until(lambda: told(redis, "add", "finished") == 3, 20)
    assert redis.hlen(PROCESSES_KEY) == 2


def test_jobs_of_a_dead_worker_are_counted_when_they_are_put_back(redis, queue, counted):
    _started(queue, worker="dead")

    _rescued(redis)

    assert counted.of(JOBS_ABANDONED, queue="work") == 1


def test_a_run_that_is_queued_is_measured_against_its_slot(redis, counted):
    beat = make_beat(redis)

    drive(beat, lambda: waiting(redis))

    assert counted.of(BEAT_JITTER, schedule="tick") == 1
    assert counted.seconds(BEAT_JITTER, schedule="tick") < 0.25
    assert counted.of(BEATS_MISSED, schedule="tick") == 0


def test_a_slot_whose_last_run_has_not_begun_is_missed(redis, counted):
    beat = make_beat(redis)

    drive(beat, lambda: counted.of(BEATS_MISSED, schedule="tick"))

    assert len(waiting(redis)) == 1


def test_slots_in_which_nobody_led_are_missed(redis, counted):
    beat = make_beat(redis, HOURLY)
    drive(beat, lambda: True)
    due_s = make_due(redis, HOURLY) - 4 * 3600
    redis.zadd("rq:scheduler:scheduled_jobs", {HOURLY.id: due_s})

    drive(beat, lambda: waiting(redis))

    assert counted.of(BEATS_MISSED, schedule="hourly") == 3


def test_what_each_rescue_has_found_is_counted_and_its_errors(counted, monkeypatch):
    def found() -> int:
        return 3

    def broken() -> int:
        raise OSError

    monkeypatch.setattr(rescue, "_rescues", [found, broken])
    with pytest.raises(OSError):
        rescue.run_once()

    assert counted.of(RESCUED, rescue="found") == 3
    assert counted.of(RESCUES_FAILED, rescue="broken") == 1
    assert counted.of(RESCUED, rescue=OTHER) == 0
