"""`flask eventlog …`"""

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

from pingpong.eventlog.clickhouse.refusals import Unsure
from tests.conftest import ROOT, changed
from tests.ops.eventlog.looking import batched, happened, series, set_aside

CLICKHOUSE = "clickhouse://127.0.0.1:9/default"


@pytest.fixture
def eventlog(app) -> Callable[..., Result]:
    return lambda *arguments: app.test_cli_runner().invoke(args=["eventlog", *arguments])


@pytest.fixture
def shipping_app(app):
    with changed(app, clickhouse_url=CLICKHOUSE):
        yield app


def test_the_status_in_words(shipping_app, eventlog):
    batched(*series(3000), shipped_ago_s=61)
    batched(happened(), error="TimeoutError: no answer")
    set_aside(happened())

    result = eventlog("status")

    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[0].startswith("Waiting: 1, the oldest for ")
    assert re.fullmatch(r"Last shipped: 20[\d:T.-]+Z, \d\.\d min ago", lines[1])
    assert lines[2:] == [
        "In the last 5 minutes: 10.0 events/s",
        "Set aside: 1",
        "Last error: TimeoutError: no answer",
    ]


def test_the_status_when_nothing_was_ever_shipped(shipping_app, eventlog):
    assert "Waiting: 0\nLast shipped: never\n" in eventlog("status").output


def test_the_status_as_json(shipping_app, eventlog):
    happened()

    status = json.loads(eventlog("status", "--json").output)

    assert status.pop("oldest_s") > 0
    assert status == {
        "is_configured": True,
        "waiting": 1,
        "refused": 0,
        "last_error": None,
        "last_shipped_at": None,
        "last_shipped_s": None,
        "shipped_per_s": 0.0,
    }


def test_the_status_ends_with_1_if_an_event_has_waited_for_too_long(shipping_app, eventlog):
    series(1)  # long ago

    late, good = eventlog("status", "--max-age", "60"), eventlog("status", "--max-age", "1e9")

    assert (late.exit_code, good.exit_code) == (1, 0)
    assert "An event has been waiting for more than 60 s." in late.output


def test_without_clickhouse_the_status_is_that_events_stay(app, eventlog):
    series(1)

    with changed(app, clickhouse_url=""):
        result = eventlog("status", "--max-age", "60")

    assert (result.exit_code, result.output) == (0, "CLICKHOUSE_URL is not set: events stay in Postgres.\n")


@pytest.mark.parametrize("command", [("ship",), ("replay", "--since", "1d")])
def test_without_clickhouse_there_is_nowhere_to_ship_to(app, eventlog, command):
    with changed(app, clickhouse_url=""):
        result = eventlog(*command)

    assert result.exit_code == 1
    assert "CLICKHOUSE_URL is not set" in result.output


@pytest.mark.parametrize("command", [("ship",), ("replay", "--since", "1d")])
def test_a_clickhouse_that_is_away_is_said(shipping_app, eventlog, command):
    happened()

    result = eventlog(*command)

    assert result.exit_code == 1
    assert "ClickHouse is away: " in result.output
    assert "Traceback" not in result.output


def test_a_batch_that_is_not_taken_ends_it_with_its_error(shipping_app, eventlog, monkeypatch):
    class Away:
        def insert(self, batch_id, rows) -> None:
            raise Unsure("TimeoutError: no answer")

        def close(self) -> None:
            pass

    monkeypatch.setattr("pingpong.ops.eventlog.shell.opener", lambda _settings: Away)
    series(3)

    result = eventlog("ship")

    assert result.exit_code == 1
    assert "Shipped 0 events; 3 waiting, 0 set aside." in result.output
    assert "Error: TimeoutError: no answer" in result.output


@pytest.mark.parametrize("command", [(), ("ship",), ("status",), ("replay",)])
def test_each_command_explains_itself(eventlog, command):
    result = eventlog(*command, "--help")

    assert result.exit_code == 0
    assert "Usage: " in result.output


def test_a_moment_that_cannot_be_read_is_a_wrong_use(shipping_app, eventlog):
    result = eventlog("replay", "--since", "yesterday")

    assert result.exit_code == 2
    assert "yesterday is neither like 2026-11-01" in result.output


def test_clickhouses_client_is_not_loaded_with_the_app():
    look = "import sys, pingpong.app; print('clickhouse_connect' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\n"
