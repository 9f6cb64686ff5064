"""One shift of a worker: from the first job it takes until the last one has ended or gone back."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import gevent
from gevent import Greenlet
from rq.worker import DequeueStrategy

from pingpong.queue.away import REDIS_AWAY, keep_trying
from pingpong.queue.worker.commands import Commands
from pingpong.queue.worker.takers import LONGEST_BLOCK_S, Taker
from pingpong.queue.worker.taking import Taking
from pingpong.queue.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5


class Shift:
    """Runs the greenlets of a registered worker until it is told to stop or has done its work."""

    def __init__(self, worker: "GreenletWorker", strategy: DequeueStrategy) -> None:
        self._worker = worker
        self._is_in_order = strategy == DequeueStrategy.DEFAULT
        self._takers = deque(_takers(worker, in_order=self._is_in_order))

    def work(self, *, burst: bool, max_idle_s: float | None) -> None:
        """Work until the queues are empty (`burst`), nothing came for `max_idle_s`, or it is stopped."""
        worker = self._worker
        queues = ", ".join(worker.queue_names())
        log.info("worker %s takes from %s", worker.name, queues, extra={"worker": worker.name})
        beside = [gevent.spawn(loop) for loop in (*worker.chores.loops(), Commands(worker), Watchdog())]
        taking: list[Greenlet] = []
        try:
            if burst:
                self._drain()
            else:
                taking = [gevent.spawn(taker) for taker in self._takers]
                self._wait_until_stopped(max_idle_s)
        finally:
            self._leave(taking)
            gevent.killall(beside)
            self._say_goodbye()

    def _drain(self) -> None:
        """Run what is in the queues, and what that adds to them, until they are empty."""
        worker = self._worker
        keep_trying(worker.chores.look_around, worker.availability, is_over=worker.is_stopping)
        while worker.takes_jobs():
            worker.run_ended.clear()
            if keep_trying(self._take_one, worker.availability, is_over=worker.is_stopping):
                continue
            if not worker.runs and not worker.run_ended.is_set():
                break  # nothing came to an end, and added work, while Redis was asked
            worker.run_ended.wait(LOOK_EVERY_S)
        while worker.runs and not worker.is_stopping():
            worker.run_ended.clear()
            worker.run_ended.wait(LOOK_EVERY_S)

    def _take_one(self) -> bool:
        for taker in self._takers:
            if taker.take_now():
                if not self._is_in_order:
                    self._takers.rotate(-self._takers.index(taker) - 1)
                return True
        return False

    def _wait_until_stopped(self, max_idle_s: float | None) -> None:
        worker = self._worker
        while not worker.stopping.wait(LOOK_EVERY_S):
            idle_s = time.monotonic() - worker.idle_since_s
            if max_idle_s is not None and not worker.runs and idle_s >= max_idle_s:
                log.info("worker %s has been idle for %d s", worker.name, max_idle_s)
                worker.stop()

    def _leave(self, taking: list[Greenlet]) -> None:
        worker = self._worker
        worker.stop_taking()
        worker.leaving.wait_for_jobs()
        # A taker that is blocked in Redis would take what is put back, and disturb the order.
        gevent.joinall(taking, timeout=LONGEST_BLOCK_S + 1)
        gevent.killall(taking)
        worker.leaving.put_back_rest()

    def _say_goodbye(self) -> None:
        worker = self._worker
        try:
            worker.register_death()
        except REDIS_AWAY as error:
            log.warning("worker %s leaves without a word: redis is away: %s", worker.name, error)
        log.info("worker %s has left", worker.name, extra={"worker": worker.name})


def _takers(worker: "GreenletWorker", *, in_order: bool) -> Iterator[Taker]:
    """One for each queue. In order, each fills its places from the first of those that share their slots."""
    for slots, queues in worker.pools.groups(worker.queues):
        shared = Taking(worker, queues)
        for rank, queue in enumerate(queues):
            yield Taker(worker, queue, slots, *((rank, shared) if in_order else (0, Taking(worker, [queue]))))
