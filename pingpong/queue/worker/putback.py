"""Putting a job back at the head of its queue, in one step that either happens whole or not at all."""

from redis import Redis
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.queue import Queue
from rq.registry import FailedJobRegistry

MAX_ABANDONMENTS = 5
"""A job that was running each time when so many workers died is taken for the cause, and fails."""

PUT_BACK_RUNNING = """
-- KEYS: 1 started registry, 2 execution, 3 the job's executions, 4 job, 5 queue, 6 all queues,
--       7 scheduled registry, 8 failed registry
-- ARGV: 1 job id:execution id, 2 execution id, 3 job id, 4 abandonments allowed (empty: this is none)
-- Returns 1 if the job went back to the head of its queue, 2 if it has been abandoned too often and failed,
-- 0 if it was not running any more.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[2])
local status = redis.call('HGET', KEYS[4], 'status')
-- RQ marks a retry as scheduled one step before it puts it into the registry.
local is_lost_retry = status == 'scheduled' and not redis.call('ZSCORE', KEYS[7], ARGV[3])
if status ~= 'started' and not is_lost_retry then return 0 end
if ARGV[4] ~= '' and redis.call('HINCRBY', KEYS[4], 'abandonments', 1) > tonumber(ARGV[4]) then
  local failure_ttl = redis.call('HGET', KEYS[4], 'failure_ttl') or 31536000
  redis.call('HSET', KEYS[4], 'status', 'failed')
  redis.call('EXPIRE', KEYS[4], failure_ttl)
  redis.call('ZADD', KEYS[8], redis.call('TIME')[1] + failure_ttl, ARGV[3])
  return 2
end
redis.call('HSET', KEYS[4], 'status', 'queued', 'started_at', '', 'worker_name', '')
local ttl = redis.call('HGET', KEYS[4], 'ttl')
if ttl then redis.call('EXPIRE', KEYS[4], ttl) end
redis.call('SADD', KEYS[6], KEYS[5])
redis.call('LPUSH', KEYS[5], ARGV[3])
return 1
"""

PUT_BACK_TAKEN = """
-- KEYS: 1 intermediate queue, 2 queue, 3 all queues, 4 job
-- ARGV: 1 job id
-- Returns 1 if the job went back to the head of its queue.
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 or redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
redis.call('SADD', KEYS[3], KEYS[2])
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1
"""


class AbandonedTooOften(Exception):
    """The job was running when too many workers died; it has failed instead of going back to its queue."""


def put_back_running(
    connection: Redis, queue: Queue, execution: Execution, *, is_abandoned: bool = False
) -> bool:
    """Put a started job back at the head of its queue, without using up one of its attempts.

    True if it went back, False if that execution is not registered any more. With `is_abandoned` it counts
    how often that happened, and raises AbandonedTooOften when the job failed for that.
    """
    script = connection.register_script(PUT_BACK_RUNNING)
    keys = [
        queue.started_job_registry.key,
        execution.key,
        ExecutionRegistry(execution.job_id, connection).key,
        Job.key_for(execution.job_id),
        queue.key,
        queue.redis_queues_keys,
        queue.scheduled_job_registry.key,
        FailedJobRegistry(queue=queue).key,
    ]
    allowed = MAX_ABANDONMENTS if is_abandoned else ""
    outcome = script(keys=keys, args=[execution.composite_key, execution.id, execution.job_id, allowed])
    if outcome == 2:  # noqa: PLR2004 - see the script
        raise AbandonedTooOften(execution.job_id)
    return bool(outcome)


def put_back_taken(connection: Redis, queue: Queue, job_id: str) -> bool:
    """Put a job that was taken but not started back at the head of its queue. False if it was not there."""
    script = connection.register_script(PUT_BACK_TAKEN)
    keys = [queue.intermediate_queue_key, queue.key, queue.redis_queues_keys, Job.key_for(job_id)]
    return bool(script(keys=keys, args=[job_id]))
