"""Keeping the declared schedules, and only those, among rq-scheduler's scheduled jobs."""

from collections.abc import Sequence

from redis import Redis
from rq.job import Job, JobStatus

from pingpong.queue.beat.grid import slot_at, slot_time
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.beat.runs import LAST_RUNS_KEY, fields
from pingpong.queue.schedule import Schedule

DECLARED_KEY = "rq:beat:declared"

DECLARE = """
-- KEYS: 1 lease, 2 scheduled jobs, 3 declared, 4 the schedule's job
-- ARGV: 1 token, 2 schedule id, 3 score of the next slot, 4 score of the one after it, then the fields and
--       values of the schedule's job
-- Puts a missing schedule in its place. One that stands beyond the slot after the next, because its interval
-- was longer once or the clock was wrong, is brought near. Not one that stands nearer: a clock that goes back
-- a little would have a slot run twice. Returns 1 if it was moved.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], unpack(ARGV, 5))
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if score and tonumber(score) <= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return 1
"""

WITHDRAW = """
-- KEYS: 1 lease, 2 scheduled jobs, 3 declared, 4 last runs
-- ARGV: 1 token, 2 prefix of jobs, then the ids of all declared schedules
-- Removes those that were declared once and are not any more. Returns how many.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local kept, withdrawn = {}, 0
for at = 3, #ARGV do kept[ARGV[at]] = true end
for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  if not kept[id] then
    redis.call('ZREM', KEYS[2], id)
    redis.call('SREM', KEYS[3], id)
    redis.call('HDEL', KEYS[4], id)
    redis.call('DEL', ARGV[2] .. id)
    withdrawn = withdrawn + 1
  end
end
return withdrawn
"""


class Declared:
    """The schedules of this program."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        connection: Redis,
        zset: str,
        lease: Lease,
        clock: RedisClock,
    ) -> None:
        self.by_id = {schedule.id: schedule for schedule in schedules}
        if len(self.by_id) < len(schedules):
            raise ValueError("two schedules have the same name")
        self._connection = connection
        self._jobs = {schedule.id: self._job(schedule) for schedule in schedules}
        self._zset = zset
        self._lease = lease
        self._clock = clock
        self._declare = connection.register_script(DECLARE)
        self._withdraw = connection.register_script(WITHDRAW)

    def put_in_place(self) -> None:
        """Put back what is missing and remove what is not declared any more. Idempotent.

        Two round trips: redis-py asks first whether Redis, which may have been restarted, knows the scripts.
        """
        lease, token, last_runs = self._lease.key, self._lease.token, LAST_RUNS_KEY
        with self._connection.pipeline(transaction=False) as pipeline:
            for schedule in self.by_id.values():
                job = self._jobs[schedule.id]
                self._declare(
                    keys=[lease, self._zset, DECLARED_KEY, job.key],
                    args=[token, schedule.id, *self._next_slots(schedule.every_s), *fields(job)],
                    client=pipeline,
                )
            self._withdraw(
                keys=[lease, self._zset, DECLARED_KEY, last_runs],
                args=[token, Job.redis_job_namespace_prefix, *self.by_id],
                client=pipeline,
            )
            pipeline.execute()

    def _next_slots(self, every_s: float) -> tuple[str, str]:
        """The scores of the next two."""
        slot = slot_at(self._clock.now(), every_s)
        return repr(slot_time(slot + 1, every_s)), repr(slot_time(slot + 2, every_s))

    def _job(self, schedule: Schedule) -> Job:
        """What rq-scheduler's own tools show of it; they remove what has no job."""
        return Job.create(
            schedule.function,
            connection=self._connection,
            id=schedule.id,
            origin=schedule.queue,
            description=schedule.name,
            meta={"every_s": schedule.every_s},
            status=JobStatus.SCHEDULED,
        )
