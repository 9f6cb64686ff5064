"""What is due, and moving it: the declared schedules first, then rq-scheduler's ordinary jobs."""

import logging

from rq.exceptions import NoSuchJobError
from rq_scheduler import Scheduler

from pingpong.queue.away import REDIS_AWAY
from pingpong.queue.beat.declared import Declared
from pingpong.queue.beat.lease import RedisClock
from pingpong.queue.beat.ordinary import Ordinary
from pingpong.queue.beat.runs import Runs

log = logging.getLogger(__name__)

AT_ONCE = 50
PUT_OFF_S = 60
"""When a job that cannot be moved is tried again."""


class Due:
    """Moves what is due into its queue, one atomic step each."""

    def __init__(
        self, scheduler: Scheduler, declared: Declared, runs: Runs, ordinary: Ordinary, clock: RedisClock
    ) -> None:
        self._scheduler = scheduler
        self._connection = scheduler.connection
        self._zset = scheduler.scheduled_jobs_key
        self._schedules = declared.by_id
        self._runs = runs
        self._ordinary = ordinary
        self._clock = clock

    def move(self) -> bool:
        """Move what is due, at most `AT_ONCE`. False if someone else leads: then nothing more was moved."""
        return all(self._move(job_id, due_s) != "led elsewhere" for job_id, due_s in self._find())

    def next_in_s(self) -> float | None:
        """Seconds until something is due (negative: since then); None if nothing is scheduled."""
        first = self._connection.zrange(self._zset, 0, 0, withscores=True)
        return first[0][1] - self._clock.now() if first else None

    def _find(self) -> list[tuple[str, float]]:
        now_s = self._clock.now()
        due = self._connection.zrangebyscore(self._zset, "-inf", now_s, start=0, num=AT_ONCE, withscores=True)
        # What is overdue comes first: beats that are due now would wait behind it.
        beats = self._due_beats(now_s) if len(due) == AT_ONCE else []
        return beats + [(job_id.decode(), due_s) for job_id, due_s in due]

    def _due_beats(self, now_s: float) -> list[tuple[str, float]]:
        if not self._schedules:
            return []
        scores = self._connection.zmscore(self._zset, list(self._schedules))
        scored = zip(self._schedules, scores, strict=True)
        return [(schedule_id, due_s) for schedule_id, due_s in scored if due_s is not None and due_s <= now_s]

    def _move(self, job_id: str, due_s: float) -> str:
        if schedule := self._schedules.get(job_id):
            return self._runs.start(schedule, due_s)
        try:
            return self._move_ordinary(job_id, due_s)
        except REDIS_AWAY:
            raise
        except Exception:  # the boundary of one job: it must not keep the others from their time
            log.exception("scheduled job %s cannot be moved; trying again in %s s", job_id, PUT_OFF_S)
            return self._ordinary.put_off(job_id, due_s, self._clock.now() + PUT_OFF_S)

    def _move_ordinary(self, job_id: str, due_s: float) -> str:
        try:
            job = self._scheduler.job_class.fetch(job_id, connection=self._connection)
        except NoSuchJobError:
            return self._ordinary.put_off(job_id, due_s, None)
        return self._ordinary.move(job, self._scheduler.get_queue_for_job(job), due_s)
