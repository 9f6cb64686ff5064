"""Several schedulers: one leads, the others stand by, and no slot has two runs."""

import signal
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from rq.job import Job

from tests.queue.beat_runs import (
    EVERY_S,
    HOURLY,
    LEASE,
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
from tests.waiting import wait_until

LEASE_S = 1


def test_of_two_only_one_leads(redis, processes):
    both = [processes.beat(TICK, lease_s=LEASE_S) for _ in range(2)]
    wait_until(lambda: all("scheduler" in process.log for process in both), 20)

    slots = Taken(redis).wait_for(6)

    assert sorted("leads" in process.log for process in both) == [False, True]
    assert sorted("stands by" in process.log for process in both) == [False, True]
    assert are_not_doubled(slots)


def test_a_leader_that_is_killed_is_replaced_when_its_lease_ends(redis, processes):
    beats = Taken(redis)
    leader = processes.beat(TICK, lease_s=LEASE_S)
    beats.wait_for(1)
    other = processes.beat(TICK, lease_s=LEASE_S)
    wait_until(lambda: "stands by" in other.log, 20)
    beats.wait_for_more(1)

    leader.kill()

    slots = beats.wait_for_more(4)
    assert are_not_doubled(slots)
    assert are_on_the_grid(slots)
    assert max(later - earlier for earlier, later in pairwise(slots)) <= LEASE_S + 3 * EVERY_S


def test_a_leader_that_hangs_and_wakes_up_doubles_nothing(redis, processes):
    beats = Taken(redis)
    leader = processes.beat(TICK, lease_s=LEASE_S)
    beats.wait_for(2)
    other = processes.beat(TICK, lease_s=LEASE_S)

    leader.signal(signal.SIGSTOP)
    wait_until(lambda: beats.take() and "leads" in other.log, 20)
    leader.signal(signal.SIGCONT)
    wait_until(lambda: beats.take() and "stands by" in leader.log, 20)

    slots = beats.wait_for_more(4)
    assert are_not_doubled(slots)
    assert are_on_the_grid(slots)
    assert "stands by" not in other.log.partition("leads")[2]


def a_beat(redis, beat, queue) -> None:
    make_due(redis, HOURLY)


def a_job(redis, beat, queue) -> Job:
    return beat.enqueue_at(datetime.fromtimestamp(redis.time()[0], UTC), add, 1, 2, queue_name="beats")


def a_job_that_depends_on_another(redis, beat, queue) -> None:
    now = datetime.fromtimestamp(redis.time()[0], UTC)
    beat.enqueue_at(now, add, 1, 2, queue_name="beats", depends_on=queue.enqueue(add, 1, 2))


def a_job_that_was_deleted(redis, beat, queue) -> None:
    redis.delete(a_job(redis, beat, queue).key)


@pytest.mark.parametrize("prepare", [a_beat, a_job, a_job_that_depends_on_another, a_job_that_was_deleted])
def test_one_that_still_thinks_that_it_leads_moves_nothing(redis, queue, prepare):
    beat = make_beat(redis, HOURLY, lease_s=60)
    beat.run_once()
    prepare(redis, beat, queue)
    before = scheduled(redis)
    redis.set(LEASE, "another", px=60_000)

    beat.run_once()

    assert scheduled(redis) == before
    assert waiting(redis) == []
    assert redis.keys("rq:deferred:*") == []


def test_one_that_lost_its_lease_in_between_says_so(redis, caplog):
    caplog.set_level("INFO")
    beat = make_beat(redis, HOURLY)
    beat.run_once()
    make_due(redis, HOURLY)
    redis.set(LEASE, "another", px=60_000)

    beat.run_once()
    beat.run_once()

    assert [record.message.split(maxsplit=2)[2] for record in caplog.records] == ["leads", "stands by"]


def test_one_that_is_told_to_stop_lets_another_lead_at_once(redis, processes):
    beats = Taken(redis)
    leader = processes.beat(TICK, lease_s=60)
    beats.wait_for(1)
    other = processes.beat(TICK, lease_s=4)
    wait_until(lambda: "stands by" in other.log, 20)

    assert leader.leave() == 0

    beats.wait_for_more(2, timeout=10)
    assert are_not_doubled(beats.slots)


def test_one_that_leaves_does_not_release_the_lease_of_another(redis, processes):
    standing_by = processes.beat(TICK)
    wait_until(lambda: "leads" in standing_by.log, 20)
    redis.set(LEASE, "another", px=60_000)

    assert standing_by.leave() == 0

    assert redis.get(LEASE) == b"another"


def test_a_lease_without_an_end_is_asked_for_at_leisure(redis):
    redis.set(LEASE, "a stock scheduler's")

    assert make_beat(redis).run_once() > 0.5


def test_a_record_of_each_scheduler_is_kept_while_it_lives(redis):
    make_beat(redis, name="one").run_once()
    make_beat(redis, name="two", lease_s=60).run_once()

    assert redis.hkeys("rq:scheduler_instance:one") == [b"birth"]
    assert redis.ttl("rq:scheduler_instance:two") > 60
