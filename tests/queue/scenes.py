"""Jobs of all kinds, as they are enqueued: what RQ's own worker makes of them, ours has to make, too."""

from collections.abc import Callable

from rq import Callback, Queue, Repeat, Retry
from rq.job import Dependency

from tests.queue import callbacks, jobs, odd_jobs

PLAYED = "played"
"""In database 0: what the scenes have left."""

Scene = Callable[[Queue], object]


def _chain(queue: Queue) -> None:
    first = queue.enqueue(jobs.add, 1, 2, job_id="first")
    second = queue.enqueue(jobs.add, 3, 4, job_id="second", depends_on=first)
    queue.enqueue(jobs.add, 5, 6, job_id="third", depends_on=[first, second])


def _half_met(queue: Queue) -> None:
    first = queue.enqueue(jobs.add, 1, 2, job_id="first")
    later = queue.enqueue(jobs.fail, job_id="failing")
    queue.enqueue(jobs.add, 3, 4, job_id="waiting", depends_on=[first, later])


def _dependents_of_a_failure(queue: Queue) -> None:
    failing = queue.enqueue(jobs.fail, job_id="failing")
    queue.enqueue(jobs.add, 1, 2, job_id="strict", depends_on=failing)
    lenient = Dependency(failing, allow_failure=True, enqueue_at_front=True)
    queue.enqueue(jobs.add, 3, 4, job_id="lenient", depends_on=lenient)


def _other_queue(queue: Queue) -> None:
    first = queue.enqueue(jobs.add, 1, 2, job_id="first")
    Queue("other", connection=queue.connection).enqueue(jobs.add, 3, 4, job_id="second", depends_on=first)


def _one(function: Callable[..., object] | str, *arguments: object, **options: object) -> Scene:
    return lambda queue: queue.enqueue(function, *arguments, job_id="job", **options)


SCENES: dict[str, Scene] = {
    "a result": _one(jobs.add, 1, 2),
    "no result": _one(jobs.see, "seen"),
    "a result for ever": _one(jobs.add, 1, 2, result_ttl=-1),
    "a result for nobody": _one(jobs.add, 1, 2, result_ttl=0),
    "a result for a while": _one(jobs.add, 1, 2, result_ttl=40),
    "a result that cannot be stored": _one(jobs.return_what_cannot_be_stored),
    "a failure": _one(jobs.fail),
    "a failure for a while": _one(jobs.fail, failure_ttl=40),
    "a function that is not there": _one("tests.queue.jobs.nothing"),
    "a time-out": _one(jobs.wait, 60, job_timeout=1),
    "a retry": _one(jobs.fail_at_first, "tried", retry=Retry(max=3)),
    "a retry later": _one(jobs.fail, retry=Retry(max=3, interval=[100, 200])),
    "retries in vain": _one(jobs.fail, retry=Retry(max=2, enqueue_at_front=True)),
    "a returned retry": _one(jobs.return_retry),
    "a returned retry later": _one(odd_jobs.return_late_retry),
    "returned retries in vain": _one(odd_jobs.return_retry_for_ever),
    "a repetition": _one(jobs.see, "seen", repeat=Repeat(times=2)),
    "a repetition later": _one(jobs.see, "seen", repeat=Repeat(times=2, interval=100)),
    "dependents": _chain,
    "dependents on another queue": _other_queue,
    "a dependent with one more need": _half_met,
    "dependents of a failure": _dependents_of_a_failure,
    "a callback of success": _one(jobs.add, 1, 2, on_success=Callback(jobs.on_success, timeout=7)),
    "a callback of failure": _one(jobs.fail, on_failure=Callback(jobs.on_failure)),
    "a broken callback of success": _one(jobs.add, 1, 2, on_success=Callback(jobs.on_success_fail)),
    "a broken callback of failure": _one(jobs.fail, on_failure=Callback(callbacks.on_failure_fail)),
    "meta": _one(jobs.keep_in_meta, "kept", meta={"given": 1}),
    "a time to live": _one(jobs.add, 1, 2, ttl=80),
    "a description": _one(jobs.add, 1, 2, description="an addition"),
}
