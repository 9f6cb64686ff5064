"""What a worker does beside its jobs: small things, over and over, each as a greenlet."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rq.queue import Queue
from rq.suspension import WORKERS_SUSPENDED

from pingpong.queue.away import REDIS_AWAY
from pingpong.queue.worker.abandoned import requeue_abandoned
from pingpong.queue.worker.delayed import move_due

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
RESCUE_TURN_KEY = "rq:rescue-turn:{}"
RESCUES_PER_DEATH = 8
"""How often the workers of a queue together look for abandoned jobs within `dead_after_s`."""


class Chores:
    """The chores of one worker."""

    def __init__(self, worker: "GreenletWorker", heartbeat_s: float, dead_after_s: float) -> None:
        self._worker = worker
        self._heartbeat_s = heartbeat_s
        self._dead_after_s = dead_after_s

    def loops(self) -> list[Callable[[], None]]:
        """The endless loops to run as greenlets."""
        return [
            lambda: self._over_and_over(self._heartbeat_s, self._worker.heart.beat),
            lambda: self._over_and_over(LOOK_EVERY_S, self.look_around),
        ]

    def look_around(self) -> None:
        """See whether workers are suspended, and move on what is due, abandoned or expired."""
        worker = self._worker
        worker.set_suspended(bool(worker.connection.exists(WORKERS_SUSPENDED)))
        if worker.moves_delayed_jobs:
            move_due(worker.connection, worker.queues)
        requeue_abandoned(worker.connection, self._mine_to_rescue(), dead_after_s=self._dead_after_s)
        if worker.should_run_maintenance_tasks:
            worker.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def _mine_to_rescue(self) -> list[Queue]:
        """The queues whose turn it takes: any number of workers may look, one at a time is enough."""
        worker = self._worker
        turn_ms = int(self._dead_after_s * 1000 / RESCUES_PER_DEATH)
        with worker.connection.pipeline(transaction=False) as pipeline:
            for queue in worker.queues:
                pipeline.set(RESCUE_TURN_KEY.format(queue.name), worker.name, nx=True, px=turn_ms)
            turns = pipeline.execute()
        return [queue for queue, is_mine in zip(worker.queues, turns, strict=True) if is_mine]

    def _over_and_over(self, every_s: float, chore: Callable[[], object]) -> None:
        availability = self._worker.availability
        while True:
            try:
                chore()
            except REDIS_AWAY as error:
                availability.lost(error)
            except Exception:  # the boundary of a chore: it is done again, and the jobs go on
                log.exception("a chore of worker %s broke", self._worker.name)
            else:
                availability.found()
            time.sleep(min(every_s, LOOK_EVERY_S) if availability.is_away else every_s)
