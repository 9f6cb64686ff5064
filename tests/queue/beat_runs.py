"""A schedule that ticks four times a second, its runs as a worker takes them, and where schedules stand."""

from itertools import pairwise

from redis import Redis
from rq.job import Job

from pingpong.queue.beat import Beat
from pingpong.queue.schedule import Schedule
from tests.waiting import wait_until

EVERY_S = 0.25
TICK = {
    "name": "tick",
    "function": "tests.queue.jobs.slot",
    "every_s": EVERY_S,
    "queue": "beats",
    "takes_slot": True,
}
HOURLY = Schedule("hourly", "tests.queue.jobs.slot", 3600, "beats", takes_slot=True)
LEASE = "rq:scheduler_lock"
SCHEDULED = "rq:scheduler:scheduled_jobs"
BEATS = "rq:queue:beats"


class Taken:
    """The runs that the beat queued, taken from their queue as a worker takes them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.slots: list[float] = []

    def take(self) -> int:
        """Take what waits; how many were taken in all."""
        while taken := self._redis.lpop(BEATS):
            job = Job.fetch(taken.decode(), connection=self._redis)
            self._redis.hset(job.key, "status", "finished")
            self.slots.append(job.args[0])
        return len(self.slots)

    def wait_for(self, count: int, timeout: float = 20) -> list[float]:
        wait_until(lambda: self.take() >= count, timeout, what=f"{count} beats")
        return self.slots

    def wait_for_more(self, count: int, timeout: float = 20) -> list[float]:
        """Until so many were taken from now on; returns all."""
        return self.wait_for(self.take() + count, timeout)


def make_beat(redis: Redis, *schedules: Schedule, **options: float) -> Beat:
    return Beat(schedules or [Schedule(**TICK)], connection=redis, **options)


def drive(beat: Beat, until) -> None:
    """Call `run_once`, as `run` does, until the condition is true."""
    wait_until(lambda: beat.run_once() and until(), 20)


def make_due(redis: Redis, schedule: Schedule) -> float:
    """Have the slot that is on be due, as if nobody had moved it; returns the time of the next."""
    next_s = (redis.time()[0] // schedule.every_s + 1) * schedule.every_s
    redis.zadd(SCHEDULED, {schedule.id: next_s - schedule.every_s})
    return next_s


def waiting(redis: Redis, queue: str = "beats") -> list[str]:
    return [job_id.decode() for job_id in redis.lrange(f"rq:queue:{queue}", 0, -1)]


def scheduled(redis: Redis) -> dict[str, float]:
    """What stands among rq-scheduler's jobs, and for when."""
    return {job_id.decode(): due_s for job_id, due_s in redis.zrange(SCHEDULED, 0, -1, withscores=True)}


def are_on_the_grid(slots: list[float], every_s: float = EVERY_S) -> bool:
    return all(slot / every_s == round(slot / every_s) for slot in slots)


def have_no_gap(slots: list[float], every_s: float = EVERY_S) -> bool:
    return all(later - earlier == every_s for earlier, later in pairwise(slots))


def are_not_doubled(slots: list[float]) -> bool:
    return len(set(slots)) == len(slots)
