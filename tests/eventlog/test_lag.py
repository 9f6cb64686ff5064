"""How far ClickHouse is behind."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.lag import Lag, lag
from pingpong.eventlog.ship import ship_once
from tests.eventlog.happenings import Fake, happen, raising, tell


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def test_nothing_has_happened(app: Flask) -> None:
    assert lag() == Lag(waiting=0, oldest_s=0.0, refused=0, last_error=None)


def test_what_waits_is_counted_and_the_oldest_tells_its_age(app: Flask) -> None:
    happen(2, at=ago(10))
    happen(3, at=ago(100))

    found = lag()

    assert found.waiting == 5
    assert found.oldest_s == pytest.approx(100, abs=5)


def test_what_is_in_a_batch_under_way_still_counts(app: Flask) -> None:
    happen(2, at=ago(1000))
    ship_once(Fake(raising(Unsure("no route to host"))))
    happen(3, at=ago(10))

    found = lag()

    assert found.waiting == 5
    assert found.oldest_s == pytest.approx(1000, abs=5)
    assert found.last_error == "no route to host"


def test_of_several_errors_that_of_the_oldest_batch_is_told(app: Flask) -> None:
    for age_s, error in ((1000, "too old"), (10, "too young")):
        happen(1, at=ago(age_s))
        ship_once(Fake(raising(Unsure(error))))
    tell("UPDATE event_batches SET due_at = due_at + interval '1 hour' WHERE last_error = 'too old'")

    assert lag().last_error == "too old"


def test_what_is_shipped_does_not_count(app: Flask) -> None:
    happen(2, at=ago(1000))
    ship_once(Fake())

    assert lag() == Lag(waiting=0, oldest_s=0.0, refused=0, last_error=None)


def test_what_is_set_aside_is_counted_by_itself(app: Flask) -> None:
    happen(1, at=ago(1000))
    ship_once(Fake(raising(Refused("no"))))

    assert lag() == Lag(waiting=0, oldest_s=0.0, refused=1, last_error=None)


def test_counting_ends_at_a_bound(app: Flask) -> None:
    happen(5)
    happen(5)
    tell("UPDATE event_outbox SET refusal = 'no' WHERE (context->>'number')::int % 2 = 0")

    assert (lag(3).waiting, lag(3).refused) == (3, 3)
