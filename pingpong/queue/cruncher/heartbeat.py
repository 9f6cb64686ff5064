"""How a forking worker waits for jobs and shows that it lives, whatever Redis does meanwhile."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.client import Pipeline
from rq import worker_registration
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.registry import clean_registries
from rq.utils import now
from rq.worker import Worker, WorkerStatus

from pingpong.metrics.telling import Teller
from pingpong.queue.away import REDIS_AWAY, Availability
from pingpong.queue.worker.abandoned import KEY_LIFE
from pingpong.queue.worker.delayed import move_due
from pingpong.queue.worker.taking import EXECUTION_TTL_S

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1
"""How soon an idle worker notices that it was told to stop."""

AWAY_WAIT_S = 0.5
"""Between two attempts while Redis is away."""

MAINTENANCE_EVERY_S = 60


class BeatingWorker(Worker):
    """RQ's forking worker with heartbeats as often, and a key that lives as long, as the settings say.

    RQ's own counts as alive for minutes after it was killed, and abandons its job when Redis is away.
    """

    def __init__(
        self,
        queues: Any,  # noqa: ANN401 - RQ's own
        name: str | None = None,
        *,
        connection: Redis,
        heartbeat_s: float,
        dead_after_s: float,
        **options: Any,  # noqa: ANN401 - RQ's own
    ) -> None:
        # The kernel's alarm clock, by which RQ keeps time, knows whole seconds only.
        self._heartbeat_s = max(1, round(heartbeat_s))
        self._key_life_s = max(self._heartbeat_s + 1, math.ceil(dead_after_s * KEY_LIFE))
        self._beat_at_s = 0.0
        self._availability = Availability(log)
        self.teller = Teller(connection, "cruncher_worker")
        options = {"maintenance_interval": MAINTENANCE_EVERY_S, **options}
        options.update(job_monitoring_interval=self._heartbeat_s, log_job_description=False)
        super().__init__(queues, name, connection=connection, **options)

    @property
    def dequeue_timeout(self) -> int:
        """How long to wait for a job before looking around, in seconds."""
        return LOOK_EVERY_S

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job, whether Redis is there or not; without `timeout`, None if there is none now.

        Raises StopRequested once told to stop. RQ's own has the signal's handler raise it wherever the
        worker happens to be, such as in logging, which swallows it. `max_idle_time` has no meaning here.
        """
        self.set_state(WorkerStatus.IDLE)
        while not self._stop_requested:
            with self._whether_redis_is_there_or_not(), suppress(DequeueTimeout):
                self._look_around()
                return self._dequeue(timeout)
        raise StopRequested

    def check_for_suspension(self, burst: bool) -> None:
        """Wait while workers are suspended (`rq suspend`)."""
        with self._whether_redis_is_there_or_not():
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        """Clean up what has expired."""
        with self._whether_redis_is_there_or_not():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Write all that RQ knows of the worker, so that it is back after Redis forgot everything.

        `timeout` is RQ's and has no meaning here: the key's life is always that of the settings. With a
        `pipeline` nothing is told but this: a work horse calls it so, which is no process of its own.
        """
        self.last_heartbeat = now()
        target = self.connection.pipeline() if pipeline is None else pipeline
        target.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
        worker_registration.register(self, target)
        target.expire(self.key, self._key_life_s)
        self._beat_at_s = time.monotonic() + self._heartbeat_s
        if pipeline is None:
            with self._whether_redis_is_there_or_not():
                target.execute()
            self.teller.try_once()

    def maintain_heartbeats(self, job: Job) -> None:
        """Show that worker and job live."""
        with self._whether_redis_is_there_or_not():
            super().maintain_heartbeats(job)
        self.teller.try_once()

    def get_heartbeat_ttl(self, job: Job) -> int:
        """How long RQ waits for a sign of life of a job before it fails it; much longer than we do."""
        return EXECUTION_TTL_S

    def set_state(self, state: str, pipeline: Pipeline | None = None) -> None:
        """Remember it, and write it where something else is written; if not, the next heartbeat does."""
        self._state = state
        if pipeline is not None:
            super().set_state(state, pipeline)

    def set_current_job_working_time(
        self, current_job_working_time: float, pipeline: Pipeline | None = None
    ) -> None:
        """Remember it, and write it where something else is written."""
        self.current_job_working_time = current_job_working_time
        if pipeline is not None:
            super().set_current_job_working_time(current_job_working_time, pipeline)

    def clean_registries(self) -> None:
        """Drop what has expired from the registries of the worker's queues.

        RQ's own also fails what was taken and not begun for a minute; here that goes back to its queue.
        """
        for queue in self.queues:
            if queue.acquire_maintenance_lock():
                clean_registries(queue, self._exc_handlers)
                worker_registration.clean_worker_registry(queue)
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def _look_around(self) -> None:
        if time.monotonic() >= self._beat_at_s:
            self.heartbeat()
        else:
            self.teller.try_once()
        move_due(self.connection, self.queues)
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()

    def _dequeue(self, timeout: int | None) -> tuple[Job, Queue] | None:
        taken = self.queue_class.dequeue_any(
            self._ordered_queues,
            timeout,
            connection=self.connection,
            job_class=self.job_class,
            serializer=self.serializer,
            death_penalty_class=self.death_penalty_class,
        )
        if taken is not None:
            job, _ = taken
            job.redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
        return taken

    @contextmanager
    def _whether_redis_is_there_or_not(self) -> Iterator[None]:
        """A running job goes on while Redis is away, and an idle worker waits a moment and tries again."""
        try:
            yield
        except REDIS_AWAY as error:
            self._availability.lost(error)
            time.sleep(AWAY_WAIT_S)
        else:
            self._availability.found()
