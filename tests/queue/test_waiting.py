"""Jobs that wait until their time take no slot meanwhile."""

import time

from redis import Redis
from rq import Queue

from pingpong.queue.worker import pause
from tests.queue.jobs import hold_in_pause
from tests.queue.processes import Processes
from tests.queue.seen import let_go, wait_for
from tests.waiting import wait_until


def test_more_jobs_wait_than_there_are_slots(redis: Redis, queue: Queue, processes: Processes):
    for number in range(20):
        queue.enqueue(hold_in_pause, str(number))

    processes.worker(concurrency=1)

    wait_for(redis, *map(str, range(20)))


def test_a_full_waiting_room_leaves_jobs_to_other_workers(redis: Redis, queue: Queue, processes: Processes):
    for number in range(5):
        queue.enqueue(hold_in_pause, str(number))

    processes.worker(concurrency=2, max_waiting=1)
    wait_for(redis, "0", "1", "2")
    assert len(queue) == 2

    processes.worker(concurrency=2)
    wait_for(redis, "3", "4")


def test_a_job_that_has_waited_goes_on_though_others_fill_the_slots(
    redis: Redis, queue: Queue, processes: Processes
):
    waits = queue.enqueue(hold_in_pause, "waits")
    processes.worker(concurrency=1)
    wait_for(redis, "waits")
    queue.enqueue("tests.queue.jobs.hold_for_ever", "runs")
    wait_for(redis, "runs")

    let_go(redis)

    wait_until(lambda: waits.get_status().value == "finished", 20)


def test_outside_of_a_worker_a_pause_is_a_sleep():
    began_at_s = time.monotonic()

    pause(0.02)

    assert time.monotonic() - began_at_s >= 0.02
