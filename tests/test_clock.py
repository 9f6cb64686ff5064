"""The database's clock as a process knows it: never fast, and hardly slow."""

from datetime import UTC, datetime

import pytest

from pingpong.clock import DRIFT, DatabaseClock

AHEAD_S = 1_000_000.0


@pytest.fixture
def database():
    return DatabaseClock()


def hear(database, sent_after_s, asked_at_s, took_s, ahead_s=AHEAD_S):
    """The database reads its clock so long after it was asked; the whole answer takes so long."""
    database.heard(asked_at_s + sent_after_s + ahead_s, asked_at_s, asked_at_s + took_s)


def error_s(database, at_s, ahead_s=AHEAD_S):
    """By how much a moment of the database comes too late here."""
    moment = datetime.fromtimestamp(at_s + ahead_s, UTC)
    return database.to_monotonic(moment, at_s) - at_s


def test_a_moment_comes_as_late_as_the_answer_was_old(database):
    hear(database, sent_after_s=0.1, asked_at_s=50, took_s=0.3)

    assert error_s(database, at_s=50.3) == pytest.approx(0.2, abs=1e-6)


def test_a_quicker_answer_is_trusted_more(database):
    hear(database, sent_after_s=0.1, asked_at_s=50, took_s=0.3)
    hear(database, sent_after_s=0.001, asked_at_s=51, took_s=0.002)

    assert error_s(database, at_s=51.002) == pytest.approx(0.001, abs=1e-6)


def test_a_slow_answer_does_not_make_it_slow(database):
    hear(database, sent_after_s=0.001, asked_at_s=50, took_s=0.002)
    hear(database, sent_after_s=0.001, asked_at_s=51, took_s=0.5)

    assert error_s(database, at_s=51.5) == pytest.approx(0.001 + 1.498 * DRIFT, abs=1e-6)


def test_what_is_known_is_trusted_less_with_time(database):
    hear(database, sent_after_s=0, asked_at_s=50, took_s=0)

    assert error_s(database, at_s=60) == pytest.approx(10 * DRIFT, abs=1e-6)


def test_a_database_whose_clock_was_set_back_is_believed(database):
    hear(database, sent_after_s=0.001, asked_at_s=50, took_s=0.002)
    hear(database, sent_after_s=0.001, asked_at_s=51, took_s=0.002, ahead_s=AHEAD_S - 5)

    assert 0 <= error_s(database, at_s=51.002, ahead_s=AHEAD_S - 5) < 0.01
