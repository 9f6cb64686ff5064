"""Connections to Postgres: those that died are replaced, and nobody asks more often than is needed."""

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from pingpong import database
from pingpong.database import without_waiting_for_the_disk
from pingpong.extensions import db


@pytest.fixture
def pings(app, monkeypatch):
    """The connections that were asked whether they are alive."""
    asked = []
    dialect = db.engine.dialect
    ping = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda connection: asked.append(connection) or ping(connection))
    return asked


def use() -> int:
    """Use a connection; returns the process id of the server's end of it."""
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT pg_backend_pid()"))


def test_a_connection_that_was_used_just_now_is_trusted(pings, monkeypatch):
    monkeypatch.setattr(database, "TRUSTED_S", 60)
    db.session.remove()
    db.engine.dispose()  # the connections of earlier tests
    use()

    use()

    assert pings == []


def test_a_statement_takes_no_longer_than_it_may(app, settings):
    with db.engine.connect() as connection:
        limit = connection.scalar(text("SHOW statement_timeout"))

    assert limit == f"{settings.db_statement_timeout_s:.0f}s"


def test_a_server_that_vanished_without_a_word_is_given_up_within_seconds(app):
    with db.engine.connect() as connection:
        parameters = connection.connection.dbapi_connection.info.get_parameters()

    assert int(parameters["tcp_user_timeout"]) == database.GONE_AFTER_S * 1000
    silent_s = int(parameters["keepalives_interval"]) * int(parameters["keepalives_count"])
    assert int(parameters["keepalives_idle"]) + silent_s == database.GONE_AFTER_S


@pytest.mark.parametrize("trusted_s", [0, 60])
def test_connections_that_died_while_nobody_used_them_are_replaced(app, settings, monkeypatch, trusted_s):
    monkeypatch.setattr(database, "TRUSTED_S", trusted_s)
    db.session.remove()
    use()
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    for _ in range(db.engine.pool.size()):
        use()


def test_a_connection_that_nobody_has_used_for_a_while_is_asked_whether_it_is_alive(pings, monkeypatch):
    use()
    monkeypatch.setattr(database, "TRUSTED_S", 0)

    use()

    assert pings


def test_a_server_that_only_lets_read_is_as_good_as_away_and_connected_to_anew(app):
    before = use()

    with db.engine.connect() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(OperationalError) as refused:
            connection.execute(text("UPDATE tasks SET kind = :written"), {"written": "private"})

    assert refused.value.connection_invalidated
    assert "private" not in str(refused.value)
    assert use() != before


def test_an_error_does_not_hold_what_people_wrote(app):
    with db.engine.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text("SELECT CAST(:written AS integer) / 0"), {"written": "1234567"})

    assert "1234567" not in str(refused.value)


def test_a_commit_that_need_not_wait_for_the_disk_is_the_only_one(app):
    setting = text("SELECT current_setting('synchronous_commit')")
    with db.engine.connect() as connection:
        assert connection.scalar(select(without_waiting_for_the_disk()))
        assert connection.scalar(setting) == "off"
        connection.commit()

        assert connection.scalar(setting) == "on"
