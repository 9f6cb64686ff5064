"""What is asked of the event log, and what it shows."""

from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict

from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.openapi.models import UtcTime
from pingpong.paging import PagedQuery
from pingpong.text import STORABLE

FROM_ITS_BATCH = {"state", "shipped_at", "error"}
EXAMPLE_EVENT: JsonDict = {
    "id": "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55",
    "event_type": "task.answered",
    "version": 1,
    "context": {"task_id": "01a1fb2c-4f3a-7d10-8c55-0242ac120002", "duration_ms": 3007},
    "environment": "production",
    "request_id": "01a1fb2c-4f39-7b1e-9d0c-0242ac120002",
    "actor_id": None,
    "occurred_at": "2026-11-20T22:55:52.677313Z",
    "state": "shipped",
    "batch_id": "01a1fb2c-5b60-7aa3-a1c4-0242ac120002",
    "shipped_at": "2026-11-20T22:55:53.701120Z",
    "error": None,
}


class EventState(StrEnum):
    """Where an event is on its way to ClickHouse."""

    WAITING = "waiting"
    SHIPPING = "shipping"  # in a batch that is not known to be there
    SHIPPED = "shipped"
    SET_ASIDE = "set_aside"  # ClickHouse refuses it


class Span(IntEnum):
    """For how many hours events are counted."""

    DAY = 24
    WEEK = 168


def _as_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("must be in the years 1 to 9999") from None


Given = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), STORABLE]
Moment = Annotated[datetime, AfterValidator(_as_utc)]
"""As a form gives it, without a zone, it is UTC."""


class EventQuery(PagedQuery):
    """Which events, newest first. Empty filters, as a form sends them, are none."""

    event_type: Given = Field("", description="Exactly this type.")
    actor: Given = Field("", description="A username, an e-mail address or an id.")
    since: Moment | None = Field(None, description="Events from then on; UTC unless it says otherwise.")
    until: Moment | None = Field(None, description="Events before that.")
    q: Given = Field("", description="A part of the context as JSON, in any case.")
    request_id: Given = Field("", description="Exactly this request.")
    state: EventState | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:  # noqa: ANN401 - pydantic's
        return {name: value for name, value in given.items() if value != ""}

    @model_validator(mode="after")
    def _one_span(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be earlier than until")
        return self


class PageQuery(EventQuery):
    """The same of the page, with the hours that its chart counts."""

    hours: Span = Span.DAY


class EventShown(BaseModel):
    """An event, and where it is. `error` is why ClickHouse refuses it, or its batch is still on its way."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_EVENT})

    id: UUID
    event_type: str
    version: int
    context: dict[str, JsonValue]
    environment: str
    request_id: str | None
    actor_id: UUID | None
    occurred_at: UtcTime
    state: EventState
    batch_id: UUID | None
    shipped_at: UtcTime | None
    error: str | None

    @classmethod
    def of(cls, event: OutboxEvent, batch: EventBatch | None) -> Self:
        """With the batch that it is in."""
        fields = {name: getattr(event, name) for name in cls.model_fields.keys() - FROM_ITS_BATCH}
        shipped_at, error = (batch.shipped_at, batch.last_error) if batch else (None, event.refusal)
        return cls(**fields, state=_state(event, batch), shipped_at=shipped_at, error=error)


def _state(event: OutboxEvent, batch: EventBatch | None) -> EventState:
    if event.refusal is not None:
        return EventState.SET_ASIDE
    if batch is None:
        return EventState.WAITING
    return EventState.SHIPPED if batch.shipped_at else EventState.SHIPPING


class EventPage(BaseModel):
    """A page of events."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE_EVENT], "next": None}})

    items: list[EventShown]
    next: str | None
