"""What RQ sees as "the worker" while it keeps the books for one job of many."""

from datetime import timedelta
from typing import TYPE_CHECKING

from redis.client import Pipeline
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.worker import SimpleWorker

from pingpong.queue.worker.failures import LogsFailures

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker


class OneJobView(LogsFailures, SimpleWorker):
    """A worker with one job in it.

    RQ keeps the state of "the" running job on its worker (`execution`, `_stopped_job_id`, the queue it came
    from), so each job in flight gets a worker of its own, which shares everything else with the real one.
    What RQ would write to the worker's key per job is told to the real worker, which knows all its jobs.
    """

    def __init__(self, worker: "GreenletWorker", queue: Queue, execution: Execution | None) -> None:
        self.__dict__.update(worker.__dict__)
        self.death_penalty_class = worker.death_penalty_class
        self.job_class, self.queue_class = worker.job_class, worker.queue_class
        self.worker = worker
        self.queues = [queue]
        self.execution = execution
        self._execution_id = execution.id if execution else ""
        self._stopped_job_id: str | None = None

    def stopped(self, job: Job) -> None:
        """Remember that `job` ends because someone stopped it: it is then neither failed nor retried."""
        self._stopped_job_id = job.id

    def set_current_job_id(self, job_id: str | None = None, pipeline: Pipeline | None = None) -> None:
        """Write what the real worker is doing, with this job (or, on None, without it)."""
        if pipeline is not None:  # RQ always has one
            self.worker.heart.write_state(pipeline, leaving=() if job_id else (self._execution_id,))

    def increment_successful_job_count(self, pipeline: Pipeline | None = None) -> None:
        """Count in memory: the next heartbeat writes it."""
        self.worker.successful_job_count += 1

    def increment_failed_job_count(self, pipeline: Pipeline | None = None) -> None:
        """Count in memory: the next heartbeat writes it."""
        self.worker.failed_job_count += 1

    def count_working_time(self, job: Job) -> None:
        """Add what the job took, in memory: the next heartbeat writes it."""
        if job.started_at and job.ended_at:
            self.worker.total_working_time += (job.ended_at - job.started_at).total_seconds()

    def increment_total_working_time(self, job_execution_time: timedelta, pipeline: Pipeline) -> None:
        """Count in memory: the next heartbeat writes it."""
        self.worker.total_working_time += job_execution_time.total_seconds()
