"""Signs of life: of the worker and of every job in flight, in one round trip."""

import os
import socket
from typing import TYPE_CHECKING

from redis import Redis, exceptions
from redis.client import Pipeline
from rq import worker_registration
from rq.executions import ExecutionRegistry
from rq.utils import now, utcformat
from rq.worker import WorkerStatus

from pingpong.queue.worker.abandoned import KEY_LIFE
from pingpong.queue.worker.start import EXECUTION_TTL_S

if TYPE_CHECKING:
    from pingpong.queue.worker.run import JobRun
    from pingpong.queue.worker.view import OneJobView
    from pingpong.queue.worker.worker import GreenletWorker

DEATH_NOTICE_S = 60

KEEP_ALIVE = """
-- KEYS: 1 execution, 2 started registry, 3 the job's executions
-- ARGV: 1 job id:execution id, 2 execution id, 3 now (Unix seconds), 4 life in seconds
-- Does nothing if the job has ended meanwhile: a sign of life must not bring its keys back (rq/rq #1450).
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'last_heartbeat', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], 'XX', ARGV[3] + ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[3], 'XX', ARGV[3] + ARGV[4] + 60, ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[4] + 60)
return 1
"""


class Heart:
    """Writes what the worker is and does. All of it each time, so that it is back after a FLUSHALL."""

    def __init__(self, worker: "GreenletWorker", dead_after_s: float) -> None:
        self._worker = worker
        self._key_life_ms = int(dead_after_s * KEY_LIFE * 1000)
        self._keep_alive = worker.connection.register_script(KEEP_ALIVE)

    def begin(self) -> None:
        """Register the worker. Raises ValueError if another one of the same name lives."""
        worker = self._worker
        if worker.connection.exists(worker.key) and not worker.connection.hexists(worker.key, "death"):
            raise ValueError(f"There exists an active worker named {worker.name!r} already")
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
            for run in worker.runs:
                self._renew_execution(run, pipeline)
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

    def write_state(self, pipeline: Pipeline, leaving: "OneJobView | None" = None) -> None:
        """Write what the worker does: its state and the oldest of its jobs, but the one that is `leaving`.

        The key's time to live is written with it, as this may be the write that brings the key back after
        Redis was away: without it, a worker that is killed right then would seem to live for ever.
        """
        worker = self._worker
        job_id = next((run.job_id for run in worker.runs if run.view is not leaving), None)
        worker.set_state(_state(worker, job_id), pipeline)
        if job_id is None:
            pipeline.hdel(worker.key, "current_job")
        else:
            pipeline.hset(worker.key, "current_job", job_id)
        pipeline.pexpire(worker.key, self._key_life_ms)

    def _write_worker(self, pipeline: Pipeline) -> None:
        worker = self._worker
        description = worker.serialize()
        description["successful_job_count"] = worker.successful_job_count
        description["failed_job_count"] = worker.failed_job_count
        description["total_working_time"] = worker.total_working_time
        pipeline.hset(worker.key, mapping=description)
        worker_registration.register(worker, pipeline)
        self.write_state(pipeline)

    def _renew_execution(self, run: "JobRun", pipeline: Pipeline) -> None:
        execution = run.execution
        if execution is None:
            return
        executions = ExecutionRegistry(execution.job_id, self._worker.connection).key
        self._keep_alive(
            keys=[execution.key, run.queue.started_job_registry.key, executions],
            args=[execution.composite_key, execution.id, now().timestamp(), EXECUTION_TTL_S],
            client=pipeline,
        )


def _state(worker: "GreenletWorker", job_id: str | None) -> WorkerStatus:
    if job_id is not None:
        return WorkerStatus.BUSY
    return WorkerStatus.SUSPENDED if worker.is_suspended else WorkerStatus.IDLE


def _own_address(connection: Redis) -> str:
    """This process's address as Redis sees it. Some hosted ones refuse to say."""
    try:
        return str(connection.client_info()["addr"])
    except exceptions.ResponseError:
        return "unknown"
