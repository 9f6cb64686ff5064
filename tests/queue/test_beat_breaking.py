"""What breaks: the scheduler between any two commands, Redis and its memory, the clock."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest
from redis import ConnectionError as RedisConnectionError

from pingpong.queue.beat.lease import RedisClock
from tests.queue.beat_breaking import Breaking
from tests.queue.beat_runs import (
    HOURLY,
    LEASE,
    SCHEDULED,
    TICK,
    Taken,
    are_not_doubled,
    are_on_the_grid,
    make_beat,
    make_due,
    scheduled,
    waiting,
)
from tests.queue.jobs import add
from tests.queue.processes import Processes
from tests.waiting import wait_until

AFTER = pytest.mark.parametrize("after", [False, True], ids=["before a command", "after a command"])


def ends_at_every_command(redis, prepare, after):
    """Have a scheduler end at its first, second, … command, and another take over; yields after each."""
    for break_at in count(1):
        redis.flushall()
        prepared = prepare()
        redis.delete(LEASE)
        redis.script_flush()
        breaking = Breaking(redis, break_at, after=after)
        with suppress(RedisConnectionError):
            make_beat(breaking.client, HOURLY).run_once()
        if not breaking.is_broken:
            assert break_at > 6
            return
        redis.delete(LEASE)
        make_beat(redis, HOURLY).run_once()
        yield prepared


@AFTER
def test_an_end_at_any_command_neither_doubles_a_beat_nor_loses_the_schedule(redis, after):
    def prepare() -> float:
        make_beat(redis, HOURLY).run_once()
        return make_due(redis, HOURLY)

    for next_s in ends_at_every_command(redis, prepare, after):
        assert waiting(redis) == [f"hourly-{round(next_s / HOURLY.every_s) - 1}"]
        assert scheduled(redis) == {HOURLY.id: next_s}


@AFTER
def test_an_end_at_any_command_neither_doubles_nor_loses_a_job_of_rq_scheduler(redis, queue, after):
    def prepare() -> str:
        now = datetime.fromtimestamp(redis.time()[0], UTC)
        return make_beat(redis).schedule(now, add, args=(1, 2), interval=60, queue_name="work").id

    for job_id in ends_at_every_command(redis, prepare, after):
        assert queue.job_ids == [job_id]
        assert scheduled(redis)[job_id] > redis.time()[0]


@AFTER
def test_an_end_at_any_command_neither_doubles_nor_loses_a_job_that_depends_on_another(redis, queue, after):
    def prepare() -> str:
        first = queue.enqueue(add, 1, 2)
        now = datetime.fromtimestamp(redis.time()[0], UTC)
        return make_beat(redis).enqueue_at(now, add, 1, 2, queue_name="work", depends_on=first).id

    for job_id in ends_at_every_command(redis, prepare, after):
        assert queue.deferred_job_registry.get_job_ids() == [job_id]
        assert list(scheduled(redis)) == [HOURLY.id]


def test_a_schedule_that_redis_forgot_comes_back(redis, processes):
    beats = Taken(redis)
    processes.beat(TICK, lease_s=1)
    beats.wait_for(2)

    redis.flushall()
    redis.script_flush()

    slots = beats.wait_for_more(3)
    assert are_not_doubled(slots)
    assert are_on_the_grid(slots)


def test_a_scheduler_waits_for_redis_and_says_so_once(server, tmp_path):
    processes = Processes(server.url, tmp_path)
    process = processes.beat(TICK, lease_s=1)
    beats = Taken(server.client())
    try:
        wait_until(lambda: "away" in process.log, 20)
        server.start()
        beats.wait_for(2)
        server.kill()
        wait_until(lambda: process.log.count("away") == 2, 20)

        server.start()

        beats.wait_for_more(2)
        assert process.log.count("redis is away") == process.log.count("redis is back") == 2
        assert are_not_doubled(beats.slots)
    finally:
        processes.end()


def test_a_scheduler_leaves_though_redis_is_away(server, tmp_path):
    processes = Processes(server.url, tmp_path)
    process = processes.beat(TICK)
    try:
        wait_until(lambda: "away" in process.log, 20)

        assert process.leave() == 0
    finally:
        processes.end()


def test_a_redis_that_refuses_is_waited_for(redis, processes):
    redis.set("rq:beat:declared", "of the wrong type")
    process = processes.beat(TICK, lease_s=1)
    wait_until(lambda: "WRONGTYPE" in process.log, 20)

    redis.delete("rq:beat:declared")

    Taken(redis).wait_for(2)
    assert process.log.count("WRONGTYPE") == 1


def test_a_clock_that_goes_back_does_not_have_a_slot_run_twice(redis):
    beat = make_beat(redis, HOURLY)
    beat.run_once()
    next_s = make_due(redis, HOURLY)
    beat.run_once()
    Taken(redis).take()

    make_due(redis, HOURLY)
    beat.run_once()

    assert waiting(redis) == []
    assert scheduled(redis) == {HOURLY.id: next_s}


@pytest.mark.parametrize(("slots_ahead", "is_left"), [(1, True), (2, False), (1000, False)])
def test_a_schedule_that_stands_too_far_ahead_is_brought_near(redis, slots_ahead, is_left):
    beat = make_beat(redis, HOURLY)
    beat.run_once()
    [next_s] = scheduled(redis).values()
    stood_at = next_s + slots_ahead * HOURLY.every_s
    redis.zadd(SCHEDULED, {HOURLY.id: stood_at})
    redis.delete(LEASE)

    make_beat(redis, HOURLY).run_once()

    assert scheduled(redis) == {HOURLY.id: stood_at if is_left else next_s}


def test_a_slow_answer_does_not_spoil_the_time_that_a_quick_one_told():
    clock = RedisClock()
    clock.compare(1000, time.monotonic())

    clock.compare(999, time.monotonic() - 10)

    assert clock.now() == pytest.approx(1000, abs=0.5)


def test_a_clock_that_was_set_is_followed():
    clock = RedisClock()
    clock.compare(1000, time.monotonic())

    clock.compare(500, time.monotonic() - 1)

    assert clock.now() == pytest.approx(501, abs=0.5)
