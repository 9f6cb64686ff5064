"""How much happens."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import literal

from pingpong.ops.eventlog.counting import HOUR, counts
from tests.ops.eventlog.looking import NOON, happened
from tests.zones import in_zone


@pytest.fixture(autouse=True)
def _half_past_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hour begins while a test runs."""
    monkeypatch.setattr("pingpong.clock.of_statement", lambda: literal(NOON + HOUR / 2))


def test_events_are_counted_by_type_and_hour_up_to_now(app):
    for minutes in (-1, -59, -60, -61):
        happened("a.b", NOON + timedelta(minutes=minutes))
    happened("a.b", NOON - 3 * HOUR - timedelta(microseconds=1))
    happened("c.d", NOON)

    counted = counts(4)

    assert counted.hours == [NOON - 3 * HOUR, NOON - 2 * HOUR, NOON - HOUR, NOON]
    assert counted.by_type == {"a.b": {NOON - HOUR: 3, NOON - 2 * HOUR: 1}, "c.d": {NOON: 1}}
    assert counted.is_whole


def test_hours_are_those_of_utc(app):
    with in_zone("Asia/Kolkata"):  # half an hour apart from any hour of UTC
        happened("a.b", NOON + timedelta(minutes=-1))

        counted = counts(24)

    assert [*counted.by_type["a.b"]] == [NOON - HOUR]


@pytest.mark.parametrize(
    "changes_at", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
)
def test_each_hour_is_there_once_though_the_clocks_change(app, monkeypatch, changes_at):
    monkeypatch.setattr("pingpong.clock.of_statement", lambda: literal(changes_at + 5 * HOUR))
    hours = [changes_at + number * HOUR for number in range(-4, 6)]
    with in_zone("Europe/Berlin"):
        for hour in hours:
            happened("a.b", hour)

        counted = counts(10)

    assert [hour.timestamp() for hour in counted.hours] == [hour.timestamp() for hour in hours]
    assert counted.by_type == {"a.b": dict.fromkeys(hours, 1)}


def test_of_too_many_the_newest_are_counted(app, monkeypatch):
    monkeypatch.setattr("pingpong.ops.eventlog.counting.COUNTED", 3)
    for number in range(5):
        happened("a.b", NOON - number * HOUR)

    counted = counts(24)

    assert counted.by_type == {"a.b": {NOON - number * HOUR: 1 for number in range(3)}}
    assert not counted.is_whole
