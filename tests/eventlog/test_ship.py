"""Each event is in ClickHouse once, counted without FINAL, whatever breaks and wherever it breaks."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from flask import Flask

import pingpong.eventlog
from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.eventlog.ship import Shipped, ship_once
from pingpong.extensions import db
from pingpong.metrics.counters import EVENTS_SHIPPED
from tests.conftest import changed
from tests.counted import Counted
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.conftest import TIMEOUT_S
from tests.eventlog.happenings import (
    Fake,
    Killed,
    batches,
    happen,
    lapse,
    raising,
    refused,
    settle,
    ship_all,
    tell,
    waiting,
)
from tests.waiting import wait_until

EVENTLOG = str(Path(pingpong.eventlog.__file__).parent)
TOO_MANY_QUERIES = 202
VIOLATED_CONSTRAINT = 469


def test_what_waits_is_shipped_once(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(3)

    assert ship_once(target) == Shipped(3, has_more_behind=False)
    assert ship_once(target) is None
    assert clickhouse.counts() == (3, 3)
    assert batches() == [(3, 1, True)]


def test_a_full_batch_has_more_behind_it(
    app: Flask, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(5)

    with changed(app, eventlog_batch=2):
        outcomes = [ship_once(target) for _ in range(4)]

    assert outcomes == [Shipped(2), Shipped(2), Shipped(1, has_more_behind=False), None]
    assert clickhouse.counts() == (5, 5)


def ship_and_die(target: ClickHouse, at_line: int) -> bool:
    """Ship a batch, but die at the n-th line that the event log executes; whether there was such a line."""
    seen = 0

    def watch(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(EVENTLOG):
            return None
        seen += event == "line"
        if seen == at_line and event == "line":
            raise Killed
        return watch

    kept = sys.gettrace()
    sys.settrace(watch)
    try:
        ship_once(target)
    except Killed:
        return True
    finally:
        sys.settrace(kept)
        db.session.rollback()
        db.session.remove()
    return False


def test_dying_at_any_line_neither_loses_nor_doubles(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happened, at_line = 0, 0

    while True:
        at_line, happened = at_line + 1, happened + 2
        happen(2)
        has_died = ship_and_die(target, at_line)
        ship_all(target)
        assert clickhouse.counts() == (happened, happened), f"after a death at line {at_line}"
        if not has_died:
            break

    assert at_line > 50  # it has died before, between and after all three steps
    assert waiting() == 0


def test_dying_while_a_batch_is_sent_again_neither_loses_nor_doubles(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happened, at_line = 0, 0

    while True:
        at_line, happened = at_line + 3, happened + 2
        happen(2)
        clickhouse.breaks("fail_after" if at_line % 2 else "fail", code=TOO_MANY_QUERIES, times=1)
        ship_once(target)
        settle()
        has_died = ship_and_die(target, at_line)
        ship_all(target)
        assert clickhouse.counts() == (happened, happened), f"after a death at line {at_line}"
        if not has_died:
            break

    assert at_line > 50


@pytest.mark.parametrize("mode", ["hang_before", "hang_after"])
def test_no_answer_within_the_time_out_sends_the_same_batch_again(
    mode: str, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(3)
    clickhouse.breaks(mode)

    assert ship_once(target) == Shipped(0, has_failed=True)
    clickhouse.mends()
    ship_all(target)

    assert clickhouse.counts() == (3, 3)
    assert batches() == [(3, 2, True)]


def test_a_batch_may_be_under_way_twice(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(3)
    clickhouse.breaks("slow", seconds=TIMEOUT_S + 1, times=2)  # both begin when nobody waits any more

    assert ship_once(target) == Shipped(0, has_failed=True)
    lapse()
    assert ship_once(target) == Shipped(0, has_failed=True)
    lapse()
    ship_all(target)
    wait_until(lambda: not clickhouse.seen()["under_way"])

    assert clickhouse.counts() == (3, 3)
    assert len(set(clickhouse.seen()["tokens"])) == 1


@pytest.mark.parametrize("mode", ["drop_before", "drop_after", "proxy"])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_connection_that_ends_without_an_answer_sends_the_same_batch_again(
    mode: str, times: int, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(3)
    clickhouse.breaks(mode, times=times)

    ship_all(target)

    assert clickhouse.counts() == (3, 3)


@pytest.mark.parametrize("mode", ["fail", "fail_after"])
def test_an_error_that_is_not_about_the_data_refuses_nothing(
    mode: str, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(3)
    clickhouse.breaks(mode, code=TOO_MANY_QUERIES, times=2)

    ship_all(target)

    assert clickhouse.counts() == (3, 3)
    assert refused() == []
    assert len(batches()) == 1


def test_clickhouse_may_be_killed_and_come_back(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(3)
    ship_once(target)
    happen(3)
    clickhouse.kill()

    assert ship_once(target) == Shipped(0, has_failed=True)
    clickhouse.start()
    ship_all(target)

    assert clickhouse.counts() == (6, 6)


def test_an_insert_whose_token_alone_survived_a_crash_is_sent_anew(
    target: ClickHouse, clickhouse: ClickHouseProcess, counted: Counted
) -> None:
    happen(3)
    clickhouse.breaks("fail_after", code=TOO_MANY_QUERIES, times=1)
    ship_once(target)
    clickhouse.kill()
    clickhouse.lose_parts()
    clickhouse.start()
    lapse()

    assert ship_once(target) == Shipped(0)
    assert clickhouse.counts() == (0, 0)
    assert batches() == [(3, 2, False)]  # the first attempt may be under way: it waits
    ship_all(target)

    assert clickhouse.counts() == (3, 3)
    assert batches() == [(0, 3, True), (3, 1, True)]
    assert counted.of(EVENTS_SHIPPED) == 3


def test_of_a_batch_that_is_sent_anew_in_part_each_event_is_counted_once(
    app: Flask, counted: Counted
) -> None:
    happen(3)
    ship_once(Fake(raising(Unsure("perhaps"))))
    settle()

    ship_once(Fake(present=lambda wanted: set(wanted.ids[:1])))
    ship_all(Fake())

    assert batches() == [(1, 2, True), (2, 1, True)]
    assert counted.of(EVENTS_SHIPPED) == 3


def test_a_batch_whose_token_has_left_the_window_is_not_doubled(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.tell("ALTER TABLE events MODIFY SETTING non_replicated_deduplication_window = 2")
    happen(3)
    clickhouse.breaks("fail_after", code=TOO_MANY_QUERIES, times=1)
    ship_once(target)
    clickhouse.mends()
    tell("UPDATE event_batches SET due_at = clock_timestamp() + interval '1 hour'")
    for _ in range(5):
        happen(1)
        ship_once(target)

    ship_all(target)

    assert clickhouse.counts() == (8, 8)


def test_a_batch_that_waits_does_not_keep_others_from_being_shipped(
    app: Flask, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(1)
    clickhouse.breaks("fail_after", code=VIOLATED_CONSTRAINT)
    with changed(app, eventlog_backoff_base_s=3600, eventlog_backoff_cap_s=3600):
        ship_once(target)
    clickhouse.mends()
    happen(2)

    assert ship_once(target) == Shipped(2, has_more_behind=False)


def test_a_batch_without_events_is_done_without_asking_anybody(app: Flask) -> None:
    inserted = []
    happen(2)
    ship_once(Fake(raising(Unsure("away"))))
    tell("DELETE FROM event_outbox")
    lapse()

    ship_once(Fake(lambda batch_id, rows: inserted.append(rows)))

    assert inserted == []
    assert batches() == [(0, 2, True)]
