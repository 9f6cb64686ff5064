"""RQ's pool of workers: keeps a worker running on each core."""

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from redis import Redis
from rq.job import Job
from rq.worker_pool import ForkProcess, WorkerData, WorkerPool

from pingpong.lifeline import die_with_parent
from pingpong.logs.strays import logged_end
from pingpong.metrics.telling import Teller
from pingpong.queue.away import REDIS_AWAY, Availability, keep_trying
from pingpong.queue.cruncher.cores import usable_cores
from pingpong.queue.cruncher.worker import ForkingWorker
from pingpong.queue.worker.abandoned import DEAD_AFTER_S, requeue_abandoned
from pingpong.queue.worker.delayed import move_due
from pingpong.telemetry import end_telemetry

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Cruncher(WorkerPool):
    """Runs as many jobs at once as there are processes, each in a process forked for it.

    `connect` makes a Redis client; each process calls it for itself, so that none is shared. Call
    `Cruncher("cpu", connect).start()` in the main thread of a process that has loaded what its jobs need,
    has no open connections, and is not patched by gevent. What it promises is in docs/worker.md.

    It takes from one queue: from several, RQ takes jobs in a way in which one can be lost.
    """

    def __init__(
        self,
        queue: str,
        connect: Callable[[], Redis],
        *,
        processes: int = 0,
        heartbeat_s: float = 5.0,
        dead_after_s: float = DEAD_AFTER_S,
        grace_s: float = 20.0,
        job_class: type[Job] = Job,
    ) -> None:
        self._connect = connect
        self._dead_after_s = dead_after_s
        self._worker_options: dict[str, Any] = {
            "heartbeat_s": heartbeat_s,
            "dead_after_s": dead_after_s,
            "grace_s": grace_s,
            "job_class": job_class,
        }
        self._availability = Availability(log)
        super().__init__([queue], connect(), processes or usable_cores(), ForkingWorker, job_class=job_class)
        self._teller = Teller(self.connection, "cruncher")

    def start(self, burst: bool = False, logging_level: str = "WARNING") -> None:
        """Work until SIGTERM or SIGINT; with `burst`, until the queues are empty."""
        [queue] = self._queue_names
        log.info("cruncher %s takes from %s with %d processes", self.name, queue, self.num_workers)
        super().start(burst=burst, logging_level=logging_level)
        log.info("cruncher %s has left", self.name)

    def start_worker(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - RQ's own
        """Fork a worker, unless told to stop: one that is just being started would not hear of it."""
        with _held(STOP_SIGNALS):
            if self.status is not self.Status.STOPPED:
                self.connection.connection_pool.disconnect()
                super().start_worker(*arguments, **options)

    def get_worker_process(
        self, name: str, burst: bool, _sleep: float = 0, logging_level: str = "WARNING"
    ) -> BaseProcess:
        """A worker's process, not started yet. It ends when this one ends, however that happens."""
        arguments = (name, die_with_parent(signal.SIGKILL), burst, logging_level)
        return ForkProcess(target=self._work, args=arguments, name=f"worker {name}")

    def check_workers(self, respawn: bool = True) -> None:
        """Replace workers that have died, and put the jobs of dead ones back."""
        super().check_workers(respawn)
        self._look_after_jobs()

    def reap_workers(self) -> None:
        """Note which workers have died. RQ's own waits for a moment at each one that has not."""
        for worker in list(self.worker_dict.values()):
            if not worker.process.is_alive():
                self.handle_dead_worker(worker)

    def handle_dead_worker(self, worker_data: WorkerData) -> None:
        """Forget a worker; `check_workers` starts another one."""
        if self.status is self.Status.STARTED and not self._burst:
            log.warning("worker %s ended with %s", worker_data.name, worker_data.process.exitcode)
        super().handle_dead_worker(worker_data)

    def _look_after_jobs(self) -> None:
        try:
            move_due(self.connection, self.queues)
            requeue_abandoned(self.connection, self._queue_names, dead_after_s=self._dead_after_s)
        except REDIS_AWAY as error:
            self._availability.lost(error)
        except Exception:  # the boundary of a chore: it is done again, and the workers go on
            log.exception("looking after the jobs broke")
        else:
            self._availability.found()
        self._teller.try_once()

    def _work(self, name: str, tie_to_parent: Callable[[], None], burst: bool, logging_level: str) -> None:
        """The body of a worker's process."""
        tie_to_parent()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)  # until it has a job to give back, it may just end
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        try:
            with logged_end():
                worker = keep_trying(lambda: self._make_worker(name), Availability(log))
                self._let_work(worker, burst, logging_level)
        finally:
            end_telemetry()

    def _let_work(self, worker: ForkingWorker, burst: bool, logging_level: str) -> None:
        try:
            worker.work(burst=burst, logging_level=logging_level)
        except REDIS_AWAY as error:
            log.warning("worker %s leaves without a word: redis is away: %s", worker.name, error)

    def _make_worker(self, name: str) -> ForkingWorker:
        return ForkingWorker(self._queue_names, name, connection=self._connect(), **self._worker_options)


@contextmanager
def _held(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """Signals wait until the end of the block, and for a forked process until it takes them itself."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
