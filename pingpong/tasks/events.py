"""What happens to tasks, as the event log tells it."""

from uuid import UUID

from pydantic import Field

from pingpong.eventlog.catalogue import EventContext, event


class TaskEvent(EventContext):
    """What all of them say."""

    task_id: UUID
    kind: str


class AttemptEvent(TaskEvent):
    """What those of an attempt say."""

    attempt: int = Field(description="Counts from 1.")


@event("task.submitted", version=1)
class TaskSubmitted(TaskEvent):
    """Work was accepted, to be done."""


@event("task.started", version=1)
class TaskStarted(AttemptEvent):
    """A worker began an attempt, or goes on with one that was given back."""


@event("task.advanced", version=1)
class TaskAdvanced(AttemptEvent):
    """An attempt has come further."""

    progress: int = Field(description="Percent.")


@event("task.answered", version=1)
class TaskAnswered(AttemptEvent):
    """A task has its answer."""

    duration_ms: int = Field(description="From submit to answer.")


@event("task.attempt_failed", version=1)
class TaskAttemptFailed(AttemptEvent):
    """An attempt failed, and another one is to come."""

    retry_in_ms: int = Field(description="When that is due.")


@event("task.failed", version=1)
class TaskFailed(AttemptEvent):
    """The last attempt failed: the task is given up."""


@event("task.cancelled", version=1)
class TaskCancelled(TaskEvent):
    """A task was called off."""


@event("task.retried", version=1)
class TaskRetried(TaskEvent):
    """A task that failed or was cancelled is to be tried anew."""
