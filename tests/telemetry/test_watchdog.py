"""What the worker's watchdog logs, in a thread that gevent does not know, takes no locks of Sentry's."""

from tests.processes import run_code

LOG_BY_BOTH = """
import logging
from unittest.mock import patch
from pingpong.queue.worker import watchdog
from pingpong.settings import load_settings
from pingpong.telemetry.sentry import start_sentry

start_sentry(load_settings(PINGPONG_ENV="test", sentry_dsn="http://key@127.0.0.1:1/42"), "worker")
handled = []

def handle(handler, record):
    if type(handler).__module__.startswith("sentry_sdk."):
        handled.append(record.name)

with patch.object(logging.Handler, "handle", handle):
    for log in (watchdog.log, logging.getLogger("pingpong.queue.worker.run")):
        log.warning("the loop is blocked")
print(sorted(set(handled)))
"""


def test_its_lines_go_past_sentry() -> None:
    logged = run_code(LOG_BY_BOTH)

    assert logged.stdout == "['pingpong.queue.worker.run']\n", logged.stderr
