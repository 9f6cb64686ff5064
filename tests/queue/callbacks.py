"""Callbacks and exception handlers beside the plain ones in jobs.py."""

from redis import Redis
from rq.job import Job

from tests.queue.jobs import SEEN, wait


def on_failure_fail(job: Job, connection: Redis, error: type, value: Exception, traceback: object) -> None:
    raise KeyError("broken callback")


def on_stopped_fail(job: Job, connection: Redis) -> None:
    raise KeyError("broken callback")


def on_end_wait(*_: object) -> None:
    wait(60)


def handle_on(job: Job, error: type, value: Exception, traceback: object) -> None:
    job.connection.rpush(SEEN, f"on: {error.__name__} {value}")


def handle_last(job: Job, error: type, value: Exception, traceback: object) -> bool:
    job.connection.rpush(SEEN, f"last: {error.__name__} {value}")
    return False


def handle_and_fail(*_: object) -> None:
    raise KeyError("broken handler")
