"""rq-scheduler's ordinary jobs (enqueue_at, enqueue_in, schedule, cron), moved to their queue in one step."""

from datetime import UTC, datetime

from crontab import CronTab  # type: ignore[import-untyped]
from redis import Redis
from rq.job import Job, JobStatus
from rq.queue import Queue

from pingpong.queue.beat.grid import next_after
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.beat.runs import fields

MOVE = """
-- KEYS: 1 lease, 2 scheduled jobs, 3 job, 4 queue, 5 all queues
-- ARGV: 1 token, 2 job id, 3 its score, 4 its next score (empty: none), 5 'LPUSH' or 'RPUSH',
--       6 its life in s (empty: for ever), then the fields and values to set in the job
-- Returns 'led elsewhere', 'moved already', 'early', 'waits' (its last run has not begun) or 'queued'.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'led elsewhere' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score or tonumber(score) ~= tonumber(ARGV[3]) then return 'moved already' end
local time = redis.call('TIME')
if time[1] + time[2] / 1000000 < tonumber(ARGV[3]) then return 'early' end
redis.call('ZREM', KEYS[2], ARGV[2])
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2]) end
local status = redis.call('HGET', KEYS[3], 'status')
if status == 'queued' and redis.call('LPOS', KEYS[4], ARGV[2]) then return 'waits' end
redis.call('HSET', KEYS[3], unpack(ARGV, 7))
if ARGV[6] ~= '' then redis.call('EXPIRE', KEYS[3], ARGV[6]) end
redis.call('SADD', KEYS[5], KEYS[4])
redis.call(ARGV[5], KEYS[4], ARGV[2])
return 'queued'
"""


class Ordinary:
    """Moves the jobs that were scheduled one by one."""

    def __init__(self, connection: Redis, zset: str, lease: Lease, clock: RedisClock) -> None:
        self._connection = connection
        self._zset = zset
        self._lease = lease
        self._clock = clock
        self._script = connection.register_script(MOVE)

    def move(self, job: Job, queue: Queue, due_s: float) -> str:
        """Queue a due job, and set it down for its next time if it has one. Returns what happened."""
        next_s = self._next_time(job, due_s)
        _prepare(job, queue, self._clock.now())
        outcome: bytes = self._script(
            keys=[self._lease.key, self._zset, job.key, queue.key, queue.redis_queues_keys],
            args=[
                self._lease.token,
                job.id,
                repr(due_s),
                "" if next_s is None else repr(next_s),
                "LPUSH" if job.enqueue_at_front else "RPUSH",
                job.ttl or "",
                *fields(job),
            ],
        )
        return outcome.decode()

    def _next_time(self, job: Job, due_s: float) -> float | None:
        """When the job runs again, counting down its repetitions; None if this is the last time."""
        if job.meta.get("repeat"):
            job.meta["repeat"] = int(job.meta["repeat"]) - 1
        if job.meta.get("repeat") == 0:
            return None
        now_s = self._clock.now()
        if interval_s := job.meta.get("interval"):
            return next_after(due_s, float(interval_s), now_s)
        if cron_string := job.meta.get("cron_string"):
            return _next_by_cron(cron_string, max(due_s, now_s))
        return None


def _next_by_cron(cron_string: str, after_s: float) -> float:
    """rq-scheduler reads cron lines in the local time zone of the scheduler, whatever the job says."""
    local = datetime.fromtimestamp(after_s)  # noqa: DTZ006 - crontab wants local time without a zone
    following: datetime = CronTab(cron_string).next(now=local, return_datetime=True)
    return following.timestamp()


def _prepare(job: Job, queue: Queue, now_s: float) -> None:
    """What RQ's Queue does to a job that it enqueues."""
    job.origin = queue.name
    job.enqueued_at = datetime.fromtimestamp(now_s, UTC)
    job.timeout = job.timeout or queue.DEFAULT_TIMEOUT
    job._status = JobStatus.QUEUED
