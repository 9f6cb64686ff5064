"""Sending again, without doubling."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.eventlog.contents import Contents
from pingpong.eventlog.replay import replay
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import POISON, POISONOUS, Fake, ask, happen, refused, ship_all, waiting
from tests.recorded import comes_to_nothing_without_its_event


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def told() -> list[dict[str, int]]:
    """What events tell of events that are sent again."""
    return [row[0] for row in ask("SELECT context FROM event_outbox WHERE event_type = 'eventlog.replayed'")]


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

    assert clickhouse.counts() == (11, 11)  # one tells of the replay


def test_a_table_that_was_dropped_is_filled_again(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(2_500)
    ship_all(target)
    clickhouse.tell("DROP TABLE events SYNC")
    again = ClickHouse(clickhouse.url, 5)

    assert replay(again, hours_ago(1)) == 2_500
    ship_all(again)

    assert clickhouse.counts() == (2_501, 2_501)


def test_what_happened_before_is_left_alone(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(2, at=hours_ago(3))
    happen(3, at=hours_ago(1))
    ship_all(target)
    clickhouse.tell("TRUNCATE TABLE events SYNC")

    assert replay(target, hours_ago(2)) == 3
    ship_all(target)

    assert clickhouse.counts() == (4, 4)


def test_what_was_set_aside_is_tried_again(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    clickhouse.tell(POISONOUS)
    happen(2)
    happen(1, POISON)
    ship_all(target)
    assert len(refused()) == 1

    clickhouse.tell("ALTER TABLE events DROP CONSTRAINT no_poison")
    assert replay(target, hours_ago(1)) == 1
    ship_all(target)

    assert clickhouse.counts() == (4, 4)
    assert refused() == []


def test_each_part_that_is_sent_again_is_told_of_with_it(target: ClickHouse) -> None:
    for count in (2, 3):
        happen(count)
        ship_all(target)

    def has_lost_one_and_is_away(wanted: Contents) -> set[UUID]:
        if asked:
            raise Unsure("away")
        asked.append(wanted)
        return set()

    asked: list[Contents] = []

    with pytest.raises(Unsure):
        replay(Fake(present=has_lost_one_and_is_away), hours_ago(1))

    assert told() == [{"events": 2}]


def test_nothing_is_told_of_if_nothing_is_sent_again(target: ClickHouse) -> None:
    happen(2)
    ship_all(target)

    replay(target, hours_ago(1))

    assert told() == []


def test_nothing_is_sent_again_of_which_no_event_can_tell(target: ClickHouse) -> None:
    happen(2)
    ship_all(target)

    comes_to_nothing_without_its_event(
        lambda: replay(Fake(present=lambda wanted: set()), hours_ago(1)), "event_outbox"
    )


def test_what_waits_just_goes_on_waiting(target: ClickHouse) -> None:
    happen(2)

    assert replay(target, hours_ago(1)) == 0
    assert waiting() == 2
