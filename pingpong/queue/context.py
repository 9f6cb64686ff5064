"""Jobs that run inside a context of the caller's, such as a Flask app's."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from rq.job import Job

from pingpong.queue.worker.failures import function_name
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
            with (
                make_context(),
                structlog.contextvars.bound_contextvars(job_id=self.id),
                spans.job(kind, self.id, self.meta),
                reports.job(kind),
            ):
                return super().perform()

    return JobInside
