"""What ClickHouse refuses: taken apart, when that is safe, until what it refuses stands alone."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.eventlog.ship import Shipped, ship_once
from tests.conftest import changed
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import (
    POISON,
    POISONOUS,
    Fake,
    Killed,
    ask,
    batches,
    happen,
    lapse,
    refused,
    settle,
    ship_all,
    waiting,
)

VIOLATED_CONSTRAINT = 469


@pytest.mark.parametrize(
    ("count", "positions"),
    [(1, {0}), (2, {0}), (2, {1}), (7, {0}), (7, {3}), (7, {6}), (16, {2, 3, 11}), (5, {0, 1, 2, 3, 4})],
)
def test_poison_is_set_aside_wherever_it_is_and_all_else_is_shipped(
    count: int, positions: set[int], target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.tell(POISONOUS)
    start = datetime.now(UTC)
    for position in range(count):
        at = start + timedelta(milliseconds=position)
        happen(1, POISON if position in positions else "test.happened", at)

    outcomes = ship_all(target)

    healthy = count - len(positions)
    assert clickhouse.counts() == (healthy, healthy)
    assert refused() == [(POISON, "Code 469, VIOLATED_CONSTRAINT")] * len(positions)
    assert all(one.has_more_behind for one in outcomes[:-1])  # nothing is waited for between the halves
    assert waiting() == 0


def test_poison_does_not_stand_in_the_way_of_what_comes_after_it(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.tell(POISONOUS)
    happen(1, POISON)
    ship_all(target)

    happen(3)
    ship_once(target)

    assert clickhouse.counts() == (3, 3)
    assert len(refused()) == 1


def test_a_refusal_takes_nothing_apart_while_an_earlier_attempt_may_be_under_way(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(2)
    clickhouse.breaks("hang_before")
    ship_once(target)
    clickhouse.breaks("fail", code=VIOLATED_CONSTRAINT)
    lapse()

    assert ship_once(target) == Shipped(0)
    assert batches() == [(2, 2, False)]
    settle()
    ship_once(target)
    assert batches() == [(1, 0, False), (1, 0, False)]


def test_a_refusal_takes_nothing_apart_when_another_attempt_has_died(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(2)

    def insert(batch_id: object, rows: bytes) -> None:
        raise Killed

    with pytest.raises(Killed):
        ship_once(Fake(insert))
    clickhouse.breaks("fail", code=VIOLATED_CONSTRAINT)
    lapse()

    ship_once(target)

    assert batches() == [(2, 2, False)]


def test_a_refusal_takes_nothing_apart_if_the_events_are_there_all_the_same(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(4)
    clickhouse.breaks("fail_after", code=VIOLATED_CONSTRAINT, times=3)

    assert ship_once(target) == Shipped(0)
    assert batches() == [(4, 1, False)]
    ship_all(target)

    assert clickhouse.counts() == (4, 4)
    assert batches() == [(4, 4, True)]


def test_a_refusal_that_cannot_be_checked_takes_nothing_apart(app: Flask) -> None:
    happen(2)

    def insert(batch_id: object, rows: bytes) -> None:
        raise Refused("no")

    def present(wanted: object) -> set[object]:
        raise Unsure("away")

    with changed(app, eventlog_backoff_base_s=0.001):
        ship_once(Fake(insert, present))

    assert batches() == [(2, 1, False)]
    assert ask("SELECT last_error FROM event_batches") == [("no; away",)]
