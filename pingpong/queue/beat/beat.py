"""The clock process: an rq-scheduler whose periodic jobs lie on a grid."""

import logging
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq_scheduler import Scheduler

from pingpong.queue.away import REDIS_AWAY, Availability, waits_s
from pingpong.queue.beat.declared import Declared
from pingpong.queue.beat.lease import Lease, RedisClock
from pingpong.queue.beat.ordinary import Ordinary
from pingpong.queue.beat.runs import Lives, Runs
from pingpong.queue.schedule import Schedule

log = logging.getLogger(__name__)

AT_ONCE = 100
INSTANCE_TTL_S = 10
SLEEP_S = 0.25
"""The longest sleep in one piece: how soon a signal is noticed."""


class Beat(Scheduler):
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
        self._renew_every_s = lease_s / 4
        self._renew_at_s = 0.0
        self._born_at_s = time.time()
        self._is_stopping = False
        # rq-scheduler's own lock, so that a stock scheduler beside this one stands by as well.
        self._lease = Lease(
            connection, self.scheduler_lock_key, f"{self.name}:{uuid4().hex}", lease_s, self.clock
        )
        parts = (connection, self.scheduled_jobs_key, self._lease, self.clock)
        self._declared = Declared(schedules, *parts)
        self._ordinary = Ordinary(*parts)
        self._runs = Runs(*parts, Lives(job_ttl_s, result_ttl_s, failure_ttl_s))

    def run(self, burst: bool = False) -> None:
        """Beat until SIGTERM or SIGINT; with `burst`, move once what is due. Waits while Redis is away."""
        self._install_signal_handlers()
        waits = waits_s()
        while not self._is_stopping:
            try:
                wait_s = self.run_once()
            except REDIS_AWAY as error:
                self.availability.lost(error)
                self._renew_at_s = 0.0
                wait_s = next(waits)
            else:
                self.availability.found()
                waits = waits_s()
            if burst:
                break
            self._sleep(wait_s)
        self._leave()

    def run_once(self) -> float:
        """Renew the lease if it is time, move what is due; returns after how many seconds to call again.

        Raises redis-py's errors when Redis is away; calling again is safe.
        """
        if time.monotonic() >= self._renew_at_s:
            self._renew()
        if not self._lease.is_held:
            return max(0.0, self._renew_at_s - time.monotonic())
        self._move_due()
        return self._seconds_to_sleep()

    def stop(self) -> None:
        """Make `run` return soon."""
        self._is_stopping = True

    def enqueue_at(self, scheduled_time: datetime, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler (a time without a zone is UTC), but to the microsecond instead of the second."""
        return self._on_the_dot(super().enqueue_at(scheduled_time, func, *args, **kwargs), scheduled_time)

    def enqueue_in(self, time_delta: timedelta, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler, but to the microsecond instead of the second."""
        return self.enqueue_at(datetime.now(UTC) + time_delta, func, *args, **kwargs)

    def schedule(self, scheduled_time: datetime, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler, but to the microsecond, and every next time counts from the one before."""
        return self._on_the_dot(super().schedule(scheduled_time, func, *args, **kwargs), scheduled_time)

    def _on_the_dot(self, job: Job, scheduled_time: datetime) -> Job:
        zoned = scheduled_time if scheduled_time.tzinfo else scheduled_time.replace(tzinfo=UTC)
        # xx: if it was moved in the meantime it must not come back.
        self.connection.zadd(self.scheduled_jobs_key, {job.id: zoned.timestamp()}, xx=True)
        return job

    def _renew(self) -> None:
        led = self._lease.is_held
        if self._lease.hold():
            self._declared.put_in_place()
            self._renew_at_s = time.monotonic() + self._renew_every_s
        else:
            self._renew_at_s = time.monotonic() + min(self._renew_every_s, self._lease.free_in_s)
        self._show_that_it_lives()
        if led != self._lease.is_held:
            log.info("scheduler %s %s", self.name, "leads" if self._lease.is_held else "stands by")

    def _show_that_it_lives(self) -> None:
        """Keep rq-scheduler's record of this instance, which expires soon after the last renewal."""
        with self.connection.pipeline(transaction=False) as pipeline:
            pipeline.hset(self.key, "birth", str(self._born_at_s))
            pipeline.expire(self.key, INSTANCE_TTL_S)
            pipeline.execute()

    def _move_due(self) -> None:
        now_s = self.clock.now()
        due = self.connection.zrangebyscore(
            self.scheduled_jobs_key, "-inf", now_s, start=0, num=AT_ONCE, withscores=True
        )
        for job_id, due_s in due:
            if self._move(job_id.decode(), due_s) == "led elsewhere":
                self._lease.is_held, self._renew_at_s = False, 0.0
                return

    def _move(self, job_id: str, due_s: float) -> str:
        schedule = self._declared.by_id.get(job_id)
        if schedule is not None:
            return self._runs.start(schedule, due_s)
        try:
            job = self.job_class.fetch(job_id, connection=self.connection)
        except NoSuchJobError:
            self.cancel(job_id)
            return "gone"
        return self._ordinary.move(job, self.get_queue_for_job(job), due_s)

    def _seconds_to_sleep(self) -> float:
        """Until the next slot is due or the lease is to be renewed, whichever comes first."""
        until_renewal_s = self._renew_at_s - time.monotonic()
        first = self.connection.zrange(self.scheduled_jobs_key, 0, 0, withscores=True)
        until_due_s = first[0][1] - self.clock.now() if first else until_renewal_s
        return max(0.0, min(until_renewal_s, until_due_s))

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
        except REDIS_AWAY as error:
            log.warning("scheduler %s leaves without a word: redis is away: %s", self.name, error)
        log.info("scheduler %s has left", self.name)
