"""Signs of life: of the worker and of every job in flight, in one round trip."""

import os
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING

from redis import Redis, exceptions
from redis.client import Pipeline
from rq import worker_registration
from rq.registry import StartedJobRegistry
from rq.utils import now, utcformat
from rq.worker import WorkerStatus

from pingpong.queue.worker.abandoned import KEY_LIFE
from pingpong.queue.worker.keys import EXECUTION_PREFIX, EXECUTIONS_PREFIX
from pingpong.queue.worker.taking import EXECUTION_TTL_S

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

DEATH_NOTICE_S = 60

AT_ONCE = 200
"""How many jobs one script keeps alive: Redis does nothing else meanwhile."""

KEEP_ALIVE = """
-- ARGV: 1 life in s, 2 prefix of executions, 3 of the registries of a job's executions, and then for each
--       job: started registry, job id:execution id, job id, execution id
-- Does nothing for a job that has ended meanwhile: a sign of life must not bring its keys back (rq/rq #1450).
local time = redis.call('TIME')
local now = time[1] .. '.' .. string.format('%06d', time[2])
for at = 4, #ARGV, 4 do
  local execution, executions = ARGV[2] .. ARGV[at + 1], ARGV[3] .. ARGV[at + 2]
  if redis.call('EXISTS', execution) == 1 then
    redis.call('HSET', execution, 'last_heartbeat', now)
    redis.call('EXPIRE', execution, ARGV[1])
    redis.call('ZADD', ARGV[at], 'XX', now + ARGV[1], ARGV[at + 1])
    redis.call('ZADD', executions, 'XX', now + ARGV[1] + 60, ARGV[at + 3])
    redis.call('EXPIRE', executions, ARGV[1] + 60)
  end
end
"""


class Heart:
    """Writes what the worker is and does. All of it each time, so that it is back after a FLUSHALL."""

    def __init__(self, worker: "GreenletWorker", dead_after_s: float) -> None:
        self._worker = worker
        self.silence_s = dead_after_s * KEY_LIFE
        """Who gives no sign of life for so long is probably dead."""
        self._is_name_free = False
        self._written: tuple[WorkerStatus, str | None] | None = None

    def begin(self) -> None:
        """Register the worker. Raises ValueError if another one of the same name lives.

        It bears being run again: what is found then may be our own key, whose answer was lost.
        """
        worker = self._worker
        if not self._is_name_free:
            if worker.connection.exists(worker.key) and not worker.connection.hexists(worker.key, "death"):
                raise ValueError(f"There exists an active worker named {worker.name!r} already")
            self._is_name_free = True
        worker.hostname, worker.pid = socket.gethostname(), os.getpid()
        worker.ip_address = _own_address(worker.connection)
        worker.birth_date = now()
        worker.connection.delete(worker.key)
        self.beat()

    def beat(self) -> None:
        """Renew the worker's key and registration and the executions of its jobs. One round trip."""
        worker = self._worker
        worker.last_heartbeat = now()
        with worker.connection.pipeline(transaction=False) as pipeline:
            self._write_worker(pipeline)
            self._keep_jobs_alive(pipeline)
            pipeline.execute()

    def end(self) -> None:
        """Take the worker off the books. Its key tells of its death for a minute, as in RQ."""
        worker = self._worker
        with worker.connection.pipeline() as pipeline:
            self._write_worker(pipeline)
            worker_registration.unregister(worker, pipeline)
            pipeline.hset(worker.key, "death", utcformat(now()))
            pipeline.expire(worker.key, DEATH_NOTICE_S)
            pipeline.execute()

    def write_state(self, pipeline: Pipeline, leaving: Collection[str] = ()) -> None:
        """Write what the worker does: its state and the oldest of its jobs, but those whose executions leave.

        The key's time to live is written with it, as this may be the write that brings the key back after
        Redis was away: without it, a worker that is killed right then would seem to live for ever.
        """
        worker = self._worker
        self._written = state, job_id = self._state(leaving)
        worker.set_state(state, pipeline)
        if job_id is None:
            pipeline.hdel(worker.key, "current_job")
        else:
            pipeline.hset(worker.key, "current_job", job_id)
        pipeline.pexpire(worker.key, self._key_life_ms)

    def write_change(self, pipeline: Pipeline, leaving: Collection[str]) -> None:
        """Write the same, if it is not what was written last."""
        if self._state(leaving) != self._written:
            self.write_state(pipeline, leaving)

    @property
    def life_if_idle_ms(self) -> int:
        """How long the worker's key shall live, if it does not say yet that the worker is busy; else 0."""
        is_busy = self._written is not None and self._written[0] is WorkerStatus.BUSY
        return 0 if is_busy else self._key_life_ms

    def said_busy(self, job_id: str) -> None:
        """Note that the worker's key says so by now."""
        self._written = WorkerStatus.BUSY, job_id

    @property
    def _key_life_ms(self) -> int:
        return int(self.silence_s * 1000)

    def _state(self, leaving: Collection[str]) -> tuple[WorkerStatus, str | None]:
        worker = self._worker
        for run in worker.runs:
            if run.execution is not None and run.execution.id not in leaving:
                return WorkerStatus.BUSY, run.job_id
        return (WorkerStatus.SUSPENDED if worker.is_suspended else WorkerStatus.IDLE), None

    def _write_worker(self, pipeline: Pipeline) -> None:
        worker = self._worker
        description = worker.serialize()
        description["successful_job_count"] = worker.successful_job_count
        description["failed_job_count"] = worker.failed_job_count
        description["total_working_time"] = worker.total_working_time
        if worker.asked_to_leave_at is not None:
            description["shutdown_requested_date"] = utcformat(worker.asked_to_leave_at)
        pipeline.hset(worker.key, mapping=description)
        worker_registration.register(worker, pipeline)
        self.write_state(pipeline)

    def _keep_jobs_alive(self, pipeline: Pipeline) -> None:
        running = [(run.queue.name, run.execution) for run in self._worker.runs if run.execution is not None]
        for start in range(0, len(running), AT_ONCE):
            words = (
                word
                for queue_name, execution in running[start : start + AT_ONCE]
                for word in (
                    StartedJobRegistry.key_template.format(queue_name),
                    execution.composite_key,
                    execution.job_id,
                    execution.id,
                )
            )
            pipeline.eval(KEEP_ALIVE, 0, EXECUTION_TTL_S, EXECUTION_PREFIX, EXECUTIONS_PREFIX, *words)


def _own_address(connection: Redis) -> str:
    """This process's address as Redis sees it. Some hosted ones refuse to say."""
    try:
        return str(connection.client_info()["addr"])
    except exceptions.ResponseError:
        return "unknown"
