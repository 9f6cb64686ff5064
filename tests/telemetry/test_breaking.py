"""What ends a process, a forked one too, or keeps it from starting is reported before it is gone."""

import os
import sys

import pytest

from pingpong.settings import Settings
from tests.processes import started
from tests.telemetry.receiver import Received, items_of, receiver
from tests.waiting import wait_until

WITHIN_S = 30
FEATURES_BREAK = """
import scheduler, pingpong.app
pingpong.app.all_schedules = lambda settings: 1 / 0
scheduler.main()
"""
APP_BREAKS = """
import sys
sys.argv[1:] = ["cpu"]
import worker, pingpong.app
pingpong.app.init_live = lambda *_: 1 / 0
worker.main()
"""
FORKED_WORKER_BREAKS = """
import sys
sys.argv[1:] = ["cpu"]
import worker
from pingpong.queue.cruncher.pool import Cruncher
Cruncher._make_worker = lambda *_: 1 / 0
worker.main()
"""


@pytest.fixture
def received():
    """Nothing but the report of one test."""
    with receiver() as received:
        yield received


@pytest.mark.parametrize(
    ("program", "process"),
    [(FEATURES_BREAK, "scheduler"), (APP_BREAKS, "cruncher"), (FORKED_WORKER_BREAKS, "cruncher")],
    ids=["the scheduler's child", "the app", "the cruncher's worker"],
)
def test_what_breaks_a_process_is_reported(app, settings: Settings, received: Received, program, process):
    environment = {
        **os.environ,
        "PINGPONG_ENV": "test",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "CRUNCHER_PROCESSES": "1",
        "SENTRY_DSN": f"http://key@{received.url}/42",
    }
    with started([sys.executable, "-c", program], env=environment):
        wait_until(lambda: items_of(received, "event"), WITHIN_S, what="the report")

    event = items_of(received, "event")[0]
    assert event["server_name"] == process
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
