"""Writing events, in the transaction of the change that they tell of: no commit, no event."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, SmallInteger, String, TextClause, Uuid, bindparam, text
from uuid_utils.compat import uuid7

from pingpong.eventlog.catalogue import EventContext
from pingpong.extensions import db, settings
from pingpong.origin import current_request_id, current_user_id

AT_ONCE = 1_000
"""Events of a statement. Between two, the process does something else."""

# However many they are, the trigger that wakes the shipper runs once, and the statement is the same. The
# contexts are one JSON array: in an array of Postgres each quote of each would have to be escaped.
RECORD = text("""
INSERT INTO event_outbox (id, event_type, version, context, environment, request_id, actor_id)
SELECT id, event_type, version, context, :environment, request_id, actor_id
FROM ROWS FROM (
    unnest(:ids, :event_types, :versions, :request_ids, :actor_ids),
    jsonb_array_elements(CAST(:contexts AS jsonb))
) AS event (id, event_type, version, request_id, actor_id, context)
""").bindparams(
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("ids", "actor_ids")),
    *(bindparam(name, type_=ARRAY(String())) for name in ("event_types", "request_ids")),
    bindparam("versions", type_=ARRAY(SmallInteger())),
    *(bindparam(name, type_=String()) for name in ("contexts", "environment")),
)


@dataclass(frozen=True)
class Origin:
    """Where an event comes from: a request, and the person who made it; None for what has none."""

    request_id: str | None
    actor_id: UUID | None

    @classmethod
    def present(cls, actor_id: UUID | None = None) -> "Origin":
        """The request that is under way here, made by `actor_id` or whoever is known to make it."""
        return cls(current_request_id(), actor_id or current_user_id())


def record(*events: EventContext, actor_id: UUID | None = None) -> None:
    """Write events in the caller's transaction, and commit nothing.

    They happened for whoever makes this request, or for `actor_id`.
    """
    for first in range(0, len(events), AT_ONCE):
        db.session.execute(recording(*events[first : first + AT_ONCE], actor_id=actor_id))


def recording(*events: EventContext, actor_id: UUID | None = None) -> TextClause:
    """The statement that writes events, for a connection of the caller's."""
    present = Origin.present(actor_id)
    return recording_each((event, present) for event in events)


def recording_each(events: Iterable[tuple[EventContext, Origin]]) -> TextClause:
    """The same for events that come from different requests."""
    rows = list(events)
    values: dict[str, Any] = {
        "ids": [uuid7() for _ in rows],
        "event_types": [event.event_type for event, _ in rows],
        "versions": [event.version for event, _ in rows],
        "contexts": f"[{','.join(event.model_dump_json() for event, _ in rows)}]",
        "request_ids": [origin.request_id for _, origin in rows],
        "actor_ids": [origin.actor_id for _, origin in rows],
        "environment": settings.env.value,
    }
    return RECORD.bindparams(**values)
