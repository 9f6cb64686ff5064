"""A process leaves in time, though nobody takes what it has to tell."""

import socket
import subprocess
import sys
import time

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
from pingpong.telemetry import end_telemetry, init_telemetry
from pingpong.telemetry.spans import spans
settings = load_settings(sentry_dsn="http://key@{address}/1", otel_exporter_otlp_endpoint="http://{address}")
init_telemetry(settings, "worker", create_app(settings))
logging.error("broken")
with spans.job("ping", "1", {{}}):
    pass
print("leaving", flush=True)
end_telemetry()
"""
START_UP_S = 60
A_LITTLE_S = 1.5
"""For the interpreter's own end, on a busy machine."""


@pytest.fixture
def deaf():
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("patch", ["", "gevent"])
def test_a_receiver_that_does_not_answer_holds_nobody_up(deaf, patch):
    command = [sys.executable, "-c", LEAVE.format(address=deaf, patch=patch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "leaving\n", process.stderr.read()
        began_at_s = time.monotonic()
        assert process.wait(START_UP_S) == 0
    assert time.monotonic() - began_at_s < END_WITHIN_S + A_LITTLE_S
