"""When one of rq-scheduler's jobs runs again, and how often."""

from datetime import datetime

from crontab import CronTab  # type: ignore[import-untyped]
from rq.job import Job

from pingpong.queue.beat.grid import next_after


def next_time(job: Job, due_s: float, now_s: float) -> float | None:
    """The first time after `due_s` that is still to come (seconds since the epoch); None if it runs once."""
    if interval_s := job.meta.get("interval"):
        return next_after(due_s, float(interval_s), now_s)
    if cron_string := job.meta.get("cron_string"):
        return _next_by_cron(cron_string, max(due_s, now_s))
    return None


def count_down(job: Job) -> bool:
    """Count this repetition. Is it the last? A job that does not say how often is repeated for ever."""
    if job.meta.get("repeat"):
        job.meta["repeat"] = int(job.meta["repeat"]) - 1
    return job.meta.get("repeat") == 0


def _next_by_cron(cron_string: str, after_s: float) -> float:
    """rq-scheduler reads cron lines in the local time zone of the scheduler, whatever the job says."""
    local = datetime.fromtimestamp(after_s)  # noqa: DTZ006 - crontab wants local time without a zone
    following: datetime = CronTab(cron_string).next(now=local, return_datetime=True, default_utc=False)
    return following.timestamp()
