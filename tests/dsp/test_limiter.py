"""The rate limit: hours of it in simulated time, as the receiver sees them, and its single moves."""

import threading
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from pingpong.dsp.limiter import STATE_KEY, WINDOW_KEY, Limiter, RateLimit, WindowLost
from tests.dsp.simulation import BEGINS_AT_S, Simulation, fewest_within, most_within, smallest_distance

LIMIT, WINDOW_S, HOUR_S = 40, 60.0, 3600.0
RATE = RateLimit(LIMIT, WINDOW_S)
USUAL = {"wakes_late_s": 0.05, "uses_late_s": 0.1, "underway_s": 0.3}
ROUNDED_S = 0.002


@pytest.fixture
def limiter(redis: Redis) -> Limiter:
    return Limiter(redis, RATE)


@pytest.fixture
def awake(limiter: Limiter) -> Limiter:
    """It knows that nothing was sent lately, and its clock stands still."""
    limiter.now_s = BEGINS_AT_S
    limiter.put_back([], 0)
    limiter.now_s += RATE.leave_lasts_s
    assert limiter.put_back([], 0) == 0
    return limiter


@pytest.mark.parametrize("workers", [1, 3, 12])
def test_the_receiver_never_sees_more_than_the_limit_however_late_all_are(limiter: Limiter, workers: int):
    simulation = Simulation(limiter, Random(workers), workers=workers)

    simulation.until(HOUR_S / 2)

    assert most_within(simulation.received, WINDOW_S) <= LIMIT
    assert simulation.refused == 0


def test_a_backlog_is_sent_at_38_a_minute_or_more(limiter: Limiter):
    simulation = Simulation(limiter, Random(1), **USUAL)

    simulation.until(2 * HOUR_S)

    assert fewest_within(simulation.received, WINDOW_S) >= 38
    assert most_within(simulation.received, WINDOW_S) <= LIMIT


def test_what_is_late_does_not_add_up(limiter: Limiter):
    simulation = Simulation(limiter, Random(2), workers=1, wakes_late_s=0.7)

    simulation.until(HOUR_S)

    assert len(simulation.left) / 60 >= 38.5


@pytest.mark.parametrize("idles_s", [0.0, 5.0, 60.0])
def test_there_are_no_bursts(limiter: Limiter, idles_s: float):
    simulation = Simulation(limiter, Random(3), idles_s=idles_s)

    simulation.until(HOUR_S / 2)

    assert smallest_distance(simulation.given) >= RATE.between_s / 2 - ROUNDED_S


def test_a_redis_that_forgets_all_does_not_let_more_through(limiter: Limiter, redis: Redis):
    simulation, random = Simulation(limiter, Random(4)), Random(5)
    for _ in range(60):
        simulation.at(random.random() * HOUR_S, redis.flushdb)

    simulation.until(HOUR_S)

    assert simulation.losses >= 60
    assert most_within(simulation.received, WINDOW_S) <= LIMIT
    assert len(simulation.left) / 60 >= 36


def test_a_redis_that_comes_back_with_an_old_copy_does_not_let_more_through(limiter: Limiter, redis: Redis):
    """It does not know that it has forgotten anything; the notes do."""
    simulation, random = Simulation(limiter, Random(6)), Random(7)
    for _ in range(300):
        at_s = random.random() * HOUR_S
        copy: dict[str, bytes] = {}
        simulation.at(at_s, partial(_copy, redis, copy))
        simulation.at(at_s + random.random() * 10, partial(_restore, redis, copy))

    simulation.until(HOUR_S)

    assert simulation.refused > 0
    assert most_within(simulation.received, WINDOW_S) <= LIMIT
    assert len(simulation.left) / 60 >= 30, "it goes on"


@pytest.mark.parametrize("furthest_s", [0.5, 5.0, 300.0])
def test_a_clock_that_jumps_does_not_let_more_through(limiter: Limiter, furthest_s: float):
    simulation, random = Simulation(limiter, Random(8)), Random(9)

    def jump() -> None:
        simulation.clock_is_off_s += random.uniform(-furthest_s, furthest_s)

    for _ in range(40):
        simulation.at(random.random() * HOUR_S, jump)

    simulation.until(HOUR_S)

    assert most_within(simulation.received, WINDOW_S) <= LIMIT
    assert len(simulation.left) / 60 >= 30, "it goes on"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    limit=st.integers(1, 12),
    window_s=st.floats(0.2, 120),
    seed=st.integers(0, 1000),
    forgets_at=st.lists(st.floats(0, 6), max_size=4),
    workers=st.integers(1, 5),
)
def test_any_limit_holds(
    redis: Redis, *, limit: int, window_s: float, seed: int, forgets_at: list[float], workers: int
):
    redis.flushdb()
    limiter = Limiter(redis, RateLimit(limit, window_s))
    simulation = Simulation(limiter, Random(seed), workers=workers, wakes_late_s=window_s / 100)
    for windows in forgets_at:
        simulation.at(windows * window_s, redis.flushdb)

    simulation.until(6 * window_s)

    assert most_within(simulation.received, window_s) <= limit


def test_leave_is_given_to_one_of_many_who_ask_at_once(redis: Redis):
    limiter = Limiter(redis, RateLimit(1, 30))
    redis.hset(STATE_KEY, "known", 1)
    answers: list[float] = []
    threads = [threading.Thread(target=lambda: answers.append(limiter.ask())) for _ in range(12)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(0) == 1
    assert len(answers) == 12


def test_it_goes_by_the_clock_of_redis(redis: Redis):
    limiter = Limiter(redis, RateLimit(2, 1000))
    redis.hset(STATE_KEY, "known", 1)

    assert limiter.ask() == 0
    assert 250 < limiter.ask() < 513

    seconds, microseconds = redis.time()
    [(_, given_at_ms)] = redis.zrange(WINDOW_KEY, 0, -1, withscores=True)
    assert given_at_ms / 1000 == pytest.approx(seconds + microseconds / 1e6, abs=5)


def test_it_says_how_long_to_wait(awake: Limiter):
    given_at = []
    for _ in range(LIMIT):
        while wait_s := awake.ask():
            awake.now_s += wait_s
        given_at.append(awake.now_s)

    wait_s = awake.ask()

    assert awake.now_s + wait_s == pytest.approx(given_at[0] + RATE.counted_s, abs=ROUNDED_S)


def test_to_look_takes_nothing(awake: Limiter, redis: Redis):
    assert [awake.peek(), awake.peek()] == [0, 0]
    assert redis.zcard(WINDOW_KEY) == 0

    awake.ask()

    assert awake.peek() > 0


def test_who_knows_nothing_gives_no_leave(limiter: Limiter):
    with pytest.raises(WindowLost):
        limiter.ask()


def test_the_window_is_put_back_once_leave_that_was_given_before_has_been_used(limiter: Limiter):
    limiter.now_s = BEGINS_AT_S

    assert limiter.put_back([], 0) == pytest.approx(RATE.leave_lasts_s)
    limiter.now_s += RATE.leave_lasts_s - 0.01
    assert limiter.put_back([1.0], 0) == pytest.approx(0.01, abs=ROUNDED_S)
    with pytest.raises(WindowLost):
        limiter.ask()

    limiter.now_s += 0.01
    assert limiter.put_back([1.0] * LIMIT, 0) == 0
    assert limiter.ask() == pytest.approx(RATE.counted_s - 1, abs=ROUNDED_S)


def test_a_clock_that_was_set_back_makes_the_window_worthless(awake: Limiter):
    assert awake.ask() == 0

    awake.now_s -= 3600

    with pytest.raises(WindowLost):
        awake.ask()


def test_a_stop_is_for_all_and_the_longest_counts(awake: Limiter):
    awake.stop_for(100)
    awake.stop_for(10)

    assert awake.ask() == 100
    awake.now_s += 99.9
    assert awake.ask() == pytest.approx(0.1, abs=ROUNDED_S)
    awake.now_s += 0.1
    assert awake.ask() == 0


def test_a_stop_that_was_lost_is_put_back(limiter: Limiter):
    limiter.now_s = BEGINS_AT_S
    limiter.put_back([], 50)
    limiter.now_s += RATE.leave_lasts_s

    limiter.put_back([], 49.25)

    assert limiter.ask() == pytest.approx(49.25)


def _copy(redis: Redis, copy: dict[str, bytes]) -> None:
    copy.update({key: redis.dump(key) or b"" for key in (WINDOW_KEY, STATE_KEY)})


def _restore(redis: Redis, copy: dict[str, bytes]) -> None:
    for key, value in copy.items():
        redis.delete(key)
        if value:
            redis.restore(key, 0, value)
