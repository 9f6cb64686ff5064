"""Sending again, without doubling."""

from datetime import UTC, datetime, timedelta

from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.eventlog.replay import replay
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import POISON, POISONOUS, happen, refused, ship_all, waiting


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def test_what_is_there_is_not_sent_again(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(5)
    ship_all(target)

    assert replay(target, hours_ago(1)) == 0
    ship_all(target)

    assert clickhouse.counts() == (5, 5)


def test_what_clickhouse_has_lost_is_sent_again_and_only_that(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(10)
    ship_all(target)
    clickhouse.tell("ALTER TABLE events DELETE WHERE JSONExtractInt(context, 'number') < 4", mutations_sync=1)
    assert clickhouse.counts() == (7, 7)

    assert replay(target, hours_ago(1)) == 3
    ship_all(target)

    assert clickhouse.counts() == (10, 10)


def test_a_table_that_was_dropped_is_filled_again(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(2_500)
    ship_all(target)
    clickhouse.tell("DROP TABLE events SYNC")
    clickhouse.tell("DROP TABLE event_log_versions SYNC")
    again = ClickHouse(clickhouse.url, 5)

    assert replay(again, hours_ago(1)) == 2_500
    ship_all(again)

    assert clickhouse.counts() == (2_500, 2_500)


def test_what_happened_before_is_left_alone(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(2, at=hours_ago(3))
    happen(3, at=hours_ago(1))
    ship_all(target)
    clickhouse.tell("TRUNCATE TABLE events SYNC")

    assert replay(target, hours_ago(2)) == 3
    ship_all(target)

    assert clickhouse.counts() == (3, 3)


def test_what_was_set_aside_is_tried_again(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    clickhouse.tell(POISONOUS)
    happen(2)
    happen(1, POISON)
    ship_all(target)
    assert len(refused()) == 1

    clickhouse.tell("ALTER TABLE events DROP CONSTRAINT no_poison")
    assert replay(target, hours_ago(1)) == 1
    ship_all(target)

    assert clickhouse.counts() == (3, 3)
    assert refused() == []


def test_what_waits_just_goes_on_waiting(target: ClickHouse) -> None:
    happen(2)

    assert replay(target, hours_ago(1)) == 0
    assert waiting() == 2
