"""Taking jobs from the queues: safely, by priority, and no more than can be run."""

import time
from typing import TYPE_CHECKING, cast

from gevent import GreenletExit
from rq.queue import Queue
from rq.utils import as_text

from pingpong.queue.away import REDIS_AWAY, waits_s
from pingpong.queue.worker.putback import put_back_taken
from pingpong.queue.worker.slots import Slots

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

LONGEST_BLOCK_S = 2.0


class Taker:
    """Takes the jobs of one queue, as a greenlet of its own.

    There is no BLMOVE from several queues, and BLPOP, which RQ falls back to, loses the job of a worker that
    dies before registering it (rq/rq #1966). So each queue has its taker, which moves a job to RQ's
    intermediate queue, where it stays until the run has registered it. A place for the job comes first: what
    this worker cannot run stays in the queue for others.
    """

    def __init__(self, worker: "GreenletWorker", queue: Queue, slots: Slots, rank: int) -> None:
        self.queue = queue
        self._worker = worker
        self._slots = slots
        self._rank = rank
        self._block_s = _block_s(worker)

    def __call__(self) -> None:
        """Take jobs until the worker stops."""
        waits = waits_s()
        while self._worker.wait_until_taking():
            try:
                self._take_next()
            except REDIS_AWAY as error:
                self._worker.availability.lost(error)
                time.sleep(next(waits))
            else:
                waits = waits_s()

    def take_now(self) -> bool:
        """Take a job if there is one and a place for it; does not wait. True if it took one."""
        return self._slots.take_now() and self._take_into_slot(block=False)

    def _take_next(self) -> None:
        if self._slots.take_spare():
            self._take_into_slot(block=True)
        elif self._wait_for_work() and self._slots.take(self._rank):
            self._take_into_slot(block=False)

    def _take_into_slot(self, *, block: bool) -> bool:
        """Move a job into the place that is held, or give the place back."""
        try:
            job_id = self._move(block=block)
        except (Exception, GreenletExit):
            self._slots.give()
            raise
        self._worker.availability.found()
        if job_id is None:
            self._slots.give()
            return False
        if not self._worker.launch(self.queue, job_id, self._slots):
            self._slots.give()
            put_back_taken(self._worker.connection, self.queue, job_id)
        return True

    def _move(self, *, block: bool) -> str | None:
        source, target = self.queue.key, self.queue.intermediate_queue_key
        connection = self._worker.connection
        if block:
            # redis-py's annotation says int; Redis takes seconds with a fraction since 6.0.
            moved = connection.blmove(source, target, cast("int", self._block_s))
        else:
            moved = connection.lmove(source, target)
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
