"""One run of a declared schedule: the job of one slot, moved into its queue in one step."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from redis.typing import EncodableT
from rq.job import Job, JobStatus
from rq.queue import Queue

from pingpong.metrics.counters import BEAT_JITTER, BEATS_MISSED
from pingpong.queue.beat.grid import slot_at, slot_time
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.schedule import Schedule

LAST_RUNS_KEY = "rq:beat:last-runs"

START_RUN = """
-- KEYS: 1 lease, 2 scheduled jobs, 3 the run's job, 4 queue, 5 all queues, 6 last runs (schedule id: job id)
-- ARGV: 1 token, 2 schedule id, 3 the schedule's score, 4 when the slot begins, 5 score of the next slot,
--       6 the run's job id, 7 its life in s, 8 prefix of jobs, then the fields and values of the run's job
-- Returns 'led elsewhere', 'moved already', 'early', 'had its run' (the clock has gone back), 'waits' (the
-- last run has not begun, so this slot has none) or 'queued'. In the last three cases the next slot is set.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'led elsewhere' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score or tonumber(score) ~= tonumber(ARGV[3]) then return 'moved already' end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
if now < tonumber(ARGV[3]) or now < tonumber(ARGV[4]) then return 'early' end
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[2])
local last = redis.call('HGET', KEYS[6], ARGV[2])
if last == ARGV[6] then return 'had its run' end
if last then
  local status = redis.call('HGET', ARGV[8] .. last, 'status')
  if status == 'queued' then return 'waits' end
  -- A run whose time to live has passed leaves its id in the queue.
  if not status then redis.call('LREM', KEYS[4], 0, last) end
end
redis.call('HSET', KEYS[3], unpack(ARGV, 9))
redis.call('EXPIRE', KEYS[3], ARGV[7])
redis.call('SADD', KEYS[5], KEYS[4])
redis.call('RPUSH', KEYS[4], ARGV[6])
redis.call('HSET', KEYS[6], ARGV[2], ARGV[6])
return 'queued'
"""


LEAST_LIFE_S = 10
LIFE_INTERVALS = 3


@dataclass(frozen=True)
class Lives:
    """How long what a run leaves in Redis is kept, in seconds. `job_s` counts until it begins."""

    job_s: float | None = None
    result_s: int = 60
    failure_s: int = 3600

    def of_job(self, every_s: float) -> int:
        """A few intervals, if nothing was said: a beat that nobody ran for so long is of no use any more."""
        life_s = max(LEAST_LIFE_S, LIFE_INTERVALS * every_s) if self.job_s is None else self.job_s
        return math.ceil(life_s)


class Runs:
    """Starts the runs of declared schedules."""

    def __init__(self, connection: Redis, zset: str, lease: Lease, clock: RedisClock, lives: Lives) -> None:
        self._connection = connection
        self._zset = zset
        self._lease = lease
        self._clock = clock
        self._lives = lives
        self._script = connection.register_script(START_RUN)

    def start(self, schedule: Schedule, due_s: float) -> str:
        """Queue the run of the slot that is on, and move the schedule on to the next. Returns what happened.

        Slots that have passed altogether, while nobody led, are skipped.
        """
        slot = slot_at(max(due_s, self._clock.now()), schedule.every_s)
        job = self._job(schedule, slot)
        queue = Queue(schedule.queue, connection=self._connection)
        outcome: bytes = self._script(
            keys=[self._lease.key, self._zset, job.key, queue.key, queue.redis_queues_keys, LAST_RUNS_KEY],
            args=[
                self._lease.token,
                schedule.id,
                repr(due_s),
                repr(slot_time(slot, schedule.every_s)),
                repr(slot_time(slot + 1, schedule.every_s)),
                job.id,
                self._lives.of_job(schedule.every_s),
                Job.redis_job_namespace_prefix,
                *fields(job),
            ],
        )
        self._count(schedule, slot, due_s, outcome.decode())
        return outcome.decode()

    def _count(self, schedule: Schedule, slot: int, due_s: float, outcome: str) -> None:
        if outcome == "queued":
            begins_at_s = slot_time(slot, schedule.every_s)
            BEAT_JITTER.observe(self._clock.now() - begins_at_s, schedule=schedule.name)
        if outcome in {"queued", "waits"}:
            skipped = slot - slot_at(due_s, schedule.every_s)
            BEATS_MISSED.add(skipped + (outcome == "waits"), schedule=schedule.name)

    def _job(self, schedule: Schedule, slot: int) -> Job:
        """The run of a slot as RQ describes it, without a word to Redis."""
        begins_at_s = slot_time(slot, schedule.every_s)
        job = Job.create(
            schedule.function,
            args=(begins_at_s,) if schedule.takes_slot else (),
            connection=self._connection,
            id=f"{schedule.name}-{slot}",
            origin=schedule.queue,
            description=schedule.name,
            timeout=Queue.DEFAULT_TIMEOUT,
            ttl=self._lives.of_job(schedule.every_s),
            result_ttl=self._lives.result_s,
            failure_ttl=self._lives.failure_s,
            status=JobStatus.QUEUED,
        )
        job.enqueued_at = datetime.fromtimestamp(self._clock.now(), UTC)
        return job


def fields(job: Job) -> list[EncodableT]:
    """The fields and values of a job's hash, one after the other, as a script takes them."""
    return [word for field, value in job.to_dict().items() if value is not None for word in (field, value)]
