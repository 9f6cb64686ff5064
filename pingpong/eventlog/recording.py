"""Writing events, in the transaction of the change that they tell of: no commit, no event."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Insert, insert
from uuid_utils.compat import uuid7

from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db, settings


def record(*events: EventContext, actor_id: UUID | None = None) -> None:
    """Write events in the caller's transaction, and commit nothing.

    They happened for whoever makes this request, or for `actor_id`.
    """
    if events:
        db.session.execute(insert(OutboxEvent), _rows(events, actor_id))


def recording(*events: EventContext, actor_id: UUID | None = None) -> Insert:
    """The statement that writes events, for a connection of the caller's."""
    return insert(OutboxEvent).values(_rows(events, actor_id))


def _rows(events: Iterable[EventContext], actor_id: UUID | None) -> list[dict[str, Any]]:
    bound = structlog.contextvars.get_contextvars()
    return [
        {
            "id": uuid7(),
            "event_type": event.event_type,
            "version": event.version,
            "context": event.model_dump(mode="json"),
            "environment": settings.env.value,
            "request_id": bound.get("request_id"),
            "actor_id": actor_id or bound.get("user_id"),
        }
        for event in events
    ]
