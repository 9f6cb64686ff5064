"""How a worker leaves: running jobs finish if they can, the others go back to their queues."""

import logging
import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from pingpong.queue.away import REDIS_AWAY
from pingpong.queue.worker.run import Interruption, JobRun

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

SAME_SIGNAL_S = 1.0
"""Ctrl-C reaches a worker from the terminal and again from the runner that started it: that is one signal."""
INTERRUPTED_S = 2.0
"""How long interrupted jobs may take to clean up."""


class Leaving:
    """When the worker was told to leave, and what then becomes of its jobs."""

    def __init__(self, worker: "GreenletWorker", grace_s: float) -> None:
        self._worker = worker
        self._grace_s = grace_s
        self._asked_at_s: float | None = None
        self._hurry = Event()

    def ask(self) -> bool:
        """Ask the worker to leave: True the first time. Asking again, a second or more later, hurries it."""
        now_s = time.monotonic()
        if self._asked_at_s is None:
            self._asked_at_s = now_s
            return True
        if now_s - self._asked_at_s >= SAME_SIGNAL_S:
            self._hurry.set()
        return False

    def wait_for_jobs(self) -> None:
        """Wait until the running jobs have finished, at most `grace_s`."""
        asked_at_s = time.monotonic() if self._asked_at_s is None else self._asked_at_s
        self._wait_for(list(self._worker.runs), asked_at_s + self._grace_s - time.monotonic())

    def put_back_rest(self) -> None:
        """Interrupt the jobs that still run and put them back. Nobody here may take any more by then."""
        rest = list(self._worker.runs)
        for run in rest:
            run.interrupt(Interruption.PUT_BACK)
        gevent.joinall([run.greenlet for run in rest if run.greenlet], timeout=INTERRUPTED_S)
        self._put_back([run for run in rest if run.is_given_up])

    def _wait_for(self, runs: list[JobRun], seconds: float) -> None:
        if not runs:
            return
        log.info("leaving: %d jobs have %.1f s to finish", len(runs), seconds, extra={"jobs": len(runs)})
        hurry = gevent.spawn(self._hurry.wait)
        ended = gevent.spawn(gevent.joinall, [run.greenlet for run in runs if run.greenlet])
        gevent.wait([hurry, ended], timeout=max(0.0, seconds), count=1)
        gevent.killall([hurry, ended])

    def _put_back(self, runs: list[JobRun]) -> None:
        """The newest first, each at the head, so that they stand there in the order in which they came."""
        if not runs:
            return
        try:
            count = sum(run.put_back() for run in reversed(runs))
        except REDIS_AWAY as error:
            log.warning("leaving with %d jobs, for others to find: redis is away: %s", len(runs), error)
        else:
            log.info("put back %d jobs", count, extra={"jobs": count})
