"""`flask eventlog ship` and `replay` on a ClickHouse, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db
from pingpong.settings import Settings
from tests.conftest import ROOT
from tests.ops.eventlog.looking import happened, series
from tests.scrapes import Scrape

OPEN = (
    "from pingpong.eventlog.clickhouse.target import ClickHouse; import sys; "
    "client = ClickHouse(sys.argv[1], 30)._client; "
)
COUNT = "print(client.query('SELECT count(), uniqExact(id) FROM events').result_rows[0])"
LOSE = (
    "client.command('ALTER TABLE events DELETE WHERE toSecond(occurred_at) < 3', "
    "settings={'mutations_sync': 1})"
)

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return f"chdb://{tmp_path}/events"


@pytest.fixture
def run(app, settings: Settings, folder: str) -> Command:
    """A process of its own: it opens a folder that no other may have open, and never forks after that."""
    environment = {
        **os.environ,
        "PINGPONG_ENV": "test",
        "DATABASE_URL": settings.libpq_url,
        "REDIS_URL": settings.redis_url,
        "CLICKHOUSE_URL": folder,
    }

    def run_it(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", "--app", "pingpong", "eventlog", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run_it


def in_folder(folder: str, what: str) -> str:
    command = [sys.executable, "-c", OPEN + what, folder]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout


def test_what_waits_is_shipped_and_what_is_lost_there_is_sent_again(run, folder, client):
    series(7)

    first, second = run("ship"), run("ship")
    in_folder(folder, LOSE)
    outside = run("replay", "--since", "2026-11-20", "--until", "2026-11-20T12:00:01")
    again, then = run("replay", "--since", "2026-11-20T12:00:01"), run("ship")

    assert [result.returncode for result in (first, second, outside, again, then)] == [0] * 5, first.stderr
    assert first.stdout.splitlines()[-1] == "Shipped 7 events; 0 waiting, 0 set aside."
    assert Scrape(client.get("/metrics").text).value("pingpong_outbox_events_shipped_total") == 12
    assert second.stdout.splitlines()[-1] == "Shipped 0 events; 0 waiting, 0 set aside."
    assert outside.stdout.splitlines()[-1] == "1 event will be sent again."
    assert again.stdout.splitlines()[-1] == "2 events will be sent again."
    replayed = select(OutboxEvent.context).where(OutboxEvent.event_type == "eventlog.replayed")
    assert db.session.scalars(replayed.order_by(OutboxEvent.id)).all() == [{"events": 1}, {"events": 2}]
    assert in_folder(folder, COUNT) == "(9, 9)\n"


def test_a_folder_that_the_shipper_has_is_said_to_be_its(run, folder):
    happened()
    wait = "print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", OPEN + wait, folder]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shipper:
        assert shipper.stdout.readline() == "open\n"
        result = run("ship")
        shipper.stdin.close()

    assert result.returncode == 1
    assert "A folder belongs to one process at a time: stop the shipper first." in result.stderr
    assert "Traceback" not in result.stderr
