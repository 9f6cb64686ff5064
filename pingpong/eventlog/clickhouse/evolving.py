"""The tables in ClickHouse, created and changed by numbered SQL files, each of which is run once."""

import re
from importlib.resources import files
from typing import Any

import structlog

log = structlog.get_logger(__name__)

VERSIONS = "CREATE TABLE IF NOT EXISTS event_log_versions (name String) ENGINE = MergeTree ORDER BY name"

IS_THERE = "EXISTS TABLE events"
NOTE = "INSERT INTO event_log_versions SELECT {name: String}"
WINDOW = re.compile(r"\bnon_replicated_deduplication_window = (\d+)")
ENGINE = "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'events'"


def evolve(client: Any) -> None:  # noqa: ANN401 - its class depends on the URL
    """Run the files that have not been run yet, in their order; all of them if the table was dropped.

    Two shippers may do so at once, or one may die between a file and its note: each file can be run again.
    """
    client.command(VERSIONS)
    done = {row[0] for row in client.query("SELECT name FROM event_log_versions").result_rows}
    if client.query(IS_THERE).result_rows != [(1,)]:
        done = set()
    folder = files(__package__) / "sql"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".sql") and file.name not in done:
            client.command(file.read_text(encoding="utf-8"))
            client.command(NOTE, parameters={"name": file.name})


def warn_if_unprotected(client: Any) -> None:  # noqa: ANN401 - as above
    """Say so if the table was made by somebody else, without a window for tokens: a plain one has none."""
    for (engine,) in client.query(ENGINE).result_rows:
        window = WINDOW.search(engine)
        if engine.startswith("MergeTree") and not (window and int(window[1])):
            log.error("events_table_without_deduplication_window")
