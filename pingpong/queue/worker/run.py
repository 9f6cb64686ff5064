"""One job's way through the worker: called, and its end written down."""

import logging
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

import structlog
from gevent import Greenlet, GreenletExit, get_hub
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.timeouts import JobTimeoutException

from pingpong.queue.context import names_of
from pingpong.queue.naming import function_name
from pingpong.queue.worker.ending import Ending
from pingpong.queue.worker.measured import PUT_BACK, count_end
from pingpong.queue.worker.putback import put_back_running
from pingpong.queue.worker.slots import Slots
from pingpong.queue.worker.taking import Taken
from pingpong.queue.worker.waiting import Seat, seat

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)


class Interruption(Enum):
    """Why a job's code is interrupted from outside."""

    STOP = "stop"  # send_stop_job_command: it ends as stopped
    PUT_BACK = "put back"  # the worker leaves: another one shall run it


class JobRun:
    """A job in flight. Call it as the body of a greenlet; it never raises."""

    def __init__(self, worker: "GreenletWorker", taken: Taken, slots: Slots) -> None:
        self.job_id = taken.job_id
        self.queue = taken.queue
        self.execution: Execution | None = Execution(
            taken.execution_id, taken.job_id, worker.connection, worker.name
        )
        """RQ's record that this job is running; None once its end is written."""
        self.greenlet: Greenlet | None = None
        self.is_ending = False
        self._worker = worker
        self._slots = slots
        self._is_in_job_code = False
        self._is_thrown_out = False
        self._interruption: Interruption | None = None
        self.names = {"job_id": taken.job_id, "queue": taken.queue.name}

    @property
    def is_given_up(self) -> bool:
        """Is the job to be put back, because its code was interrupted for that?"""
        return self._interruption is Interruption.PUT_BACK and not self.is_ending

    def __call__(self, fields: dict[bytes, bytes]) -> None:
        """Run the job with these fields to its end."""
        try:
            self._run(fields)
        except Exception:  # the boundary of a job: whatever broke, the others go on
            log.exception("the run of job %s of %s broke", self.job_id, self.queue.name, extra=self.names)

    def interrupt(self, reason: Interruption) -> None:
        """Raise GreenletExit in the job's code; a job that is just being begun or ended goes on.

        A job that was stopped stays so: it is not put back, however long it takes to clean up.
        """
        if self._interruption is not Interruption.STOP:
            self._interruption = reason
        get_hub().loop.run_callback(self._throw)

    def put_back(self) -> bool:
        """Put the job back at the head of its queue. False if it was not registered here any more."""
        if self.execution is None:
            return False
        return put_back_running(self._worker.connection, self.queue, self.execution)

    def _run(self, fields: dict[bytes, bytes]) -> None:
        worker = self._worker
        job = worker.job_class(self.job_id, connection=worker.connection, serializer=worker.serializer)
        job.restore(fields)
        self._name(job)
        log.debug(
            "job %s of %s started: %s", job.id, self.queue.name, self.names["function"], extra=self.names
        )
        started_at_s = time.monotonic()
        seat.set(Seat(worker.waiting_room, self._slots))
        self._call(job)
        self._say_how_it_went(job, time.monotonic() - started_at_s)

    def _name(self, job: Job) -> None:
        """What log lines tell of the job: not what it was called with. `meta["kind"]` is the user's.

        The names are also those of the greenlet, which ends with the job: RQ's lines and the job's have them.
        """
        names = names_of(job)
        structlog.contextvars.bind_contextvars(**names)
        self.names.update(names)
        self.names["function"] = function_name(job)
        if kind := job.meta.get("kind"):
            self.names["kind"] = str(kind)

    def _call(self, job: Job) -> None:
        try:
            value = self.call_function(job)
        except BaseException as error:  # noqa: BLE001 - the job's own boundary: SystemExit, too, ends only the job
            if self._is_thrown_out and self._interruption is Interruption.PUT_BACK:
                return  # the worker puts it back, together with the others and in their order
            self._end_raised(job, error)
        else:
            self.is_ending = True
            Ending(self._worker, self, job).returned(value)
        self.execution = None

    def call_function(self, job: Job) -> Any:  # noqa: ANN401 - whatever a job returns
        """Call the job's function within its time limit. The watchdog knows a job by this frame."""
        limit_s = job.timeout or self.queue.DEFAULT_TIMEOUT
        self._is_in_job_code = True
        try:
            self._leave_if_interrupted()
            with self._worker.death_penalty_class(limit_s, JobTimeoutException, job_id=job.id):
                return job.perform()
        finally:
            self._is_in_job_code = False

    def _end_raised(self, job: Job, error: BaseException) -> None:
        self.is_ending = True
        ending = Ending(self._worker, self, job)
        if self._is_thrown_out:
            ending.stopped()
        else:
            ending.raised(error)

    def _leave_if_interrupted(self) -> None:
        if self._interruption is not None:
            self._is_thrown_out = True
            raise GreenletExit

    def _throw(self) -> None:
        """Runs in gevent's hub, so that nothing can happen between the look and the throw."""
        if self._is_in_job_code and self.greenlet is not None:
            self._is_thrown_out = True
            self.greenlet.throw(GreenletExit)

    def _say_how_it_went(self, job: Job, seconds: float) -> None:
        outcome = "given up" if self.is_given_up else str(job.get_status(refresh=False).value)
        count_end(job, self.queue.name, PUT_BACK if self.is_given_up else outcome, seconds)
        # A task says itself how it ended; a second line for each would be most of what is logged.
        is_told = "task_id" in self.names or self.queue.name in self._worker.routine_queues
        is_routine = outcome == JobStatus.FINISHED.value and is_told
        log.log(
            logging.DEBUG if is_routine else logging.INFO,
            "job %s of %s %s after %.3f s: %s",
            job.id,
            self.queue.name,
            outcome,
            seconds,
            self.names.get("function"),
            extra={**self.names, "outcome": outcome, "seconds": round(seconds, 6)},
        )
