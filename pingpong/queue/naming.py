"""What a job is called in logs, metrics and traces."""

from rq.exceptions import DeserializationError
from rq.job import Job


def function_name(job: Job) -> str:
    """The dotted path of what the job calls."""
    try:
        return str(job.func_name)
    except DeserializationError:
        return "<cannot be read>"
