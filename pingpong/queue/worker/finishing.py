"""Writing that jobs have succeeded: for many in one step, into RQ's registries, results and records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING, Any

from rq.executions import Execution
from rq.job import Job
from rq.registry import FinishedJobRegistry, StartedJobRegistry
from rq.results import Result, get_key
from rq.utils import utcformat

from pingpong.queue.batching import Batcher
from pingpong.queue.worker.keys import EXECUTIONS_PREFIX

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

AT_ONCE = 100
"""How many jobs one step ends at most: Redis does nothing else meanwhile (about 15 µs a job)."""

FINISH = """
-- ARGV, for each job: 1 started registry, 2 job id:execution id, 3 execution, 4 the job's executions,
--       5 execution id, 6 job, 7 job id, 8 the jobs that need this one, 9 the jobs that it needed, 10 its
--       results, 11 finished registry, 12 when it ended, 13 life of what stays in s (-1: for ever),
--       14 how many words of the result follow, and those
-- Returns for each job 1 if its success is written, 2 if other jobs need it and nothing is written, 0 if it
-- was not running here any more and nothing is written.
local seconds = tonumber(redis.call('TIME')[1])
local function finish(at)
  if not redis.call('ZSCORE', ARGV[at], ARGV[at + 1]) then return 0 end
  if redis.call('EXISTS', ARGV[at + 7]) == 1 then return 2 end
  redis.call('ZREM', ARGV[at], ARGV[at + 1])
  redis.call('DEL', ARGV[at + 2])
  redis.call('ZREM', ARGV[at + 3], ARGV[at + 4])
  if redis.call('EXISTS', ARGV[at + 5]) == 0 then return 1 end
  local ttl = tonumber(ARGV[at + 12])
  redis.call('HSET', ARGV[at + 5], 'status', 'finished', 'ended_at', ARGV[at + 11])
  redis.call('XADD', ARGV[at + 9], 'MAXLEN', '~', 10, '*', unpack(ARGV, at + 14, at + 13 + ARGV[at + 13]))
  redis.call('ZADD', ARGV[at + 10], ttl < 0 and '+inf' or seconds + ttl, ARGV[at + 6])
  if ttl < 0 then
    redis.call('PERSIST', ARGV[at + 9])
  else
    for _, key in ipairs({ARGV[at + 5], ARGV[at + 8], ARGV[at + 9]}) do redis.call('EXPIRE', key, ttl) end
  end
  return 1
end
local outcomes, at = {}, 1
while at <= #ARGV do
  outcomes[#outcomes + 1] = finish(at)
  at = at + 14 + ARGV[at + 13]
end
return outcomes
"""


class Outcome(IntEnum):
    """What FINISH did for a job."""

    LATE = 0  # the job was given to another, or its success was written before
    WRITTEN = 1
    IS_NEEDED = 2  # by other jobs: RQ's own way leads on


@dataclass(frozen=True, slots=True)
class Success:
    """A job that has returned its result, to be written."""

    job: Job
    execution: Execution
    queue_name: str
    ended_at: datetime
    ttl_s: int

    def words(self) -> list[Any]:
        """What FINISH wants to know."""
        job, execution = self.job, self.execution
        result = list(chain.from_iterable(self._result().serialize().items()))
        return [
            *(
                StartedJobRegistry.key_template.format(self.queue_name),
                execution.composite_key,
                execution.key,
            ),
            *(EXECUTIONS_PREFIX + job.id, execution.id, job.key, job.id),
            *(job.dependents_key, job.dependencies_key, get_key(job.id)),  # type: ignore[no-untyped-call]
            FinishedJobRegistry.key_template.format(self.queue_name),
            *(utcformat(self.ended_at), self.ttl_s, len(result)),
            *result,
        ]

    def _result(self) -> Result:
        return Result(
            self.job.id,
            Result.Type.SUCCESSFUL,
            self.job.connection,
            return_value=self.job._result,
            worker_name=self.execution.worker_name,
            serializer=self.job.serializer,
            execution_id=self.execution.id,
            execution_started_at=self.execution.created_at,
            execution_ended_at=self.ended_at,
        )


class Finishing:
    """Writes the successes of one worker's jobs, those of the same moment in one round trip."""

    def __init__(self, worker: "GreenletWorker") -> None:
        self._worker = worker
        self.write = Batcher(self._write_many, largest=AT_ONCE, name="finish job")
        """Write a Success; returns its Outcome."""

    def _write_many(self, successes: Sequence[Success]) -> list[Outcome]:
        worker = self._worker
        with worker.connection.pipeline(transaction=False) as pipeline:
            pipeline.eval(FINISH, 0, *chain.from_iterable(success.words() for success in successes))
            worker.heart.write_change(pipeline, leaving={success.execution.id for success in successes})
            outcomes: list[int] = pipeline.execute()[0]
        return [Outcome(outcome) for outcome in outcomes]
