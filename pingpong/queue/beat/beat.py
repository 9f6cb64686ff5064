"""The clock process: an rq-scheduler whose periodic jobs lie on a grid."""

import logging
import math
import signal
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from redis import Redis, exceptions

from pingpong.queue.away import REDIS_AWAY, Availability, waits_s
from pingpong.queue.beat.declared import Declared
from pingpong.queue.beat.due import Due
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.beat.ordinary import Ordinary
from pingpong.queue.beat.punctual import PunctualScheduler
from pingpong.queue.beat.runs import Lives, Runs
from pingpong.queue.schedule import Schedule

log = logging.getLogger(__name__)

REDIS_UNABLE = (*REDIS_AWAY, exceptions.ResponseError)
"""Redis is away, or refuses: it cannot write to its disk, has just forgotten the scripts, …"""

INSTANCE_OUTLIVES_LEASE_S = 10
LEAST_WAIT_S = 0.001
"""However wrong a clock is, the loop is never a busy one."""

SLEEP_S = 0.25
"""The longest sleep in one piece: how soon a signal is noticed."""


class Beat(PunctualScheduler):
    """Runs declared schedules, and what rq-scheduler's own methods schedule, exactly when they are due.

    Any number may run: one leads, the others stand by and take over within `lease_s` when it is gone.
    `job_ttl_s` is how long a run may wait for a worker before it vanishes (if not given, a few intervals);
    `result_ttl_s` and `failure_ttl_s` are how long RQ keeps what became of it. All in seconds.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule] = (),
        *,
        connection: Redis,
        lease_s: float = 4.0,
        name: str | None = None,
        job_ttl_s: float | None = None,
        result_ttl_s: int = 60,
        failure_ttl_s: int = 3600,
        **options: Any,  # noqa: ANN401 - rq-scheduler's own
    ) -> None:
        super().__init__(connection=connection, name=name or uuid4().hex, **options)
        self.availability = Availability(log)
        self.clock = RedisClock()
        self._waits_s = waits_s()
        self._lease_s = lease_s
        self._renew_at_s = 0.0
        self._born_at_s = time.time()
        self._is_stopping = False
        self._told_that_it_leads: bool | None = None
        # rq-scheduler's own lock, so that a stock scheduler beside this one stands by as well.
        self._lease = Lease(
            connection, self.scheduler_lock_key, f"{self.name}:{uuid4().hex}", lease_s, self.clock
        )
        parts = (connection, self.scheduled_jobs_key, self._lease, self.clock)
        self._declared = Declared(schedules, *parts)
        runs = Runs(*parts, Lives(job_ttl_s, result_ttl_s, failure_ttl_s))
        self._due = Due(self, self._declared, runs, Ordinary(*parts), self.clock)

    def run(self, burst: bool = False) -> None:
        """Beat until SIGTERM or SIGINT; with `burst`, until nothing is due. Waits while Redis is away."""
        self._install_signal_handlers()
        try:
            while not self._is_stopping:
                wait_s = self._run_if_redis_is_there()
                if burst and wait_s > LEAST_WAIT_S:
                    break
                self._sleep(wait_s)
        finally:
            self._leave()

    def run_once(self) -> float:
        """Renew the lease if it is time, move what is due; returns after how many seconds to call again.

        Raises redis-py's errors when Redis is away; calling again is safe.
        """
        if time.monotonic() >= self._renew_at_s:
            self._renew()
        if self._lease.is_held and not self._due.move():
            self._lease.is_held, self._renew_at_s = False, 0.0
        return max(LEAST_WAIT_S, self._seconds_to_wait())

    def stop(self) -> None:
        """Make `run` return soon."""
        self._is_stopping = True

    def _run_if_redis_is_there(self) -> float:
        try:
            wait_s = self.run_once()
        except REDIS_UNABLE as error:
            self.availability.lost(error)
            self._renew_at_s = 0.0
            return next(self._waits_s)
        self.availability.found()
        self._waits_s = waits_s()
        return wait_s

    def _renew(self) -> None:
        """Take or keep the lease, and with it what is declared in its place."""
        renew_every_s = self._lease_s / 4
        if self._lease.hold():
            self._declared.put_in_place()
            self._renew_at_s = time.monotonic() + renew_every_s
        else:
            self._renew_at_s = time.monotonic() + min(renew_every_s, self._lease.free_in_s)
        self._show_that_it_lives()
        if self._told_that_it_leads != self._lease.is_held:
            self._told_that_it_leads = self._lease.is_held
            log.info("scheduler %s %s", self.name, "leads" if self._lease.is_held else "stands by")

    def _show_that_it_lives(self) -> None:
        """Keep rq-scheduler's record of this instance, which expires soon after the last renewal."""
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, "birth", str(self._born_at_s))
            pipeline.hdel(self.key, "death")
            pipeline.expire(self.key, math.ceil(self._lease_s) + INSTANCE_OUTLIVES_LEASE_S)
            pipeline.execute()

    def _seconds_to_wait(self) -> float:
        """Until something is due or the lease is to be renewed, whichever comes first."""
        until_renewal_s = self._renew_at_s - time.monotonic()
        next_in_s = self._due.next_in_s() if self._lease.is_held else None
        return until_renewal_s if next_in_s is None else min(until_renewal_s, next_in_s)

    def _sleep(self, seconds: float) -> None:
        """In pieces: neither sleeping nor a lock ends early when a signal's handler has run (PEP 475)."""
        wake_at_s = time.monotonic() + seconds
        while not self._is_stopping and (left_s := wake_at_s - time.monotonic()) > 0:
            time.sleep(min(left_s, SLEEP_S))

    def _install_signal_handlers(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def _leave(self) -> None:
        """Let another one lead at once."""
        try:
            self._lease.release()
            self.register_death()
        except REDIS_UNABLE as error:
            log.warning("scheduler %s leaves without a word: redis is away: %s", self.name, error)
        log.info("scheduler %s has left", self.name)
