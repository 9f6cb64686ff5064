"""What was recorded in the event log, for tests."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from pingpong.eventlog.catalogue import catalogue
from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db


@dataclass(frozen=True)
class Recorded:
    """An event as it waits in the outbox."""

    event_type: str
    context: dict[str, Any]
    actor_id: UUID | None
    request_id: str | None


def outbox() -> list[Recorded]:
    """All events, in the order in which they were recorded; each is what the catalogue says."""
    db.session.rollback()  # what is not committed has not happened
    rows = db.session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)).all()
    db.session.commit()
    models = {(model.event_type, model.version): model for model in catalogue()}
    for row in rows:
        models[row.event_type, row.version].model_validate_json(json.dumps(row.context))
    return [Recorded(row.event_type, row.context, row.actor_id, row.request_id) for row in rows]


def recorded(event_type: str) -> list[dict[str, Any]]:
    """The contexts of all events of this type, in the order in which they were recorded."""
    return [one.context for one in outbox() if one.event_type == event_type]


@contextlib.contextmanager
def recording() -> Iterator[list[Recorded]]:
    """What is recorded meanwhile."""
    db.session.execute(delete(OutboxEvent))
    db.session.commit()
    events: list[Recorded] = []
    yield events
    events += outbox()
