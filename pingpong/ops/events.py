"""What is recorded of operating it: what administrators do to queues."""

from typing import Literal

from pydantic import Field

from pingpong.eventlog.catalogue import EventContext, event

Change = Literal["job_deleted", "job_requeued", "failed_requeued", "emptied", "compacted"]
JobSet = Literal["queued", "started", "deferred", "scheduled", "finished", "failed", "canceled"]


@event("queue.changed", version=1)
class QueueChanged(EventContext):
    """An administrator has changed jobs from the pages of the queues."""

    change: Change
    queue: str | None = Field(description="Whose jobs; empty if it is about one job.")
    jobs: JobSet | None = Field(description="Which of its jobs are no more.")
    job_id: str | None = Field(description="The one job.")
