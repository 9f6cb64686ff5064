"""What is around a job while it runs."""

from contextlib import contextmanager

import structlog
from rq import Queue
from rq.job import Job

from pingpong.queue.context import jobs_inside, named

seen: list[str] = []


@contextmanager
def surroundings():
    seen.append("entered")
    yield
    seen.append("left")


def look() -> None:
    seen.append("called")


def test_a_job_is_called_within_its_context(redis):
    seen.clear()

    job = jobs_inside(surroundings).create("tests.queue.test_context.look", connection=redis)
    job.perform()

    assert seen == ["entered", "called", "left"]


def test_a_job_is_named_with_what_it_carries(redis):
    job: Job = Queue("io", connection=redis).enqueue(
        look, job_id="mine", meta={"kind": "x", "request_id": "abc"}
    )
    before = structlog.contextvars.get_contextvars()

    with named(job):
        assert structlog.contextvars.get_contextvars() == {**before, "job_id": "mine", "request_id": "abc"}

    assert structlog.contextvars.get_contextvars() == before
