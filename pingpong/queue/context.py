"""What is around a job while it runs: the app, and the names that are on each of its log lines."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from rq.job import Job

from pingpong.origin import names_in
from pingpong.queue.naming import function_name
from pingpong.telemetry.reports import reports
from pingpong.telemetry.spans import spans


def jobs_inside(
    make_context: Callable[[], AbstractContextManager[object]], base: type[Job] = Job
) -> type[Job]:
    """A job class for any RQ worker: each job's function is called within a new context of its own.

    It is a part of the trace in which the job was made, and what it raises is reported.
    """

    class JobInside(base):  # type: ignore[misc, valid-type]
        def perform(self) -> Any:  # noqa: ANN401 - whatever the function returns
            kind = str(self.meta.get("kind") or function_name(self))
            with make_context(), spans.job(kind, self.id, self.meta), reports.job(kind):
                return super().perform()

    return JobInside


def names_of(job: Job) -> dict[str, str]:
    """The job's id and what it carries: the request that it comes from, whose it is, what it is about."""
    return {"job_id": job.id, **names_in(job.meta)}


def named(job: Job) -> AbstractContextManager[object]:
    """Within the block, whatever logs tells of which job: ours, RQ's, and the job's own code."""
    return structlog.contextvars.bound_contextvars(**names_of(job))
