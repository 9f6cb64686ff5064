"""How a forking worker shows that it lives, and what Redis may do meanwhile."""

import logging
import math
from typing import Any

from redis import Redis
from redis.client import Pipeline
from rq import worker_registration
from rq.job import Job
from rq.registry import clean_registries
from rq.utils import now
from rq.worker import Worker

from pingpong.queue.away import LONGEST_WAIT_S, REDIS_AWAY, Availability
from pingpong.queue.worker.abandoned import KEY_LIFE
from pingpong.queue.worker.start import EXECUTION_TTL_S

log = logging.getLogger(__name__)

MAINTENANCE_EVERY_S = 60


class BeatingWorker(Worker):
    """RQ's forking worker with heartbeats as often, and a key that lives as long, as the settings say.

    RQ's own counts as alive for minutes after it was killed, and fails a running job when Redis is away.
    """

    max_connection_wait_time = LONGEST_WAIT_S

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
        self._availability = Availability(log)
        options = {"maintenance_interval": MAINTENANCE_EVERY_S, **options}
        options.update(job_monitoring_interval=self._heartbeat_s, log_job_description=False)
        super().__init__(queues, name, connection=connection, **options)

    @property
    def dequeue_timeout(self) -> int:
        """How long to wait for a job before the next sign of life, in seconds."""
        return self._heartbeat_s

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Write all that RQ knows of the worker, so that it is back after Redis forgot everything.

        `timeout` is RQ's and has no meaning here: the key's life is always that of the settings.
        """
        self.last_heartbeat = now()
        target = self.connection.pipeline() if pipeline is None else pipeline
        target.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
        worker_registration.register(self, target)
        target.expire(self.key, self._key_life_s)
        if pipeline is None:
            target.execute()

    def maintain_heartbeats(self, job: Job) -> None:
        """Show that worker and job live. While Redis is away, the job goes on all the same."""
        try:
            super().maintain_heartbeats(job)
        except REDIS_AWAY as error:
            self._availability.lost(error)
        else:
            self._availability.found()

    def get_heartbeat_ttl(self, job: Job) -> int:
        """How long RQ waits for a sign of life of a job before it fails it; much longer than we do."""
        return EXECUTION_TTL_S

    def set_current_job_working_time(
        self, current_job_working_time: float, pipeline: Pipeline | None = None
    ) -> None:
        """Remember it, and write it where something else is written, too."""
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
