"""RQ's own forking worker, which never loses or fails a job because a process was stopped or killed."""

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from types import FrameType
from typing import Any

from redis import Redis
from rq.job import Job
from rq.queue import Queue
from rq.utils import now

from pingpong.lifeline import die_with_parent
from pingpong.queue.away import REDIS_AWAY
from pingpong.queue.context import named
from pingpong.queue.cruncher.heartbeat import BeatingWorker
from pingpong.queue.naming import function_name
from pingpong.queue.worker.abandoned import DEAD_AFTER_S
from pingpong.queue.worker.failures import LogsFailures
from pingpong.queue.worker.measured import KILLED, PUT_BACK, STOPPED, count_end
from pingpong.queue.worker.putback import put_back_running, put_back_taken
from pingpong.telemetry import end_telemetry

log = logging.getLogger(__name__)

SAME_SIGNAL = timedelta(seconds=1)
"""Ctrl-C reaches a worker from the terminal and from what started it, too: that is one signal."""

HORSE_ENDS_WITHIN_S = 0.5
"""How long each job waits for a receiver of telemetry that does not answer.

Not less: to one that is far away, a new connection takes a part of it."""


class HorseGivenUp(Exception):
    """The work horse was killed because the worker leaves."""


class ForkingWorker(LogsFailures, BeatingWorker):
    """Runs one job at a time, each in a work horse: a process forked for it.

    Differs from RQ's own in what happens when something ends: a job whose worker leaves goes back to the head
    of its queue instead of failing; a horse never outlives its worker; a worker that was killed is noticed
    within `dead_after_s`.
    """

    def __init__(
        self,
        queues: Any,  # noqa: ANN401 - RQ's own
        name: str | None = None,
        *,
        connection: Redis,
        heartbeat_s: float = 5.0,
        dead_after_s: float = DEAD_AFTER_S,
        grace_s: float = 20.0,
        **options: Any,  # noqa: ANN401 - RQ's own
    ) -> None:
        self._grace_s = grace_s
        self._is_giving_up = False
        options.update(connection=connection, heartbeat_s=heartbeat_s, dead_after_s=dead_after_s)
        super().__init__(queues, name, **options)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job in a horse of its own; lines of both processes have its names meanwhile."""
        with named(job):
            super().execute_job(job, queue)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork a process for the job, which ends when this one ends, however that happens."""
        self._tie_to_parent = die_with_parent(signal.SIGKILL)
        super().fork_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """Leave it to the worker to say when the horse ends. Some platforms signal every process at once."""
        self._tie_to_parent()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run the job, in the horse, and log how it went."""
        started_at_s = time.monotonic()
        is_good = super().perform_job(job, queue)
        seconds = time.monotonic() - started_at_s
        outcome, function = "finished" if is_good else "failed", function_name(job)
        count_end(job, queue.name, outcome, seconds)
        self.teller.tell_and_end()
        log.info(
            "job %s of %s %s after %.3f s: %s",
            job.id,
            queue.name,
            outcome,
            seconds,
            function,
            extra={
                "job_id": job.id,
                "queue": queue.name,
                "function": function,
                "outcome": outcome,
                "seconds": round(seconds, 6),
            },
        )
        end_telemetry(HORSE_ENDS_WITHIN_S)  # a horse ends without a word to anybody
        return is_good

    def monitor_work_horse(self, job: Job, queue: Queue) -> None:
        """Wait until the horse has ended; what was given up goes back to its queue."""
        try:
            if self._is_giving_up:
                self.give_up()  # told so just before there was a horse
            super().monitor_work_horse(job, queue)
        except HorseGivenUp:
            self._horse_pid = 0
            self._put_back(job, queue)
        except REDIS_AWAY as error:  # just after the horse has ended: what it could not write, others find
            self._availability.lost(error)

    def handle_work_horse_killed(self, job: Job, *ending: Any) -> None:  # noqa: ANN401 - RQ's signature
        """The horse has died of something else than its job's end, such as a lack of memory."""
        self._count(job, KILLED)
        super().handle_work_horse_killed(job, *ending)  # type: ignore[no-untyped-call]

    def handle_job_failure(self, job: Job, *about: Any, **more: Any) -> None:  # noqa: ANN401 - RQ's signature
        """A job has failed, or was stopped, which kills its horse."""
        if self._stopped_job_id == job.id:
            self._count(job, STOPPED)
        super().handle_job_failure(job, *about, **more)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the horse has ended. Raises HorseGivenUp."""
        ended = super().wait_for_horse()
        if self._is_giving_up:
            raise HorseGivenUp
        return ended

    def handle_warm_shutdown_request(self) -> None:
        """The running job may finish within the grace; then it is given up."""
        timer = threading.Timer(self._grace_s, self.give_up)
        timer.daemon = True
        timer.start()

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """The second signal: give the running job up at once."""
        if self._shutdown_requested_date and now() - self._shutdown_requested_date >= SAME_SIGNAL:
            self.give_up()

    def give_up(self) -> None:
        """Kill the work horse and have its job put back. Safe in signal handlers and other threads."""
        self._is_giving_up = True
        self.kill_horse()

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the horse and what it has started. RQ's own, if it comes too early, kills our own group."""
        if not self.horse_pid:
            return
        try:
            os.killpg(self.horse_pid, sig)
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, sig)

    def _shutdown(self) -> None:
        """Leave, after the running job if there is one. RQ's own writes to Redis in the signal's handler."""
        self._stop_requested = True

    def _count(self, job: Job, outcome: str) -> None:
        """For a horse that could not do so itself."""
        seconds = (now() - job.started_at).total_seconds() if job.started_at else 0.0
        count_end(job, job.origin, outcome, seconds)

    def _put_back(self, job: Job, queue: Queue) -> None:
        """At the head of its queue, without using up an attempt; nothing happens if it has just ended."""
        execution, self.execution = self.execution, None
        names = {"job_id": job.id, "queue": queue.name}
        try:
            is_back = execution is not None and put_back_running(self.connection, queue, execution)
            # A horse that was killed at once has not taken it from the intermediate queue.
            if is_back or put_back_taken(self.connection, queue, job.id):
                log.info("put back job %s of %s", job.id, queue.name, extra=names)
                self._count(job, PUT_BACK)
            self.set_current_job_id(None)
        except REDIS_AWAY as error:
            log.warning("leaving job %s for others to find: redis is away: %s", job.id, error, extra=names)
