"""Taking jobs from the queues: safely, by priority, and no more than can be run."""

import logging
import time
from typing import TYPE_CHECKING, cast

from gevent import GreenletExit
from rq.queue import Queue
from rq.utils import as_text

from pingpong.queue.away import REDIS_AWAY, waits_s
from pingpong.queue.worker.putback import put_back_taken
from pingpong.queue.worker.slots import Slots
from pingpong.queue.worker.taking import AT_ONCE, Taking

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

LONGEST_BLOCK_S = 2.0


class Taker:
    """Takes jobs, as a greenlet of its own: one for each queue.

    There is no BLMOVE from several queues, and BLPOP, which RQ falls back to, loses the job of a worker that
    dies before registering it (rq/rq #1966). So each queue has a taker that blocks until there is a job, and
    moves it to RQ's intermediate queue. One script then starts it, and with it others that are there, from
    whichever queue comes first. While there is more, the script alone takes it. A place for a job comes
    before the job: what this worker cannot run stays in the queue for others.
    """

    def __init__(
        self, worker: "GreenletWorker", queue: Queue, slots: Slots, rank: int, taking: Taking
    ) -> None:
        self.queue = queue
        self._worker = worker
        self._slots = slots
        self._rank = rank
        self._taking = taking
        self._block_s = _block_s(worker)
        self._may_be_more = False

    def __call__(self) -> None:
        """Take jobs until the worker stops."""
        waits = waits_s()
        while self._worker.wait_until_taking():
            try:
                self._take_next()
            except REDIS_AWAY as error:
                self._worker.availability.lost(error)
                time.sleep(next(waits))
            except (
                Exception
            ):  # the boundary of a taker: without it, nobody would take from this queue any more
                log.exception("taking from %s broke", self.queue.name, extra={"queue": self.queue.name})
                time.sleep(next(waits))
            else:
                self._worker.availability.found()
                waits = waits_s()

    def take_now(self) -> bool:
        """Take what there is and can be run; does not wait. True if it took a job."""
        return self._slots.take_now() and self._fill()

    def _take_next(self) -> None:
        if self._may_be_more:
            if self._slots.take(self._rank):
                self._fill()
        elif self._slots.take_spare():
            self._block_and_fill()
        else:
            self._may_be_more = self._wait_for_work()

    def _block_and_fill(self) -> None:
        """Wait for a job, with a place for it."""
        try:
            job_id = self._move()
        except (Exception, GreenletExit):
            self._slots.give()
            raise
        if job_id is None:
            self._slots.give()
        elif self._worker.takes_jobs():
            self._fill((self.queue, job_id))
        else:
            self._slots.give()
            put_back_taken(self._worker.connection, self.queue, job_id)

    def _fill(self, first: tuple[Queue, str] | None = None) -> bool:
        """Start jobs in the place that is held and in those that are free. True if there were any."""
        places = 1 + self._slots.take_more(min(AT_ONCE, self._worker.jobs_left) - 1)
        unused = places
        try:
            taken = self._taking.take(places, first) if self._worker.takes_jobs() else []
            unused -= len(taken)
        finally:
            self._slots.give(unused)
        for found in taken:
            self._worker.launch(found, self._slots)
        self._may_be_more = unused == 0
        return bool(taken)

    def _move(self) -> str | None:
        source, target = self.queue.key, self.queue.intermediate_queue_key
        # redis-py's annotation says int; Redis takes seconds with a fraction since 6.0.
        moved = self._worker.connection.blmove(source, target, cast("int", self._block_s))
        return None if moved is None else as_text(cast("bytes", moved))

    def _wait_for_work(self) -> bool:
        """Wait, without a place, until the queue holds a job: moving its head to its head changes nothing."""
        key = self.queue.key
        block_s = cast("int", self._block_s)
        return self._worker.connection.blmove(key, key, block_s, "LEFT", "LEFT") is not None


def _block_s(worker: "GreenletWorker") -> float:
    """How long to block in Redis: shorter than the socket's own time-out (redis-py 8: 5 s by default)."""
    socket_timeout_s = worker.connection.connection_pool.connection_kwargs.get("socket_timeout")
    return LONGEST_BLOCK_S if socket_timeout_s is None else min(LONGEST_BLOCK_S, socket_timeout_s / 2)
