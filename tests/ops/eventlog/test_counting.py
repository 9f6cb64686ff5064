"""How much happens."""

from datetime import timedelta

from sqlalchemy import text

from pingpong.extensions import db
from pingpong.ops.eventlog.counting import HOUR, counts
from tests.ops.eventlog.looking import happened


def this_hour():
    return db.session.scalar(text("SELECT date_trunc('hour', now(), 'UTC')"))


def test_events_are_counted_by_type_and_hour_up_to_now(app):
    start = this_hour()
    for minutes in (-1, -59, -60, -61):
        happened("a.b", start + timedelta(minutes=minutes))
    happened("a.b", start - 3 * HOUR - timedelta(microseconds=1))
    happened("c.d", start)

    counted = counts(4)

    assert counted.hours == [start - 3 * HOUR, start - 2 * HOUR, start - HOUR, start]
    assert counted.by_type == {"a.b": {start - HOUR: 3, start - 2 * HOUR: 1}, "c.d": {start: 1}}
    assert counted.is_whole


def test_hours_are_those_of_utc(app):
    db.session.execute(text("SET TIME ZONE 'Asia/Kolkata'"))  # half an hour apart from any of them
    happened("a.b", this_hour() + timedelta(minutes=-1))

    counted = counts(24)

    assert [*counted.by_type["a.b"]] == [this_hour() - HOUR]
    db.session.execute(text("SET TIME ZONE 'UTC'"))
    db.session.commit()


def test_of_too_many_the_newest_are_counted(app, monkeypatch):
    monkeypatch.setattr("pingpong.ops.eventlog.counting.COUNTED", 3)
    start = this_hour()
    for number in range(5):
        happened("a.b", start - number * HOUR)

    counted = counts(24)

    assert counted.by_type == {"a.b": {start - number * HOUR: 1 for number in range(3)}}
    assert not counted.is_whole
