"""Taking jobs: from their queues into RQ's started registries, many in one step that happens whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from rq.job import Job
from rq.queue import Queue
from rq.utils import as_text, now, utcformat

from pingpong.queue.worker.keys import EXECUTION_PREFIX, EXECUTIONS_PREFIX

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

AT_ONCE = 100
"""How many jobs one step takes at most: Redis does nothing else meanwhile (about 15 µs a job)."""
EXECUTION_TTL_S = 600
"""How long RQ waits for a sign of life before it takes a running job for failed. A worker that dies is
noticed much sooner, and its jobs run again; this is for what nothing else has noticed."""

TAKE = """
-- KEYS: queue, intermediate queue and started registry of each queue, the most urgent first
-- ARGV: 1 how many at most, 2 prefix of jobs, 3 of executions, 4 of the registries of a job's executions,
--       5 name of the worker, 6 its key, 7 that key's life in ms if it is to say "busy", else 0, 8 now as RQ
--       writes it, 9 life of an execution in s, 10 its silence in s that means death, 11 prefix of the new
--       executions' ids, 12 number of the queue with a job to start in its intermediate queue (0: none),
--       13 that job's id
-- Returns the number of the queue, job id, execution id and fields of each job that is started now.
local time = redis.call('TIME')
local now = time[1] .. '.' .. string.format('%06d', time[2])
local taken = {}
local function start(number, id)
  local job = ARGV[2] .. id
  if redis.call('EXISTS', job) == 0 then return end
  local execution = ARGV[11] .. #taken
  local composite = id .. ':' .. execution
  redis.call('HSET', job, 'status', 'started', 'last_heartbeat', ARGV[8], 'started_at', ARGV[8],
    'worker_name', ARGV[5])
  redis.call('PERSIST', job)
  redis.call('HSET', ARGV[3] .. composite, 'id', execution, 'created_at', now, 'last_heartbeat', now,
    'worker_name', ARGV[5], 'silent_after', ARGV[10])
  redis.call('EXPIRE', ARGV[3] .. composite, ARGV[9])
  redis.call('ZADD', ARGV[4] .. id, now + ARGV[9] + 60, execution)
  redis.call('EXPIRE', ARGV[4] .. id, ARGV[9] + 60)
  redis.call('ZADD', KEYS[number * 3], now + ARGV[9], composite)
  taken[#taken + 1] = {number, id, execution, redis.call('HGETALL', job)}
end
local first = tonumber(ARGV[12])
if first > 0 and redis.call('LREM', KEYS[first * 3 - 1], 1, ARGV[13]) == 1 then start(first, ARGV[13]) end
for number = 1, #KEYS / 3 do
  while #taken < tonumber(ARGV[1]) do
    local id = redis.call('LPOP', KEYS[number * 3 - 2])
    if not id then break end
    start(number, id)
  end
end
if #taken > 0 and ARGV[7] ~= '0' then
  redis.call('HSET', ARGV[6], 'state', 'busy', 'current_job', taken[1][2])
  redis.call('PEXPIRE', ARGV[6], ARGV[7])
end
return taken
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that Redis has written down as started here. `fields` is the job's hash."""

    queue: Queue
    job_id: str
    execution_id: str
    fields: dict[bytes, bytes]


class Taking:
    """Takes jobs from a worker's queues, the most urgent first."""

    def __init__(self, worker: "GreenletWorker", queues: Sequence[Queue]) -> None:
        self._worker = worker
        self._queues = queues
        self._keys = [
            key
            for queue in queues
            for key in (queue.key, queue.intermediate_queue_key, queue.started_job_registry.key)
        ]

    def take(self, count: int, first: tuple[Queue, str] | None = None) -> list[Taken]:
        """Up to `count` jobs, and with them, before all others, one that lies in its intermediate queue.

        A job whose key has expired or been deleted is passed over. If the answer is lost on its way, the
        jobs are found by their silence and go back to their queues.
        """
        worker = self._worker
        number, job_id = (0, "") if first is None else (self._queues.index(first[0]) + 1, first[1])
        answer = worker.connection.eval(
            TAKE,
            len(self._keys),
            *self._keys,
            *(count, Job.redis_job_namespace_prefix, EXECUTION_PREFIX, EXECUTIONS_PREFIX, worker.name),
            *(worker.key, worker.heart.life_if_idle_ms, utcformat(now()), EXECUTION_TTL_S),
            *(worker.heart.silence_s, uuid4().hex, number, job_id),
        )
        taken = [self._taken(*found) for found in answer]
        if taken:
            worker.heart.said_busy(taken[0].job_id)
        return taken

    def _taken(self, number: int, job_id: bytes, execution_id: bytes, fields: Iterable[bytes]) -> Taken:
        each = iter(fields)
        return Taken(
            self._queues[number - 1],
            as_text(job_id),
            as_text(execution_id),
            dict(zip(each, each, strict=True)),
        )
