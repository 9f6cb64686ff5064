"""Jobs for later, retries with an interval among them: moved to their queue when they are due."""

from collections.abc import Iterable

from redis import Redis
from rq.job import Job
from rq.queue import Queue
from rq.scheduler import RQScheduler
from rq.utils import now, utcformat

AT_ONCE = 500

MOVE_DUE = """
-- KEYS: 1 scheduled registry, 2 queue, 3 all queues, 4 the lock of RQ's own scheduler for this queue
-- ARGV: 1 prefix of jobs, 2 how many at most, 3 now as RQ writes it
-- Returns how many jobs were moved. Leaves the queue to RQ's own scheduler while one runs.
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
local moved = 0
local time = redis.call('TIME')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time[1], 'LIMIT', 0, ARGV[2])) do
  local job = ARGV[1] .. id
  redis.call('ZREM', KEYS[1], id)
  if redis.call('EXISTS', job) == 1 then
    local f = redis.call('HMGET', job, 'enqueue_at_front', 'enqueue_at_front_on_retry', 'ended_at', 'ttl')
    local is_front = f[1] == '1' or (f[2] == '1' and f[3] and f[3] ~= '')
    redis.call('HSET', job, 'status', 'queued', 'enqueued_at', ARGV[3])
    if f[4] then redis.call('EXPIRE', job, f[4]) end
    redis.call('SADD', KEYS[3], KEYS[2])
    redis.call(is_front and 'LPUSH' or 'RPUSH', KEYS[2], id)
    moved = moved + 1
  end
end
return moved
"""


def move_due(connection: Redis, queues: Iterable[Queue]) -> int:
    """Move the jobs whose time has come (by Redis' clock) to their queues; returns how many.

    RQ has a scheduler process for this, forked from the worker, which takes three steps and must be alone.
    This is one atomic step, so that any number of workers may do it, as often as they like.
    """
    with connection.pipeline(transaction=False) as pipeline:
        script = connection.register_script(MOVE_DUE)
        for queue in queues:
            script(
                keys=[
                    queue.scheduled_job_registry.key,
                    queue.key,
                    queue.redis_queues_keys,
                    RQScheduler.get_locking_key(queue.name),
                ],
                args=[Job.redis_job_namespace_prefix, AT_ONCE, utcformat(now())],
                client=pipeline,
            )
        return sum(pipeline.execute())
