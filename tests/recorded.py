"""What was recorded in the event log, for tests."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from pingpong.eventlog.catalogue import catalogue
from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db

REFUSE = text("""
CREATE FUNCTION refuse_events() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'no event can be written'; END $$;
CREATE TRIGGER refuse_events BEFORE INSERT ON event_outbox EXECUTE FUNCTION refuse_events()
""")
ALLOW = text("DROP FUNCTION refuse_events() CASCADE")


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


@contextlib.contextmanager
def no_event_can_be_written() -> Iterator[None]:
    """Whatever records an event meanwhile gets an error of Postgres'."""
    db.session.execute(REFUSE)
    db.session.commit()
    try:
        yield
    finally:
        db.session.rollback()
        db.session.execute(ALLOW)
        db.session.commit()


def rows_of(*tables: str) -> list[str]:
    """All that is in these tables, as others see it."""
    db.session.rollback()
    rows = [row for table in tables for row in db.session.scalars(text(f"SELECT t::text FROM {table} t"))]
    db.session.commit()
    return sorted(rows)


def comes_to_nothing_without_its_event(verb: Callable[[], object], *tables: str) -> None:
    """Check that it leaves the tables as they are if its event cannot be written."""
    before = rows_of(*tables)
    with no_event_can_be_written(), pytest.raises(DBAPIError, match="no event can be written"):
        verb()
    assert rows_of(*tables) == before
