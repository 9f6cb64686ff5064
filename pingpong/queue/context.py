"""Jobs that run inside a context of the caller's, such as a Flask app's."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from rq.job import Job


def jobs_inside(
    make_context: Callable[[], AbstractContextManager[object]], base: type[Job] = Job
) -> type[Job]:
    """A job class for any RQ worker: each job's function is called within a new context of its own."""

    class JobInside(base):  # type: ignore[misc, valid-type]
        def perform(self) -> Any:  # noqa: ANN401 - whatever the function returns
            with make_context(), structlog.contextvars.bound_contextvars(job_id=self.id):
                return super().perform()

    return JobInside
