"""A process leaves in time, though nobody takes what it has to tell."""

import socket
import subprocess
import sys

import pytest

from pingpong.telemetry import END_WITHIN_S

LEAVE = """
import sys
if "{patch}":
    from gevent import monkey
    monkey.patch_all()
import logging, time
from pingpong import create_app
from pingpong.settings import load_settings
from pingpong.telemetry import end_telemetry, init_reports, init_traces
from pingpong.telemetry.spans import spans
settings = load_settings(sentry_dsn="http://key@{address}/1", otel_exporter_otlp_endpoint="http://{address}")
init_reports(settings, "worker")
init_traces(settings, "worker", create_app(settings))
logging.error("broken")
with spans.job("ping", "1", {{}}):
    pass
began_at_s = time.monotonic()
end_telemetry()
print(time.monotonic() - began_at_s, flush=True)
"""
A_LITTLE_S = 4.0
"""For threads to have their turn on a busy machine."""
GIVEN_UP_AFTER_S = 8
"""The libraries themselves would wait for 10 s and for 30 s."""


@pytest.fixture
def deaf():
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("patch", ["", "gevent"])
def test_a_receiver_that_does_not_answer_holds_nobody_up(deaf, patch):
    command = [sys.executable, "-c", LEAVE.format(address=deaf, patch=patch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert float(process.stdout.readline()) < END_WITHIN_S + A_LITTLE_S
        assert process.wait(GIVEN_UP_AFTER_S) == 0
