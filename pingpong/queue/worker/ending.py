"""How a job ended, written down: returned, raised, to be retried, or stopped."""

import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from redis import exceptions
from rq.job import Job, JobStatus, Retry
from rq.utils import now

from pingpong.queue.away import keep_trying
from pingpong.queue.worker.finishing import Outcome, Success
from pingpong.queue.worker.view import OneJobView

if TYPE_CHECKING:
    from pingpong.queue.worker.run import JobRun
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)


class Ending:
    """Writes the end of one job, so that registries, results and counts are as RQ's own.

    If Redis is away, it waits until Redis is back: the job has been done, and only this is left to say.
    Nothing is written about a job that was given to another worker meanwhile.
    """

    def __init__(self, worker: "GreenletWorker", run: "JobRun", job: Job) -> None:
        self._worker = worker
        self._run = run
        self._job = job
        self._view = OneJobView(worker, run.queue, run.execution)

    def returned(self, value: object) -> None:
        """The job's function returned `value`, which may be an RQ Retry."""
        self._job.ended_at = now()
        self._job._result = value
        try:
            if isinstance(value, Retry):
                self._retry(value)
            else:
                self._succeed(value)
        except Exception as error:  # noqa: BLE001 - as in RQ: a broken callback fails the job
            self.raised(error)

    def raised(self, error: BaseException) -> None:
        """The job's function raised `error`: the job is retried if it may be, else it failed."""
        job, view = self._job, self._view
        job.ended_at = now()
        job._status = JobStatus.FAILED
        try:
            job.execute_failure_callback(view.death_penalty_class, type(error), error, error.__traceback__)
        except Exception as callback_error:  # noqa: BLE001 - as in RQ: this is what is then recorded
            error = callback_error
        view.handle_exception(job, type(error), error, error.__traceback__)
        text = "".join(traceback.format_exception(error))
        self._fail(text.encode(errors="backslashreplace").decode())  # half a surrogate pair cannot be stored

    def stopped(self) -> None:
        """Someone stopped the job: it is neither retried nor run again."""
        self._job.ended_at = now()
        with suppress(Exception):  # RQ has logged it; the job is stopped all the same
            self._job.execute_stopped_callback(self._view.death_penalty_class)
        self._view.stopped(self._job)
        self._fail("Job stopped by user.")

    def _succeed(self, value: object) -> None:
        job, view = self._job, self._view
        job._status = JobStatus.FINISHED
        job.execute_success_callback(view.death_penalty_class, value)
        if not self._succeed_with_others():
            registry = self._run.queue.started_job_registry
            self._write(lambda: view.handle_job_success(job, self._run.queue, registry))
        job.send_webhooks(JobStatus.FINISHED)

    def _succeed_with_others(self) -> bool:
        """Write the success in one step with those of other jobs. False if it is a case for RQ's own way."""
        job, execution = self._job, self._run.execution
        ttl_s = job.get_result_ttl(self._view.default_result_ttl)
        if ttl_s == 0 or job.repeats_left or execution is None or job.ended_at is None:
            return False
        success = Success(job, execution, self._run.queue.name, job.ended_at, ttl_s)
        outcome = keep_trying(lambda: self._worker.finishing.write(success), self._worker.availability)
        if outcome is Outcome.WRITTEN:
            self._view.increment_successful_job_count()
            self._view.count_working_time(job)
        elif outcome is Outcome.LATE:
            self._say_late()
        return outcome is not Outcome.IS_NEEDED

    def _retry(self, retry: Retry) -> None:
        job, queue, execution = self._job, self._run.queue, self._run.execution
        registry = queue.started_job_registry
        if execution is not None:
            self._write(lambda: self._view.handle_job_retry(job, queue, retry, registry, execution))

    def _fail(self, reason: str) -> None:
        def fail() -> None:
            self._view.handle_job_failure(self._job, self._run.queue, exc_string=reason)
            # RQ logs and forgets what goes wrong in there, so look.
            if self._is_registered():
                raise exceptions.ConnectionError("the end of the job is not written")

        self._write(fail)

    def _write(self, record: Callable[[], None]) -> None:
        """Write until it is written. RQ changes job and execution before it has sent anything."""
        job, view = self._job, self._view
        left = (job.retries_left, job.number_of_retries, job.repeats_left)

        def attempt() -> None:
            if not self._is_registered():
                self._say_late()
                return
            view.execution = self._run.execution
            job.retries_left, job.number_of_retries, job.repeats_left = left
            record()

        keep_trying(attempt, self._worker.availability)

    def _is_registered(self) -> bool:
        """Is the job still running here, by RQ's books? Else its end is written, or another runs it."""
        execution, registry = self._run.execution, self._run.queue.started_job_registry
        return (
            execution is not None
            and self._view.connection.zscore(registry.key, execution.composite_key) is not None
        )

    def _say_late(self) -> None:
        names = {"job_id": self._job.id, "queue": self._run.queue.name}
        log.info(
            "the end of job %s is written already, or another worker's to write", self._job.id, extra=names
        )
