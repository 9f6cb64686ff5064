"""Jobs of workers that died: noticed by Redis' clock, and put back at the head of their queue."""

import logging
from collections.abc import Iterable

from redis import Redis
from rq.executions import Execution
from rq.queue import Queue
from rq.utils import as_text
from rq.worker import BaseWorker

from pingpong.metrics.counters import JOBS_ABANDONED
from pingpong.queue.worker.keys import EXECUTION_PREFIX
from pingpong.queue.worker.putback import AbandonedTooOften, put_back_running, put_back_taken

log = logging.getLogger(__name__)

DEAD_AFTER_S = 15.0
KEY_LIFE = 2 / 3
"""The part of `dead_after_s` that a worker's key outlives its last heartbeat; the rest is second thoughts."""
MISSED_KEY = "rq:missed:{}"
MISSED_TTL_S = 3600

FIND_MISSED = """
-- KEYS: 1 started registry, 2 intermediate queue, 3 missed (what has nobody: first noticed, by Redis' clock)
-- ARGV: 1 prefix of executions, 2 prefix of workers, 3 seconds of second thoughts,
--       4 seconds a taken job may lie, 5 life of KEYS[3] in seconds
-- Returns the running (job id:execution id) and the taken (job id) that have had nobody for too long.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local missed, running, taken = {}, {}, {}
local function is_overdue(member, patience_s)
  missed[member] = true
  local since = redis.call('ZSCORE', KEYS[3], member)
  if not since then redis.call('ZADD', KEYS[3], now, member) end
  return since and now - since >= tonumber(patience_s)
end
for _, execution in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local f = redis.call('HMGET', ARGV[1] .. execution, 'worker_name', 'silent_after', 'last_heartbeat')
  local worker = ARGV[2] .. (f[1] or '')
  local is_gone = not f[1] or redis.call('EXISTS', worker) == 0 or redis.call('HEXISTS', worker, 'death') == 1
  if is_gone or (f[2] and now - f[3] > tonumber(f[2])) then
    if is_overdue(execution, ARGV[3]) then running[#running + 1] = execution end
  end
end
for _, job in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if is_overdue(job, ARGV[4]) then taken[#taken + 1] = job end
end
for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if not missed[member] then redis.call('ZREM', KEYS[3], member) end
end
redis.call('EXPIRE', KEYS[3], ARGV[5])
return {running, taken}
"""


def requeue_abandoned(
    connection: Redis, queues: Iterable[str | Queue], *, dead_after_s: float = DEAD_AFTER_S
) -> int:
    """Put jobs whose worker is gone back at the head of their queues; returns how many.

    Call it every second or few, from anywhere and from as many places as you like. A job counts as abandoned

    - when it is running, the key of its worker (which outlives a heartbeat by two thirds of `dead_after_s`)
      is gone, and still is a third of `dead_after_s` later: after Redis was away for long, all keys are
      gone, and living workers get this time to say so;
    - when it was taken, but has not been started for `dead_after_s`.

    It does not use up one of the job's attempts, but see MAX_ABANDONMENTS.
    """
    count = 0
    for queue in queues:
        queue = Queue(queue, connection=connection) if isinstance(queue, str) else queue  # noqa: PLW2901
        executions, taken = _find_missed(connection, queue, dead_after_s)
        put_back = sum(_requeue(connection, queue, execution) for execution in executions)
        put_back += sum(put_back_taken(connection, queue, job_id) for job_id in taken)
        JOBS_ABANDONED.add(put_back, queue=queue.name)
        count += put_back
    if count:
        log.warning("put back %d jobs of dead workers", count, extra={"jobs": count})
    return count


def _find_missed(connection: Redis, queue: Queue, dead_after_s: float) -> tuple[list[Execution], list[str]]:
    script = connection.register_script(FIND_MISSED)
    second_thoughts_s = dead_after_s * (1 - KEY_LIFE)
    running, taken = script(
        keys=[queue.started_job_registry.key, queue.intermediate_queue_key, MISSED_KEY.format(queue.name)],
        args=[
            EXECUTION_PREFIX,
            BaseWorker.redis_worker_namespace_prefix,
            second_thoughts_s,
            dead_after_s,
            MISSED_TTL_S,
        ],
    )
    executions = [Execution.from_composite_key(as_text(member), connection) for member in running]
    return executions, [as_text(job_id) for job_id in taken]


def _requeue(connection: Redis, queue: Queue, execution: Execution) -> bool:
    try:
        return put_back_running(connection, queue, execution, is_abandoned=True)
    except AbandonedTooOften:
        log.exception(
            "job %s of %s has outlived too many workers and is taken for their murderer: failed",
            execution.job_id,
            queue.name,
            extra={"job_id": execution.job_id, "queue": queue.name},
        )
        return False
