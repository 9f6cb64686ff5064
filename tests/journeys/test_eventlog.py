"""Several shippers, killed and cut off wherever it hurts, while events go on happening."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from pingpong.settings import Settings
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import POISON, POISONOUS, ask, batches, happen, lapse, refused, waiting
from tests.eventlog.shippers import Shippers, leave, shippers
from tests.waiting import wait_until

SHIPPED_WITHIN_S = 60


@pytest.fixture(scope="module")
def _clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseProcess]:
    process = ClickHouseProcess(tmp_path_factory.mktemp("clickhouse"))
    yield process
    process.kill()


@pytest.fixture
def clickhouse(_clickhouse: ClickHouseProcess) -> ClickHouseProcess:
    _clickhouse.renew()
    return _clickhouse


@pytest.fixture
def many(app: Flask, settings: Settings, tmp_path: Path, clickhouse: ClickHouseProcess) -> Iterator[Shippers]:
    """Batches are small, so that there are many of them."""
    with shippers(tmp_path, settings, CLICKHOUSE_URL=clickhouse.url, EVENTLOG_BATCH="50") as them:
        yield them


@contextmanager
def events_happening(app: Flask) -> Iterator[list[int]]:
    """Events that two others record meanwhile, in transactions of up to twenty; how many, in the end."""
    stop = threading.Event()
    counts: list[int] = []

    def record_on(most: int) -> None:
        with app.app_context():
            count = 0
            while not stop.wait(0.01):
                happen(count % most + 1)
                count += 1
                counts.append((count - 1) % most + 1)

    threads = [threading.Thread(target=record_on, args=(most,)) for most in (1, 20)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def all_shipped() -> bool:
    """Nothing waits, and nothing is under way."""
    return not waiting() and all(is_shipped for _, _, is_shipped in batches())


def wait_until_all_is_shipped() -> None:
    wait_until(all_shipped, SHIPPED_WITHIN_S)


def recorded() -> int:
    count: int = ask("SELECT count(*) FROM event_outbox")[0][0]
    return count


def test_three_shippers_ship_each_event_once_while_others_record(
    app: Flask, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    processes = [many.start() for _ in range(3)]

    with events_happening(app) as counts:
        wait_until(lambda: sum(counts) > 1500, 60)
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (sum(counts), sum(counts))
    assert [leave(process) for process in processes] == [0, 0, 0]


@pytest.mark.parametrize("mode", ["hang_before", "hang_after"])
def test_a_shipper_killed_while_it_waits_for_the_answer(
    mode: str, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    happen(40)
    clickhouse.breaks(mode)
    many.start(CLICKHOUSE_TIMEOUT_S="60")
    wait_until(lambda: clickhouse.seen()["hanging"] == 1, 30)
    many.kill_all()
    clickhouse.mends()
    lapse()

    many.start()
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (40, 40)


def test_shippers_that_are_killed_again_and_again(
    app: Flask, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    with events_happening(app) as counts:
        for kill in range(1, 4):
            clickhouse.mends()
            many.start()
            many.start()
            wait_until(lambda at=kill * 2: clickhouse.seen()["received"] >= at, 30)
            many.kill_all()
            lapse()
    many.start()
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (sum(counts), sum(counts))


def test_a_clickhouse_that_is_killed_again_and_again(
    app: Flask, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    many.start()
    many.start()
    with events_happening(app) as counts:
        for _ in range(3):
            clickhouse.mends()
            wait_until(lambda: clickhouse.seen()["received"] >= 3, 30)
            clickhouse.kill()
            many.waits_for_log("events_wait")
            clickhouse.start()
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (sum(counts), sum(counts))
    assert refused() == []


def test_a_clickhouse_that_is_away_for_a_while_finds_few_batches_when_it_is_back(
    app: Flask, settings: Settings, tmp_path: Path, clickhouse: ClickHouseProcess
) -> None:
    patient = {"EVENTLOG_BACKOFF_BASE_S": "0.2", "EVENTLOG_BACKOFF_CAP_S": "2"}
    with shippers(tmp_path, settings, CLICKHOUSE_URL=clickhouse.url, **patient) as them:
        them.start()
        happen(1)
        wait_until_all_is_shipped()
        clickhouse.kill()
        with events_happening(app) as counts:
            wait_until(lambda: sum(counts) > 2000, 60)
        clickhouse.start()
        wait_until_all_is_shipped()

    assert clickhouse.counts() == (sum(counts) + 1, sum(counts) + 1)
    assert len(batches()) < 30


@pytest.mark.parametrize("mode", ["slow", "drop_after", "hang_after"])
def test_two_shippers_and_a_connection_that_is_bad(
    mode: str, app: Flask, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    many.start()
    many.start()
    with events_happening(app) as counts:
        wait_until(lambda: clickhouse.seen()["received"] >= 2, 30)
        clickhouse.breaks(mode, seconds=3, times=6)  # slower than the time-out: all are under way twice
        wait_until(lambda: clickhouse.seen()["received"] >= 6, 60)
    clickhouse.mends()
    wait_until_all_is_shipped()
    wait_until(lambda: not clickhouse.seen()["under_way"])

    assert clickhouse.counts() == (sum(counts), sum(counts))
    assert refused() == []


def test_a_postgres_that_ends_all_connections(
    app: Flask, many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    end_theirs = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'shipper'"""
    many.start(PGAPPNAME="shipper")
    many.start(PGAPPNAME="shipper")
    for _ in range(5):
        happen(60)
        wait_until(lambda: ask(end_theirs), 30)
    wait_until(lambda: waiting() == 0, SHIPPED_WITHIN_S)
    lapse()
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (300, 300)


def test_poison_between_others_is_set_aside_by_several_shippers(
    many: Shippers, clickhouse: ClickHouseProcess
) -> None:
    first = many.start()
    happen(1)
    wait_until_all_is_shipped()
    clickhouse.tell(POISONOUS)

    many.start()
    for _ in range(4):
        happen(60)
        happen(1, POISON)
    wait_until_all_is_shipped()

    assert clickhouse.counts() == (241, 241)
    assert [event_type for event_type, _ in refused()] == [POISON] * 4
    assert recorded() == 245
    assert leave(first) == 0
