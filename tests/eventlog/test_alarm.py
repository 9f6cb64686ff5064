"""Hearing from the database."""

import select
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from flask import Flask

from pingpong.database import NOTICES_THAT_IT_IS_GONE
from pingpong.eventlog.alarm import Alarm
from pingpong.eventlog.recording import record, recording
from pingpong.extensions import db
from pingpong.settings import Settings
from tests.eventlog.happenings import Happened, ask, happen
from tests.waiting import wait_until

HEARD_WITHIN_S = 10
LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN event_outbox'"


@pytest.fixture
def alarm(app: Flask, settings: Settings) -> Iterator[Alarm]:
    with closing(Alarm(settings.libpq_url)) as alarm:
        assert len(alarm.descriptors()) == 1
        yield alarm


def listeners() -> int:
    """How many the server knows of; one that has hung up is still among them for a moment."""
    count: int = ask(f"SELECT count(*) {LISTENERS}")[0][0]
    return count


def rings(alarm: Alarm, within_s: float = HEARD_WITHIN_S) -> bool:
    return bool(select.select(alarm.descriptors(), [], [], within_s)[0]) and alarm.has_rung()


def test_it_rings_when_an_event_is_committed(alarm: Alarm) -> None:
    record(Happened())
    assert not rings(alarm, within_s=0)
    db.session.commit()

    assert rings(alarm)
    assert not alarm.has_rung()


def test_it_does_not_ring_for_what_is_rolled_back(alarm: Alarm) -> None:
    record(Happened())
    db.session.rollback()

    assert not rings(alarm, within_s=0.2)


def test_many_events_ring_once(alarm: Alarm) -> None:
    happen(1000)

    assert rings(alarm)
    assert not rings(alarm, within_s=0.2)


def test_of_those_who_record_at_once_one_rings_for_all(app: Flask, alarm: Alarm) -> None:
    with db.engine.connect() as first, db.engine.connect() as second:
        first.execute(recording(Happened()))
        second.execute(recording(Happened()))  # does not wait for the other
        second.commit()
        assert not rings(alarm, within_s=0.2)
        first.commit()

    assert rings(alarm)


def test_a_database_that_vanished_without_a_word_is_given_up_as_by_the_pool(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[psycopg.Connection] = []
    connect = psycopg.connect

    def noted(*arguments: Any, **options: Any) -> psycopg.Connection:
        connections.append(connect(*arguments, **options))
        return connections[0]

    monkeypatch.setattr(psycopg, "connect", noted)

    with closing(Alarm(settings.libpq_url)) as alarm:
        alarm.descriptors()
        parameters = connections[0].info.get_parameters()

    for name, value in NOTICES_THAT_IT_IS_GONE.items():
        assert parameters[name] == str(value)


def test_a_lost_connection_is_made_anew(alarm: Alarm) -> None:
    wait_until(lambda: listeners() == 1)
    assert ask(f"SELECT pg_terminate_backend(pid) {LISTENERS}") == [(True,)]

    def rings_again() -> bool:
        happen(1)
        return rings(alarm, within_s=0.1)

    wait_until(rings_again)


def test_without_a_database_nothing_rings_and_nothing_breaks() -> None:
    with closing(Alarm("postgresql://nobody@127.0.0.1:1/nowhere")) as alarm:
        assert alarm.descriptors() == []
        assert not alarm.has_rung()


def test_it_leaves_no_connection_behind(app: Flask, settings: Settings) -> None:
    with closing(Alarm(settings.libpq_url)) as alarm:
        alarm.descriptors()
        wait_until(lambda: listeners() == 1)

    wait_until(lambda: listeners() == 0)


def test_behind_a_pooler_it_does_not_listen(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)  # a pooler's own number

    with closing(Alarm(settings.libpq_url)) as alarm:
        assert alarm.descriptors() == []
        happen(1)
        assert not alarm.has_rung()
