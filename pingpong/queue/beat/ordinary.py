"""rq-scheduler's ordinary jobs (enqueue_at, enqueue_in, schedule, cron), moved to their queue in one step."""

from datetime import UTC, datetime

from redis import Redis
from rq.job import Job, JobStatus
from rq.queue import Queue

from pingpong.queue.beat.dependent import Dependent
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.beat.repetition import count_down, next_time
from pingpong.queue.beat.runs import fields

MOVE = """
-- KEYS: 1 lease, 2 scheduled jobs, 3 job, 4 queue, 5 all queues
-- ARGV: 1 token, 2 job id, 3 its score, 4 its next score (empty: none), 5 'last' if it does not run again,
--       6 'LPUSH' or 'RPUSH', 7 its life in s (empty: for ever), then the fields and values to set in the job
-- Returns 'led elsewhere', 'moved already', 'early', 'gone' (it was deleted), 'waits' (its last run has not
-- begun: it is set down for its next time, and its repetitions are not counted down) or 'queued'.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'led elsewhere' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score or tonumber(score) ~= tonumber(ARGV[3]) then return 'moved already' end
local time = redis.call('TIME')
if time[1] + time[2] / 1000000 < tonumber(ARGV[3]) then return 'early' end
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[2])
  return 'gone'
end
local is_queued = redis.call('HGET', KEYS[3], 'status') == 'queued'
if ARGV[4] ~= '' and is_queued and redis.call('LPOS', KEYS[4], ARGV[2]) then
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
  return 'waits'
end
if ARGV[4] == '' or ARGV[5] == 'last' then
  redis.call('ZREM', KEYS[2], ARGV[2])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
end
redis.call('HSET', KEYS[3], unpack(ARGV, 8))
if ARGV[7] ~= '' then redis.call('EXPIRE', KEYS[3], ARGV[7]) end
redis.call('SADD', KEYS[5], KEYS[4])
redis.call(ARGV[6], KEYS[4], ARGV[2])
return 'queued'
"""

PUT_OFF = """
-- KEYS: 1 lease, 2 scheduled jobs
-- ARGV: 1 token, 2 job id, 3 its score, 4 its next score (empty: none)
-- Returns 'led elsewhere', 'moved already' or 'put off'.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'led elsewhere' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score or tonumber(score) ~= tonumber(ARGV[3]) then return 'moved already' end
if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[2])
else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2]) end
return 'put off'
"""


class Ordinary:
    """Moves the jobs that were scheduled one by one."""

    def __init__(self, connection: Redis, zset: str, lease: Lease, clock: RedisClock) -> None:
        self._zset = zset
        self._lease = lease
        self._clock = clock
        self._dependent = Dependent(zset, lease)
        self._script = connection.register_script(MOVE)
        self._put_off = connection.register_script(PUT_OFF)

    def move(self, job: Job, queue: Queue, due_s: float) -> str:
        """Queue a due job, and set it down for its next time if it has one. Returns what happened."""
        next_s = next_time(job, due_s, self._clock.now())
        is_last = count_down(job)
        if job._dependency_ids:
            return self._dependent.move(job, queue, due_s, None if is_last else next_s)
        _prepare(job, queue, self._clock.now())
        outcome: bytes = self._script(
            keys=[self._lease.key, self._zset, job.key, queue.key, queue.redis_queues_keys],
            args=[
                self._lease.token,
                job.id,
                repr(due_s),
                _score(next_s),
                "last" if is_last else "",
                "LPUSH" if job.enqueue_at_front else "RPUSH",
                job.ttl or "",
                *fields(job),
            ],
        )
        return outcome.decode()

    def put_off(self, job_id: str, due_s: float, until_s: float | None) -> str:
        """Set a job down for later, or with None for never. Returns what happened."""
        outcome: bytes = self._put_off(
            keys=[self._lease.key, self._zset],
            args=[self._lease.token, job_id, repr(due_s), _score(until_s)],
        )
        return outcome.decode()


def _score(time_s: float | None) -> str:
    return "" if time_s is None else repr(time_s)


def _prepare(job: Job, queue: Queue, now_s: float) -> None:
    """What RQ's Queue does to a job that it enqueues."""
    job.origin = queue.name
    job.enqueued_at = datetime.fromtimestamp(now_s, UTC)
    job.timeout = job.timeout or queue.DEFAULT_TIMEOUT
    job._status = JobStatus.QUEUED
