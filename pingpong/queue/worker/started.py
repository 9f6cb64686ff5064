"""A job that the worker has started."""

from typing import Any

from rq.job import Job, _job_stack


class StartedJob(Job):
    """RQ's Job, without the round trip by which it makes itself persistent: the start has done that."""

    def perform(self) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the job's function; `rq.get_current_job()` is this job meanwhile."""
        _job_stack.push(self)  # type: ignore[no-untyped-call]
        try:
            self._result = self._execute()
        finally:
            _job_stack.pop()  # type: ignore[no-untyped-call]
        return self._result
