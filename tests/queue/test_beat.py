"""The beat: on the grid, each slot once, whatever is killed, stopped or forgotten."""

import signal
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from rq import Queue
from rq.job import Job

from pingpong.queue.beat import Beat
from pingpong.queue.schedule import Schedule
from tests.queue.jobs import add, slot
from tests.queue.processes import Processes
from tests.waiting import wait_until

EVERY_S = 0.25
TICK = {
    "name": "tick",
    "function": "tests.queue.jobs.slot",
    "every_s": EVERY_S,
    "queue": "beats",
    "takes_slot": True,
}
LEASE_KEY = "rq:scheduler_lock"


@pytest.fixture
def beats(redis: Redis) -> "Taken":
    return Taken(redis)


class Taken:
    """The runs that the beat queued, taken from their queue as a worker takes them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.slots: list[float] = []

    def take(self) -> int:
        """Take what waits; how many were taken in all."""
        while taken := self._redis.lpop("rq:queue:beats"):
            job = Job.fetch(taken.decode(), connection=self._redis)
            self._redis.hset(job.key, "status", "finished")
            self.slots.append(job.args[0])
        return len(self.slots)

    def wait_for(self, count: int) -> list[float]:
        wait_until(lambda: self.take() >= count, 20)
        return self.slots


def make_beat(redis: Redis, *schedules: Schedule, **options: float) -> Beat:
    return Beat(schedules or [Schedule(**TICK)], connection=redis, **options)


def is_on_the_grid(slots: list[float]) -> bool:
    return all(slot / EVERY_S == round(slot / EVERY_S) for slot in slots)


def has_no_gap(slots: list[float]) -> bool:
    return all(later - earlier == EVERY_S for earlier, later in pairwise(slots))


def test_beats_lie_on_the_grid_one_by_one(beats, processes: Processes):
    processes.beat(TICK)

    slots = beats.wait_for(8)

    assert is_on_the_grid(slots)
    assert has_no_gap(slots)


def test_a_run_is_a_job_of_its_slot(redis, queue, processes):
    processes.beat(TICK)

    wait_until(lambda: redis.llen("rq:queue:beats"))

    job = Queue("beats", connection=redis).jobs[0]
    assert job.id == f"tick-{round(job.args[0] / EVERY_S)}"
    assert job.func is slot
    assert redis.ttl(job.key) > 0


def test_starting_again_doubles_nothing(beats, processes):
    first = processes.beat(TICK)
    beats.wait_for(3)
    first.leave()

    processes.beat(TICK)
    slots = beats.wait_for(6)

    assert len(set(slots)) == len(slots)
    assert is_on_the_grid(slots)


def test_of_two_one_leads_and_when_it_is_killed_the_other_goes_on(redis, beats, processes):
    leader = processes.beat(TICK, lease_s=1)
    beats.wait_for(1)
    processes.beat(TICK, lease_s=1)
    beats.wait_for(4)

    leader.kill()

    slots = beats.wait_for(10)
    assert len(set(slots)) == len(slots)
    assert is_on_the_grid(slots)


def test_a_leader_that_hangs_and_wakes_up_doubles_nothing(beats, processes):
    leader = processes.beat(TICK, lease_s=1)
    beats.wait_for(2)
    other = processes.beat(TICK, lease_s=1)

    leader.signal(signal.SIGSTOP)
    wait_until(lambda: "leads" in other.log, 20)
    leader.signal(signal.SIGCONT)
    wait_until(lambda: "stands by" in leader.log, 20)

    slots = beats.wait_for(len(beats.slots) + 6)
    assert len(set(slots)) == len(slots)


def test_one_that_is_told_to_stop_lets_another_lead_at_once(redis, beats, processes):
    process = processes.beat(TICK, lease_s=60)
    beats.wait_for(1)

    assert process.leave() == 0

    assert redis.get(LEASE_KEY) is None


def test_a_schedule_that_redis_forgot_comes_back(redis, beats, processes):
    processes.beat(TICK, lease_s=1)
    beats.wait_for(2)

    redis.flushall()

    slots = beats.wait_for(5)
    assert len(set(slots)) == len(slots)


def test_a_schedule_that_is_not_declared_any_more_goes(redis):
    make_beat(redis, Schedule(**TICK), Schedule("old", "tests.queue.jobs.slot", 60, "beats")).run_once()
    redis.delete(LEASE_KEY)

    make_beat(redis, Schedule(**TICK)).run_once()

    assert [name.decode() for name in redis.zrange("rq:scheduler:scheduled_jobs", 0, -1)] == [
        Schedule(**TICK).id
    ]


def test_a_run_that_nobody_takes_does_not_pile_up(redis):
    beat = make_beat(redis)

    wait_until(lambda: beat.run_once() is not None and redis.llen("rq:queue:beats"))
    first = redis.lrange("rq:queue:beats", 0, -1)
    later = redis.time()[0] + 1
    wait_until(lambda: beat.run_once() is not None and redis.time()[0] > later)

    assert redis.lrange("rq:queue:beats", 0, -1) == first


def test_it_says_when_it_wants_to_be_called_again(redis):
    assert 0 <= make_beat(redis, Schedule("hourly", "tests.queue.jobs.slot", 3600, "beats")).run_once() <= 1.1


class Breaking:
    """A connection that breaks at the n-th command, before or after Redis has done it."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands = 0
        self.break_at = -1
        self.after = False
        send = redis.connection_pool.connection_class.send_packed_command
        read = redis.connection_pool.connection_class.read_response

        def counted_send(connection, *arguments, **options):
            self.commands += 1
            if self.commands == self.break_at and not self.after:
                raise RedisConnectionError("broken before")
            return send(connection, *arguments, **options)

        def counted_read(connection, *arguments, **options):
            answer = read(connection, *arguments, **options)
            if self.commands == self.break_at and self.after:
                self.break_at = -1
                raise RedisConnectionError("broken after")
            return answer

        monkeypatch.setattr(redis.connection_pool.connection_class, "send_packed_command", counted_send)
        monkeypatch.setattr(redis.connection_pool.connection_class, "read_response", counted_read)


@pytest.mark.parametrize("after", [False, True], ids=["before the command", "after the command"])
@pytest.mark.parametrize("step", range(1, 9))
def test_an_end_between_any_two_steps_neither_doubles_a_beat_nor_loses_the_schedule(
    redis, beats, monkeypatch, step, after
):
    beat = make_beat(redis)
    wait_until(lambda: beat.run_once() is not None and beats.take() >= 1)
    with monkeypatch.context() as patched:
        breaking = Breaking(redis, patched)
        breaking.after, breaking.break_at = after, step
        for _ in range(3):
            try:
                beat.run_once()
            except RedisConnectionError:
                break
    redis.delete(LEASE_KEY)

    successor = make_beat(redis)
    wait_until(lambda: successor.run_once() is not None and beats.take() >= 4)

    assert len(set(beats.slots)) == len(beats.slots)
    assert is_on_the_grid(beats.slots)


def test_what_rq_scheduler_schedules_runs_once_and_on_time(redis, queue):
    beat = make_beat(redis)
    job = beat.enqueue_in(timedelta(milliseconds=200), add, 1, 2, queue_name="work")
    assert job in beat

    wait_until(lambda: beat.run_once() is not None and queue.job_ids == [job.id])

    assert job not in beat


def test_an_interval_of_rq_scheduler_counts_from_the_time_before(redis, queue):
    beat = make_beat(redis)
    due = datetime.now(UTC) + timedelta(milliseconds=100)
    job = beat.schedule(due, add, args=(1, 2), interval=1, queue_name="work")

    wait_until(lambda: beat.run_once() is not None and queue.job_ids == [job.id])

    score = redis.zscore("rq:scheduler:scheduled_jobs", job.id)
    assert score == pytest.approx(due.timestamp() + 1, abs=0.001)


def test_a_cron_job_of_rq_scheduler_is_set_for_its_next_time(redis, queue):
    beat = make_beat(redis)
    job = beat.cron("* * * * *", add, args=(1, 2), queue_name="work")
    redis.zadd("rq:scheduler:scheduled_jobs", {job.id: 1})

    wait_until(lambda: beat.run_once() is not None and queue.job_ids == [job.id])

    assert redis.zscore("rq:scheduler:scheduled_jobs", job.id) > redis.time()[0]


def test_a_scheduler_waits_for_redis_and_says_so(server, tmp_path):
    server.start()
    processes = Processes(server.url, tmp_path)
    process = processes.beat(TICK, lease_s=1)
    try:
        wait_until(lambda: server.client().llen("rq:queue:beats"))
        server.kill()
        wait_until(lambda: "away" in process.log, 20)

        server.start()

        wait_until(lambda: server.client().llen("rq:queue:beats"), 20)
    finally:
        processes.end()
