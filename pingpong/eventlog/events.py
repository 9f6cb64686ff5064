"""What is recorded of the event log itself."""

from pydantic import Field

from pingpong.eventlog.catalogue import EventContext, event


@event("eventlog.replayed", version=1)
class EventlogReplayed(EventContext):
    """Events of one batch, or that were set aside, are sent to ClickHouse again: `flask eventlog replay`."""

    events: int = Field(description="How many were refused, or are not there.")
