"""An RQ worker that runs many jobs at once, as greenlets."""

import logging
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import gevent
from gevent import monkey
from gevent.event import Event
from redis import Redis
from rq.defaults import DEFAULT_LOGGING_DATE_FORMAT, DEFAULT_LOGGING_FORMAT
from rq.logutils import setup_loghandlers
from rq.queue import Queue
from rq.utils import now
from rq.worker import DequeueStrategy, SimpleWorker

from pingpong.queue.away import REDIS_AWAY, Availability, keep_trying
from pingpong.queue.worker.abandoned import DEAD_AFTER_S
from pingpong.queue.worker.chores import Chores
from pingpong.queue.worker.finishing import Finishing
from pingpong.queue.worker.heartbeat import Heart
from pingpong.queue.worker.leaving import Leaving
from pingpong.queue.worker.native_locks import let_threads_log
from pingpong.queue.worker.registries import clean_registries
from pingpong.queue.worker.run import JobRun
from pingpong.queue.worker.shift import Shift
from pingpong.queue.worker.slots import Pools, Slots
from pingpong.queue.worker.started import StartedJob
from pingpong.queue.worker.taking import Taken
from pingpong.queue.worker.timeouts import GreenletDeathPenalty
from pingpong.queue.worker.waiting import WaitingRoom

log = logging.getLogger(__name__)

MAINTENANCE_EVERY_S = 60


class GreenletWorker(SimpleWorker):
    """Runs up to `concurrency` jobs at once in one process.

    Use it like RQ's Worker, in a process that gevent has monkey-patched before anything else was imported:
    `GreenletWorker(["high", "low"], connection=redis, concurrency=500).work()`. What it promises is in
    docs/worker.md.

    A job that waits with `waiting.pause` takes no slot meanwhile; `max_waiting` may do so.
    `reserved` gives queues slots of their own, beside `concurrency`: their jobs run even when all else is
    full, and never take a common slot. `dead_after_s` is about how long after this process was killed its
    jobs run again; `grace_s` is how long running jobs may take once it was told to stop, before they are put
    back.
    """

    death_penalty_class = GreenletDeathPenalty
    job_class = StartedJob

    def __init__(
        self,
        queues: str | Queue | Sequence[str] | Sequence[Queue],
        name: str | None = None,
        *,
        connection: Redis | None = None,
        concurrency: int = 200,
        max_waiting: int = 10_000,
        reserved: Mapping[str, int] | None = None,
        heartbeat_s: float = 5.0,
        dead_after_s: float = DEAD_AFTER_S,
        grace_s: float = 20.0,
        **options: Any,  # noqa: ANN401 - RQ's own
    ) -> None:
        options = {"maintenance_interval": MAINTENANCE_EVERY_S, **options}
        # RQ would ask Redis for this process's address here, but Redis may not be there yet.
        options.update(prepare_for_work=False, log_job_description=False)
        super().__init__(queues, name, connection=connection, **options)
        self.availability = Availability(log)
        self.chores = Chores(self, heartbeat_s, dead_after_s)
        self.heart = Heart(self, dead_after_s)
        self.leaving = Leaving(self, grace_s)
        self.finishing = Finishing(self)
        self.waiting_room = WaitingRoom(max_waiting)
        # A line for each beat would hide the others.
        self.routine_queues = frozenset(reserved or {})
        self.pools = Pools(self.queue_names(), concurrency, reserved or {})
        self.runs: dict[JobRun, None] = {}
        self.run_ended = Event()
        self.stopping = Event()
        self.idle_since_s = time.monotonic()
        self.asked_to_leave_at: datetime | None = None
        self.is_suspended = False
        self.moves_delayed_jobs = True
        self._may_take = Event()
        self._may_take.set()
        self._max_jobs: int | None = None
        self._launched = 0
        self._finished = 0

    def work(  # noqa: PLR0917 - RQ's signature
        self,
        burst: bool = False,
        logging_level: str | None = None,
        date_format: str = DEFAULT_LOGGING_DATE_FORMAT,
        log_format: str = DEFAULT_LOGGING_FORMAT,
        max_jobs: int | None = None,
        max_idle_time: int | None = None,
        with_scheduler: bool = True,
        dequeue_strategy: DequeueStrategy = DequeueStrategy.DEFAULT,
    ) -> bool:
        """Take and run jobs until told to stop; returns whether any job has run.

        Arguments as in RQ. `with_scheduler` moves delayed jobs and retries when they are due, without a
        process of its own. Any `dequeue_strategy` but the default serves waiting queues in turn.
        """
        if not monkey.is_module_patched("socket"):
            raise RuntimeError(
                "GreenletWorker needs gevent.monkey.patch_all() before anything else is imported"
            )
        # RQ tells what ours tells too; its warnings stay.
        setup_loghandlers(logging_level or "WARNING", date_format, log_format, name="rq.worker")
        setup_loghandlers(logging_level or "WARNING", date_format, log_format, name="rq.job")
        let_threads_log()
        self._max_jobs, self.moves_delayed_jobs = max_jobs, with_scheduler
        with self._signals_stop_it():
            try:
                keep_trying(self.register_birth, self.availability, is_over=self.is_stopping)
                Shift(self, dequeue_strategy).work(burst=burst, max_idle_s=max_idle_time)
            except REDIS_AWAY:
                log.warning("worker %s gives up waiting for redis", self.name, extra={"worker": self.name})
        return self._finished > 0

    def stop(self) -> None:
        """Take no more, let running jobs finish in time, then leave. Asked again: put them back at once."""
        if self.leaving.ask():
            self.asked_to_leave_at = now()
            log.info("worker %s stops", self.name, extra={"worker": self.name, "jobs": len(self.runs)})
        self.stop_taking()

    def stop_taking(self) -> None:
        """Take no more jobs."""
        self.stopping.set()
        self._may_take.set()
        self.pools.close()

    def is_stopping(self) -> bool:
        """Has the worker been told to stop, or has it done its work?"""
        return bool(self.stopping.is_set())

    def takes_jobs(self) -> bool:
        """Would the worker run another job now, if it had a slot?"""
        return self.jobs_left > 0 and not (self.is_suspended or self.is_stopping())

    @property
    def jobs_left(self) -> int:
        """How many more jobs it may run (`max_jobs` of `work`)."""
        return sys.maxsize if self._max_jobs is None else self._max_jobs - self._launched

    def wait_until_taking(self) -> bool:
        """Wait while workers are suspended. False once this one stops."""
        self._may_take.wait()
        return not self.is_stopping()

    def set_suspended(self, is_suspended: bool) -> None:
        """Take no jobs while suspended (`rq suspend`)."""
        if is_suspended == self.is_suspended or self.is_stopping():
            return
        log.info("worker %s %s", self.name, "is suspended" if is_suspended else "goes on")
        self.is_suspended = is_suspended
        if is_suspended:
            self._may_take.clear()
        else:
            self._may_take.set()
        self.heart.beat()

    def launch(self, taken: Taken, slots: Slots) -> None:
        """Run a taken job in one of these slots, which is held for it."""
        run = JobRun(self, taken, slots)
        self._launched += 1
        self.runs[run] = None
        run.greenlet = gevent.spawn(self._run, run, slots, taken.fields)

    def register_birth(self) -> None:
        """Announce the worker in Redis. Raises ValueError if another one of the same name lives."""
        self.heart.begin()

    def register_death(self) -> None:
        """Take the worker off the books."""
        self.heart.end()

    def clean_registries(self) -> None:
        """Drop what has expired from the registries of the worker's queues."""
        for queue in self.queues:
            if queue.acquire_maintenance_lock():
                clean_registries(queue, self._exc_handlers)
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def _run(self, run: JobRun, slots: Slots, fields: dict[bytes, bytes]) -> None:
        try:
            run(fields)
        finally:
            del self.runs[run]
            self._finished += not run.is_given_up
            self.idle_since_s = time.monotonic()
            slots.give()
            self.run_ended.set()
            if self._max_jobs is not None and self._finished >= self._max_jobs:
                self.stop()

    def _set_connection(self, connection: Redis) -> Redis:
        """Leave the connection as it is. RQ would give the whole pool a time-out of minutes for its BLPOP."""
        return connection

    @contextmanager
    def _signals_stop_it(self) -> Iterator[None]:
        """Through gevent: handlers of the standard library would run in the hub, which must not wait."""
        handlers = [gevent.signal_handler(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)]
        try:
            yield
        finally:
            for handler in handlers:
                handler.cancel()
