"""How a worker logs a job that failed: without the job's arguments, which are nobody's business."""

import logging
from collections.abc import Callable
from typing import Any

from rq.job import Job

from pingpong.queue.naming import function_name

log = logging.getLogger(__name__)


class LogsFailures:
    """For RQ workers: put it before RQ's own class."""

    _exc_handlers: list[Callable[..., Any]]

    def handle_exception(self, job: Job, *exc_info: Any) -> None:  # noqa: ANN401 - RQ's signature
        """Log a failure and call the exception handlers. RQ's own also logs the job's arguments."""
        log.error(
            "job %s of %s failed: %s",
            job.id,
            job.origin,
            function_name(job),
            exc_info=exc_info,
            extra={"job_id": job.id, "queue": job.origin, "function": function_name(job)},
        )
        for handler in self._exc_handlers:
            falls_through = handler(job, *exc_info)
            if falls_through is not None and not falls_through:
                break
