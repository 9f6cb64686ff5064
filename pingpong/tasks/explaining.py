"""Why an attempt failed, in words for people, and in full for those who mend it."""

import traceback

from rq.timeouts import JobTimeoutException

from pingpong.extensions import settings
from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.intents import Failure
from pingpong.tasks.registry import registry

LONGEST_ERROR = 1_000
LONGEST_TRACE = 20_000


def failure_of(kind: str, error: Exception) -> Failure:
    """The failure that an error makes. Its stack shows no variables: they hold what people wrote."""
    trace = "".join(traceback.format_exception(error))
    return Failure(_storable(_words(kind, error)[:LONGEST_ERROR]), _storable(trace[-LONGEST_TRACE:]))


def _words(kind: str, error: Exception) -> str:
    if isinstance(error, JobTimeoutException):
        return f"It took longer than {registry.timeout_s(kind) or settings.job_timeout_s} seconds."
    if isinstance(error, TaskFailed):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _storable(text: str) -> str:
    """An error may quote what it met: Postgres stores neither NUL nor half a surrogate pair."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
