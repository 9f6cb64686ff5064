from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry

from tests.folders import reachable_folder


@pytest.fixture
def home() -> Iterator[Path]:
    """Where the embedded servers may keep their data; not made yet."""
    with reachable_folder() as folder:
        yield folder / "var"


@pytest.fixture
def failed_job(redis: Redis) -> Job:
    """A job of the queue `io` that has failed."""
    queue = Queue("io", connection=redis)
    job = queue.enqueue("pingpong.tasks.jobs.forget_idempotency_keys")
    queue.remove(job)
    registry = FailedJobRegistry(queue=queue)
    registry.add(job, exc_string="<img src=x onerror=alert(1)>")
    return job
