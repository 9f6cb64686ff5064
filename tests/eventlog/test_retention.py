"""What leaves Postgres, and what must not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from pingpong.eventlog import retention
from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.recording import record, recording
from pingpong.eventlog.retention import remove_once
from pingpong.eventlog.ship import ship_once
from pingpong.extensions import db
from tests.conftest import changed
from tests.eventlog.happenings import Fake, Happened, ask, batches, happen, raising, tell, waiting

DAY_S = 24 * 3600


@pytest.fixture(autouse=True)
def _with_clickhouse(app: Flask) -> Iterator[None]:
    with changed(app, clickhouse_url="clickhouse://elsewhere", eventlog_retention_s=DAY_S):
        yield


def ship(count: int, days_ago: float) -> None:
    happen(count, at=datetime.now(UTC) - timedelta(days=100))
    ship_once(Fake())
    tell(
        "UPDATE event_batches SET shipped_at = clock_timestamp() - :days * interval '1 day'"
        " WHERE shipped_at > clock_timestamp() - interval '1 minute'",
        days=days_ago,
    )


def kept() -> int:
    count: int = ask("SELECT count(*) FROM event_outbox")[0][0]
    return count


def test_what_was_shipped_long_ago_is_removed_with_its_batch() -> None:
    ship(3, days_ago=2)

    assert remove_once() == 3

    assert kept() == 0
    assert batches() == []
    assert remove_once() == 0


def test_what_was_shipped_lately_stays_however_old_it_is() -> None:
    ship(3, days_ago=0.9)

    assert remove_once() == 0
    assert kept() == 3


def test_what_waits_stays_however_old_it_is() -> None:
    happen(3, at=datetime.now(UTC) - timedelta(days=300))

    assert remove_once() == 0
    assert kept() == 3


@pytest.mark.parametrize("error", [Unsure("away"), Refused("no")])
def test_what_is_under_way_or_set_aside_stays_however_old_it_is(error: Exception) -> None:
    happen(1, at=datetime.now(UTC) - timedelta(days=300))
    ship_once(Fake(raising(error)))

    assert remove_once() == 0
    assert kept() == 1


def test_it_is_removed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 4)
    ship(9, days_ago=2)

    assert [remove_once() for _ in range(4)] == [4, 4, 1, 0]
    assert batches() == []


def test_a_batch_of_whole_parts_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 4)
    ship(8, days_ago=2)

    while remove_once():
        pass

    assert (kept(), batches()) == (0, [])


def test_nobody_who_records_waits_for_it_nor_it_for_them(app: Flask) -> None:
    ship(3, days_ago=2)
    with db.engine.connect() as recorder:
        recorder.execute(recording(Happened()))  # not committed

        assert remove_once() == 3
        recorder.commit()

    assert waiting() == 1


def test_who_records_goes_on_while_it_is_under_way(app: Flask) -> None:
    ship(3, days_ago=2)
    with db.engine.connect() as remover:
        remover.execute(text("DELETE FROM event_outbox"))
        remover.execute(text("DELETE FROM event_batches"))
        # Not committed.
        db.session.execute(text("SET LOCAL lock_timeout = '2s'"))
        record(Happened())
        db.session.commit()
        remover.rollback()

    assert waiting() == 1


def test_what_somebody_has_locked_is_skipped_and_keeps_its_batch(app: Flask) -> None:
    ship(3, days_ago=2)
    with db.engine.connect() as other:
        other.execute(text("SELECT FROM event_outbox LIMIT 1 FOR UPDATE"))

        assert remove_once() == 2
        assert remove_once() == 0
        assert batches() == [(1, 1, True)]
        other.rollback()

    assert remove_once() == 1
    assert batches() == []


def test_without_clickhouse_the_longer_retention_counts(app: Flask) -> None:
    happen(2, at=datetime.now(UTC) - timedelta(days=11))
    happen(3, at=datetime.now(UTC) - timedelta(days=9))

    with changed(app, clickhouse_url="", eventlog_retention_without_clickhouse_s=10 * DAY_S):
        assert remove_once() == 2
        assert remove_once() == 0

    assert kept() == 3


def test_without_clickhouse_nothing_is_left_of_the_time_when_there_was_one(app: Flask) -> None:
    happen(2, at=datetime.now(UTC) - timedelta(days=11))
    ship_once(Fake(raising(Unsure("away"))))
    happen(3, at=datetime.now(UTC) - timedelta(days=9))
    ship_once(Fake(raising(Unsure("away"))))

    with changed(app, clickhouse_url="", eventlog_retention_without_clickhouse_s=10 * DAY_S):
        while remove_once():
            pass

    assert batches() == [(3, 1, False)]
