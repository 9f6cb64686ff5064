"""rq-scheduler's own methods, to the microsecond."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rq.job import Job
from rq_scheduler import Scheduler

ON_THE_DOT = """
-- KEYS: 1 scheduled jobs
-- ARGV: 1 job id, 2 the score it was given, 3 the score it should have
-- If it was moved or set anew in the meantime it is left alone: it must not run twice.
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
"""


class PunctualScheduler(Scheduler):
    """rq-scheduler cuts times to the second, which is early; this one keeps them."""

    def enqueue_at(self, scheduled_time: datetime, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler (a time without a zone is UTC), but to the microsecond instead of the second."""
        job = super().enqueue_at(_full_second(scheduled_time), func, *args, **kwargs)
        return self._on_the_dot(job, scheduled_time)

    def enqueue_in(self, time_delta: timedelta, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler, but to the microsecond, and counted from Redis' time instead of this host's."""
        seconds, microseconds = self.connection.time()
        now = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        return self.enqueue_at(now + time_delta, func, *args, **kwargs)

    def schedule(self, scheduled_time: datetime, func: Any, *args: Any, **kwargs: Any) -> Job:  # noqa: ANN401
        """As in rq-scheduler, but to the microsecond, and every next time counts from the one before."""
        job = super().schedule(_full_second(scheduled_time), func, *args, **kwargs)
        return self._on_the_dot(job, scheduled_time)

    def _on_the_dot(self, job: Job, scheduled_time: datetime) -> Job:
        given, wanted = _timestamp(_full_second(scheduled_time)), _timestamp(scheduled_time)
        if given != wanted:
            self.connection.eval(ON_THE_DOT, 1, self.scheduled_jobs_key, job.id, repr(given), repr(wanted))
        return job


def _full_second(time: datetime) -> datetime:
    """Not before `time`: until it is put on the dot, a job may be late, but not early."""
    return time.replace(microsecond=0) + timedelta(seconds=1) if time.microsecond else time


def _timestamp(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
