"""How a job ended, written down: returned, raised, to be retried, or stopped."""

import traceback
from collections.abc import Callable
from contextlib import suppress

from redis import exceptions
from rq.job import Job, JobStatus, Retry
from rq.queue import Queue
from rq.utils import now

from pingpong.queue.away import keep_trying
from pingpong.queue.worker.scripts import RUN_COMMANDS, words
from pingpong.queue.worker.view import OneJobView

UNLESS_NEEDED = f"""{RUN_COMMANDS}
-- KEYS: 1 the jobs that depend on this one
-- ARGV: any number of commands
-- Runs the commands if there are no such jobs. Returns 1 if so.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
run(1)
return 1
"""


class Ending:
    """Writes the end of one job through RQ's own methods, so that registries, results and counts are RQ's.

    If Redis is away, it waits until Redis is back: the job has been done, and only this is left to say.
    """

    def __init__(self, view: OneJobView, queue: Queue, job: Job) -> None:
        self._view = view
        self._queue = queue
        self._job = job

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
        self._fail("".join(traceback.format_exception(error)))

    def stopped(self) -> None:
        """Someone stopped the job: it is neither retried nor run again."""
        self._job.ended_at = now()
        with suppress(Exception):  # RQ has logged it; the job is stopped all the same
            self._job.execute_stopped_callback(self._view.death_penalty_class)
        self._fail("Job stopped by user.", is_stop=True)

    def _succeed(self, value: object) -> None:
        job, view = self._job, self._view
        job._status = JobStatus.FINISHED
        job.execute_success_callback(view.death_penalty_class, value)
        self._write(self._record_success)
        job.send_webhooks(JobStatus.FINISHED)

    def _record_success(self) -> None:
        """Write it in one step, together with the ends of other jobs; RQ's own way is for the rarer cases."""
        job, view = self._job, self._view
        ttl_s = job.get_result_ttl(view.default_result_ttl)
        is_plain = ttl_s != 0 and not job.repeats_left
        if not (is_plain and self._succeed_alone(ttl_s)):
            view.handle_job_success(job, self._queue, self._queue.started_job_registry)

    def _succeed_alone(self, ttl_s: int) -> bool:
        """Write the success of a job that no other depends on. False, and nothing written, if one does."""
        job, view, execution = self._job, self._view, self._view.execution
        if execution is None:
            return False
        with view.connection.pipeline() as pipeline:
            # RQ's own code says what to write; the pipeline is only its list and is never executed.
            job._handle_success(
                ttl_s,
                pipeline=pipeline,
                worker_name=view.name,
                execution_id=execution.id,
                execution_started_at=execution.created_at,
                execution_ended_at=job.ended_at,
            )
            job.cleanup(ttl_s, pipeline=pipeline, remove_from_queue=False)
            view.cleanup_execution(job, pipeline=pipeline)
            commands = words(pipeline)
        if not view.worker.scripts.run(UNLESS_NEEDED, [job.dependents_key], commands):
            return False
        view.increment_successful_job_count()
        view.count_working_time(job)
        return True

    def _retry(self, retry: Retry) -> None:
        job, queue, execution = self._job, self._queue, self._view.execution
        registry = queue.started_job_registry
        if execution is not None:
            self._write(lambda: self._view.handle_job_retry(job, queue, retry, registry, execution))

    def _fail(self, reason: str, *, is_stop: bool = False) -> None:
        job, view, execution = self._job, self._view, self._view.execution

        def fail() -> None:
            if is_stop:
                view.stopped(job)
            view.handle_job_failure(job, self._queue, exc_string=reason)
            # RQ logs and forgets what goes wrong in there, so look.
            registry = self._queue.started_job_registry.key
            if execution and view.connection.zscore(registry, execution.composite_key) is not None:
                raise exceptions.ConnectionError("the end of the job is not written")

        self._write(fail)

    def _write(self, record: Callable[[], None]) -> None:
        """Write until it is written. RQ changes job and execution before it has sent anything."""
        job, view = self._job, self._view
        execution = view.execution
        left = (job.retries_left, job.number_of_retries, job.repeats_left)

        def attempt() -> None:
            view.execution = execution
            job.retries_left, job.number_of_retries, job.repeats_left = left
            record()

        keep_trying(attempt, view.worker.availability)
