"""The tables, made and changed by numbered files."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pingpong.eventlog.clickhouse import evolving
from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse
from tests.eventlog.clickhouse_process import ClickHouseProcess

SECOND = "0002_more.sql"
ADD_COLUMN = "ALTER TABLE events ADD COLUMN IF NOT EXISTS more String DEFAULT 'none'"


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of files of the test's own, which begins with ours."""
    folder = tmp_path / "sql"
    folder.mkdir()
    ours = Path(evolving.__file__).parent / "sql"
    for file in ours.iterdir():
        (folder / file.name).write_text(file.read_text())
    monkeypatch.setattr(evolving, "files", lambda package: tmp_path)
    yield folder


def open_and_close(clickhouse: ClickHouseProcess) -> None:
    ClickHouse(clickhouse.url, 5).close()


def noted(clickhouse: ClickHouseProcess) -> list[str]:
    rows = clickhouse.ask("SELECT DISTINCT name FROM event_log_versions ORDER BY name")
    return [name for (name,) in rows]


def columns(clickhouse: ClickHouseProcess) -> list[str]:
    rows = clickhouse.ask(
        "SELECT name FROM system.columns WHERE table = 'events' AND database = 'default' ORDER BY position"
    )
    return [name for (name,) in rows]


def test_the_table_is_as_promised(clickhouse: ClickHouseProcess) -> None:
    open_and_close(clickhouse)

    columns = "engine, partition_key, sorting_key, engine_full"
    (found,) = clickhouse.ask(
        f"SELECT {columns} FROM system.tables WHERE name = 'events' AND database = 'default'"
    )
    assert found[:3] == ["MergeTree", "toYYYYMM(occurred_at)", "event_type, occurred_at, id"]
    assert "TTL toDateTime(occurred_at) + toIntervalMonth(13)" in found[3]
    assert "non_replicated_deduplication_window = 10000" in found[3]


def test_files_are_run_in_their_order_and_once(sql: Path, clickhouse: ClickHouseProcess) -> None:
    open_and_close(clickhouse)
    (sql / "0003_last.sql").write_text("ALTER TABLE events RENAME COLUMN more TO most")  # not twice
    (sql / SECOND).write_text(ADD_COLUMN)

    open_and_close(clickhouse)
    open_and_close(clickhouse)

    assert noted(clickhouse) == ["0001_events.sql", SECOND, "0003_last.sql"]
    assert columns(clickhouse)[-1] == "most"


def test_a_table_that_was_dropped_comes_back(sql: Path, clickhouse: ClickHouseProcess) -> None:
    (sql / SECOND).write_text(ADD_COLUMN)
    open_and_close(clickhouse)
    clickhouse.tell("DROP TABLE events SYNC")

    open_and_close(clickhouse)

    assert noted(clickhouse) == ["0001_events.sql", SECOND]
    assert columns(clickhouse)[-1] == "more"


def test_a_table_that_no_file_makes_is_missed_by_nobody(sql: Path, clickhouse: ClickHouseProcess) -> None:
    (sql / "0001_events.sql").write_text("SELECT 1")

    open_and_close(clickhouse)

    assert columns(clickhouse) == []


def test_two_at_once_do_no_harm(sql: Path, clickhouse: ClickHouseProcess) -> None:
    (sql / SECOND).write_text(ADD_COLUMN)
    failures: list[Exception] = []

    def do() -> None:
        try:
            open_and_close(clickhouse)
        except Exception as error:  # noqa: BLE001 - the thread hands it over
            failures.append(error)

    threads = [threading.Thread(target=do) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert noted(clickhouse) == ["0001_events.sql", SECOND]
    assert columns(clickhouse).count("more") == 1


def test_a_death_between_a_file_and_its_note_does_no_harm(
    sql: Path, clickhouse: ClickHouseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sql / SECOND).write_text(ADD_COLUMN)
    monkeypatch.setattr(evolving, "NOTE", "SELECT throwIf(1, 'killed')")
    with pytest.raises(Unsure):
        open_and_close(clickhouse)
    monkeypatch.undo()
    monkeypatch.setattr(evolving, "files", lambda package: sql.parent)

    open_and_close(clickhouse)

    assert noted(clickhouse) == ["0001_events.sql", SECOND]
    assert columns(clickhouse)[-1] == "more"


def test_a_file_that_fails_is_told_and_tried_again(sql: Path, clickhouse: ClickHouseProcess) -> None:
    (sql / SECOND).write_text("ALTER TABLE nowhere ADD COLUMN more String")
    with pytest.raises(Unsure, match="UNKNOWN_TABLE"):
        open_and_close(clickhouse)

    (sql / SECOND).write_text(ADD_COLUMN)
    open_and_close(clickhouse)

    assert noted(clickhouse) == ["0001_events.sql", SECOND]


def test_a_file_that_is_wrong_about_types_does_not_end_the_shipper(
    sql: Path, clickhouse: ClickHouseProcess
) -> None:
    # Its code is one of those that refuse a batch.
    (sql / SECOND).write_text("INSERT INTO events (version) SELECT toUInt16('x')")

    with pytest.raises(Unsure, match="CANNOT_PARSE"):
        open_and_close(clickhouse)


def test_what_others_keep_there_is_left_alone(clickhouse: ClickHouseProcess) -> None:
    clickhouse.tell("CREATE TABLE IF NOT EXISTS theirs (n UInt8) ENGINE = MergeTree ORDER BY n")
    clickhouse.tell("INSERT INTO theirs SELECT 1")

    open_and_close(clickhouse)

    found: list[list[Any]] = clickhouse.ask("SELECT n FROM theirs")
    clickhouse.tell("DROP TABLE theirs SYNC")
    assert found == [[1]]


@pytest.mark.parametrize("settings", ["", "SETTINGS non_replicated_deduplication_window = 0"])
def test_a_table_of_somebody_elses_without_a_window_is_told(
    settings: str, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.tell(f"CREATE TABLE events (id UUID) ENGINE = MergeTree ORDER BY id {settings}")

    with capture_logs() as lines:
        open_and_close(clickhouse)

    assert [line["event"] for line in lines] == ["events_table_without_deduplication_window"]


def test_of_our_own_table_nothing_is_told(clickhouse: ClickHouseProcess) -> None:
    with capture_logs() as lines:
        open_and_close(clickhouse)

    assert lines == []
