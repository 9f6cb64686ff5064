"""The shipper as a process: woken by the database, stopped by a signal, alone on a folder."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from pingpong.eventlog import process
from pingpong.eventlog.alarm import Alarm
from pingpong.eventlog.shipper import Pause, Shipper
from pingpong.settings import Settings
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import ask, batches, happen, lapse, tell, waiting
from tests.eventlog.shippers import Shippers, leave, shippers
from tests.waiting import wait_until

NEVER_LOOKS = {"EVENTLOG_LOOK_EVERY_S": "3600"}
COUNT = """
import json, sys, chdb
rows = chdb.connect(sys.argv[1]).query("SELECT count(), uniqExact(id) FROM events", "JSONCompact")
print(json.dumps(json.loads(rows.bytes())["data"][0]))
"""


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseProcess]:
    process = ClickHouseProcess(tmp_path_factory.mktemp("clickhouse"))
    process.start()
    yield process
    process.kill()


@pytest.fixture
def server(clickhouse: ClickHouseProcess) -> ClickHouseProcess:
    clickhouse.renew()
    return clickhouse


@pytest.fixture
def many(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Shippers]:
    with shippers(tmp_path, settings) as them:
        yield them


def all_shipped() -> bool:
    return not waiting() and all(is_shipped for _, _, is_shipped in batches())


def listening() -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN event_outbox'"
    return bool(ask(f"{query} AND datname = current_database()")[0][0])


def in_folder(folder: Path) -> list[int]:
    """Events and different events there. No other process may have it open."""
    said = subprocess.run([sys.executable, "-c", COUNT, folder], capture_output=True, text=True, check=True)
    found: list[int] = json.loads(said.stdout)
    return [int(number) for number in found]


def test_news_wake_it(many: Shippers, server: ClickHouseProcess) -> None:
    many.start(CLICKHOUSE_URL=server.url, **NEVER_LOOKS)
    wait_until(listening, 30)
    happen(1)  # what was said before it had looked for the first time is not news
    wait_until(all_shipped)

    happen(3)
    wait_until(all_shipped)

    assert server.counts() == (4, 4)


def test_without_news_it_looks_by_itself(many: Shippers, server: ClickHouseProcess) -> None:
    # As behind a pooler that keeps no session: LISTEN is answered, and nothing ever comes.
    tell("ALTER TABLE event_outbox DISABLE TRIGGER event_outbox_wake")
    try:
        many.start(CLICKHOUSE_URL=server.url)
        wait_until(listening, 30)
        for count in (3, 6):
            happen(3)
            wait_until(all_shipped)
            assert server.counts() == (count, count)
    finally:
        tell("ALTER TABLE event_outbox ENABLE TRIGGER event_outbox_wake")


def test_it_ends_when_told_to(many: Shippers, server: ClickHouseProcess) -> None:
    process = many.start(CLICKHOUSE_URL=server.url, **NEVER_LOOKS)
    wait_until(listening, 30)

    assert leave(process) == 0


def test_it_finishes_the_batch_under_way_first(many: Shippers, server: ClickHouseProcess) -> None:
    server.breaks("slow", seconds=1)
    happen(3)
    process = many.start(CLICKHOUSE_URL=server.url, CLICKHOUSE_TIMEOUT_S="30")
    wait_until(lambda: server.seen()["received"], 30)

    assert leave(process) == 0

    assert batches() == [(3, 1, True)]


def test_it_starts_before_clickhouse_does(many: Shippers, server: ClickHouseProcess) -> None:
    server.kill()
    happen(3)
    many.start(CLICKHOUSE_URL=server.url)
    many.waits_for_log("clickhouse_is_away")
    server.start()

    wait_until(all_shipped)

    assert server.counts() == (3, 3)


def test_without_clickhouse_it_only_waits(many: Shippers) -> None:
    happen(3)
    process = many.start(CLICKHOUSE_URL="")
    wait_until(listening, 30)

    assert leave(process) == 0
    assert waiting() == 3


def test_it_ships_into_a_folder(many: Shippers, tmp_path: Path) -> None:
    happen(3)
    process = many.start(CLICKHOUSE_URL=f"chdb://{tmp_path}/events")
    wait_until(all_shipped, 30)

    assert leave(process) == 0
    assert in_folder(tmp_path / "events") == [3, 3]


def test_a_folder_that_another_one_has_is_waited_for(many: Shippers, tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}/events"
    happen(3)
    first = many.start(CLICKHOUSE_URL=url)
    wait_until(all_shipped, 30)
    second = many.start(CLICKHOUSE_URL=url)
    many.waits_for_log("clickhouse_is_away")

    happen(3)
    wait_until(all_shipped, 30)
    assert leave(first) == 0
    happen(3)
    wait_until(all_shipped, 30)

    assert leave(second) == 0
    assert in_folder(tmp_path / "events") == [9, 9]


def test_a_shipper_killed_on_its_folder_is_followed_by_another(many: Shippers, tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}/events"
    for _ in range(3):
        happen(500)
        process = many.start(CLICKHOUSE_URL=url)
        wait_until(lambda: not waiting(), 30)  # the batch is made: it is about to be inserted, or it is
        process.send_signal(signal.SIGKILL)
        process.wait()
        lapse()

    happen(1)
    last = many.start(CLICKHOUSE_URL=url)
    wait_until(all_shipped, 60)
    assert leave(last) == 0

    assert in_folder(tmp_path / "events") == [1501, 1501]


def test_no_secret_is_logged(many: Shippers, server: ClickHouseProcess) -> None:
    url = server.url.replace("//", "//default:very-secret@")
    process = many.start(CLICKHOUSE_URL=url)
    happen(3)
    wait_until(lambda: "events_shipped" in many.log or "clickhouse_is_away" in many.log, 30)
    server.kill()
    happen(3)
    many.waits_for_log("events_wait")
    leave(process)
    server.start()

    assert "very-secret" not in many.log


def test_what_the_database_says_is_read_however_busy_it_is(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms: list[Alarm] = []
    heard: list[bool] = []
    turns: list[object] = []

    class Busy(Shipper):
        def run_once(self) -> Pause:
            happen(1)
            turns.append(select.select(alarms[0].descriptors(), [], [], 10))
            if len(turns) == 5:
                os.kill(os.getpid(), signal.SIGTERM)
            return Pause(0.1, ends_with_news=False)

    class Heard(Alarm):
        def __init__(self, database_url: str) -> None:
            super().__init__(database_url)
            alarms.append(self)

        def has_rung(self) -> bool:
            heard.append(super().has_rung())
            return heard[-1]

    monkeypatch.setattr(process, "Shipper", Busy)
    monkeypatch.setattr(process, "Alarm", Heard)
    process.ship(app, settings)

    assert heard[1:] == [True] * 4
