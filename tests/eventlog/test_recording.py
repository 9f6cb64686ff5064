"""Writing events with the change that they tell of."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pingpong.eventlog.recording import record, recording
from pingpong.extensions import db
from tests.eventlog.happenings import Happened, ask


@pytest.fixture(autouse=True)
def _nobody_in_particular() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def recorded() -> list[Any]:
    return ask("SELECT context->'value' FROM event_outbox ORDER BY id")


def test_without_a_commit_there_is_no_event(app: Flask) -> None:
    record(Happened(value=1))
    db.session.rollback()

    assert recorded() == []


def test_with_the_commit_the_event_is_there(app: Flask) -> None:
    record(Happened(value=1), Happened(value=2))
    db.session.commit()

    assert recorded() == [(1,), (2,)]


def test_a_commit_that_fails_leaves_no_event(app: Flask) -> None:
    record(Happened(value=1))
    only_once = "CREATE TEMP TABLE only_once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"
    db.session.execute(text(only_once))
    db.session.execute(text("INSERT INTO only_once VALUES (1), (1)"))
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()

    assert recorded() == []


def test_no_events_are_no_statement(app: Flask) -> None:
    record()

    assert not db.session().in_transaction()


def test_an_event_has_its_type_version_environment_and_a_time_by_postgres(app: Flask) -> None:
    record(Happened())
    db.session.commit()

    what = """SELECT event_type, version, environment, batch_id, refusal,
    occurred_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp() FROM event_outbox"""
    assert ask(what) == [("test.happened", 1, "test", None, None, True)]


def test_ids_grow_with_time(app: Flask) -> None:
    for value in range(50):
        record(Happened(value=value))
    db.session.commit()

    assert [value for (value,) in recorded()] == list(range(50))
    assert ask("SELECT DISTINCT substr(id::text, 15, 1) FROM event_outbox") == [("7",)]


def test_who_does_it_in_which_request_comes_from_the_context(app: Flask) -> None:
    actor = uuid4()
    with structlog.contextvars.bound_contextvars(request_id="req-1", user_id=str(actor)):
        record(Happened())
    db.session.commit()

    assert ask("SELECT request_id, actor_id FROM event_outbox") == [("req-1", actor)]


def test_without_a_request_both_stay_empty(app: Flask) -> None:
    record(Happened())
    db.session.commit()

    assert ask("SELECT request_id, actor_id FROM event_outbox") == [(None, None)]


def test_an_actor_may_be_named(app: Flask) -> None:
    actor = uuid4()
    with structlog.contextvars.bound_contextvars(user_id=str(uuid4())):
        record(Happened(), actor_id=actor)
    db.session.commit()

    assert ask("SELECT actor_id FROM event_outbox") == [(actor,)]


def test_a_connection_of_the_callers_decides_for_itself(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(recording(Happened(value=1), Happened(value=2)))
    with db.engine.connect() as connection:
        connection.execute(recording(Happened(value=3)))  # and no commit

    assert recorded() == [(1,), (2,)]
