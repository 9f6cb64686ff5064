"""The beat of one scheduler: on the grid, each slot once, and nothing is left lying about."""

import pytest
from rq import Queue
from rq.job import Job

from pingpong.queue.schedule import Schedule
from tests.queue.beat_runs import (
    BEATS,
    EVERY_S,
    HOURLY,
    LEASE,
    SCHEDULED,
    TICK,
    Taken,
    are_not_doubled,
    are_on_the_grid,
    drive,
    have_no_gap,
    make_beat,
    make_due,
    scheduled,
    waiting,
)
from tests.queue.jobs import slot
from tests.waiting import wait_until


def test_beats_lie_on_the_grid_one_by_one(redis, processes):
    processes.beat(TICK | {"every_s": 0.5})

    slots = Taken(redis).wait_for(6)

    assert are_on_the_grid(slots, every_s=0.5)
    assert have_no_gap(slots, every_s=0.5)


def test_a_beat_is_queued_within_its_slot_and_not_before(redis):
    beat, beats = make_beat(redis), Taken(redis)

    for count in range(1, 5):
        drive(beat, lambda: waiting(redis))
        seconds, microseconds = redis.time()
        assert beats.take() == count
        assert seconds + microseconds / 1e6 >= beats.slots[-1]


def test_an_interval_that_no_float_can_hold_does_not_drift(redis):
    third = Schedule("third", "tests.queue.jobs.slot", 1 / 3, "beats", takes_slot=True)
    beat, beats = make_beat(redis, third), Taken(redis)

    drive(beat, lambda: beats.take() >= 4)

    numbers = [round(begins_at_s / third.every_s) for begins_at_s in beats.slots]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert beats.slots == [number * third.every_s for number in numbers]
    assert scheduled(redis)[third.id] == (numbers[-1] + 1) * third.every_s


def test_a_run_is_a_job_of_its_slot(redis):
    beat = make_beat(redis)

    drive(beat, lambda: waiting(redis))

    [job] = Queue("beats", connection=redis).jobs
    assert job.id == f"tick-{round(job.args[0] / EVERY_S)}"
    assert job.func is slot
    assert job.get_status() == "queued"


def test_a_schedule_that_does_not_take_its_slot_is_called_without(redis):
    plain = Schedule("plain", "tests.queue.jobs.slot", EVERY_S, "beats")
    drive(make_beat(redis, plain), lambda: waiting(redis))

    assert Queue("beats", connection=redis).jobs[0].args == ()


def test_starting_again_doubles_nothing(redis, processes):
    beats = Taken(redis)
    first = processes.beat(TICK)
    beats.wait_for(3)
    first.leave()

    processes.beat(TICK)
    slots = beats.wait_for_more(3)

    assert are_not_doubled(slots)
    assert are_on_the_grid(slots)


def test_two_schedules_of_one_name_are_refused(redis):
    with pytest.raises(ValueError, match="same name"):
        make_beat(redis, HOURLY, HOURLY)


def test_a_schedule_that_is_not_declared_any_more_goes(redis):
    old = Schedule("old", "tests.queue.jobs.slot", 60, "beats")
    make_beat(redis, HOURLY, old).run_once()
    redis.delete(LEASE)

    make_beat(redis, HOURLY).run_once()

    assert list(scheduled(redis)) == [HOURLY.id]
    assert not redis.keys("*old*")


def test_a_schedule_whose_interval_has_become_shorter_is_brought_near(redis):
    make_beat(redis, HOURLY).run_once()
    redis.delete(LEASE)

    make_beat(redis, Schedule("hourly", "tests.queue.jobs.slot", 2, "beats")).run_once()

    assert scheduled(redis)[HOURLY.id] <= redis.time()[0] + 2


def test_slots_that_passed_while_nobody_led_are_skipped(redis):
    beat = make_beat(redis, HOURLY)
    beat.run_once()
    next_s = make_due(redis, HOURLY)
    redis.zincrby(SCHEDULED, -5 * HOURLY.every_s, HOURLY.id)

    beat.run_once()
    beat.run_once()

    assert waiting(redis) == [f"hourly-{round(next_s / HOURLY.every_s) - 1}"]
    assert scheduled(redis)[HOURLY.id] == next_s


def test_a_run_that_nobody_takes_does_not_pile_up(redis):
    beat = make_beat(redis)
    drive(beat, lambda: waiting(redis))
    first, stood_at = waiting(redis), scheduled(redis)["schedule-tick"]

    drive(beat, lambda: scheduled(redis)["schedule-tick"] >= stood_at + 4 * EVERY_S)

    assert waiting(redis) == first


def test_a_run_that_waits_too_long_vanishes_and_the_next_takes_its_place(redis):
    beat = make_beat(redis, job_ttl_s=1)
    drive(beat, lambda: waiting(redis))
    [first] = waiting(redis)

    drive(beat, lambda: not Job.exists(first, connection=redis))
    drive(beat, lambda: waiting(redis) != [first])

    assert len(waiting(redis)) == 1


def test_what_it_leaves_in_redis_expires_or_does_not_grow(redis):
    beat, beats = make_beat(redis), Taken(redis)
    drive(beat, lambda: beats.take() >= 2)
    kept = _kept_for_ever(redis)

    drive(beat, lambda: beats.take() >= 6)

    assert _kept_for_ever(redis) == kept


def test_it_says_when_it_wants_to_be_called_again(redis):
    beat = make_beat(redis, HOURLY)
    renewal_s = beat.run_once()
    redis.zadd(SCHEDULED, {HOURLY.id: beat.clock.now() + 0.5})

    assert 0.9 < renewal_s <= 1
    assert 0 < beat.run_once() <= 0.5


def test_an_early_call_moves_nothing(redis):
    beat = make_beat(redis, HOURLY)
    beat.run_once()
    beat.clock.compare(redis.time()[0] + 7200, 0)
    before = scheduled(redis)

    wait_s = beat.run_once()

    assert scheduled(redis) == before
    assert waiting(redis) == []
    assert wait_s > 0


def test_one_that_is_told_to_stop_leaves_at_once_though_nothing_is_due(redis, processes):
    hourly = TICK | {"every_s": 3600}
    process = processes.beat(hourly, lease_s=120)
    wait_until(lambda: "leads" in process.log)

    assert process.leave() == 0

    assert "has left" in process.log
    assert redis.get(LEASE) is None


def _kept_for_ever(redis) -> dict[str, int]:
    """The keys without an expiry and how much is in them; runs that wait for their worker aside."""
    names = sorted(key for key in redis.keys("*") if redis.ttl(key) == -1 and key != BEATS.encode())
    count = {b"zset": redis.zcard, b"set": redis.scard, b"hash": redis.hlen}
    return {name.decode(): count[redis.type(name)](name) for name in names}
